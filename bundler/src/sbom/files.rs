//! Programs, libraries, extensions and models.

use cg_bundle_format::Role;
use serde_json::{Value, json};

use super::{Contents, Section, hashes, licence};
use crate::item::Item;
use crate::prepare::Prepared;

/// All placed files of these kinds, by their path.
pub(super) fn section(contents: &Contents<'_>) -> Section {
    let mut files: Vec<_> = contents
        .items
        .iter()
        .zip(contents.prepared)
        .filter_map(|(item, done)| file(item, done))
        .collect();
    files.sort_by_key(|(name, _)| name.clone());
    Section {
        components: files.into_iter().map(|(_, value)| value).collect(),
        ..Section::default()
    }
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
        value["licenses"] = licence::choice(&[licence]);
    }
    Some((name, value))
}
