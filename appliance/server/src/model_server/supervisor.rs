//! A model server of our own: a child that is started, watched, and started again after growing pauses.
//! The only place that starts it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cg_llm_client::LlmClient;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::watcher::{asked, look};
use super::{Shared, lock};
use crate::data_dir::DataDir;
use crate::generation::Generation;
use crate::settings::LocalLlm;
use crate::state::Stopping;

/// A child that lived this long was healthy: its end begins a new count of failures.
const HEALTHY: Duration = Duration::from_secs(60);
/// Longest pause between two starts.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// After this many failures in a row the child is left alone for [`REST`].
const MAX_FAILURES: u32 = 5;
const REST: Duration = Duration::from_secs(600);
/// Time for running answers after SIGTERM.
const GRACE: Duration = Duration::from_secs(15);
/// Bytes of a line of the child's log that are kept.
const MAX_LINE_BYTES: usize = 2_000;
/// Longest path of a Unix socket that the kernel takes, with some room.
const MAX_SOCKET_PATH: usize = 100;
/// Exit codes that another start will not mend: wrong files or options, unfit machine.
const HOPELESS: [i32; 2] = [1, 4];

/// What is started.
pub(super) struct Plan {
    program: PathBuf,
    arguments: Vec<String>,
    pub(super) socket: PathBuf,
}

impl Plan {
    pub(super) fn new(
        local: &LocalLlm,
        data: &DataDir,
        generation: Option<&Generation>,
    ) -> Result<Self, String> {
        let lock = generation.and_then(Generation::models_lock);
        let lock = lock.ok_or("the installed generation names no models")?;
        let own = std::env::current_exe().ok();
        let beside = own.as_deref().and_then(Path::parent).map(Path::to_path_buf);
        let installed = generation.map(|generation| generation.root().join("bin"));
        let program = [beside, installed]
            .into_iter()
            .flatten()
            .map(|folder| folder.join("codegraph-llm"))
            .find(|program| program.is_file())
            .ok_or("the program codegraph-llm is not beside this one")?;
        let socket = socket_path(data).map_err(|e| format!("no place for its socket: {e}"))?;
        let mut arguments = vec!["serve".to_owned(), "--stop-with-stdin".to_owned()];
        let mut argument = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        argument("--models", lock.display().to_string());
        argument("--socket", socket.display().to_string());
        argument("--n-ctx", local.n_ctx.to_string());
        argument("--n-batch", local.n_batch.to_string());
        argument("--n-threads", local.n_threads.to_string());
        argument("--n-gpu-layers", local.n_gpu_layers.to_string());
        argument("--slots", local.slots.to_string());
        argument("--queue", local.queue.to_string());
        if !local.model_path.is_empty() {
            argument("--model-path", local.model_path.clone());
        }
        Ok(Self { program, arguments, socket })
    }

    /// Starts the child with [`ENVIRONMENT`] and nothing else. It ends when its stdin does, so it does not
    /// outlive this process however that ends.
    fn spawn(&self) -> std::io::Result<Child> {
        Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(ENVIRONMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }
}

pub(super) fn socket_in(data: &DataDir) -> PathBuf {
    data.root().join("llm.sock")
}

/// The child's whole environment; the unit `codegraph-llm.service` has the same. The engine of the
/// embeddings starts threads of its own unless told not to: ours each compute a batch alone, which
/// is twice as fast. Its matrices are given back to the system after each step unless large pieces
/// of memory are kept.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("RAYON_NUM_THREADS", "1"),
    ("CANDLE_NUM_THREADS", "1"),
    (
        "GLIBC_TUNABLES",
        "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=268435456",
    ),
];

/// In the data folder, which only this user can enter; where that path is too long for a socket,
/// in a fresh private folder.
fn socket_path(data: &DataDir) -> std::io::Result<PathBuf> {
    let path = socket_in(data);
    if path.as_os_str().len() <= MAX_SOCKET_PATH {
        return Ok(path);
    }
    use std::os::unix::fs::DirBuilderExt;
    let folder = std::env::temp_dir().join(format!("codegraph-{}", uuid::Uuid::new_v4().simple()));
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder.join("llm.sock"))
}

/// Starts the child again and again, with growing pauses, and rests when that does not help.
pub(super) struct Supervisor {
    pub(super) plan: Plan,
    pub(super) client: LlmClient,
    pub(super) shared: Arc<Mutex<Shared>>,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) stopping: Arc<Stopping>,
}

