//! From a package's manifest to its line in a registry's index.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Package, Read};

#[derive(Deserialize)]
struct Manifest {
    package: Head,
    #[serde(flatten)]
    lists: Lists,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    target: BTreeMap<String, Lists>,
}

#[derive(Deserialize)]
struct Head {
    name: String,
    links: Option<String>,
    #[serde(rename = "rust-version")]
    rust_version: Option<String>,
    license: Option<String>,
}

/// Those of its tests are listed too: features may name them.
#[derive(Deserialize)]
struct Lists {
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
    #[serde(default, rename = "build-dependencies", alias = "build_dependencies")]
    build: BTreeMap<String, Dependency>,
    #[serde(default, rename = "dev-dependencies", alias = "dev_dependencies")]
    dev: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Version(String),
    Table(Box<Table>),
}

#[derive(Default, Deserialize)]
struct Table {
    version: Option<String>,
    package: Option<String>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    optional: bool,
    #[serde(rename = "default-features", alias = "default_features")]
    default_features: Option<bool>,
}

/// One dependency in the index.
#[derive(Serialize)]
struct Line {
    name: String,
    req: String,
    features: Vec<String>,
    optional: bool,
    default_features: bool,
    target: Option<String>,
    kind: &'static str,
    package: Option<String>,
}

/// The line and the licence.
pub(super) fn read(text: &str, package: &Package) -> Result<Read, String> {
    let manifest: Manifest = toml::from_str(text).map_err(|e| format!("Cargo.toml: {e}"))?;
    if manifest.package.name != package.name {
        return Err(format!("Cargo.toml names the package {:?}", manifest.package.name));
    }
    let mut lines = Vec::new();
    add(&mut lines, manifest.lists, None);
    for (target, lists) in manifest.target {
        add(&mut lines, lists, Some(&target));
    }
    // Syntax that old versions of cargo do not know stands apart, as on crates.io.
    let is_new = |values: &Vec<String>| {
        values.iter().any(|value| value.starts_with("dep:") || value.contains("?/"))
    };
    let (new, old): (BTreeMap<_, _>, BTreeMap<_, _>) =
        manifest.features.into_iter().partition(|(_, values)| is_new(values));
    let mut line = json!({
        "name": package.name,
        "vers": package.version,
        "deps": lines,
        "cksum": package.checksum.hex(),
        "features": old,
        "yanked": false,
    });
    if !new.is_empty() {
        line["features2"] = json!(new);
        line["v"] = json!(2);
    }
    if let Some(links) = manifest.package.links {
        line["links"] = Value::String(links);
    }
    if let Some(version) = manifest.package.rust_version {
        line["rust_version"] = Value::String(version);
    }
    // `MIT/Apache-2.0` is an old way to write `OR`.
    let licence = manifest.package.license.unwrap_or_default().replace('/', " OR ");
    Ok(Read { line: line.to_string(), licence })
}

fn add(lines: &mut Vec<Line>, lists: Lists, target: Option<&str>) {
    for (kind, list) in [("normal", lists.dependencies), ("build", lists.build), ("dev", lists.dev)]
    {
        for (name, dependency) in list {
            let table = match dependency {
                Dependency::Version(version) => {
                    Table { version: Some(version), ..Table::default() }
                }
                Dependency::Table(table) => *table,
            };
            lines.push(Line {
                name,
                req: table.version.unwrap_or_else(|| "*".to_owned()),
                features: table.features,
                optional: table.optional,
                default_features: table.default_features.unwrap_or(true),
                target: target.map(str::to_owned),
                kind,
                package: table.package,
            });
        }
    }
}
