//! The crates of a lock file, with the licences that cargo knows.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use cg_bundle_format::{Digest, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Contents, Section, licence, purl};
use crate::error::Error;
use crate::memo::Memo;

/// Kind of note: licences by name and version of the crates that an architecture uses.
const NOTE: &str = "crate-licences-2";

/// `name version` and the licence.
pub(crate) type Licences = BTreeMap<String, String>;

/// All crates of the lock file but our own, and those that the bundle carries for other lock files.
pub(super) fn section(contents: &Contents<'_>) -> Result<Section, Error> {
    let path = contents.cargo_lock;
    let lock = cargo_lock::Lockfile::load(path)
        .map_err(|e| Error::Config { file: path.to_owned(), problem: e.to_string() })?;
    let licences = contents.licences;
    let mut carried = carried(contents);
    let mut components = Vec::new();
    for package in &lock.packages {
        // Our own crates are the product itself.
        if package.source.is_none() {
            continue;
        }
        let (name, version) = (package.name.as_str(), package.version.to_string());
        let key = format!("{name} {version}");
        let known = licences.map(|used| used.get(&key));
        // What stands in the package itself, where it is carried and cargo cannot tell.
        let own = carried.remove(&key).and_then(|(licence, _)| licence);
        let licence = known.flatten().filter(|licence| !licence.is_empty()).cloned().or(own);
        let checksum = package.checksum.as_ref().map(ToString::to_string);
        let mut value = one(name, &version, licence, checksum);
        // In the lock file for other systems only.
        if known == Some(None) {
            value["scope"] = json!("excluded");
        }
        components.push(value);
    }
    for (key, (licence, digest)) in carried {
        if let Some((name, version)) = key.split_once(' ') {
            components.push(one(name, version, licence, Some(digest)));
        }
    }
    Ok(Section { components, ..Section::default() })
}

fn one(name: &str, version: &str, licence: Option<String>, sha256: Option<String>) -> Value {
    let purl = format!("pkg:cargo/{name}@{}", purl::encode(version));
    let mut value =
        json!({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl});
    if let Some(sha256) = sha256 {
        value["hashes"] = json!([{"alg": "SHA-256", "content": sha256}]);
    }
    if let Some(licence) = licence {
        // `MIT/Apache-2.0` is an old way to write `OR`.
        value["licenses"] = licence::choice(&[licence.replace('/', " OR ")]);
    }
    value
}

/// Licence and digest of the packages that the bundle carries, by `name version`.
fn carried(contents: &Contents<'_>) -> BTreeMap<String, (Option<String>, String)> {
    let items = contents.items.iter().zip(contents.prepared);
    let of_crates = items.filter(|(item, _)| item.role == Role::Crate);
    let named = of_crates.filter_map(|(item, done)| {
        let version = item.version.as_ref()?;
        let file = item.place.as_ref()?.0.as_str().rsplit('/').next()?;
        let name = file.strip_suffix(".crate")?.strip_suffix(version)?.strip_suffix('-')?;
        Some((format!("{name} {version}"), (item.licence.clone(), done.digest.hex())))
    });
    named.collect()
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

/// As cargo tells; what it told for the same lock file before is not asked again. `None`, with a word
/// on stderr, where cargo or the crates' sources are not at hand.
pub(crate) fn licences(path: &Path, arch: &str, memo: &Memo) -> Result<Option<Licences>, Error> {
    let mut key = std::fs::read(path).map_err(Error::io("cannot read", path))?;
    key.extend(arch.as_bytes());
    let key = Digest::of(&key);
    if let Some(known) = memo.get(NOTE, &key) {
        return Ok(Some(known));
    }
    let Some(metadata) = ask(path, arch) else {
        eprintln!(
            "note: cargo cannot tell the crates' licences here; the bill of materials leaves them out"
        );
        return Ok(None);
    };
    let entry = |package: Package| {
        (format!("{} {}", package.name, package.version), package.license.unwrap_or_default())
    };
    let licences: Licences = metadata.packages.into_iter().map(entry).collect();
    memo.put(NOTE, &key, &licences)?;
    Ok(Some(licences))
}

fn ask(lock: &Path, arch: &str) -> Option<Metadata> {
    let output = Command::new("cargo")
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform"])
        .arg(format!("{arch}-unknown-linux-gnu"))
        .arg("--manifest-path")
        .arg(lock.with_file_name("Cargo.toml"))
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    serde_json::from_slice(&output.stdout).ok()
}
