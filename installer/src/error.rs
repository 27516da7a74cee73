//! Everything that can stop the installer, and the exit code that goes with it.

use std::io;
use std::path::{Path, PathBuf};

use crate::host::Host;

/// Why an installer command ended without doing what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bundle, its signatures or its trust are not right.
    #[error(transparent)]
    Bundle(#[from] cg_bundle_format::Error),
    /// The bundle is genuine, but this host must not install it.
    #[error("verification failed: {0}")]
    Untrusted(String),
    /// The host does not fit.
    #[error("this host cannot take the release:\n  - {}", .0.join("\n  - "))]
    Preflight(Vec<String>),
    /// Volumes of the release are not there, or are damaged, and nobody can be asked for them.
    #[error("more media are needed:\n  - {}\n{fate}; give the same command again when they are there, one by one or together", .wanted.join("\n  - "))]
    MoreMedia {
        /// Each volume, with what is wrong with it where it is there.
        wanted: Vec<String>,
        /// What became of the media that were there.
        fate: String,
    },
    /// The operator asked for something that cannot be done as asked.
    #[error("{0}")]
    Usage(String),
    /// Another installer is at work.
    #[error("another codegraph-install holds {}; wait until it ends, then run the command again", .0.display())]
    Locked(PathBuf),
    /// No room.
    #[error("disk full: cannot write {}: {need} bytes needed, {free} bytes free; make room on that file system and run the command again: it continues where it stopped", .path.display())]
    DiskFull {
        /// The file that was written.
        path: PathBuf,
        /// Bytes that were still to be written there.
        need: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// Room for bytes, but none for another file.
    #[error("disk full: cannot create {}: one more file needed, 0 free (inodes), though {free} bytes are free; remove files on that file system and run the command again: it continues where it stopped", .path.display())]
    NoFiles {
        /// The file that was to be made.
        path: PathBuf,
        /// Bytes that are free.
        free: u64,
    },
    /// The machine refused an operation.
    #[error("{action} {}: {source}", .path.display())]
    Io {
        /// What was tried, as `cannot write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Only root may look at or change what the command needs.
    #[error("`codegraph-install {command}` needs root here ({action} {}: permission denied); give it with sudo", .path.display())]
    NeedsRoot {
        /// The command, as `status`.
        command: &'static str,
        /// What was tried, as `cannot read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A file of the installer's own state is damaged.
    #[error("{} is damaged: {problem}", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A program that the installation needs failed.
    #[error("`{line}` {end}")]
    Program {
        /// Its command line.
        line: String,
        /// How it ended.
        end: String,
    },
    /// The release did not pass its health gate and was taken back.
    #[error("the release did not pass its health gate and was taken back: {reason}\n  {state}")]
    Gate {
        /// What the gate said.
        reason: String,
        /// In which state the host is now.
        state: String,
    },
}

impl Error {
    /// The program's exit code: 1 user error, 2 unexpected, 3 verification failed, 4 preflight failed,
    /// 5 more media are needed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Bundle(error) => error.exit_code(),
            Self::Untrusted(_) => 3,
            Self::Preflight(_) => 4,
            Self::MoreMedia { .. } => 5,
            Self::Usage(_)
            | Self::Locked(_)
            | Self::DiskFull { .. }
            | Self::NoFiles { .. }
            | Self::NeedsRoot { .. }
            | Self::Gate { .. } => 1,
            Self::Io { .. } | Self::State { .. } | Self::Program { .. } => 2,
        }
    }
}

impl Error {
    /// The same, in words for an ordinary user where the system refused what only root may do.
    #[must_use]
    pub fn of_ordinary_user(self, command: &'static str) -> Self {
        match self {
            Self::Io { action, path, source }
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                Self::NeedsRoot { command, action, path }
            }
            other => other,
        }
    }

    /// Whether the system refused to let this user look.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

/// Adds the file and the act to an answer of the system.
pub trait Context<T> {
    /// `action` reads as `cannot write`.
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> Context<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io { action, path: path.to_path_buf(), source })
    }
}

/// Room for what a switch writes beside the payload: folders, lists, journal, receipt, audit events.
pub const RECORDS: u64 = 4 << 20;

/// Turns a full disk, wherever it was met, into the error that names path, need and free space.
pub fn explain_full_disk(host: &dyn Host, error: Error, need: u64) -> Error {
    match error {
        Error::Io { path, source, .. }
            if matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ) =>
        {
            let free = host.free_bytes(&path).unwrap_or(0);
            match host.free_files(&path) {
                Ok(Some(0)) => Error::NoFiles { path, free },
                _ => Error::DiskFull { path, need, free },
            }
        }
        other => other,
    }
}
