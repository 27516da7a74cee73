//! Manifests and indexes, and what is refused in them.

use std::collections::BTreeMap;

use cg_bundle_format::Digest;
use serde::Deserialize;

use super::platform::Platform;

/// Largest manifest, index or configuration in bytes (what registries accept, too).
pub(crate) const MOST_JSON: usize = 4 << 20;
const MOST_LAYERS: usize = 1000;
/// Largest layer in bytes: as the bundle format has it.
const MOST_LAYER: u64 = 4 << 40;

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// All four, as `Accept` has them.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

const CONFIGS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
const LAYERS: [&str; 4] = [
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(default)]
    pub(crate) urls: Vec<String>,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) platform: Option<Platform>,
}

impl Descriptor {
    /// Only SHA-256 is taken.
    pub(crate) fn sha256(&self) -> Result<Digest, String> {
        let hex = self.digest.strip_prefix("sha256:").and_then(Digest::from_hex);
        hex.ok_or_else(|| {
            let text: String = self.digest.chars().take(80).collect();
            format!("{text:?} is no SHA-256 digest")
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u64,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
}

#[derive(Debug, Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed {
    media_type: Option<String>,
}

/// What a name in a registry stands for.
#[derive(Debug)]
pub(crate) enum Document {
    Manifest(Manifest),
    Index(Vec<Descriptor>),
}

/// Parses a document. The type in it and the one that the server said must be the same.
pub(crate) fn parse(bytes: &[u8], said: &str) -> Result<(Document, String), String> {
    let json = |e: serde_json::Error| format!("it is not what it should be: {e}");
    let typed: Typed = serde_json::from_slice(bytes).map_err(json)?;
    let kind = typed.media_type.unwrap_or_else(|| said.to_owned());
    let known = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];
    if known.contains(&said) && said != kind {
        return Err(format!("the server calls it {said}, it calls itself {kind}"));
    }
    let document = match kind.as_str() {
        OCI_MANIFEST | DOCKER_MANIFEST => {
            Document::Manifest(serde_json::from_slice(bytes).map_err(json)?)
        }
        OCI_INDEX | DOCKER_LIST => {
            Document::Index(serde_json::from_slice::<Index>(bytes).map_err(json)?.manifests)
        }
        _ => return Err(format!("media type {kind:?} is no image (schema 2 or OCI) or index")),
    };
    Ok((document, kind))
}

/// Refuses what is no image, or not wholly in the registry.
pub(crate) fn check_image(manifest: &Manifest) -> Result<(), String> {
    if manifest.schema_version != 2 {
        return Err(format!("schema version {} is not 2", manifest.schema_version));
    }
    if !CONFIGS.contains(&manifest.config.media_type.as_str()) {
        return Err(format!(
            "it is no container image: its configuration is {}",
            manifest.config.media_type
        ));
    }
    if manifest.config.size > MOST_JSON as u64 {
        return Err(format!("its configuration has {} bytes", manifest.config.size));
    }
    if manifest.layers.len() > MOST_LAYERS {
        return Err(format!("it has {} layers", manifest.layers.len()));
    }
    manifest.config.sha256()?;
    for layer in &manifest.layers {
        layer.sha256()?;
        if layer.size > MOST_LAYER {
            return Err(format!("layer {} has {} bytes", layer.digest, layer.size));
        }
        if !LAYERS.contains(&layer.media_type.as_str()) || !layer.urls.is_empty() {
            return Err(format!(
                "layer {} ({}) cannot be taken: it lies elsewhere or has a form that is not known",
                layer.digest, layer.media_type
            ));
        }
    }
    Ok(())
}

/// The first entry for the platform. Attestations that stand beside images are for no platform.
pub(crate) fn choose<'a>(
    entries: &'a [Descriptor],
    wanted: &Platform,
) -> Result<&'a Descriptor, String> {
    let fits = |entry: &&Descriptor| entry.platform.as_ref().is_some_and(|p| wanted.takes(p));
    entries.iter().find(fits).ok_or_else(|| {
        let there = entries.iter().filter_map(|entry| entry.platform.as_ref());
        let there: Vec<String> =
            there.filter(|p| p.os != "unknown").map(ToString::to_string).collect();
        format!("it is not there for {wanted}, only for {}", there.join(", "))
    })
}
