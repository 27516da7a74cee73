//! What a running server is made of; shared by all its parts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cg_auth::{AccessKey, Password, PasswordHash};
use cg_store::Store;
use tokio::sync::{Notify, Semaphore, watch};

use crate::data_dir::DataDir;
use crate::generation::Generation;
use crate::jobs::Jobs;
use crate::metrics::Metrics;
use crate::model_server::ModelServer;
use crate::settings::Settings;
use crate::worker::{Launcher, QueryPool};

/// The parts of a running server.
pub(crate) struct State {
    /// Settings.
    pub(crate) settings: Arc<Settings>,
    /// Data folder.
    pub(crate) data: DataDir,
    /// Installed generation, if there is one.
    pub(crate) generation: Option<Generation>,
    /// Control store.
    pub(crate) store: Store,
    /// Signs access tokens.
    pub(crate) access: AccessKey,
    /// Bounds password hashing.
    pub(crate) hashing: Hashing,
    /// Index jobs.
    pub(crate) jobs: Arc<Jobs>,
    /// Query workers.
    pub(crate) queries: QueryPool,
    /// Starts worker processes.
    pub(crate) launcher: Launcher,
    /// The model server beside this one.
    pub(crate) models: Arc<ModelServer>,
    /// The snapshot that gets vectors at the moment, and how many it has.
    pub(crate) adding_vectors: watch::Sender<Option<(String, usize)>>,
    /// Metrics.
    pub(crate) metrics: Arc<Metrics>,
    /// Wakes the task that links audit events.
    pub(crate) audit_wake: Arc<Notify>,
    /// Set when the server is about to end.
    pub(crate) stopping: Arc<Stopping>,
}

/// Tells everybody that the server is about to end.
#[derive(Default)]
pub(crate) struct Stopping {
    flag: AtomicBool,
    notify: Notify,
}

impl Stopping {
    /// Says it.
    pub(crate) fn begin(&self) {
        self.flag.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
    }

    /// Whether it was said.
    pub(crate) fn is_set(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }

    /// Waits until it is said.
    pub(crate) async fn wait(&self) {
        let notified = self.notify.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        if !self.is_set() {
            notified.await;
        }
    }
}

/// Hashes passwords on blocking threads, a few at a time: each takes 19 MiB.
pub(crate) struct Hashing {
    permits: Arc<Semaphore>,
}

impl Hashing {
    /// At most `parallel` at a time.
    pub(crate) fn new(parallel: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(parallel)) }
    }

    /// Whether the password fits the hash.
    pub(crate) async fn fits(
        &self,
        hash: PasswordHash,
        password: Password,
    ) -> anyhow::Result<bool> {
        let _permit = self.permits.acquire().await?;
        Ok(tokio::task::spawn_blocking(move || hash.fits(&password)).await??)
    }

    /// Hashes a password.
    pub(crate) async fn hash(&self, password: Password) -> anyhow::Result<PasswordHash> {
        let _permit = self.permits.acquire().await?;
        Ok(tokio::task::spawn_blocking(move || password.hash()).await?)
    }
}
