//! The vectors sidecar, written after the snapshot's chunks have been embedded.

use std::path::Path;

use cg_graph_store::WriterOptions;

use crate::IndexError;
use crate::index::sealed;
use crate::job::{Role, SealedFile};

/// Memory for writing vectors, in bytes.
const MEMORY: u64 = 256 << 20;

/// Publishes `vectors.duckdb` in `output`: the hash of each chunk's text and its vector, all of one
/// length. Gives the file and the number of vectors.
pub fn write_vectors(
    output: &Path,
    rows: impl IntoIterator<Item = (String, Vec<f32>)>,
) -> Result<(SealedFile, u64), IndexError> {
    let options = WriterOptions {
        folder: output.to_owned(),
        memory_bytes: MEMORY,
        threads: 1,
        extensions_dir: None,
    };
    let (file, count) = cg_graph_store::write_vectors(&options, rows)?;
    Ok((sealed(Role::Vectors, file), count))
}
