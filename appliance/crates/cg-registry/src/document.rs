//! The JSON of indexes and manifests, as far as a registry must understand it.

use serde::{Deserialize, Serialize};

/// Annotation of a layout's index: the name of an image.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Media type of an OCI index.
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of an OCI manifest.
pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The only version of such documents.
pub(crate) const SCHEMA_VERSION: u32 = 2;

/// One document that names others.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Document {
    pub(crate) schema_version: u32,
    pub(crate) media_type: Option<String>,
    pub(crate) artifact_type: Option<String>,
    pub(crate) manifests: Vec<Descriptor>,
    pub(crate) config: Option<Descriptor>,
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) subject: Option<Descriptor>,
    pub(crate) annotations: serde_json::Map<String, serde_json::Value>,
}

/// What a document says about another one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_type: Option<String>,
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub(crate) annotations: serde_json::Map<String, serde_json::Value>,
}

impl Descriptor {
    /// The name that a layout's index gives it.
    pub(crate) fn name(&self) -> Option<&str> {
        self.annotations.get(REF_NAME)?.as_str()
    }
}

/// Whether blobs of this type name other blobs.
pub(crate) fn is_manifest(media_type: &str) -> bool {
    matches!(
        media_type,
        OCI_INDEX
            | OCI_MANIFEST
            | "application/vnd.docker.distribution.manifest.v2+json"
            | "application/vnd.docker.distribution.manifest.list.v2+json"
    )
}
