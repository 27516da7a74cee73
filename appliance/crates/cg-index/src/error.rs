//! Why a repository could not be indexed. What is wrong with single files is a diagnostic instead.

use std::path::PathBuf;

/// Trouble that ends indexing.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The folder to index is not there or not a folder.
    #[error("cannot index {path}: {source}; give an existing folder that this user may read")]
    Source {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The output folder cannot be used.
    #[error("cannot write to {path}: {source}")]
    Output {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The list of known files is wrong.
    #[error("list of known files {path}, line {line}: {problem}")]
    KnownFiles {
        /// The list.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// No file keys are left.
    #[error("the project has used up all file keys; make a new project of this folder")]
    KeysUsedUp,
    /// More files than a snapshot takes.
    #[error("more than {0} files of known languages; split the repository")]
    TooManyFiles(usize),
    /// The snapshot could not be written.
    #[error(transparent)]
    Store(#[from] cg_graph_store::Error),
    /// A thread could not be started or died.
    #[error("a worker thread failed: {0}")]
    Thread(String),
}
