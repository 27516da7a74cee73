//! What may be asked of a snapshot, and what comes back: the language between the query worker
//! and everything that needs answers from a graph (HTTP, command line, retrieval).
//!
//! Ids travel as decimal strings: they are opaque to clients and do not fit a JSON double.

use serde::{Deserialize, Serialize};

/// A question to one snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GraphRequest {
    /// One read-only SQL statement over the documented views; `GRAPH_TABLE (cpg MATCH …)` is
    /// recognised and translated.
    Query {
        /// The statement.
        text: String,
        /// Bounds on the answer.
        limits: Limits,
    },
    /// Where a name is defined (methods, types, members, globals).
    Definition {
        /// Short or full name; exact matches first, then suffixes of full names.
        name: String,
        /// At most this many places.
        limit: u32,
    },
    /// Methods that call a method.
    Callers(CallQuery),
    /// Methods that a method calls.
    Callees(CallQuery),
    /// Places where a name is used.
    References {
        /// Short or full name.
        name: String,
        /// At most this many places.
        limit: u32,
    },
    /// Names, or full-text search (BM25) over code chunks, or nearest vectors.
    Search(SearchQuery),
    /// The text of some lines, for showing and for checking citations.
    Lines {
        /// Path in the repository.
        path: String,
        /// First line, from 1.
        start: u32,
        /// Last line, inclusive.
        end: u32,
    },
    /// Code chunks by id, with their text.
    Chunks {
        /// Chunk ids.
        ids: Vec<String>,
    },
    /// A page of chunks in id order that have no vector yet; for embedding.
    ChunksAfter {
        /// Last id of the page before, or nothing for the first page.
        after: Option<String>,
        /// At most this many.
        limit: u32,
    },
    /// Counts of the snapshot.
    Summary,
}

/// Bounds on a query's answer. The worker's own limits on time and memory come on top.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Rows returned at most; the answer says when there were more.
    pub rows: u32,
    /// Bytes of JSON returned at most.
    pub bytes: u64,
    /// Milliseconds until the query is interrupted.
    pub time_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 1_000, bytes: 8 << 20, time_ms: 10_000 }
    }
}

/// A walk over call edges.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallQuery {
    /// Short or full name of the method, or a node id.
    pub name: String,
    /// Steps along the call graph, 1 = direct.
    pub depth: u32,
    /// Lowest confidence that counts: `proven`, `likely` (default) or `possible`.
    pub confidence: Confidence,
    /// At most this many methods.
    pub limit: u32,
}

/// How sure a call edge is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Could be.
    Possible,
    /// Very probably.
    #[default]
    Likely,
    /// Certain by the language's own rules.
    Proven,
}

/// A search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SearchQuery {
    /// What to look for.
    pub text: String,
    /// Where to look.
    pub mode: SearchMode,
    /// Query vector; needed for [`SearchMode::Vector`] only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<Vec<f32>>,
    /// At most this many hits.
    pub limit: u32,
}

/// Where to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchMode {
    /// Names of methods, types, members and files.
    Name,
    /// BM25 over code chunks, identifiers split into words.
    Text,
    /// A regular expression (RE2 syntax) over lines.
    Regex,
    /// Cosine similarity of embeddings.
    Vector,
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GraphResponse {
    /// Rows of a query.
    Table(Table),
    /// Places of definitions or uses.
    Places {
        /// Best match first.
        places: Vec<Place>,
    },
    /// Steps of a walk over the call graph.
    Calls {
        /// Nearest first.
        calls: Vec<CallStep>,
    },
    /// Search hits, best first.
    Hits {
        /// The hits.
        hits: Vec<Hit>,
    },
    /// Lines of a file.
    Lines {
        /// The text, without the last line's end.
        text: String,
        /// Last line that exists and was returned.
        end: u32,
    },
    /// Code chunks.
    Chunks {
        /// In the order asked for.
        chunks: Vec<Chunk>,
    },
    /// Counts.
    Summary(Summary),
}

/// Rows of a query.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Table {
    /// Column names.
    pub columns: Vec<String>,
    /// DuckDB's names of the column types.
    pub types: Vec<String>,
    /// Values, row by row; 64-bit integers beyond 2^53 as strings.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Whether a limit cut the answer.
    pub truncated: bool,
    /// Milliseconds it took.
    pub elapsed_ms: u64,
}

/// A place in the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Node id.
    pub id: String,
    /// CPG node type, `METHOD` for example.
    pub label: String,
    /// NAME.
    pub name: String,
    /// FULL_NAME.
    pub full_name: String,
    /// Path in the repository; empty for what is outside of it.
    pub path: String,
    /// First line, from 1; 0 outside of the repository.
    pub line: u32,
    /// Last line.
    pub line_end: u32,
    /// SIGNATURE, or the line of code for a use.
    pub signature: String,
}

/// One method reached over call edges.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallStep {
    /// The method reached.
    pub method: Place,
    /// Steps from the start, from 1.
    pub depth: u32,
    /// The call that leads there: path and line of its code.
    pub call_path: String,
    /// Line of the call.
    pub call_line: u32,
    /// Tier of the edge, `T0` to `T4`.
    pub tier: String,
    /// How the edge was found.
    pub technique: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A search hit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hit {
    /// Chunk id for text and vector search, node id for names; empty for lines.
    pub id: String,
    /// What was found.
    pub place: Place,
    /// Higher is better; comparable within one answer only.
    pub score: f64,
    /// A line or two of the text.
    pub snippet: String,
}

/// A piece of code that retrieval shows to the model: a method, a type's head, or a run of lines.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Chunk {
    /// Chunk id.
    pub id: String,
    /// Where it stands. `place.id` is the METHOD or TYPE_DECL, or empty.
    pub place: Place,
    /// Its text.
    pub text: String,
    /// BLAKE3 of the text, hexadecimal: the key under which a vector can be used again.
    pub hash: String,
}

/// Counts of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The git commit that was indexed, where a revision was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Files by language, most first.
    pub files: Vec<(String, u64)>,
    /// Files that somebody else or a program wrote: `vendored`, `generated`.
    #[serde(default)]
    pub origins: Vec<(String, u64)>,
    /// Bytes of source.
    pub bytes: u64,
    /// Lines of source.
    pub lines: u64,
    /// All nodes.
    pub nodes: u64,
    /// METHOD nodes with a body in the repository.
    pub methods: u64,
    /// TYPE_DECL nodes in the repository.
    pub types: u64,
    /// CALL nodes that are not operators.
    pub calls: u64,
    /// Of these, calls with at least one edge to a method in the repository, by tier.
    pub calls_resolved: Vec<(String, u64)>,
    /// Of these, calls with an edge to a method outside only (library functions).
    pub calls_external: u64,
    /// CFG edges.
    pub cfg_edges: u64,
    /// Reaching definitions.
    pub reaching_defs: u64,
    /// Diagnostics by code.
    pub diagnostics: Vec<(String, u64)>,
    /// Chunks in the search sidecar.
    pub chunks: u64,
    /// Chunks with a vector.
    pub vectors: u64,
}
