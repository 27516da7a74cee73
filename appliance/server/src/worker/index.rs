//! The index worker, seen from its parent.

use cg_index::{IndexJob, IndexOutcome, Progress};
use tokio_util::sync::CancellationToken;

use super::WorkerError;
use super::protocol::IndexEvent;
use super::session::Session;
use super::spawn::{Kind, Launcher};

/// Runs index jobs, each in a process of its own.
#[derive(Clone, Debug)]
pub(crate) struct IndexWorker {
    launcher: Launcher,
}

impl IndexWorker {
    /// With processes from a launcher.
    pub(crate) fn new(launcher: Launcher) -> Self {
        Self { launcher }
    }

    /// Runs a job to its end. Cancelling kills the process; what it wrote lies in the job's output
    /// folder and is the caller's to remove.
    pub(crate) async fn run(
        &self,
        job: &IndexJob,
        mut progress: impl FnMut(Progress) + Send,
        cancel: CancellationToken,
    ) -> Result<IndexOutcome, WorkerError> {
        let mut session =
            Session::start(&self.launcher, Kind::Index, job, job.memory_bytes).await?;
        loop {
            let event = tokio::select! {
                biased;
                () = cancel.cancelled() => None,
                event = session.receive::<IndexEvent>() => Some(event),
            };
            match event {
                None => {
                    session.kill().await;
                    return Err(WorkerError::Cancelled);
                }
                Some(Err(error)) => {
                    session.kill().await;
                    return Err(error);
                }
                Some(Ok(IndexEvent::Progress { progress: step })) => progress(step),
                Some(Ok(IndexEvent::Done { outcome })) => return Ok(outcome),
                Some(Ok(IndexEvent::Error { code, message })) => {
                    return Err(WorkerError::Answer { code, message });
                }
            }
        }
    }
}
