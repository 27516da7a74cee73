//! Writing a snapshot: bulk tables, the search and vector sidecars, and sealing.

mod database;
mod graph;
mod seal;
mod search;
mod summary;
mod table;
mod vectors;

pub(crate) use database::attach_base;
pub(crate) use search::{full_text_extension, load};

pub use database::WriterOptions;
pub use graph::{GRAPH_FILE, SearchRows, SnapshotWriter};
pub use seal::{Sealed, seal_file};
pub use search::{SEARCH_FILE, SearchWriter};
pub use vectors::{VECTORS_FILE, write_vectors};
