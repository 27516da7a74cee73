//! The model server as the rest of the program sees it: a running one behind the configured
//! socket, or a child that is started, watched and started again.

mod supervisor;
mod watcher;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cg_llm_client::{LlmClient, Model, ModelHealth, ModelKind};
use cg_net::NetPolicy;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::supervisor::{Plan, socket_in};
use self::watcher::Watcher;
use crate::context::Context;
use crate::state::Stopping;

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

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn status(source: &'static str, state: &'static str) -> ModelStatus {
    ModelStatus { source, state, models: Vec::new(), restarts: 0, last_error: None }
}
