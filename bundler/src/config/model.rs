//! Models: an entry of `bundle.yaml`, and the descriptor that it names.

use schemars::JsonSchema;
use serde::Deserialize;

/// A model. Exactly one of `from`, `https` and `huggingface` says where its files are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelEntry {
    /// A file of `models/`: what the files must be.
    pub(crate) descriptor: String,
    /// The folder that holds the model's files.
    pub(crate) from: Option<String>,
    /// Address of the folder that holds the model's files; each name of the descriptor is added to it.
    pub(crate) https: Option<String>,
    /// A repository of Hugging Face, at one revision.
    pub(crate) huggingface: Option<HuggingFace>,
    /// The component it belongs to.
    pub(crate) component: String,
}

/// A repository at a revision that cannot move.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HuggingFace {
    /// As `organisation/name`.
    pub(crate) repository: String,
    /// The commit: 40 hexadecimal digits. Branches and tags are refused, because they move.
    pub(crate) revision: String,
    /// Another server with the same paths. `https://huggingface.co` unless given.
    pub(crate) endpoint: Option<String>,
}

/// A file of `models/`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelDescriptor {
    /// Short name.
    pub(crate) id: String,
    /// What it does.
    pub(crate) kind: ModelKind,
    /// The form of its files.
    pub(crate) format: ModelFormat,
    /// Where the files can be had, for people.
    pub(crate) source: String,
    /// SPDX expression.
    pub(crate) licence: String,
    /// Longest context in tokens; the file's header must say at least this.
    #[serde(default)]
    pub(crate) context: u64,
    /// Length of a vector (embedding models).
    #[serde(default)]
    pub(crate) dimensions: u64,
    /// Languages, as `en`.
    #[serde(default)]
    pub(crate) languages: Vec<String>,
    /// Where the chat template comes from: `gguf`, `none` or a name.
    pub(crate) template: String,
    /// Memory that a server needs with this model.
    pub(crate) memory_bytes: u64,
    /// Must stand in the header: `general.architecture` of a GGUF file.
    pub(crate) architecture: Option<String>,
    /// Must be what the header says: as `Q4_K_M` for GGUF, a data type as `F16` for safetensors.
    pub(crate) quantisation: Option<String>,
    /// Must be the number of parameters that the header describes.
    pub(crate) parameters: Option<u64>,
    /// The files, with size and SHA-256.
    pub(crate) files: Vec<ModelFile>,
}

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ModelKind {
    Chat,
    Embedding,
}

/// The form of a model's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ModelFormat {
    Gguf,
    Safetensors,
}

/// One file of a model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelFile {
    /// Name in the folder or repository.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// SHA-256 in hexadecimal digits.
    pub(crate) sha256: String,
}
