//! Why a question could not be worked on at all.

/// A failure. What a model could not do is an event of the answer instead.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The question is empty or too long.
    #[error("{0}")]
    Question(String),
    /// The snapshot cannot be asked.
    #[error("the snapshot cannot be asked: {0}")]
    Graph(String),
    /// Whoever asked has gone.
    #[error("nobody waits for the answer any more")]
    Gone,
}