/// How a life of the child ended.
enum Life {
    /// As asked.
    Stopped,
    /// By itself.
    Ended { lived: Duration, why: String, hopeless: bool },
}

impl Supervisor {
    pub(super) async fn run(mut self) {
        let mut failures = 0;
        loop {
            let Life::Ended { lived, why, hopeless } = self.live().await else { return };
            if self.stopping.is_set() {
                return;
            }
            failures = if lived > HEALTHY { 1 } else { failures + 1 };
            let rests = hopeless || failures >= MAX_FAILURES;
            let pause = if rests { REST } else { pause(failures) };
            tracing::warn!("the model server ended: {why}; next start in {} s", pause.as_secs());
            {
                let mut shared = lock(&self.shared);
                shared.known.clear();
                shared.status.models.clear();
                shared.status.state = if rests { "resting" } else { "down" };
                shared.status.last_error = Some(why);
            }
            if rests {
                failures = 0;
            }
            tokio::select! {
                () = asked(&mut self.stopped) => return,
                () = tokio::time::sleep(pause) => {}
            }
            let mut shared = lock(&self.shared);
            shared.status.restarts += 1;
            shared.status.state = "starting";
        }
    }

    /// One life of the child.
    async fn live(&mut self) -> Life {
        let began = Instant::now();
        let ended = |why, hopeless| Life::Ended { lived: began.elapsed(), why, hopeless };
        let mut child = match self.plan.spawn() {
            Ok(child) => child,
            Err(error) => {
                let program = self.plan.program.display();
                return ended(format!("{program} does not start: {error}"), false);
            }
        };
        // Kept open as long as the child shall live; waiting for it would close it.
        let stdin = child.stdin.take();
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        let reader =
            child.stderr.take().map(|stderr| tokio::spawn(keep_lines(stderr, lines.clone())));
        loop {
            let step = async {
                let pause = look(&self.client, &self.shared).await;
                tokio::time::sleep(pause).await;
            };
            tokio::select! {
                result = child.wait() => {
                    if let Some(reader) = reader {
                        // The pipe is at its end: the reader ends too.
                        let _ = reader.await;
                    }
                    let last = lines.lock().unwrap_or_else(PoisonError::into_inner).pop_back();
                    let code = result.as_ref().ok().and_then(ExitStatus::code);
                    let how = result.map_or_else(|e| e.to_string(), |status| status.to_string());
                    let hopeless = code.is_some_and(|code| HOPELESS.contains(&code));
                    return ended(last.map_or(how.clone(), |line| format!("{how}: {line}")), hopeless);
                }
                () = asked(&mut self.stopped) => {
                    end(&mut child).await;
                    drop(stdin);
                    return Life::Stopped;
                }
                () = step => {}
            }
        }
    }
}

/// Asks the child to end, and makes it.
async fn end(child: &mut Child) {
    let pid =
        child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // Gone already is as good.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

/// Passes the child's log on and keeps its last telling line.
async fn keep_lines(stderr: impl AsyncRead + Unpin, lines: Arc<Mutex<VecDeque<String>>>) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        line.truncate(MAX_LINE_BYTES);
        let text = String::from_utf8_lossy(&line);
        let Some(message) = telling(text.trim()) else { continue };
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.clear();
        lines.push_back(message);
    }
}

/// What of a line says why the child ended: an error of its log, or a line that is no log line
/// (a panic, a failed assertion). The rest goes to our log.
fn telling(line: &str) -> Option<String> {
    if line.is_empty() {
        return None;
    }
    let Ok(entry) = serde_json::from_str::<serde_json::Value>(line) else {
        tracing::warn!(target: "model_server", "{line}");
        return Some(line.to_owned());
    };
    let message = entry["fields"]["message"].as_str().unwrap_or(line);
    match entry["level"].as_str() {
        Some("ERROR") => {
            tracing::error!(target: "model_server", "{message}");
            Some(message.to_owned())
        }
        Some("WARN") => {
            tracing::warn!(target: "model_server", "{message}");
            None
        }
        _ => {
            tracing::debug!(target: "model_server", "{message}");
            None
        }
    }
}

/// 1, 2, 4 … seconds.
fn pause(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.saturating_sub(1).min(6)).min(MAX_PAUSE)
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
