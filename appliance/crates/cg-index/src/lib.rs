//! Use case: a repository becomes a published snapshot.
//!
//! [`index`] walks a folder, turns every file of a known language into rows and facts in parallel,
//! links the facts, and publishes `graph.duckdb` and `search.duckdb` in an output folder by rename.
//! Same input, same rows: files are written in the order of their keys.

mod base;
mod budget;
mod encoding;
mod error;
mod facts_file;
mod index;
mod job;
mod keys;
mod origin;
mod pipeline;
mod source;
mod vectors;
mod walk;

pub use error::IndexError;
pub use index::index;
pub use job::{Base, IndexJob, IndexOutcome, Phase, PhaseTime, Progress, Role, SealedFile};
pub use vectors::write_vectors;
