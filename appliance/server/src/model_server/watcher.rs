//! Finds the model server, or has one started, and keeps looking how it does.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cg_llm_client::LlmClient;
use cg_net::{Endpoint, NetPolicy};
use tokio::sync::watch;

use super::supervisor::{Plan, Supervisor};
use super::{ModelPart, ModelStatus, Shared, lock, status};
use crate::settings::LocalLlm;
use crate::state::Stopping;

/// Attempts to reach a configured server before an own one is started.
const KNOCKS: usize = 4;
/// How often the state is looked at while models load, and afterwards.
const LOOK_LOADING: Duration = Duration::from_millis(300);
const LOOK_READY: Duration = Duration::from_secs(5);

/// The task behind a [`ModelServer`].
pub(super) struct Watcher {
    pub(super) net: NetPolicy,
    /// Where a server that was started for this data folder listens.
    pub(super) own: PathBuf,
    pub(super) shared: Arc<Mutex<Shared>>,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) stopping: Arc<Stopping>,
}

impl Watcher {
    pub(super) async fn run(mut self, local: LocalLlm, plan: Result<Plan, String>) {
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
pub(super) async fn look(client: &LlmClient, shared: &Mutex<Shared>) -> Duration {
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

/// Waits until the end is asked for, or nobody is left who could ask.
pub(super) async fn asked(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}
