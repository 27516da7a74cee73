//! Reads a bill of materials: what people want to know of each package.

use serde::{Deserialize, Serialize};

/// Deepest nesting of components that is followed.
const DEEPEST: usize = 4;
/// Most components that are read.
const MOST: usize = 200_000;

/// A package, file or image in a bill of materials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Package {
    /// What it is the same package by, whatever its version: the package URL without version, or type and name.
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// SPDX expressions or names, joined by ` AND `; empty where the bill states none.
    pub(crate) licence: String,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    purl: String,
    #[serde(default)]
    licenses: Vec<Choice>,
    /// `excluded`: in a lock file, but not in what is delivered.
    #[serde(default)]
    scope: String,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Choice {
    expression: Option<String>,
    license: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
    name: Option<String>,
}

/// The packages of a CycloneDX document, sorted.
pub(crate) fn packages(bytes: &[u8]) -> Result<Vec<Package>, String> {
    let document: Document = serde_json::from_slice(bytes)
        .map_err(|e| format!("the bill of materials cannot be read: {e}"))?;
    let mut found = Vec::new();
    collect(document.components, 0, &mut found)?;
    found.sort();
    found.dedup();
    Ok(found)
}

fn collect(
    components: Vec<Component>,
    depth: usize,
    found: &mut Vec<Package>,
) -> Result<(), String> {
    for component in components {
        if found.len() >= MOST {
            return Err(format!("the bill of materials lists more than {MOST} components"));
        }
        let Component { kind, name, version, purl, licenses, scope, components } = component;
        if scope != "excluded" {
            let licence =
                licenses.into_iter().filter_map(licence).collect::<Vec<_>>().join(" AND ");
            let id = identity(&kind, &name, &purl);
            found.push(Package { id, kind, name, version, licence });
        }
        if depth < DEEPEST {
            collect(components, depth + 1, found)?;
        }
    }
    Ok(())
}

fn licence(choice: Choice) -> Option<String> {
    choice.expression.or_else(|| choice.license.and_then(|named| named.id.or(named.name)))
}

/// `pkg:cargo/serde` for `pkg:cargo/serde@1.0.0?…#…`; else `library:name`.
fn identity(kind: &str, name: &str, purl: &str) -> String {
    if purl.is_empty() {
        return format!("{kind}:{name}");
    }
    let plain = purl.split(['?', '#']).next().unwrap_or_default();
    // An `@` of a scope is written %40; the last one begins the version.
    plain.rsplit_once('@').map_or(plain, |(before, _)| before).to_owned()
}
