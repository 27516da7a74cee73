//! Proof that the sandbox holds on this host: a worker tries to get out and reports.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::WorkerError;
use super::protocol::{Event, ProbeTask};
use super::session::Session;
use super::spawn::{Kind, Launcher};

/// Memory of the worker.
pub(super) const MEMORY_BYTES: u64 = 256 << 20;

/// What was tried.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProbeReport {
    /// Each attempt.
    pub(crate) checks: Vec<ProbeCheck>,
}

/// One attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProbeCheck {
    /// What was tried.
    pub(crate) name: String,
    /// Whether it was prevented.
    pub(crate) held: bool,
    /// What the system said.
    pub(crate) detail: String,
}

/// Runs a worker that may read the program's own file and nothing else, and lets it try to open a
/// socket, start a program, signal its parent, read `/etc/passwd` and the given files, and write.
pub(crate) async fn probe(
    launcher: &Launcher,
    forbidden: &[PathBuf],
) -> Result<ProbeReport, WorkerError> {
    let task = ProbeTask { allowed: launcher.program(), forbidden: forbidden.to_vec() };
    let mut session = Session::start(launcher, Kind::Probe, &task, MEMORY_BYTES).await?;
    match session.receive::<Event<ProbeReport>>().await? {
        Event::Done { outcome } => Ok(outcome),
        Event::Error { code, message } => Err(WorkerError::Answer { code, message }),
        Event::Progress { .. } => Err(WorkerError::Protocol("progress of a probe".into())),
    }
}
