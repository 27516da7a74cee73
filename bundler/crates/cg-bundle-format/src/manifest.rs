//! `release.json`: the one document that must be trusted; everything else follows from its digests.
//!
//! Leaves are integers and strings only. Fields that a reader does not know are ignored unless the
//! list `critical` names them (dotted, as `blobs.repair`): then the manifest is refused.

use serde::{Deserialize, Serialize};

use crate::{Alternative, Digest, PlainPath, Requires};

/// The version of the format that this crate writes and the only one that it reads.
pub const FORMAT_VERSION: u64 = 1;

/// The signed description of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`FORMAT_VERSION`].
    pub format: u64,
    /// Dotted names of fields that a reader must understand or refuse the manifest.
    #[serde(default)]
    pub critical: Vec<String>,
    /// `codegraph`.
    pub product: String,
    /// Release line, as `1.9`; counters are compared within a line only.
    pub line: String,
    /// Version of the release, as `1.9.4`.
    pub version: String,
    /// Processor architecture, as `x86_64`.
    pub arch: String,
    /// Strictly increasing within the line.
    pub release_counter: u64,
    /// What this release may take the place of.
    #[serde(default)]
    pub replaces: Replaces,
    /// When it was issued, `YYYY-MM-DDThh:mm:ssZ`.
    pub issued: String,
    /// After this time an installer warns that the release is old; empty for never.
    #[serde(default)]
    pub advise_after: String,
    /// Oldest installer that can install it.
    pub minimum_installer: String,
    /// Versions whose stored state this release can migrate.
    #[serde(default)]
    pub migrates_from: Vec<String>,
    /// SHA-256 of the entry `FORMAT`.
    pub format_note: Digest,
    /// The oldest system software that its programs run on.
    #[serde(default, skip_serializing_if = "Requires::is_empty")]
    pub requires: Requires,
    /// The parts that can be chosen.
    pub components: Vec<Component>,
    /// Components that take the place of another one on hosts with an accelerator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// Everything that the release consists of; chunk lists stand in this order.
    pub blobs: Vec<Blob>,
    /// Blobs that lie as one named entry in front of the payload of volume 1.
    #[serde(default)]
    pub front: Vec<Front>,
    /// Which blob stands at which path of a generation.
    pub placements: Vec<Placement>,
    /// Container images.
    #[serde(default)]
    pub images: Vec<Image>,
    /// OCI artifacts that group the blobs which are not images, so that OCI tools can read the store.
    #[serde(default)]
    pub artifacts: Vec<Artifact>,
    /// Models that `models.lock` of a generation lists.
    #[serde(default)]
    pub models: Vec<Model>,
    /// Bills of material.
    #[serde(default)]
    pub sboms: Vec<Sbom>,
    /// Disk need.
    #[serde(default)]
    pub disk: Vec<DiskNeed>,
}

/// What a release may take the place of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaces {
    /// Release lines.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Versions.
    #[serde(default)]
    pub versions: Vec<String>,
}

/// A part of the product that is installed as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Short name, as `server`.
    pub name: String,
    /// Whether every installation has it.
    pub need: Need,
    /// One sentence for people.
    #[serde(default)]
    pub summary: String,
}

/// Whether something must be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Every installation has it.
    Required,
    /// A site may leave it out.
    Optional,
}

/// Whether the bundle holds a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carriage {
    /// Its chunks are in the volumes.
    Carried,
    /// The target must have it already; the installer proves that before it changes anything.
    Expected,
}

/// How a blob's bytes are stored in the volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// As they are.
    Identity,
    /// A run of independent zstd frames.
    Zstd,
}

/// What a blob is for. Roles that this reader does not know are kept as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum Role {
    /// One of our programs.
    Program,
    /// A shared library.
    Library,
    /// An extension of the graph store.
    Extension,
    /// A file of a model.
    Model,
    /// An image's manifest, configuration or layer.
    Image,
    /// A default configuration file.
    Config,
    /// A systemd, sysusers or tmpfiles file.
    Unit,
    /// Documentation.
    Doc,
    /// A bill of material.
    Sbom,
    /// A licence text.
    Licence,
    /// A source package of the local registry.
    Crate,
    /// An OCI manifest that groups other blobs.
    Artifact,
    /// Any other file.
    File,
    /// A role of a later writer.
    Other(String),
}

impl From<String> for Role {
    fn from(text: String) -> Self {
        match text.as_str() {
            "program" => Self::Program,
            "library" => Self::Library,
            "extension" => Self::Extension,
            "model" => Self::Model,
            "image" => Self::Image,
            "config" => Self::Config,
            "unit" => Self::Unit,
            "doc" => Self::Doc,
            "sbom" => Self::Sbom,
            "licence" => Self::Licence,
            "crate" => Self::Crate,
            "artifact" => Self::Artifact,
            "file" => Self::File,
            _ => Self::Other(text),
        }
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.as_str().to_owned()
    }
}

