//! `status` of dpkg: paragraphs of `Field: value`, one for each package (deb-control(5)).

use crate::{Package, PackageKind};

/// Fields of one paragraph that are kept: those that matter stand at its beginning.
const MOST_FIELDS: usize = 256;

/// The packages whose files are there; a paragraph without `Status` (`status.d`) counts as such;
/// the first `most` of them.
pub fn packages(bytes: &[u8], most: usize) -> Vec<Package> {
    let text = String::from_utf8_lossy(bytes);
    paragraphs(&text).filter_map(|fields| package(&fields)).take(most).collect()
}

fn package(fields: &[(&str, &str)]) -> Option<Package> {
    let field = |name: &str| {
        fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    };
    // `want flag status`: files are there unless it is not-installed or config-files.
    if let Some(status) = field("Status") {
        let state = status.split_whitespace().nth(2)?;
        if matches!(state, "not-installed" | "config-files") {
            return None;
        }
    }
    let source = field("Source").unwrap_or_default();
    Some(Package {
        kind: PackageKind::Deb,
        name: field("Package").filter(|name| !name.is_empty())?.to_owned(),
        version: field("Version").unwrap_or_default().to_owned(),
        arch: field("Architecture").unwrap_or_default().to_owned(),
        epoch: 0,
        source: source.split_whitespace().next().unwrap_or_default().to_owned(),
        licences: Vec::new(),
    })
}

/// Fields of each paragraph with the first line of their values.
pub(crate) fn paragraphs(text: &str) -> impl Iterator<Item = Vec<(&str, &str)>> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut fields = Vec::new();
        for line in lines.by_ref() {
            if line.trim().is_empty() {
                if fields.is_empty() {
                    continue;
                }
                return Some(fields);
            }
            // A line that begins with space goes on with the value above.
            if line.starts_with([' ', '\t', '#']) {
                continue;
            }
            if let (true, Some((key, value))) = (fields.len() < MOST_FIELDS, line.split_once(':')) {
                fields.push((key.trim(), value.trim()));
            }
        }
        (!fields.is_empty()).then_some(fields)
    })
}
