//! The runners: take a waiting job, let an index worker do it, publish, tell everybody who watches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use cg_audit::{Action, Event, Outcome};
use cg_store::{Job, JobState, NewJob, Project, Store, StoreError};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::{disk_full, publish};
use crate::data_dir::DataDir;
use crate::generation::Generation;
use crate::metrics::{Metrics, OutcomeLabels};
use crate::settings::Settings;
use crate::state::Stopping;
use crate::worker::{IndexWorker, Launcher};
use crate::{audit_log, clock};

/// How often a job is started before it counts as one that kills the server.
const MAX_ATTEMPTS: u32 = 3;
/// How often the queue is looked at without being called: a command may have queued something.
const POLL: Duration = Duration::from_secs(5);

/// Where a job stands, for those who watch.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct JobUpdate {
    /// Phase and counts, as the worker tells them.
    pub(crate) progress: Value,
    /// Whether nothing more will come.
    pub(crate) ended: bool,
}

/// The queue and what its runners share.
pub(crate) struct Jobs {
    store: Store,
    data: DataDir,
    settings: Arc<Settings>,
    generation: Option<Generation>,
    launcher: Launcher,
    metrics: Arc<Metrics>,
    stopping: Arc<Stopping>,
    audit_wake: Arc<Notify>,
    /// Wakes whoever adds vectors to new snapshots.
    published: Arc<Notify>,
    wake: Notify,
    live: Mutex<HashMap<String, Live>>,
}

struct Live {
    updates: watch::Sender<JobUpdate>,
    cancel: CancellationToken,
}

/// What [`Jobs`] is made of.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) data: DataDir,
    pub(crate) settings: Arc<Settings>,
    pub(crate) generation: Option<Generation>,
    pub(crate) launcher: Launcher,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) stopping: Arc<Stopping>,
    pub(crate) audit_wake: Arc<Notify>,
    pub(crate) published: Arc<Notify>,
}

