//! The model server as the rest of the program sees it: a running one behind the configured
//! socket, or a child that is started, watched and started again. The only place that starts it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cg_llm_client::{LlmClient, Model, ModelHealth, ModelKind};
use cg_net::{Endpoint, NetPolicy};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::context::Context;
use crate::data_dir::DataDir;
use crate::generation::Generation;
use crate::settings::LocalLlm;
use crate::state::Stopping;

/// Attempts to reach a configured server before an own one is started.
const KNOCKS: usize = 4;
/// How often the state is looked at while models load, and afterwards.
const LOOK_LOADING: Duration = Duration::from_millis(300);
const LOOK_READY: Duration = Duration::from_secs(5);
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

/// Where the models are and how they do.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ModelStatus {
    /// `socket` (configured), `child` (started by this server) or `none`.
    pub(crate) source: &'static str,
    /// `absent`, `starting`, `ready`, `degraded`, `down` or `resting` (failed too often).
    pub(crate) state: &'static str,
    /// The models.
    pub(crate) models: Vec<ModelPart>,
    /// Starts after the first one.
    pub(crate) restarts: u64,
    /// Why it is not ready, or why it was started again last.
    pub(crate) last_error: Option<String>,
}

/// One model.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ModelPart {
    /// Name.
    pub(crate) id: String,
    /// `chat` or `embedding`.
    pub(crate) kind: String,
    /// `loading`, `ready` or `failed`.
    pub(crate) status: String,
    /// Why it failed.
    pub(crate) error: Option<String>,
}

impl From<ModelHealth> for ModelPart {
    fn from(health: ModelHealth) -> Self {
        let ModelHealth { id, kind, status, error } = health;
        Self { id, kind, status, error }
    }
}

struct Shared {
    client: Option<LlmClient>,
    status: ModelStatus,
    known: Vec<Model>,
}

/// The model server.
pub(crate) struct ModelServer {
    shared: Arc<Mutex<Shared>>,
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl ModelServer {
    /// Finds or starts the model server, in the background. A child that ends after `stopping` has
    /// begun is not started again; [`ModelServer::stop`] ends it.
    pub(crate) fn start(context: &Context, net: &NetPolicy, stopping: Arc<Stopping>) -> Arc<Self> {
        let (stop, stopped) = watch::channel(false);
        let local = context.settings.llm.local.clone();
        let plan = Plan::new(&local, &context.data, context.generation.as_ref());
        let is_expected = plan.is_ok() || !local.socket.is_empty();
        let state = if is_expected { "starting" } else { "absent" };
        let shared = Shared { client: None, status: status("none", state), known: Vec::new() };
        let shared = Arc::new(Mutex::new(shared));
        let own = socket_in(&context.data);
        let watcher = Watcher { net: net.clone(), own, shared: shared.clone(), stopped, stopping };
        let task = tokio::spawn(watcher.run(local, plan));
        Arc::new(Self { shared, stop, task: Mutex::new(Some(task)) })
    }

    /// The client, where there is a model server at all; it may be down at the moment.
    pub(crate) fn client(&self) -> Option<LlmClient> {
        lock(&self.shared).client.clone()
    }

    /// The client and the embedding model, while that is ready.
    pub(crate) fn embedder(&self) -> Option<(LlmClient, String)> {
        self.ready(ModelKind::Embedding)
    }

    /// The client and the chat model, while that is ready.
    pub(crate) fn chat(&self) -> Option<(LlmClient, String)> {
        self.ready(ModelKind::Chat)
    }

    fn ready(&self, kind: ModelKind) -> Option<(LlmClient, String)> {
        let shared = lock(&self.shared);
        let model = shared.known.iter().find(|model| model.kind == kind)?;
        Some((shared.client.clone()?, model.id.clone()))
    }

    /// Where the models are and how they do.
    pub(crate) async fn describe(&self) -> ModelStatus {
        lock(&self.shared).status.clone()
    }

    /// Ends the child, if there is one, after its running answers.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // It ends by itself within its grace time; a panic was reported by the task.
            let _ = task.await;
        }
    }
}

/// The task behind a [`ModelServer`].
struct Watcher {
    net: NetPolicy,
    /// Where a server that was started for this data folder listens.
    own: PathBuf,
    shared: Arc<Mutex<Shared>>,
    stopped: watch::Receiver<bool>,
    stopping: Arc<Stopping>,
}

