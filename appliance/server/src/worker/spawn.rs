//! Starts worker processes: this program again, with an empty environment and pipes for everything.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use tokio::process::{Child, Command};

use super::WorkerError;
use super::protocol::Isolation;
use crate::environment::Environment;

/// Starts workers.
#[derive(Clone, Debug)]
pub(crate) struct Launcher {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    program: PathBuf,
    library_path: Option<OsString>,
    isolation: Isolation,
}

/// Which worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Index,
    Query,
    Vectors,
    Probe,
}

impl Kind {
    /// The word on the command line.
    fn word(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Query => "query",
            Self::Vectors => "vectors",
            Self::Probe => "probe",
        }
    }
}

impl Launcher {
    /// A launcher of this very program. Of the environment only the loader's search path is passed
    /// on, and only if it is set: an installed program finds its libraries without.
    pub(crate) fn new(environment: &Environment, isolation: Isolation) -> std::io::Result<Self> {
        let program = std::env::current_exe()?;
        Ok(Self::of(program, environment.path("LD_LIBRARY_PATH").map(Into::into), isolation))
    }

    /// A launcher of a given program.
    pub(super) fn of(
        program: PathBuf,
        library_path: Option<OsString>,
        isolation: Isolation,
    ) -> Self {
        Self { inner: Arc::new(Inner { program, library_path, isolation }) }
    }

    /// The program.
    pub(super) fn program(&self) -> PathBuf {
        self.inner.program.clone()
    }

    /// What workers do without Landlock.
    pub(super) fn isolation(&self) -> Isolation {
        self.inner.isolation
    }

    /// Starts a worker. It is killed when the handle is dropped.
    pub(super) fn start(&self, kind: Kind) -> Result<Child, WorkerError> {
        let mut command = Command::new(&self.inner.program);
        command.args(["worker", kind.word()]).env_clear().current_dir("/").kill_on_drop(true);
        if let Some(path) = &self.inner.library_path {
            command.env("LD_LIBRARY_PATH", path);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|error| WorkerError::Start(error.to_string()))
    }
}

/// Tries to start a program that does nothing: an attempt of the probe.
pub(super) fn start_true() -> std::io::Result<()> {
    std::process::Command::new("/bin/true").status().map(drop)
}
