//! The crates of a lock file, with the licences that cargo knows.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use cg_bundle_format::Digest;
use serde::Deserialize;
use serde_json::json;

use super::{Contents, Section, licence, purl};
use crate::error::Error;
use crate::memo::Memo;

/// Kind of note: licences by name and version of the crates that an architecture uses.
const NOTE: &str = "crate-licences-1";

/// `name version` and the licence.
pub(crate) type Licences = BTreeMap<String, String>;

/// All crates of the lock file but our own.
pub(super) fn section(contents: &Contents<'_>) -> Result<Section, Error> {
    let path = contents.cargo_lock;
    let lock = cargo_lock::Lockfile::load(path)
        .map_err(|e| Error::Config { file: path.to_owned(), problem: e.to_string() })?;
    let licences = contents.licences;
    let mut components = Vec::new();
    for package in &lock.packages {
        // Our own crates are the product itself.
        if package.source.is_none() {
            continue;
        }
        let (name, version) = (package.name.as_str(), package.version.to_string());
        let purl = format!("pkg:cargo/{name}@{}", purl::encode(&version));
        let mut value = json!({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl});
        if let Some(checksum) = package.checksum.as_ref() {
            value["hashes"] = json!([{"alg": "SHA-256", "content": checksum.to_string()}]);
        }
        if let Some(used) = licences {
            match used.get(&format!("{name} {version}")) {
                Some(licence) if !licence.is_empty() => {
                    value["licenses"] = licence::choice(&[licence])
                }
                Some(_) => {}
                // In the lock file for other systems only.
                None => value["scope"] = json!("excluded"),
            }
        }
        components.push(value);
    }
    Ok(Section { components, ..Section::default() })
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
        // `MIT/Apache-2.0` is an old way to write `OR`.
        let licence = package.license.unwrap_or_default().replace('/', " OR ");
        (format!("{} {}", package.name, package.version), licence)
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
