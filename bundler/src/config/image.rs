//! Images: an entry of `bundle.yaml`, and the definition of an image that is put together here.

use schemars::JsonSchema;
use serde::Deserialize;

/// A container image. Exactly one of `assemble`, `layout` and `registry` says where it comes from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageEntry {
    /// A file of `images/`: an image that is put together from built files.
    pub(crate) assemble: Option<String>,
    /// An OCI layout on disk.
    pub(crate) layout: Option<String>,
    /// An image in a registry: `host/name:tag` or `host/name@sha256:…`. The lock pins its digest.
    pub(crate) registry: Option<String>,
    /// Which image of a layout: the value of `org.opencontainers.image.ref.name`. Not needed when it holds one.
    pub(crate) select: Option<String>,
    /// Which image of a registry's multi-platform index. `linux/` and the product's architecture unless given.
    pub(crate) platform: Option<String>,
    /// A cosign public key (PEM) that must have signed the image; the check is recorded in the manifest.
    pub(crate) cosign_key: Option<String>,
    /// Ask the registry without TLS; only for one on this machine.
    #[serde(default)]
    pub(crate) insecure_http_loopback: bool,
    /// Name with tag in the bundle; needed for a layout and for a registry's image named by digest only.
    pub(crate) reference: Option<String>,
    /// The component it belongs to.
    pub(crate) component: String,
}

/// A file of `images/`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageDefinition {
    /// Name with tag.
    pub(crate) reference: String,
    /// As `linux/amd64`.
    pub(crate) platform: String,
    /// Number of the user, and after a colon of the group.
    pub(crate) user: String,
    /// Program and arguments.
    #[serde(default)]
    pub(crate) entrypoint: Vec<String>,
    /// Arguments that a user may replace.
    #[serde(default)]
    pub(crate) cmd: Vec<String>,
    /// As `NAME=VALUE`.
    #[serde(default)]
    pub(crate) env: Vec<String>,
    /// As `8000/tcp`.
    #[serde(default)]
    pub(crate) ports: Vec<String>,
    /// Folders whose content outlives a container.
    #[serde(default)]
    pub(crate) volumes: Vec<String>,
    /// Folder that the program starts in.
    #[serde(default)]
    pub(crate) workdir: String,
    /// Labels of the image.
    #[serde(default)]
    pub(crate) labels: std::collections::BTreeMap<String, String>,
    /// Layers, lowest first.
    pub(crate) layers: Vec<Layer>,
}

/// One layer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    /// One sentence for the image's history.
    pub(crate) comment: String,
    /// What lies in it.
    pub(crate) entries: Vec<LayerEntry>,
}

/// A file taken from the disk, a file with this text, or an empty folder.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayerEntry {
    /// Path in the image.
    pub(crate) to: String,
    /// File on the disk.
    pub(crate) from: Option<String>,
    /// The content itself.
    pub(crate) text: Option<String>,
    /// Octal, as "0755". Files 0644 and folders 0755 unless given.
    pub(crate) mode: Option<String>,
    /// Number of the owner and group, 0 unless given.
    #[serde(default)]
    pub(crate) owner: u64,
}