impl Jobs {
    /// The queue, without runners.
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            store: parts.store,
            data: parts.data,
            settings: parts.settings,
            generation: parts.generation,
            launcher: parts.launcher,
            metrics: parts.metrics,
            stopping: parts.stopping,
            audit_wake: parts.audit_wake,
            published: parts.published,
            wake: Notify::new(),
            live: Mutex::new(HashMap::new()),
        })
    }

    /// Puts back what a dead server left running. Called once, before the runners start.
    pub(crate) async fn recover(&self) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let (queued, failed) = tx.requeue_running(MAX_ATTEMPTS, clock::now_ms()).await?;
        for job in &failed {
            let event = Event::new(Action::IndexFail, Outcome::Failure, "system").on(job.as_str());
            audit_log::record(&mut tx, &event).await?;
        }
        tx.commit().await?;
        if !queued.is_empty() || !failed.is_empty() {
            tracing::warn!(?queued, ?failed, "jobs that were running when the server stopped");
        }
        Ok(())
    }

    /// Starts the runners; they end when the server stops.
    pub(crate) fn start(self: &Arc<Self>) -> Vec<tokio::task::JoinHandle<()>> {
        let runner = |_| tokio::spawn(Arc::clone(self).run());
        (0..self.settings.index.parallel).map(runner).collect()
    }

    /// Queues an index job.
    pub(crate) async fn queue(&self, project: &Project, event: Event) -> Result<Job, StoreError> {
        let new = NewJob {
            id: clock::new_id(),
            project_id: project.id.clone(),
            requested_by: event.actor.clone(),
        };
        let mut tx = self.store.write().await?;
        let job = tx.queue_job(&new, self.settings.index.queue, clock::now_ms()).await?;
        let event = event.on(&project.name).with("job", job.id.as_str());
        audit_log::record(&mut tx, &event).await?;
        tx.commit().await?;
        self.audit_wake.notify_one();
        self.wake.notify_one();
        self.count_waiting().await;
        Ok(job)
    }

    /// Cancels a job; tells whether there was something to cancel.
    pub(crate) async fn cancel(&self, id: &str, event: Event) -> Result<bool, StoreError> {
        let job = self.store.job(id).await?;
        let mut tx = self.store.write().await?;
        let done = tx.job_cancelled(&job.id, clock::now_ms()).await?;
        if done {
            audit_log::record(&mut tx, &event.on(job.id.as_str())).await?;
        }
        tx.commit().await?;
        self.audit_wake.notify_one();
        if done {
            if let Some(live) = self.live().get(&job.id) {
                live.cancel.cancel();
            }
            self.count(JobState::Cancelled);
            self.count_waiting().await;
        }
        Ok(done)
    }

    /// Updates of a job that is running; nothing if it is not.
    pub(crate) fn watch(&self, id: &str) -> Option<watch::Receiver<JobUpdate>> {
        self.live().get(id).map(|live| live.updates.subscribe())
    }

    async fn run(self: Arc<Self>) {
        while !self.stopping.is_set() {
            match self.claim().await {
                Ok(Some(job)) => self.work(job).await,
                Ok(None) => {
                    tokio::select! {
                        () = self.wake.notified() => {}
                        () = self.stopping.wait() => {}
                        () = tokio::time::sleep(POLL) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "cannot take a job");
                    tokio::select! {
                        () = self.stopping.wait() => {}
                        () = tokio::time::sleep(POLL) => {}
                    }
                }
            }
        }
    }

    async fn claim(&self) -> Result<Option<Job>, StoreError> {
        // Looked at without the write lock first: an idle server must not write.
        if self.store.is_closed() || self.store.count_queued().await? == 0 {
            return Ok(None);
        }
        let mut tx = self.store.write().await?;
        let job = tx.claim_job(clock::now_ms()).await?;
        tx.commit().await?;
        self.count_waiting().await;
        Ok(job)
    }

    async fn work(&self, job: Job) {
        let cancel = CancellationToken::new();
        let (updates, _) = watch::channel(JobUpdate::default());
        let live = Live { updates: updates.clone(), cancel: cancel.clone() };
        self.live().insert(job.id.clone(), live);
        tracing::info!(job = job.id, project = job.project_id, "index job started");
        let ended = tokio::select! {
            ended = self.index(&job, &updates, &cancel) => ended,
            () = self.stopping.wait() => {
                cancel.cancel();
                Err(anyhow::anyhow!("the server is stopping"))
            }
        };
        if let Err(error) = self.settle(&job, &cancel, ended).await {
            tracing::error!(job = job.id, %error, "the end of a job cannot be stored");
        }
        self.live().remove(&job.id);
        updates.send_modify(|update| update.ended = true);
        // A job that waited for this project may go now.
        self.wake.notify_one();
    }

    async fn index(
        &self,
        job: &Job,
        updates: &watch::Sender<JobUpdate>,
        cancel: &CancellationToken,
    ) -> anyhow::Result<()> {
        let project = self.store.project(&job.project_id).await?;
        let generation = self.generation.as_ref();
        let prepared = publish::prepare(
            &self.store,
            &self.data,
            &self.settings,
            generation,
            &project,
            publish::Reuse::Allowed,
        )
        .await?;
        let tell = |progress| {
            let progress = serde_json::to_value(progress).unwrap_or_default();
            updates.send_modify(|update| update.progress = progress);
        };
        let worker = IndexWorker::new(self.launcher.clone());
        let outcome = match worker.run(&prepared.task, tell, cancel.clone()).await {
            Ok(outcome) => outcome,
            Err(error) => {
                drop(prepared);
                let why = error.to_string();
                let remedy = disk_full::remedy(&self.store, &self.data, &project, &why).await;
                return Err(match remedy {
                    Some(remedy) => anyhow::anyhow!("{why}: {remedy}"),
                    None => error.into(),
                });
            }
        };
        if cancel.is_cancelled() {
            anyhow::bail!("cancelled");
        }
        let job_id = Some(job.id.as_str());
        let actor = &job.requested_by;
        publish::publish(&self.store, &self.data, &project, &prepared, &outcome, job_id, actor)
            .await?;
        Ok(())
    }

    async fn settle(
        &self,
        job: &Job,
        cancel: &CancellationToken,
        ended: anyhow::Result<()>,
    ) -> Result<(), StoreError> {
        let Err(error) = ended else {
            tracing::info!(job = job.id, "index job done");
            self.count(JobState::Done);
            self.audit_wake.notify_one();
            self.published.notify_one();
            return Ok(());
        };
        let mut tx = self.store.write().await?;
        if self.stopping.is_set() {
            tx.requeue_job(&job.id).await?;
            return tx.commit().await;
        }
        if cancel.is_cancelled() {
            tracing::info!(job = job.id, "index job cancelled");
            return tx.commit().await;
        }
        tracing::error!(job = job.id, error = format!("{error:#}"), "index job failed");
        tx.job_failed(&job.id, &format!("{error:#}"), clock::now_ms()).await?;
        let event =
            Event::new(Action::IndexFail, Outcome::Failure, &job.requested_by).on(job.id.as_str());
        audit_log::record(&mut tx, &event).await?;
        tx.commit().await?;
        self.count(JobState::Failed);
        self.audit_wake.notify_one();
        Ok(())
    }

    fn count(&self, state: JobState) {
        let labels = OutcomeLabels { outcome: state.name().to_owned() };
        self.metrics.jobs.get_or_create(&labels).inc();
    }

    async fn count_waiting(&self) {
        if let Ok(waiting) = self.store.count_queued().await {
            self.metrics.jobs_waiting.set(i64::from(waiting));
        }
    }

    fn live(&self) -> MutexGuard<'_, HashMap<String, Live>> {
        match self.live.lock() {
            Ok(live) => live,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}
