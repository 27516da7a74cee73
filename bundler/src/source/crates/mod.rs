//! Source packages that a `Cargo.lock` names, from cargo's own cache or from the registry; each is checked against
//! the lock file's checksum. Beside them lies `crates/index.jsonl`, one line for each as a registry's index has it:
//! from both a site makes a `local-registry`.

mod archive;
mod index;
mod registry;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cg_bundle_format::{Digest, Mode, Origin, PlainPath, Role};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::config::{Config, CratesEntry, Loaded};
use crate::error::Error;
use crate::fetch::Download;
use crate::item::{Bytes, Expected, Item, Packing};
use crate::lock::Kind;
use crate::memo::Memo;
use crate::source::{Door, Finding};

/// Kind of note: what was read in a package.
pub(crate) const NOTE: &str = "crate-2";
/// Where packages and index are placed in a generation.
const FOLDER: &str = "crates";

/// A package that a lock file names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    checksum: Digest,
}

impl Package {
    fn file(&self) -> String {
        format!("{}-{}.crate", self.name, self.version)
    }
}

/// What is read in a package.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Read {
    /// Its line of the index.
    line: String,
    licence: String,
}

/// An entry, and the packages that its lock file names.
pub(crate) struct Named<'a> {
    entry: &'a CratesEntry,
    packages: Vec<Package>,
}

/// Reads the lock files of all `crates` entries.
pub(crate) fn read<'a>(finding: &mut Finding<'a>) -> Result<Vec<Named<'a>>, Error> {
    let config = finding.context.config;
    let mut all: Vec<Named<'_>> = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in &config.value.crates {
        let path = finding.path(&entry.cargo_lock)?;
        finding.look(Kind::Definition, &entry.cargo_lock, &path)?;
        let mut packages = packages(config, &path)?;
        // A package that an entry before this one brings is there.
        packages.retain(|package| seen.insert(package.file()));
        all.push(Named { entry, packages });
    }
    Ok(all)
}

/// What of them must come from a registry. Nobody says how large it is.
pub(crate) fn downloads(
    finding: &Finding<'_>,
    door: &Door<'_>,
    named: &[Named<'_>],
) -> Result<Vec<Download<'static>>, Error> {
    let shelf = registry::Shelf::new(finding.context.cache);
    let mut all = Vec::new();
    for Named { entry, packages } in named {
        all.extend(shelf.downloads(finding, door, entry, packages)?);
    }
    Ok(all)
}

/// The items of all `crates` entries.
pub(crate) fn items(finding: &mut Finding<'_>, named: &[Named<'_>]) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    let config = finding.context.config;
    let shelf = registry::Shelf::new(finding.context.cache);
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for Named { entry, packages } in named {
        let files = shelf.files(finding, packages)?;
        let named: Vec<(String, PathBuf)> = packages
            .iter()
            .zip(files)
            .map(|(package, file)| (format!("{} {}", package.name, package.version), file))
            .collect();
        let found = finding.look_all(Kind::Crate, &named)?;
        let memo = finding.context.memo;
        let read: Vec<Read> = packages
            .par_iter()
            .zip(&named)
            .zip(&found)
            .map(|((package, (_, file)), facts)| {
                check(file, package, facts.digest)?;
                read_package(memo, package, file)
            })
            .collect::<Result<_, _>>()?;
        for (((package, (name, file)), facts), read) in
            packages.iter().zip(named).zip(found).zip(read)
        {
            if !read.licence.is_empty() {
                finding.remark(
                    Kind::Crate,
                    &name,
                    [("licence".to_owned(), read.licence.clone())].into(),
                );
            }
            lines.insert(package.file(), read.line);
            let expected = Expected { digest: facts.digest, size: Some(facts.size) };
            let mut item = item(config, entry, Bytes::File(file), &package.file())?;
            item.origin = Origin {
                source: format!("{} {name}", entry.cargo_lock),
                checked: "sha256".to_owned(),
            };
            item.expected = Some(expected);
            item.version = Some(package.version.clone());
            item.licence = Some(read.licence).filter(|licence| !licence.is_empty());
            items.push(item);
        }
    }
    if let Some(entry) = config.value.crates.first() {
        let text: String = lines.into_values().map(|line| line + "\n").collect();
        items.push(item(config, entry, Bytes::Memory(text.into_bytes()), "index.jsonl")?);
    }
    Ok(items)
}

fn item(
    config: &Loaded<Config>,
    entry: &CratesEntry,
    bytes: Bytes,
    name: &str,
) -> Result<Item, Error> {
    let place = PlainPath::new(&format!("{FOLDER}/{name}"));
    Ok(Item {
        bytes,
        role: Role::Crate,
        media_type: Item::own_media_type(&Role::Crate),
        component: entry.component.clone(),
        origin: Origin { source: "made by the packager".to_owned(), checked: "none".to_owned() },
        expected: None,
        packing: Packing::AsIs,
        place: Some((place.map_err(|problem| config.problem(problem))?, Mode::Plain)),
        version: None,
        licence: None,
    })
}

/// The packages of registries, sorted; our own packages have no source and are the product itself.
fn packages(config: &Loaded<Config>, file: &Path) -> Result<Vec<Package>, Error> {
    let lock = cargo_lock::Lockfile::load(file)
        .map_err(|e| Error::Config { file: file.to_owned(), problem: e.to_string() })?;
    let mut packages = BTreeSet::new();
    for package in &lock.packages {
        let Some(source) = &package.source else { continue };
        let name = format!("{} {}", package.name, package.version);
        let problem =
            |problem: &str| config.problem(format!("{}: {name}: {problem}", file.display()));
        if !source.is_default_registry() {
            return Err(problem(&format!(
                "comes from {source}; only packages of crates.io can go into a local registry, so vendor it into the sources"
            )));
        }
        let checksum = package.checksum.as_ref().map(ToString::to_string);
        let checksum = checksum.and_then(|text| Digest::from_hex(&text));
        packages.insert(Package {
            name: package.name.to_string(),
            version: package.version.to_string(),
            checksum: checksum.ok_or_else(|| problem("the lock file has no SHA-256 for it"))?,
        });
    }
    Ok(packages.into_iter().collect())
}

fn check(file: &Path, package: &Package, found: Digest) -> Result<(), Error> {
    if found == package.checksum {
        return Ok(());
    }
    Err(Error::Config {
        file: file.to_owned(),
        problem: format!(
            "it is {found}, but Cargo.lock says {} for {} {}; remove the file and run `codegraph-bundle lock`",
            package.checksum, package.name, package.version
        ),
    })
}

fn read_package(memo: &Memo, package: &Package, file: &Path) -> Result<Read, Error> {
    if let Some(read) = memo.get(NOTE, &package.checksum) {
        return Ok(read);
    }
    let problem = |problem: String| Error::Config { file: file.to_owned(), problem };
    let manifest = archive::manifest(file, package).map_err(problem)?;
    let read = index::read(&manifest, package).map_err(problem)?;
    memo.put(NOTE, &package.checksum, &read)?;
    Ok(read)
}
