//! An image from an OCI layout on disk: bytes stay as they are, every digest is checked.

use std::path::Path;

use cg_bundle_format::{Digest, Origin, Role};
use serde::Deserialize;

use crate::config::{Config, ImageEntry, Loaded};
use crate::error::Error;
use crate::item::{Bytes, Expected, Item, Packing};
use crate::lock::Kind;
use crate::source::{Finding, ImageRef};

/// Largest index, manifest or configuration in bytes.
const MOST_JSON: u64 = 4 << 20;
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: Digest,
    size: u64,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct ImageConfig {
    os: String,
    architecture: String,
}

/// The items of one image of a layout.
pub(crate) fn items(
    finding: &mut Finding<'_>,
    entry: &ImageEntry,
    source: &str,
) -> Result<(Vec<Item>, ImageRef), Error> {
    let config = finding.context.config;
    let folder = &finding.path(source)?;
    let Some(reference) = entry.reference.clone() else {
        return Err(config.problem(format!(
            "image {source:?}: a layout needs `reference`, its name with tag in the bundle"
        )));
    };
    let index: Index = json(&folder.join("index.json"))?;
    let descriptor = choose(config, entry, index)?;
    if descriptor.media_type != MANIFEST {
        let problem = format!(
            "image {reference:?} has media type {}; only {MANIFEST} can be taken",
            descriptor.media_type
        );
        return Err(config.problem(problem));
    }
    let file = |digest: &Digest| folder.join("blobs/sha256").join(digest.hex());
    let manifest: Manifest = json(&file(&descriptor.digest))?;
    let image: ImageConfig = json(&file(&manifest.config.digest))?;
    let unpacked = manifest.layers.iter().map(|layer| layer.size).sum::<u64>().saturating_mul(3);
    let image = ImageRef {
        reference,
        digest: descriptor.digest,
        size: descriptor.size,
        media_type: descriptor.media_type.clone(),
        platform: format!("{}/{}", image.os, image.architecture),
        component: entry.component.clone(),
        // Layers are compressed; three times their size is what unpacking usually needs.
        unpacked,
    };
    let all: Vec<_> = [descriptor, manifest.config].into_iter().chain(manifest.layers).collect();
    let files: Vec<_> = all
        .iter()
        .map(|part| (format!("{source}/blobs/sha256/{}", part.digest.hex()), file(&part.digest)))
        .collect();
    finding.look_all(Kind::Layout, &files)?;
    let items = all.into_iter().map(|part| Item {
        bytes: Bytes::File(file(&part.digest)),
        role: Role::Image,
        media_type: part.media_type,
        component: entry.component.clone(),
        origin: Origin { source: source.to_owned(), checked: "sha256".to_owned() },
        expected: Some(Expected { digest: part.digest, size: Some(part.size) }),
        packing: Packing::AsIs,
        place: None,
        version: None,
        licence: None,
    });
    Ok((items.collect(), image))
}

fn choose(config: &Loaded<Config>, entry: &ImageEntry, index: Index) -> Result<Descriptor, Error> {
    let name = "org.opencontainers.image.ref.name";
    let mut found: Vec<_> = index
        .manifests
        .into_iter()
        .filter(|manifest| {
            entry
                .select
                .as_ref()
                .is_none_or(|wanted| manifest.annotations.get(name) == Some(wanted))
        })
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => {
            Err(config.problem("the layout holds several images; choose one by `select`"))
        }
        (None, _) => Err(config.problem("the layout holds no such image")),
    }
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let size = std::fs::metadata(path).map_err(Error::io("cannot read", path))?.len();
    let problem = |problem: String| Error::Config { file: path.to_owned(), problem };
    if size > MOST_JSON {
        return Err(problem(format!("{size} bytes; at most {MOST_JSON} are allowed")));
    }
    let bytes = std::fs::read(path).map_err(Error::io("cannot read", path))?;
    serde_json::from_slice(&bytes).map_err(|e| problem(e.to_string()))
}
