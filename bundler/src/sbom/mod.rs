//! One bill of materials over crates, models, extensions, libraries, programs and images, with the
//! packages that the images hold: CycloneDX 1.6 JSON.

mod crates;
mod files;
mod images;
mod licence;
mod purl;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cg_bundle_format::{Digest, Hasher};
use serde_json::{Value, json};

use crate::config::{Config, Loaded};
use crate::error::Error;
use crate::item::Item;
use crate::memo::Memo;
use crate::prepare::Prepared;
use crate::source::ImageRef;
use crate::vars::Vars;

pub(crate) use crates::{Licences, licences as crate_licences};
pub(crate) use images::NOTE as INVENTORY;

/// What the document is made of.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) config: &'a Config,
    pub(crate) cargo_lock: &'a Path,
    pub(crate) items: &'a [Item],
    pub(crate) prepared: &'a [Prepared],
    pub(crate) images: &'a [ImageRef],
    /// Of the crates, as the lock has them.
    pub(crate) licences: Option<&'a Licences>,
    /// What earlier runs found out about the same images and crates.
    pub(crate) memo: &'a Memo,
}

/// One part of the document.
#[derive(Debug, Default)]
struct Section {
    components: Vec<Value>,
    /// What stands inside of what, by reference.
    dependencies: Vec<(String, Vec<String>)>,
    /// References of components of which not everything is known.
    incomplete: Vec<String>,
}

/// The document's bytes.
pub(crate) fn document(contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
    let config = contents.config;
    let mut all = crates::section(contents)?;
    for section in [files::section(contents), images::section(contents)?] {
        all.components.extend(section.components);
        all.dependencies.extend(section.dependencies);
        all.incomplete.extend(section.incomplete);
    }
    let subject = format!("{}@{}", config.product, config.version);
    let top: Vec<&str> = all.components.iter().filter_map(|c| c["bom-ref"].as_str()).collect();
    let mut dependencies = vec![json!({"ref": subject, "dependsOn": top})];
    dependencies
        .extend(all.dependencies.iter().map(|(of, on)| json!({"ref": of, "dependsOn": on})));
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": config.issued,
            "component": {"type": "application", "bom-ref": subject, "name": config.product, "version": config.version,
                "licenses": licence::choice(&["Apache-2.0"])},
            "tools": {"components": [{"type": "application", "name": "codegraph-bundle", "version": env!("CARGO_PKG_VERSION")}]},
        },
        "components": all.components,
        "dependencies": dependencies,
    });
    if !all.incomplete.is_empty() {
        document["compositions"] =
            json!([{"aggregate": "incomplete", "assemblies": all.incomplete}]);
    }
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

/// For a loaded configuration: the lock file's path.
pub(crate) fn lock_path(config: &Loaded<Config>, vars: &Vars) -> Result<Option<PathBuf>, Error> {
    config.value.sbom.as_ref().map(|entry| config.path(&entry.cargo_lock, vars)).transpose()
}

/// How many components stand under each licence; those without one under `none stated`.
pub(crate) fn licences(document: &Value) -> BTreeMap<String, u64> {
    fn count(components: &Value, counts: &mut BTreeMap<String, u64>) {
        for component in components.as_array().into_iter().flatten() {
            if component["type"] != "operating-system" && component["type"] != "container" {
                let names = licence::names(component);
                for name in names {
                    *counts.entry(name).or_default() += 1;
                }
            }
            count(&component["components"], counts);
        }
    }
    let mut counts = BTreeMap::new();
    count(&document["components"], &mut counts);
    counts
}
