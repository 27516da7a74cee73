//! Why a worker gave no result, as the one who asked sees it.

use std::process::ExitStatus;

/// Trouble with a worker. The text holds no path of the host and may be shown to the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WorkerError {
    /// The worker did its work and says no; `code` is a stable name.
    #[error("{message}")]
    Answer {
        /// Stable name of the kind of error.
        code: String,
        /// In words.
        message: String,
    },
    /// No worker became free in time.
    #[error("all {0} query workers are busy; try again in a moment")]
    Busy(usize),
    /// It was stopped at its deadline.
    #[error("stopped after {0} ms; narrow the query or raise the time limit")]
    Time(u64),
    /// It needed more memory than it may use.
    #[error(
        "the worker needs more memory than its limit of {0} MiB; raise the limit or narrow the task"
    )]
    Memory(u64),
    /// It was stopped because the task was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// It ended by itself.
    #[error("the worker ended unexpectedly ({0}); see the server's log")]
    Crashed(String),
    /// It could not be started.
    #[error("the worker could not be started: {0}")]
    Start(String),
    /// It broke the protocol.
    #[error("the worker gave an answer that cannot be read: {0}")]
    Protocol(String),
}

impl WorkerError {
    /// Stable name of the kind of error.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Answer { code, .. } => code,
            Self::Busy(_) => "busy",
            Self::Time(_) => "time_limit",
            Self::Memory(_) => "memory_limit",
            Self::Cancelled => "cancelled",
            Self::Crashed(_) | Self::Protocol(_) => "crashed",
            Self::Start(_) => "start",
        }
    }
}

/// What the end of a worker means, from its exit status and the last of what it wrote to stderr.
pub(super) fn end_of_worker(
    status: Option<ExitStatus>,
    stderr: &str,
    memory_bytes: u64,
) -> WorkerError {
    use std::os::unix::process::ExitStatusExt;
    const OUT_OF_MEMORY: [&str; 4] =
        ["memory allocation of", "bad_alloc", "Out of Memory Error", "Cannot allocate memory"];
    if OUT_OF_MEMORY.iter().any(|sign| stderr.contains(sign)) {
        return WorkerError::Memory(memory_bytes >> 20);
    }
    let Some(status) = status else { return WorkerError::Crashed("no exit status".into()) };
    match status.signal() {
        Some(SIGXCPU) => WorkerError::Time(CPU_SECONDS * 1000),
        Some(signal) => WorkerError::Crashed(format!("signal {signal}")),
        None => WorkerError::Crashed(format!("exit code {}", status.code().unwrap_or(-1))),
    }
}

const SIGXCPU: i32 = libc::SIGXCPU;
/// Processor time of one worker, all its threads together.
pub(super) const CPU_SECONDS: u64 = 24 * 60 * 60;
