//! DuckDB: the graph's schema, the bulk writer, publishing, and read-only answers.
//!
//! The only crate that knows DuckDB. A snapshot is up to three sealed files that never change:
//! `graph.duckdb`, `search.duckdb` (chunks with a full-text index) and `vectors.duckdb`.

mod error;
mod read;
mod request;
mod rows;
mod schema;
mod write;

pub use error::{Error, GraphError};
pub use read::{BaseFiles, Reader, ReaderOptions, SnapshotFiles};
pub use request::{
    CallQuery, CallStep, Chunk, Confidence, GraphRequest, GraphResponse, Hit, Limits, Place,
    SearchMode, SearchQuery, Summary, Table,
};
pub use rows::{FileEntry, FileRows, Note, split_words};
pub use schema::{STORAGE_VERSION, document, property_graph};
pub use write::{
    GRAPH_FILE, SEARCH_FILE, Sealed, SearchRows, SearchWriter, SnapshotWriter, VECTORS_FILE,
    WriterOptions, seal_file, write_vectors,
};
