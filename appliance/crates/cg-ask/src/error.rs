//! Why a question could not be worked on at all.

use cg_llm_client::LlmError;

/// A failure. What a model could not do is an event of the answer instead.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The question is empty or too long.
    #[error("{0}")]
    Question(String),
    /// The snapshot cannot be asked.
    #[error("the snapshot cannot be asked: {0}")]
    Graph(String),
    /// The embedding model failed while a snapshot was being embedded.
    #[error("embedding stopped: {0}")]
    Embedding(#[from] LlmError),
    /// Vectors could not be handed on.
    #[error("vectors cannot be stored: {0}")]
    Sink(String),
    /// Whoever asked has gone.
    #[error("nobody waits for the answer any more")]
    Gone,
}