impl Watcher {
    async fn run(mut self, local: LocalLlm, plan: Result<Plan, String>) {
        let found = tokio::select! {
            () = asked(&mut self.stopped) => return,
            found = running(&local, &self.own, &self.net) => found,
        };
        if let Some(client) = found {
            self.begin(&client, "socket");
            return watch_socket(&client, &self.shared, self.stopped).await;
        }
        let plan = match plan {
            Ok(plan) => plan,
            Err(why) => {
                tracing::info!("no model server: {why}");
                let mut shared = lock(&self.shared);
                shared.status = ModelStatus { last_error: Some(why), ..status("none", "absent") };
                return;
            }
        };
        match LlmClient::new(&self.net, &Endpoint::unix(&plan.socket)).await {
            Ok(client) => {
                self.begin(&client, "child");
                let Self { shared, stopped, stopping, .. } = self;
                Supervisor { plan, client, shared, stopped, stopping }.run().await;
            }
            Err(error) => {
                let last_error = Some(error.to_string());
                lock(&self.shared).status = ModelStatus { last_error, ..status("none", "absent") };
            }
        }
    }

    fn begin(&self, client: &LlmClient, source: &'static str) {
        let mut shared = lock(&self.shared);
        shared.client = Some(client.clone());
        shared.status = status(source, "starting");
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn status(source: &'static str, state: &'static str) -> ModelStatus {
    ModelStatus { source, state, models: Vec::new(), restarts: 0, last_error: None }
}

/// A client of a server that runs already: behind the configured socket, or started for this data
/// folder by another process (a command beside a running server).
async fn running(local: &LocalLlm, own: &Path, net: &NetPolicy) -> Option<LlmClient> {
    if !local.socket.is_empty() {
        if let Some(client) = knock(Path::new(&local.socket), net, KNOCKS).await {
            return Some(client);
        }
        tracing::info!("nobody answers at {}: an own model server is started", local.socket);
    }
    if own.exists() { knock(own, net, 1).await } else { None }
}

async fn knock(socket: &Path, net: &NetPolicy, times: usize) -> Option<LlmClient> {
    let client = LlmClient::new(net, &Endpoint::unix(socket)).await.ok()?;
    for _ in 0..times {
        match client.health().await {
            Ok(_) => return Some(client),
            Err(error) => tracing::debug!("{}: {error}", socket.display()),
        }
        tokio::time::sleep(LOOK_LOADING).await;
    }
    None
}

/// Asks how the models do and notes it; gives the pause until the next look.
async fn look(client: &LlmClient, shared: &Mutex<Shared>) -> Duration {
    let health = client.health().await;
    let known = match &health {
        Ok(health) if health.status != "loading" => client.models().await.unwrap_or_default(),
        _ => Vec::new(),
    };
    let mut shared = lock(shared);
    shared.known = known;
    match health {
        Ok(health) => {
            shared.status.state = match health.status.as_str() {
                "ok" => "ready",
                "loading" => "starting",
                _ => "degraded",
            };
            shared.status.models = health.models.into_iter().map(ModelPart::from).collect();
        }
        Err(error) => {
            shared.status.models.clear();
            // A child that has just been started has no socket yet.
            if shared.status.source == "socket" || shared.status.state != "starting" {
                shared.status.state = "down";
                shared.status.last_error = Some(error.to_string());
            }
        }
    }
    if shared.status.state == "ready" { LOOK_READY } else { LOOK_LOADING }
}

async fn watch_socket(
    client: &LlmClient,
    shared: &Mutex<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let pause = look(client, shared).await;
        tokio::select! {
            () = asked(&mut stopped) => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What is started.
struct Plan {
    program: PathBuf,
    arguments: Vec<String>,
    socket: PathBuf,
}

impl Plan {
    fn new(
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

fn socket_in(data: &DataDir) -> PathBuf {
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

/// Waits until the end is asked for, or nobody is left who could ask.
async fn asked(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Starts the child again and again, with growing pauses, and rests when that does not help.
struct Supervisor {
    plan: Plan,
    client: LlmClient,
    shared: Arc<Mutex<Shared>>,
    stopped: watch::Receiver<bool>,
    stopping: Arc<Stopping>,
}

/// How a life of the child ended.
enum Life {
    /// As asked.
    Stopped,
    /// By itself.
    Ended { lived: Duration, why: String, hopeless: bool },
}

impl Supervisor {
    async fn run(mut self) {
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
#[path = "model_server_tests.rs"]
mod tests;
