//! `package.json` of a package below `node_modules` (the manual page package.json(5) of npm).

use serde_json::Value;

use crate::{Package, PackageKind, text};

/// What the file says; `None` where it is no package with a name.
pub fn package(bytes: &[u8]) -> Option<Package> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let field = |key: &str| value.get(key).and_then(Value::as_str).and_then(text::short);
    Some(Package {
        kind: PackageKind::Npm,
        name: field("name")?,
        version: field("version").unwrap_or_default(),
        arch: String::new(),
        epoch: 0,
        source: String::new(),
        licences: licences(&value),
    })
}

/// A name, or an old form: an object with `type`, or a list of those under `licenses`.
fn licences(value: &Value) -> Vec<String> {
    let one = |value: &Value| {
        let name = value.as_str().or_else(|| value.get("type").and_then(Value::as_str));
        name.and_then(text::short)
    };
    let single = value.get("license").and_then(one);
    let several = || value.get("licenses").and_then(Value::as_array).into_iter().flatten();
    match single {
        Some(licence) => vec![licence],
        None => several().filter_map(one).collect(),
    }
}
