//! Why an embedding model does not load or a text cannot be embedded.

use std::path::PathBuf;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the model cannot be read.
    #[error(
        "cannot read {path} of the embedding model: {reason}; check the file against its digest in the bundle"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// The files do not fit each other.
    #[error("the embedding model in {folder} does not load: {reason}")]
    Model {
        /// Its folder.
        folder: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The threads could not be started.
    #[error("cannot start the threads for embeddings: {0}")]
    Threads(String),
    /// A batch failed.
    #[error("cannot embed a batch of {texts} texts: {reason}")]
    Batch {
        /// Texts of the batch.
        texts: usize,
        /// What failed.
        reason: String,
    },
}
