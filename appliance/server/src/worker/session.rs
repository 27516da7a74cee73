//! A running worker, seen from its parent: lines in, lines out, the last of stderr, its end.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};

use super::WorkerError;
use super::error::end_of_worker;
use super::protocol::{MAX_ANSWER_BYTES, Start};
use super::spawn::{Kind, Launcher};

/// Kept of stderr: its end.
const STDERR_BYTES: usize = 16 << 10;

/// A running worker.
pub(super) struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    stderr: Arc<Mutex<Vec<u8>>>,
    stderr_task: tokio::task::JoinHandle<()>,
    memory_bytes: u64,
    line: Vec<u8>,
}

impl Session {
    /// Starts a worker and gives it its task.
    pub(super) async fn start<T: Serialize>(
        launcher: &Launcher,
        kind: Kind,
        task: &T,
        memory_bytes: u64,
    ) -> Result<Self, WorkerError> {
        let mut child = launcher.start(kind)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(stderr)) = pipes else {
            return Err(WorkerError::Start("no pipes to the worker".into()));
        };
        let kept = Arc::new(Mutex::new(Vec::new()));
        let stderr_task = tokio::spawn(keep_end(stderr, Arc::clone(&kept)));
        let mut session = Self {
            child,
            input: Some(input),
            output: BufReader::new(output),
            stderr: kept,
            stderr_task,
            memory_bytes,
            line: Vec::new(),
        };
        session.send(&Start { isolation: launcher.isolation(), task }).await?;
        Ok(session)
    }

    /// Sends a line.
    pub(super) async fn send<T: Serialize>(&mut self, value: &T) -> Result<(), WorkerError> {
        let mut line =
            serde_json::to_vec(value).map_err(|error| WorkerError::Protocol(error.to_string()))?;
        line.push(b'\n');
        let Some(input) = &mut self.input else {
            return Err(WorkerError::Protocol("the worker's input is closed".into()));
        };
        if input.write_all(&line).await.is_err() {
            return Err(self.ended().await);
        }
        Ok(())
    }

    /// Tells the worker that nothing more comes.
    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// The next line. Cancelling it loses what was read of a line so far: kill the worker then.
    pub(super) async fn receive<T: DeserializeOwned>(&mut self) -> Result<T, WorkerError> {
        self.line.clear();
        let limit = MAX_ANSWER_BYTES as u64;
        let read = (&mut self.output).take(limit).read_until(b'\n', &mut self.line).await;
        match read {
            Ok(read) if read > 0 && self.line.ends_with(b"\n") => {}
            Ok(read) if read as u64 == limit => {
                self.kill().await;
                return Err(WorkerError::Protocol(format!(
                    "more than {MAX_ANSWER_BYTES} bytes in a line"
                )));
            }
            _ => return Err(self.ended().await),
        }
        serde_json::from_slice(&self.line).map_err(|error| WorkerError::Protocol(error.to_string()))
    }

    /// Kills the worker and waits until it is gone.
    pub(super) async fn kill(&mut self) {
        // It may be gone already.
        let _ = self.child.kill().await;
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Process number, for the log.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Why the worker is gone. Kills it if it is not.
    async fn ended(&mut self) -> WorkerError {
        self.input = None;
        // Its pipes are closed, so it is about to end; one that does not is killed.
        let wait = std::time::Duration::from_secs(5);
        let status = match tokio::time::timeout(wait, self.child.wait()).await {
            Ok(status) => status.ok(),
            Err(_) => {
                self.kill().await;
                None
            }
        };
        let _ = tokio::time::timeout(wait, &mut self.stderr_task).await;
        let stderr = self.stderr_text();
        tracing::warn!(?status, stderr, "a worker ended");
        end_of_worker(status, &stderr, self.memory_bytes)
    }

    fn stderr_text(&self) -> String {
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stderr_task.abort();
    }
}

/// Reads stderr to its end and keeps the last of it.
async fn keep_end(mut stderr: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0_u8; 4096];
    while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&buffer[..read]);
        let excess = kept.len().saturating_sub(STDERR_BYTES);
        kept.drain(..excess);
    }
}
