//! What parent and child say to each other: one JSON value a line.

use std::path::PathBuf;

use cg_graph_store::{GraphRequest, GraphResponse, ReaderOptions, SnapshotFiles};
use cg_index::{IndexJob, IndexOutcome, Progress};
use serde::{Deserialize, Serialize};

/// Longest line that a child believes (a request with a query text and a vector).
pub(super) const MAX_REQUEST_BYTES: usize = 4 << 20;
/// Longest line that a parent believes; an answer is bounded by its request's limits.
pub(super) const MAX_ANSWER_BYTES: usize = 96 << 20;

/// Whether a worker may run where the kernel has no Landlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Isolation {
    /// The worker refuses to start.
    Required,
    /// The worker starts with seccomp and limits alone: foreign code could read what this user can.
    DangerousWithoutLandlock,
}

/// First line to every worker: what it may do, and its task.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start<T> {
    /// What to do without Landlock.
    pub(super) isolation: Isolation,
    /// The task.
    pub(super) task: T,
}

/// Task of a query worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct QueryTask {
    /// What to open.
    pub(super) files: SnapshotFiles,
    /// Bounds.
    pub(super) options: ReaderOptions,
}

/// Task of a worker that writes vectors; the rows follow as lines.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct VectorTask {
    /// Empty folder to write to.
    pub(super) output: PathBuf,
    /// Memory, in bytes.
    pub(super) memory_bytes: u64,
}

/// Task of a worker that tries to get out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ProbeTask {
    /// File that may be read.
    pub(super) allowed: PathBuf,
    /// Files that must not be readable.
    pub(super) forbidden: Vec<PathBuf>,
}

/// A vector on its way to the file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct VectorLine {
    /// Hash of the chunk's text.
    pub(super) hash: String,
    /// Its vector.
    pub(super) vector: Vec<f32>,
}

/// A question to a query worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Question {
    /// Comes back with the answer.
    pub(super) id: u64,
    /// The request.
    pub(super) request: GraphRequest,
}

/// An answer of a query worker. A line with id 0 comes first: the snapshot is open, or why not.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    /// Of the question.
    pub(super) id: u64,
    /// The response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ok: Option<GraphResponse>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Refusal>,
}

/// Why there is no answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Refusal {
    /// Stable name.
    pub(super) code: String,
    /// In words.
    pub(super) message: String,
}

/// A line of a worker that does one thing.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event<T> {
    /// Still at it.
    Progress {
        /// How far.
        progress: Progress,
    },
    /// Done.
    Done {
        /// The result.
        outcome: T,
    },
    /// Failed.
    Error {
        /// Stable name.
        code: String,
        /// In words.
        message: String,
    },
}

/// What an index worker sends.
pub(super) type IndexEvent = Event<IndexOutcome>;
/// First line to an index worker.
pub(super) type IndexStart = Start<IndexJob>;
