//! What to index and what came of it: the language between the index worker and its parent.

use std::path::PathBuf;

use cg_graph_store::Summary;
use serde::{Deserialize, Serialize};

/// A folder to be indexed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexJob {
    /// The repository's folder.
    pub source: PathBuf,
    /// Empty folder that takes the snapshot.
    pub output: PathBuf,
    /// JSON lines `{"path": …, "key": …}`: keys that earlier snapshots of the project gave.
    #[serde(default)]
    pub known_files: Option<PathBuf>,
    /// The smallest key that was never given; 1 for a new project.
    pub next_file_key: u32,
    /// Memory that indexing may use, in bytes. Bounds the buffers and the database.
    pub memory_bytes: u64,
    /// Threads that analyse files.
    pub threads: usize,
    /// Milliseconds for one file; a file that takes longer is kept as an outline.
    pub file_time_ms: u64,
    /// Bytes of one file; a larger one is kept as an outline.
    pub file_max_bytes: u64,
    /// Folder with `fts.duckdb_extension`; without it text search is not possible.
    #[serde(default)]
    pub extensions_dir: Option<PathBuf>,
    /// A former snapshot of the project whose rows may be used again.
    #[serde(default)]
    pub base: Option<Base>,
}

/// The sealed files of a base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The graph.
    pub graph: PathBuf,
    /// Chunks and the full-text index.
    pub search: PathBuf,
    /// Facts for linking.
    pub facts: PathBuf,
    /// BLAKE3 of the facts, hexadecimal.
    pub facts_blake3: String,
    /// When more of the bytes than this differs, the base is not used; 100 = always used.
    pub max_changed_percent: u8,
}

/// A published snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexOutcome {
    /// The sealed files.
    pub files: Vec<SealedFile>,
    /// Counts.
    pub summary: Summary,
    /// JSON lines `{"path": …, "key": …}` of files that got a key now.
    pub new_files: PathBuf,
    /// The smallest key that was never given, after this run.
    pub next_file_key: u32,
    /// Time of each phase, in the order they ended.
    pub elapsed: Vec<PhaseTime>,
    /// Files whose rows are the base's; 0 when the snapshot is a base itself.
    #[serde(default)]
    pub files_reused: u64,
    /// Whether the snapshot needs the job's base beside it.
    #[serde(default)]
    pub is_overlay: bool,
}

/// A file that never changes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedFile {
    /// What it is.
    pub role: Role,
    /// Where it lies.
    pub path: PathBuf,
    /// BLAKE3 of its bytes, hexadecimal.
    pub blake3: String,
    /// Its size.
    pub bytes: u64,
}

/// What a sealed file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Nodes, edges and text.
    Graph,
    /// Chunks and the full-text index.
    Search,
    /// Vectors of chunks.
    Vectors,
    /// Facts for linking; only of a base.
    Facts,
}

/// Step of indexing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Finding files.
    Walk,
    /// Parsing, control flow, data flow, rows.
    Analyze,
    /// Edges across files.
    Link,
    /// Committing and publishing the graph.
    Publish,
    /// Full-text index, begun with linking.
    Search,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Files done in this phase.
    pub files_done: u64,
    /// Files in all.
    pub files_total: u64,
    /// Bytes of the files done.
    pub bytes_done: u64,
    /// Bytes of all files.
    pub bytes_total: u64,
}

/// Time of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseTime {
    /// The phase.
    pub phase: Phase,
    /// Milliseconds it took.
    pub ms: u64,
}
