//! The oldest C library that the packed programs and libraries run with: read from the files, not believed.

use std::collections::BTreeSet;
use std::path::Path;

use cg_bundle_format::Role;

use crate::config::{Config, Loaded};
use crate::elf;
use crate::error::Error;
use crate::item::{Bytes, Item};

/// In front of the versions of glibc's symbols.
const MARK: &str = "GLIBC_";
/// Versions whose name is no number, and the version of glibc that brought them.
const NAMED: [(&str, Version); 2] =
    [("ABI_DT_RELR", Version(2, 36, 0)), ("ABI_DT_X86_64_PLT", Version(2, 36, 0))];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// Up to three numbers with points between them.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = [0; 3];
        let mut parts = text.split('.');
        for (number, part) in numbers.iter_mut().zip(parts.by_ref()) {
            *number = part.parse().ok()?;
        }
        parts.next().is_none().then_some(Self(numbers[0], numbers[1], numbers[2]))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)?;
        if self.2 == 0 { Ok(()) } else { write!(f, ".{}", self.2) }
    }
}

/// What one file asks of the host.
struct Ask<'a> {
    version: Version,
    /// Where the file is placed.
    file: &'a str,
    /// The library of the host that must have the version.
    library: String,
}

/// `requires.glibc` of the manifest: what the configuration states, else what the files need. Stated too low, it is
/// an error. Libraries that the bundle itself places do not count as the host's.
pub(crate) fn required(config: &Loaded<Config>, items: &[Item]) -> Result<String, Error> {
    let stated = &config.value.requires.glibc;
    let highest = asks(config, items)?.into_iter().max_by_key(|ask| ask.version);
    let Some(Ask { version, file, library }) = highest else { return Ok(stated.clone()) };
    if stated.is_empty() {
        return Ok(version.to_string());
    }
    if Version::parse(stated).is_some_and(|stated| stated < version) {
        return Err(config.problem(format!(
            "requires.glibc says {stated}, but {file} needs glibc {version} ({library}); state {version}, leave it out, or build the file against an older glibc"
        )));
    }
    Ok(stated.clone())
}

fn asks<'a>(config: &Loaded<Config>, items: &'a [Item]) -> Result<Vec<Ask<'a>>, Error> {
    let looked_at =
        |item: &&Item| matches!(item.role, Role::Program | Role::Library | Role::Extension);
    let files: Vec<(&str, &Path)> = items
        .iter()
        .filter(looked_at)
        .filter_map(|item| match (&item.bytes, &item.place) {
            (Bytes::File(path), Some((place, _))) => Some((place.as_str(), path.as_path())),
            _ => None,
        })
        .collect();
    let carried: BTreeSet<&str> = items
        .iter()
        .filter(|item| item.role == Role::Library)
        .filter_map(|item| item.place.as_ref())
        .filter_map(|(place, _)| place.as_str().rsplit('/').next())
        .collect();
    let mut asks = Vec::new();
    for (file, path) in files {
        let problem = |problem: String| config.problem(format!("{}: {problem}", path.display()));
        let needed = elf::needed_versions(path).map_err(problem)?.unwrap_or_default();
        for need in needed {
            if carried.contains(need.library.as_str()) {
                continue;
            }
            if let Some(version) = need.version.strip_prefix(MARK).and_then(number) {
                asks.push(Ask { version, file, library: need.library });
            }
        }
    }
    Ok(asks)
}

fn number(name: &str) -> Option<Version> {
    let named = NAMED.iter().find(|(known, _)| *known == name);
    named.map(|(_, version)| *version).or_else(|| Version::parse(name))
}

#[cfg(test)]
mod tests {
    use super::{Version, number};

    #[test]
    fn versions_count_by_number() {
        assert!(number("2.28") > number("2.9"));
        assert!(number("2.2.5") < number("2.3"));
        assert_eq!(number("2.2.5").unwrap().to_string(), "2.2.5");
        assert_eq!(number("2.28").unwrap().to_string(), "2.28");
        assert_eq!(number("PRIVATE"), None);
        assert_eq!(number("ABI_DT_RELR"), Some(Version(2, 36, 0)));
        assert_eq!(Version::parse("2.28.1.1"), None);
    }
}
