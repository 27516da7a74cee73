//! What can go wrong with a snapshot, for those who write it and for those who ask it.

use std::path::PathBuf;

/// Trouble with writing, sealing or opening a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused.
    #[error("database failed while {doing}: {source}")]
    Database {
        /// What was going on.
        doing: &'static str,
        /// What DuckDB says.
        #[source]
        source: duckdb::Error,
    },
    /// The file system refused.
    #[error("{doing} {path}: {source}")]
    Io {
        /// What was going on.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A writer thread stopped early; its own error comes from sealing.
    #[error("the writer of table {0} stopped early, see the error of sealing")]
    WriterStopped(&'static str),
    /// Rows came out of the order of file keys.
    #[error(
        "rows of file key {got} came after those of {last}; append files in the order of their keys"
    )]
    OutOfOrder {
        /// Key before.
        last: u32,
        /// Key now.
        got: u32,
    },
    /// A file is no snapshot, or one of another version.
    #[error(
        "{path} has storage version {found}, this program reads {expected}; index the project again"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: String,
        /// Version of this program.
        expected: u32,
    },
    /// A vector of another length than those before.
    #[error("vector of {got} numbers among vectors of {expected}; all must come from one model")]
    VectorLength {
        /// Numbers in the first vector.
        expected: usize,
        /// Numbers in this one.
        got: usize,
    },
    /// A full-text index needs DuckDB's `fts` extension.
    #[error("no fts.duckdb_extension in {0}; put the extension of this DuckDB version there")]
    NoFullText(PathBuf),
    /// Counts could not be written as JSON.
    #[error("cannot store the counts: {0}")]
    Summary(#[from] serde_json::Error),
}

impl Error {
    pub(crate) fn db(doing: &'static str) -> impl FnOnce(duckdb::Error) -> Self {
        move |source| Self::Database { doing, source }
    }

    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}

/// Why a request has no answer. The text may be shown to the user: it holds no path of the host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// The statement is not one that may be run.
    #[error("query refused: {0}")]
    Refused(String),
    /// The statement or the arguments are wrong.
    #[error("{0}")]
    Invalid(String),
    /// The time limit was reached.
    #[error("query stopped after {0} ms; narrow it or raise the time limit")]
    Time(u64),
    /// The memory limit was reached.
    #[error("query needs more memory than it may use; narrow it")]
    Memory,
    /// What the request needs is not part of this snapshot.
    #[error("{0}")]
    Missing(String),
    /// Anything else.
    #[error("query failed: {0}")]
    Failed(String),
}

impl GraphError {
    /// Stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Invalid(_) => "invalid",
            Self::Time(_) => "time_limit",
            Self::Memory => "memory_limit",
            Self::Missing(_) => "missing",
            Self::Failed(_) => "failed",
        }
    }
}
