//! Images, and the packages that their layers hold.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{Cursor, Read};

use cg_bundle_format::Digest;
use cg_inventory::{Inventory, Limits, Package, Rootfs};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Contents, Section, hashes, licence, purl};
use crate::error::Error;
use crate::item::Bytes;
use crate::source::ImageRef;

/// Kind of note: the inventory of an image. The number changes when the reader finds more.
pub(crate) const NOTE: &str = "inventory-2";
/// Largest manifest in bytes.
const MOST_JSON: u64 = 4 << 20;

#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    digest: Digest,
}

/// All images, in their order.
pub(super) fn section(contents: &Contents<'_>) -> Result<Section, Error> {
    let mut section = Section::default();
    let stored: HashMap<Digest, &Bytes> =
        contents.prepared.iter().map(|done| (done.digest, &done.stored)).collect();
    for image in contents.images {
        let inventory = match contents.memo.get(NOTE, &image.digest) {
            Some(known) => known,
            None => {
                let found = inventory(image, &stored)?;
                contents.memo.put(NOTE, &image.digest, &found)?;
                found
            }
        };
        for note in &inventory.notes {
            eprintln!("note: image {}: {}", image.reference, cg_bundle_format::shown(note));
        }
        add(image, &inventory, &mut section);
    }
    Ok(section)
}

fn open<'a>(bytes: &'a Bytes) -> Result<Box<dyn Read + 'a>, Error> {
    Ok(match bytes {
        Bytes::Memory(bytes) => Box::new(Cursor::new(bytes)),
        Bytes::File(path) => Box::new(File::open(path).map_err(Error::io("cannot read", path))?),
    })
}

/// Reads all layers of an image. What cannot be read becomes a note: an image may hold what we do not know.
fn inventory(image: &ImageRef, stored: &HashMap<Digest, &Bytes>) -> Result<Inventory, Error> {
    let unread = |problem: String| Inventory { notes: vec![problem], ..Inventory::default() };
    let Some(manifest) = stored.get(&image.digest) else {
        return Ok(unread("its manifest is not at hand; its packages are not listed".to_owned()));
    };
    let mut bytes = Vec::new();
    open(manifest)?
        .take(MOST_JSON)
        .read_to_end(&mut bytes)
        .map_err(|e| Error::Unexpected(format!("manifest of {}: {e}", image.reference)))?;
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) else {
        return Ok(unread("it is no single image; its packages are not listed".to_owned()));
    };
    let mut rootfs = Rootfs::new(Limits::default());
    let mut missing = Vec::new();
    for layer in &manifest.layers {
        match stored.get(&layer.digest) {
            // The inventory says itself what could not be read.
            Some(bytes) => drop(rootfs.apply(open(bytes)?)),
            None => missing.push(format!("layer {} is not at hand; it was not read", layer.digest)),
        }
    }
    let mut inventory = rootfs.inventory();
    inventory.notes.extend(missing);
    Ok(inventory)
}

fn add(image: &ImageRef, inventory: &Inventory, section: &mut Section) {
    let reference = format!("image:{}", image.reference);
    let mut inside = Vec::new();
    let mut inside_refs = Vec::new();
    if let Some(os) = &inventory.os {
        let own = format!("{reference}#os");
        let mut value = json!({"type": "operating-system", "bom-ref": own, "name": os.id});
        for (key, text) in [("version", &os.version), ("description", &os.name)] {
            if !text.is_empty() {
                value[key] = json!(text);
            }
        }
        inside.push(value);
        inside_refs.push(own);
    }
    let mut seen = BTreeSet::new();
    for package in &inventory.packages {
        let purl = purl::package(package, inventory.os.as_ref());
        let mut own = format!("{reference}#{purl}");
        // Two entries of a broken database may be the same package with other licences.
        while !seen.insert(own.clone()) {
            own.push('+');
        }
        inside.push(one(package, &own, &purl));
        inside_refs.push(own);
    }
    let mut value = json!({"type": "container", "bom-ref": reference, "name": image.reference,
        "version": image.digest.to_string(), "hashes": hashes(&image.digest), "purl": purl::image(image)});
    if !inside.is_empty() {
        value["components"] = json!(inside);
    }
    if !inventory.notes.is_empty() {
        let notes = inventory.notes.iter();
        value["properties"] =
            notes.map(|note| json!({"name": "codegraph:not-read", "value": note})).collect();
        section.incomplete.push(reference.clone());
    }
    section.components.push(value);
    section.dependencies.push((reference, inside_refs));
}

fn one(package: &Package, own: &str, purl: &str) -> Value {
    let mut value = json!({"type": "library", "bom-ref": own, "name": package.name, "version": package.version, "purl": purl});
    let licences = licence::choice(&package.licences);
    if !licences.is_null() {
        value["licenses"] = licences;
    }
    if !package.source.is_empty() {
        value["properties"] =
            json!([{"name": "codegraph:source-package", "value": package.source}]);
    }
    value
}
