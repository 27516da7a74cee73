//! Answering questions from a sealed snapshot.

mod answer;
mod calls;
mod deadline;
mod guard;
mod open;
mod places;
mod query;
mod search;
mod sql;
mod text;
mod value;

pub use open::{BaseFiles, Reader, ReaderOptions, SnapshotFiles};
