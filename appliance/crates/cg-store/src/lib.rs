//! The control store: what must not be lost. SQLite with a write-ahead log, fully synchronous.
//!
//! Reads are methods of [`Store`], writes are methods of [`Tx`], so that an action and its audit
//! event always share a transaction. One file a table. Times are milliseconds since 1970 and come
//! in as arguments; ids are made by the caller.

mod audit;
mod error;
mod jobs;
mod lock;
mod migrations;
mod projects;
mod sessions;
mod snapshots;
mod store;
mod users;

pub use audit::{AuditRow, ChainLink, ChainedRow};
pub use error::StoreError;
pub use jobs::{Job, JobState, NewJob};
pub use lock::FolderLock;
pub use migrations::{MigrationState, SCHEMA_VERSION};
pub use projects::{NewProject, Project};
pub use sessions::{RefreshOutcome, Session};
pub use snapshots::{Publication, SealedFile, Snapshot};
pub use store::{Store, Tx};
pub use users::{NewUser, User};
