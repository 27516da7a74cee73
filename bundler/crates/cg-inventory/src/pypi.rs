//! Python packages as pip leaves them: `METADATA` of a `.dist-info` folder, `PKG-INFO` of an `.egg-info` folder or file.
//! Headers like those of mail, then an empty line (the core metadata specification of Python packaging).

use crate::{Package, PackageKind, text};

/// What the headers say; `None` without a name.
pub fn package(bytes: &[u8]) -> Option<Package> {
    let whole = String::from_utf8_lossy(bytes);
    let headers: Vec<(&str, &str)> = headers(&whole).collect();
    let all = |key: &'static str| {
        let found = headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| *value)
    };
    let first = |key: &'static str| all(key).next().unwrap_or_default();
    Some(Package {
        kind: PackageKind::Pypi,
        name: text::short(first("Name"))?,
        version: text::short(first("Version")).unwrap_or_default(),
        arch: String::new(),
        epoch: 0,
        source: String::new(),
        licences: licences(first("License-Expression"), first("License"), all("Classifier")),
    })
}

/// The expression where there is one, else a short name, else what the classifiers say.
fn licences<'a>(
    expression: &str,
    name: &str,
    classifiers: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let said = text::short(expression).or_else(|| text::short(name).filter(|n| n != "UNKNOWN"));
    if let Some(licence) = said {
        return vec![licence];
    }
    let classes = classifiers.filter_map(|class| class.strip_prefix("License :: "));
    let mut names: Vec<String> = classes
        .filter_map(|class| text::short(class.rsplit(" :: ").next().unwrap_or_default()))
        .filter(|name| name != "OSI Approved")
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Keys and values until the first empty line. A value in several lines is a text, not a name: it comes as nothing.
fn headers(whole: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut lines = whole.lines().take_while(|line| !line.trim().is_empty()).peekable();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let mut is_long = false;
            while lines.next_if(|next| next.starts_with([' ', '\t'])).is_some() {
                is_long = true;
            }
            if let Some((key, value)) = line.split_once(':') {
                return Some((key.trim(), if is_long { "" } else { value.trim() }));
            }
        }
    })
}
