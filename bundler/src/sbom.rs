//! One bill of materials over crates, models, extensions, libraries, programs and images: CycloneDX 1.6 JSON.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use cg_bundle_format::{Digest, Hasher, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::{Config, Loaded};
use crate::error::Error;
use crate::item::Item;
use crate::prepare::Prepared;
use crate::source::ImageRef;

/// What the document is made of.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) config: &'a Config,
    pub(crate) cargo_lock: &'a Path,
    pub(crate) items: &'a [Item],
    pub(crate) prepared: &'a [Prepared],
    pub(crate) images: &'a [ImageRef],
}

/// The document's bytes.
pub(crate) fn document(contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
    let config = contents.config;
    let mut components = crates(contents)?;
    let mut files: Vec<_> = contents
        .items
        .iter()
        .zip(contents.prepared)
        .filter_map(|(item, done)| file(item, done))
        .collect();
    files.sort_by_key(|(name, _)| name.clone());
    components.extend(files.into_iter().map(|(_, value)| value));
    for image in contents.images {
        components.push(json!({"type": "container", "bom-ref": format!("image:{}", image.reference), "name": image.reference,
            "version": image.digest.to_string(), "hashes": hashes(&image.digest)}));
    }
    let subject = format!("{}@{}", config.product, config.version);
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": config.issued,
            "component": {"type": "application", "bom-ref": subject, "name": config.product, "version": config.version,
                "licenses": [{"expression": "Apache-2.0"}]},
            "tools": {"components": [{"type": "application", "name": "codegraph-bundle", "version": env!("CARGO_PKG_VERSION")}]},
        },
        "components": components,
    });
    document["serialNumber"] = json!(serial(&document));
    let mut bytes =
        serde_json::to_vec_pretty(&document).map_err(|e| Error::Unexpected(e.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The same content has the same number: version 8 of RFC 9562 over its SHA-256.
fn serial(document: &Value) -> String {
    let mut hasher = Hasher::new();
    hasher.update(document.to_string().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finish().as_bytes()[..16]);
    format!("urn:uuid:{}", uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

fn hashes(digest: &Digest) -> Value {
    json!([{"alg": "SHA-256", "content": digest.hex()}])
}

fn file(item: &Item, done: &Prepared) -> Option<(String, Value)> {
    let kind = match item.role {
        Role::Program => "application",
        Role::Library | Role::Extension => "library",
        Role::Model => "machine-learning-model",
        _ => return None,
    };
    let name = item.place.as_ref()?.0.to_string();
    let mut value = json!({"type": kind, "bom-ref": format!("file:{name}"), "name": name, "hashes": hashes(&done.digest),
        "properties": [{"name": "codegraph:source", "value": item.origin.source}]});
    if let Some(version) = &item.version {
        value["version"] = json!(version);
    }
    if let Some(licence) = &item.licence {
        value["licenses"] = json!([{"expression": licence}]);
    }
    Some((name, value))
}

fn crates(contents: &Contents<'_>) -> Result<Vec<Value>, Error> {
    let path = contents.cargo_lock;
    let lock = cargo_lock::Lockfile::load(path)
        .map_err(|e| Error::Config { file: path.to_owned(), problem: e.to_string() })?;
    let licences = licences(path, &contents.config.arch);
    let mut components = Vec::new();
    for package in &lock.packages {
        // Our own crates are the product itself.
        if package.source.is_none() {
            continue;
        }
        let (name, version) = (package.name.as_str(), package.version.to_string());
        let purl = format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"));
        let mut value = json!({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl});
        if let Some(checksum) = package.checksum.as_ref() {
            value["hashes"] = json!([{"alg": "SHA-256", "content": checksum.to_string()}]);
        }
        if let Some(used) = &licences {
            match used.get(&(name.to_owned(), version)) {
                Some(licence) if !licence.is_empty() => {
                    value["licenses"] = json!([{"expression": licence}])
                }
                Some(_) => {}
                // In the lock file for other systems only.
                None => value["scope"] = json!("excluded"),
            }
        }
        components.push(value);
    }
    Ok(components)
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

/// Licences of the crates that this architecture uses, as cargo knows them; `None`, with a word on
/// stderr, where cargo or the crates' sources are not at hand.
fn licences(lock: &Path, arch: &str) -> Option<BTreeMap<(String, String), String>> {
    let manifest = lock.with_file_name("Cargo.toml");
    let output = Command::new("cargo")
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform"])
        .arg(format!("{arch}-unknown-linux-gnu"))
        .arg("--manifest-path")
        .arg(&manifest)
        .output();
    let parsed = output
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| serde_json::from_slice::<Metadata>(&output.stdout).ok());
    let Some(metadata) = parsed else {
        eprintln!(
            "note: cargo cannot tell the crates' licences here; the bill of materials leaves them out"
        );
        return None;
    };
    let entry = |package: Package| {
        // `MIT/Apache-2.0` is an old way to write `OR`.
        let licence = package.license.unwrap_or_default().replace('/', " OR ");
        ((package.name, package.version), licence)
    };
    Some(metadata.packages.into_iter().map(entry).collect())
}

/// For a loaded configuration: the lock file's path.
pub(crate) fn lock_path(
    config: &Loaded<Config>,
    vars: &crate::vars::Vars,
) -> Result<Option<std::path::PathBuf>, Error> {
    config.value.sbom.as_ref().map(|entry| config.path(&entry.cargo_lock, vars)).transpose()
}
