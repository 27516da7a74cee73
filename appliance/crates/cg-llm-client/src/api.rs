//! The messages of the API, as far as we use them.

use serde::{Deserialize, Serialize};

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// The text.
    pub content: String,
}

impl Message {
    /// Makes a message.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// A request for a streamed answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatRequest {
    /// Model id; empty = the server's only one.
    pub model: String,
    /// The conversation.
    pub messages: Vec<Message>,
    /// Most tokens of the answer.
    pub max_tokens: u32,
    /// 0 = the most probable token always.
    pub temperature: f32,
    /// Texts that end the answer.
    pub stop: Vec<String>,
}

/// What is sent for a [`ChatRequest`].
#[derive(Serialize)]
pub(crate) struct ChatBody<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) model: &'a str,
    pub(crate) messages: &'a [Message],
    pub(crate) max_tokens: u32,
    pub(crate) temperature: f32,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(crate) stop: &'a [String],
    pub(crate) stream: bool,
    pub(crate) stream_options: StreamOptions,
}

#[derive(Serialize)]
pub(crate) struct StreamOptions {
    pub(crate) include_usage: bool,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended it.
    Stop,
    /// The limit was reached.
    Length,
    /// Anything else a server may say.
    #[serde(other)]
    Other,
}

/// Tokens of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens of the answer.
    pub completion_tokens: u32,
    /// Prompt tokens that the server did not have to evaluate again.
    #[serde(default)]
    pub cached_tokens: u32,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Answers.
    Chat,
    /// Vectors.
    Embedding,
    /// The server does not say.
    #[serde(other)]
    Unknown,
}

/// A model that a server offers. Other servers than ours send the id only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Its name.
    pub id: String,
    /// What it is for.
    #[serde(default = "unknown")]
    pub kind: ModelKind,
    /// Tokens that prompt and answer may have together.
    #[serde(default)]
    pub context_tokens: Option<u32>,
    /// Numbers in a vector.
    #[serde(default)]
    pub dimensions: Option<u32>,
    /// Languages the model was made for; empty = not said.
    #[serde(default)]
    pub languages: Vec<String>,
}

fn unknown() -> ModelKind {
    ModelKind::Unknown
}

/// State of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`, `degraded`, `loading`; what other servers say is passed on.
    pub status: String,
    /// Version of the program.
    #[serde(default)]
    pub version: Option<String>,
    /// Its models.
    #[serde(default)]
    pub models: Vec<ModelHealth>,
}

/// State of one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelHealth {
    /// Its name.
    pub id: String,
    /// `chat` or `embedding`.
    pub kind: String,
    /// `loading`, `ready` or `failed`.
    pub status: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ModelList {
    pub(crate) data: Vec<Model>,
}

#[derive(Serialize)]
pub(crate) struct EmbeddingBody<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) model: &'a str,
    pub(crate) input: &'a [String],
}

#[derive(Deserialize)]
pub(crate) struct EmbeddingList {
    pub(crate) data: Vec<EmbeddingItem>,
}

#[derive(Deserialize)]
pub(crate) struct EmbeddingItem {
    pub(crate) index: usize,
    pub(crate) embedding: Vec<f32>,
}

#[derive(Deserialize)]
pub(crate) struct ErrorBody {
    pub(crate) error: ErrorDetail,
}

#[derive(Deserialize)]
pub(crate) struct ErrorDetail {
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) code: serde_json::Value,
}

/// One event of a streamed answer.
#[derive(Deserialize)]
pub(crate) struct Chunk {
    #[serde(default)]
    pub(crate) choices: Vec<Choice>,
    #[serde(default)]
    pub(crate) usage: Option<ChunkUsage>,
    #[serde(default)]
    pub(crate) error: Option<ErrorDetail>,
}

#[derive(Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    pub(crate) delta: Delta,
    #[serde(default)]
    pub(crate) finish_reason: Option<FinishReason>,
}

#[derive(Default, Deserialize)]
pub(crate) struct Delta {
    #[serde(default)]
    pub(crate) content: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ChunkUsage {
    pub(crate) prompt_tokens: u32,
    pub(crate) completion_tokens: u32,
    #[serde(default)]
    pub(crate) prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Deserialize)]
pub(crate) struct PromptDetails {
    #[serde(default)]
    pub(crate) cached_tokens: u32,
}
