//! What differs between two releases. Pure.

use std::collections::{BTreeMap, BTreeSet};

use cg_bundle_format::{Digest, Manifest, Model, Need, Role};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::lookup::Lookup;
use crate::packages::Package;

/// What is known of a thing: name of the property and value.
pub(crate) type Properties = Map<String, Value>;

/// Something that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) name: String,
    /// In the older release; none where it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Properties>,
    /// In the newer release; none where it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<Properties>,
}

impl Change {
    /// Names of the properties that differ, where both have the thing.
    pub(crate) fn differing(&self) -> Vec<&str> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return Vec::new() };
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        names.into_iter().filter(|n| before.get(*n) != after.get(*n)).map(String::as_str).collect()
    }
}

/// Bytes that a host with the older release lacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Moved {
    /// Blobs that only the newer release has.
    pub(crate) new_blobs: usize,
    /// Their bytes as they are carried.
    pub(crate) new_stored_bytes: u64,
    /// Their bytes in a store.
    pub(crate) new_bytes: u64,
    /// Blobs that only the older release has.
    pub(crate) gone_blobs: usize,
    /// Their bytes in a store.
    pub(crate) gone_bytes: u64,
    /// Bytes of the older release in a store.
    pub(crate) bytes_before: u64,
    /// Bytes of the newer release in a store.
    pub(crate) bytes_after: u64,
}

/// Things by name, with what is known of each.
pub(crate) type Things = BTreeMap<String, Properties>;

/// What stands in one only, or differs, by name.
pub(crate) fn changes(a: &Things, b: &Things) -> Vec<Change> {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    names
        .into_iter()
        .filter(|name| a.get(*name) != b.get(*name))
        .map(|name| Change {
            name: name.clone(),
            before: a.get(name).cloned(),
            after: b.get(name).cloned(),
        })
        .collect()
}

/// Counts blobs and bytes.
pub(crate) fn moved(a: &Manifest, b: &Manifest) -> Moved {
    let held = |manifest: &Manifest| -> BTreeSet<Digest> {
        manifest.blobs.iter().map(|blob| blob.digest).collect()
    };
    let (of_a, of_b) = (held(a), held(b));
    let bytes = |manifest: &Manifest| manifest.blobs.iter().map(|blob| blob.size).sum();
    let mut moved = Moved { bytes_before: bytes(a), bytes_after: bytes(b), ..Moved::default() };
    for blob in b.blobs.iter().filter(|blob| !of_a.contains(&blob.digest)) {
        moved.new_blobs += 1;
        moved.new_stored_bytes += blob.stored_size;
        moved.new_bytes += blob.size;
    }
    for blob in a.blobs.iter().filter(|blob| !of_b.contains(&blob.digest)) {
        moved.gone_blobs += 1;
        moved.gone_bytes += blob.size;
    }
    moved
}

fn properties(value: Value) -> Properties {
    match value {
        Value::Object(map) => map,
        _ => Properties::new(),
    }
}

/// Version, line, counter and the like.
pub(crate) fn release(manifest: &Manifest) -> Things {
    let mut things = Things::new();
    let mut put = |name: &str, value: Value| {
        things.insert(name.to_owned(), properties(json!({"value": value})));
    };
    put("product", json!(manifest.product));
    put("version", json!(manifest.version));
    put("line", json!(manifest.line));
    put("arch", json!(manifest.arch));
    put("release_counter", json!(manifest.release_counter));
    put("issued", json!(manifest.issued));
    put("advise_after", json!(manifest.advise_after));
    put("minimum_installer", json!(manifest.minimum_installer));
    put("migrates_from", json!(manifest.migrates_from));
    put("replaces_lines", json!(manifest.replaces.lines));
    put("replaces_versions", json!(manifest.replaces.versions));
    things
}

/// Components, whether they can be left out, and their bytes.
pub(crate) fn components(manifest: &Manifest) -> Things {
    let lookup = Lookup::new(manifest);
    let thing = |component: &cg_bundle_format::Component| {
        let bytes = lookup.component_bytes(&component.name);
        let value = json!({"need": need(component.need), "bytes": bytes});
        (component.name.clone(), properties(value))
    };
    manifest.components.iter().map(thing).collect()
}

/// The word of a need.
pub(crate) const fn need(need: Need) -> &'static str {
    match need {
        Need::Required => "required",
        Need::Optional => "optional",
    }
}

/// Images by reference and platform.
pub(crate) fn images(manifest: &Manifest) -> Things {
    let thing = |image: &cg_bundle_format::Image| {
        let value = json!({"digest": image.digest, "platform": image.platform, "component": image.component});
        (image.reference.clone(), properties(value))
    };
    manifest.images.iter().map(thing).collect()
}

/// Models by id.
pub(crate) fn models(manifest: &Manifest) -> Things {
    let lookup = Lookup::new(manifest);
    let thing = |model: &Model| {
        let (bytes, digest) = lookup.content(model);
        let value = json!({"kind": model.kind, "format": model.format, "licence": model.licence,
            "context": model.context, "dimensions": model.dimensions, "languages": model.languages,
            "template": model.template, "memory_bytes": model.memory_bytes, "bytes": bytes, "digest": digest,
            "component": model.component});
        (model.id.clone(), properties(value))
    };
    manifest.models.iter().map(thing).collect()
}

/// Placed files by path; those of models stand among the models.
pub(crate) fn files(manifest: &Manifest) -> Things {
    let lookup = Lookup::new(manifest);
    let mut things = Things::new();
    for placement in &manifest.placements {
        let Some(blob) = lookup.blob(&placement.blob).filter(|blob| blob.role != Role::Model)
        else {
            continue;
        };
        let value = json!({"digest": blob.digest, "bytes": blob.size, "role": blob.role,
            "mode": format!("{:04o}", placement.mode.bits()), "component": placement.component});
        things.insert(placement.path.to_string(), properties(value));
    }
    things
}

/// Packages by identity, with all versions and licences that a release has of each.
pub(crate) fn packages(list: &[Package]) -> Things {
    let mut found: BTreeMap<String, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for package in list {
        let (versions, licences) = found.entry(package.id.clone()).or_default();
        versions.insert(&package.version);
        licences.insert(&package.licence);
    }
    let join = |set: BTreeSet<&str>| set.into_iter().collect::<Vec<_>>().join(", ");
    let thing = |(id, (versions, licences))| {
        (id, properties(json!({"version": join(versions), "licence": join(licences)})))
    };
    found.into_iter().map(thing).collect()
}
