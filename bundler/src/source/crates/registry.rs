//! Finds the files of packages: in cargo's own cache, in ours, and last in the registry.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Package;
use crate::cache::{Cache, Size};
use crate::config::CratesEntry;
use crate::error::Error;
use crate::fetch::{Anonymous, Download, Small, small};
use crate::source::{Door, Finding};
use crate::vars::lookup;

/// The public registry; its index answers at `index.` before this name.
const PUBLIC: &str = "crates.io";
/// Largest package in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// Largest `config.json` of an index.
const MOST_CONFIG: usize = 64 << 10;

#[derive(Deserialize)]
struct Index {
    dl: String,
}

/// Where packages may lie on this machine.
pub(super) struct Shelf<'a> {
    of_cargo: Vec<PathBuf>,
    cache: &'a Cache,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(cache: &'a Cache) -> Self {
        Self { of_cargo: cargo_cache(), cache }
    }

    fn find(&self, package: &Package) -> Option<PathBuf> {
        let mut of_cargo = self.of_cargo.iter().map(|folder| folder.join(package.file()));
        let found = of_cargo.find(|file| file.is_file());
        found.or_else(|| self.cache.get(&package.checksum))
    }

    /// The packages that must come from the registry.
    pub(super) fn downloads(
        &self,
        finding: &Finding<'_>,
        door: &Door<'_>,
        entry: &CratesEntry,
        packages: &[Package],
    ) -> Result<Vec<Download<'static>>, Error> {
        let missing: Vec<&Package> =
            packages.iter().filter(|package| self.find(package).is_none()).collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let public = format!("https://index.{PUBLIC}/");
        let template = template(finding, door, entry.index.as_deref().unwrap_or(&public))?;
        let download = |package: &&Package| Download {
            item: package.file(),
            url: address(&template, package),
            digest: package.checksum,
            size: Size::AtMost(MOST_BYTES),
            access: &Anonymous,
        };
        Ok(missing.iter().map(download).collect())
    }

    /// A file for each package, in their order.
    pub(super) fn files(
        &self,
        finding: &Finding<'_>,
        packages: &[Package],
    ) -> Result<Vec<PathBuf>, Error> {
        let file = |package: &Package| match self.find(package) {
            Some(file) => Ok(file),
            None => finding.cached(&package.file(), &package.checksum),
        };
        packages.iter().map(file).collect()
    }
}

/// Folders with packages that cargo has downloaded.
fn cargo_cache() -> Vec<PathBuf> {
    let home = lookup("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| lookup("HOME").map(|home| Path::new(&home).join(".cargo")));
    let folder = home.map(|home| home.join("registry/cache"));
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let mut folders: Vec<PathBuf> =
        entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

/// The registry says in its index where packages are.
fn template(finding: &Finding<'_>, door: &Door<'_>, index: &str) -> Result<String, Error> {
    let index = index.trim_start_matches("sparse+").trim_end_matches('/');
    let url = format!("{index}/config.json");
    let asked = Small {
        what: "the registry's config.json",
        url: &url,
        accept: "",
        limit: MOST_CONFIG,
        access: &Anonymous,
    };
    let document = small(door.net()?, &asked)?
        .ok_or_else(|| finding.problem(format!("{url} does not exist: no sparse index")))?;
    let config: Index = serde_json::from_slice(&document.bytes)
        .map_err(|e| finding.problem(format!("{url}: {e}")))?;
    Ok(config.dl)
}

/// As cargo fills the template in.
fn address(template: &str, package: &Package) -> String {
    const MARKS: [&str; 5] =
        ["{crate}", "{version}", "{prefix}", "{lowerprefix}", "{sha256-checksum}"];
    if !MARKS.iter().any(|mark| template.contains(mark)) {
        return format!("{template}/{}/{}/download", package.name, package.version);
    }
    template
        .replace("{crate}", &package.name)
        .replace("{version}", &package.version)
        .replace("{prefix}", &prefix(&package.name))
        .replace("{lowerprefix}", &prefix(&package.name.to_lowercase()))
        .replace("{sha256-checksum}", &package.checksum.hex())
}

/// The folder of a package in an index.
fn prefix(name: &str) -> String {
    match name.len() {
        1 | 2 => name.len().to_string(),
        3 => format!("3/{}", &name[..1]),
        _ => format!("{}/{}", &name[..2], &name[2..4]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_filled_in_as_the_book_of_cargo_says() {
        let package = Package {
            name: "MyCrate".to_owned(),
            version: "1.2.3".to_owned(),
            checksum: cg_bundle_format::Digest::from_bytes([0xab; 32]),
        };
        let sum = "ab".repeat(32);
        for (template, expected) in [
            (
                "https://host/api/v1/crates",
                "https://host/api/v1/crates/MyCrate/1.2.3/download".to_owned(),
            ),
            (
                "https://host/{prefix}/{crate}-{version}.crate",
                "https://host/My/Cr/MyCrate-1.2.3.crate".to_owned(),
            ),
            ("https://host/{lowerprefix}/{sha256-checksum}", format!("https://host/my/cr/{sum}")),
        ] {
            assert_eq!(address(template, &package), expected);
        }
        assert_eq!(
            (prefix("a"), prefix("ab"), prefix("abc")),
            ("1".into(), "2".into(), "3/a".into())
        );
    }
}