impl Role {
    /// The role's name in the manifest.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Program => "program",
            Self::Library => "library",
            Self::Extension => "extension",
            Self::Model => "model",
            Self::Image => "image",
            Self::Config => "config",
            Self::Unit => "unit",
            Self::Doc => "doc",
            Self::Sbom => "sbom",
            Self::Licence => "licence",
            Self::Crate => "crate",
            Self::Artifact => "artifact",
            Self::File => "file",
            Self::Other(text) => text,
        }
    }
}

/// One blob: content that is named by its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// SHA-256 of the decoded bytes: the blob's name in the store.
    pub digest: Digest,
    /// Decoded bytes.
    pub size: u64,
    /// How the bytes are stored.
    pub encoding: Encoding,
    /// SHA-256 of the stored bytes.
    pub stored_digest: Digest,
    /// Stored bytes.
    pub stored_size: u64,
    /// Bytes of each chunk of the stored bytes; the last one may be shorter.
    pub chunk_size: u64,
    /// SHA-256 of the blob's chunk list (the SHA-256 of each chunk, 32 bytes each, in order).
    pub chunk_list: Digest,
    /// Media type.
    pub media_type: String,
    /// What it is for.
    pub role: Role,
    /// The component it belongs to; a required one where several use it.
    pub component: String,
    /// Whether every installation has it.
    pub need: Need,
    /// Whether the bundle holds it.
    pub carriage: Carriage,
    /// Where it came from.
    pub origin: Origin,
}

impl Blob {
    /// Number of chunks (0 for an empty blob).
    #[must_use]
    pub const fn chunk_count(&self) -> u64 {
        self.stored_size.div_ceil(self.chunk_size)
    }

    /// Bytes of chunk `index`.
    #[must_use]
    pub const fn chunk_bytes(&self, index: u64) -> u64 {
        let rest = self.stored_size.saturating_sub(index.saturating_mul(self.chunk_size));
        if rest < self.chunk_size { rest } else { self.chunk_size }
    }
}

/// Where a blob came from and what was checked there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The source, as the configuration wrote it.
    pub source: String,
    /// What was checked there: `sha256`, the name of a signature scheme and signer, or `none`.
    pub checked: String,
}

/// A blob that lies as one named entry in front of the payload of volume 1. It is stored as it is
/// and is not carried again among the chunks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    /// Name of the tar entry.
    pub path: PlainPath,
    /// The blob.
    pub blob: Digest,
    /// Mode of the tar entry.
    pub mode: Mode,
}

/// A file's permission bits: `0644` or `0755`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Readable by all.
    #[serde(rename = "0644")]
    Plain,
    /// Executable too.
    #[serde(rename = "0755")]
    Executable,
}

impl Mode {
    /// The permission bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Plain => 0o644,
            Self::Executable => 0o755,
        }
    }
}

/// A file of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Path below the generation's folder.
    pub path: PlainPath,
    /// Its content.
    pub blob: Digest,
    /// Its permission bits.
    pub mode: Mode,
    /// The component it belongs to.
    pub component: String,
}

/// A container image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Name with tag, as people know it; podman is given the digest.
    pub reference: String,
    /// Digest of its manifest or index, which is a blob.
    pub digest: Digest,
    /// Media type of that manifest.
    pub media_type: String,
    /// Bytes of that manifest.
    pub size: u64,
    /// Platform, as `linux/amd64`.
    pub platform: String,
    /// The component it belongs to.
    pub component: String,
}

/// An OCI manifest that groups the blobs of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Name with tag in the store's index.
    pub reference: String,
    /// Digest of the manifest, which is a blob.
    pub digest: Digest,
    /// Bytes of the manifest.
    pub size: u64,
    /// Kind, as `application/vnd.codegraph.component.v1`.
    pub artifact_type: String,
    /// The component whose blobs it groups.
    pub component: String,
}

/// A model, as `models.lock` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Short name, as `all-minilm-l6-v2`.
    pub id: String,
    /// `chat` or `embedding`.
    pub kind: String,
    /// `gguf` or `safetensors`.
    pub format: String,
    /// Path below the generation: a file (GGUF) or a folder.
    pub path: PlainPath,
    /// Licence, as an SPDX expression.
    pub licence: String,
    /// Longest context in tokens; 0 where it has no meaning.
    #[serde(default)]
    pub context: u64,
    /// Length of a vector; 0 for chat.
    #[serde(default)]
    pub dimensions: u64,
    /// Languages, as `en`.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Where the chat template comes from: `gguf`, `none` or a name.
    #[serde(default)]
    pub template: String,
    /// Memory that a server needs with this model, in bytes.
    pub memory_bytes: u64,
    /// The component it belongs to.
    pub component: String,
}

/// A bill of material.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sbom {
    /// `CycloneDX 1.6`.
    pub format: String,
    /// The document.
    pub blob: Digest,
}

/// Bytes that a phase of installing a component needs on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskNeed {
    /// `ingest` (blobs in the store), `generation` (links and small files), `images` (unpacked by podman).
    pub phase: String,
    /// The component.
    pub component: String,
    /// Bytes.
    pub bytes: u64,
}
