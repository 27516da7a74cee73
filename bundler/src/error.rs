//! Everything that a command can fail with, and its exit code.

use std::io;
use std::path::{Path, PathBuf};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The format, trust or volumes.
    #[error(transparent)]
    Format(#[from] cg_bundle_format::Error),
    /// `bundle.yaml` or a file that it names.
    #[error("{}: {problem}", .file.display())]
    Config { file: PathBuf, problem: String },
    /// A wrong argument.
    #[error("{0}")]
    Usage(String),
    /// The output's file system is too small.
    #[error("not enough room for the volumes on {}: {needed} bytes are needed, {free} are free; choose another --out or make room", .folder.display())]
    NoRoom { folder: PathBuf, needed: u64, free: u64 },
    /// A file could not be read or written.
    #[error("{action} {}: {source}", .path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// Something did not come through the network.
    #[error("cannot get {what} from {from}: {problem}; {remedy}")]
    Network { what: String, from: String, problem: String, remedy: &'static str },
    /// What came is not what was asked for, or is not signed as it must be.
    #[error("{what} is refused: {problem}")]
    Refused { what: String, problem: String },
    /// The inputs are not those of the lock.
    #[error("{}: {problem}; run `codegraph-bundle update` to see and accept what moved, or bring the old inputs back", .lock.display())]
    Moved { lock: PathBuf, problem: String },
    /// What cannot happen, seen happening.
    #[error("unexpected: {0}")]
    Unexpected(String),
}

impl Error {
    /// 1 user error, 2 unexpected, 3 verification failed, 4 preflight failed.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Format(error) => error.exit_code(),
            Self::Config { .. } | Self::Usage(_) | Self::Moved { .. } => 1,
            Self::NoRoom { .. } => 4,
            Self::Refused { .. } => 3,
            Self::Io { .. } | Self::Network { .. } | Self::Unexpected(_) => 2,
        }
    }

    /// For `map_err` on file operations.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
