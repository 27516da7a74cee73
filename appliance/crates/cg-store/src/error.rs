//! Why the store could not do it.

use std::path::PathBuf;

/// Failures of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database file cannot be opened.
    #[error("cannot open the control store {path}: {cause}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        cause: String,
    },
    /// The database was written by a newer release, or its migrations were changed.
    #[error(
        "the control store {path} does not fit this release: {cause}; run the release that wrote it"
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        cause: String,
    },
    /// Another server holds the data folder.
    #[error(
        "the data folder is in use: {path} is locked by another server (process {holder}); stop it first or use another --data"
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that wrote its number there.
        holder: String,
    },
    /// A release is being switched: the service takes no write until the new one is proven.
    #[error(
        "nothing is written now: a release is being switched ({mark} is there); try again in a moment, or, if no installer is at work, run `codegraph-install recover`"
    )]
    Closed {
        /// The file that says so.
        mark: PathBuf,
    },
    /// A file of the store cannot be read or written.
    #[error("cannot use {path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// The name is taken.
    #[error("{what} `{name}` exists already; choose another name")]
    Exists {
        /// Kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// There is no such thing.
    #[error("no {what} `{name}`")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// Its name or id.
        name: String,
    },
    /// The queue of jobs is full.
    #[error("the queue of index jobs is full ({limit} waiting); try again later")]
    QueueFull {
        /// How many may wait.
        limit: u32,
    },
    /// Something else was published meanwhile.
    #[error("another index run of this project was published meanwhile; run it again")]
    Outdated,
    /// A row does not hold what it should.
    #[error("the control store holds a {what} that is not understood: {value}")]
    Content {
        /// Kind of thing.
        what: &'static str,
        /// The value found.
        value: String,
    },
    /// SQLite failed.
    #[error("control store: {0}")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// Whether this is the violation of a UNIQUE constraint.
    pub(crate) fn is_unique(error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }
}
