//! Query workers: a bounded number of children, each with one snapshot open, reused by questions to
//! the same snapshot. A child that misses a deadline is killed; the next question gets a fresh one.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cg_graph_store::{GraphRequest, GraphResponse, ReaderOptions, SnapshotFiles};
use tokio::sync::Semaphore;

use super::WorkerError;
use super::protocol::{Answer, QueryTask, Question};
use super::session::Session;
use super::spawn::{Kind, Launcher};

/// Time for a ready call; the reader itself stops a little earlier.
const READY_MS: u64 = 20_000;
/// What a worker gets beyond the query's own limit to stop by itself and answer.
const GRACE_MS: u64 = 3_000;
/// Time to open a snapshot.
const OPEN_MS: u64 = 30_000;
/// Longest limit that a query may ask for.
const MAX_QUERY_MS: u64 = 600_000;

/// Bounds of a pool.
#[derive(Clone, Debug)]
pub(crate) struct PoolOptions {
    /// Children at most.
    pub(crate) children: usize,
    /// How long a question waits for a free child.
    pub(crate) wait: Duration,
    /// Memory of each child for its task, in bytes.
    pub(crate) memory_bytes: u64,
    /// Threads of each child.
    pub(crate) threads: usize,
    /// Folder of DuckDB extensions, for text search.
    pub(crate) extensions_dir: Option<PathBuf>,
}

/// A pool of query workers.
pub(crate) struct QueryPool {
    launcher: Launcher,
    options: PoolOptions,
    permits: Semaphore,
    /// Children that wait, the one used last at the end.
    idle: Mutex<Vec<Worker>>,
}

struct Worker {
    files: SnapshotFiles,
    session: Session,
    next_id: u64,
}

impl QueryPool {
    /// An empty pool; children are started when needed.
    pub(crate) fn new(launcher: Launcher, options: PoolOptions) -> Self {
        let children = options.children.max(1);
        let options = PoolOptions { children, ..options };
        Self { launcher, permits: Semaphore::new(children), idle: Mutex::new(Vec::new()), options }
    }

    /// Asks a snapshot.
    pub(crate) async fn ask(
        &self,
        files: &SnapshotFiles,
        request: GraphRequest,
    ) -> Result<GraphResponse, WorkerError> {
        let permit = tokio::time::timeout(self.options.wait, self.permits.acquire()).await;
        let Ok(Ok(_permit)) = permit else { return Err(WorkerError::Busy(self.options.children)) };
        let mut worker = match self.take(files) {
            Some(worker) => worker,
            None => self.open(files).await?,
        };
        let limit = deadline(&request);
        worker.next_id += 1;
        let question = Question { id: worker.next_id, request };
        match tokio::time::timeout(
            Duration::from_millis(limit + GRACE_MS),
            worker.exchange(&question),
        )
        .await
        {
            Err(_) => {
                worker.session.kill().await;
                Err(WorkerError::Time(limit))
            }
            Ok(Err(error)) => {
                worker.session.kill().await;
                Err(error)
            }
            Ok(Ok(answer)) => {
                let is_healthy =
                    answer.error.as_ref().is_none_or(|error| error.code != "memory_limit");
                if is_healthy {
                    self.give_back(worker);
                }
                outcome(answer)
            }
        }
    }

    /// Ends all children that wait.
    pub(crate) fn close(&self) {
        self.idle().clear();
    }

    /// A child that has the snapshot open. Makes room for a new one if there is none.
    fn take(&self, files: &SnapshotFiles) -> Option<Worker> {
        let mut idle = self.idle();
        idle.retain_mut(|worker| worker.session.is_alive());
        if let Some(at) = idle.iter().rposition(|worker| worker.files == *files) {
            return Some(idle.remove(at));
        }
        // Busy children and this question hold a permit each, so the rest may wait.
        let room = self.permits.available_permits();
        let excess = idle.len().saturating_sub(room);
        idle.drain(..excess);
        None
    }

    fn give_back(&self, worker: Worker) {
        let mut idle = self.idle();
        idle.push(worker);
        let excess = idle.len().saturating_sub(self.options.children);
        idle.drain(..excess);
    }

    /// Process numbers of the children that wait.
    #[cfg(test)]
    pub(super) fn children(&self) -> Vec<u32> {
        self.idle().iter().filter_map(|worker| worker.session.id()).collect()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self, files: &SnapshotFiles) -> Result<Worker, WorkerError> {
        let options = ReaderOptions {
            extensions_dir: self.options.extensions_dir.clone(),
            memory_bytes: self.options.memory_bytes,
            threads: self.options.threads,
            temp_dir: None,
        };
        let task = QueryTask { files: files.clone(), options };
        let start = async {
            let session =
                Session::start(&self.launcher, Kind::Query, &task, self.options.memory_bytes)
                    .await?;
            let mut worker = Worker { files: files.clone(), session, next_id: 0 };
            let opened: Answer = worker.session.receive().await?;
            tracing::debug!(child = worker.session.id(), "query worker ready");
            match opened.error {
                Some(error) => {
                    Err(WorkerError::Answer { code: error.code, message: error.message })
                }
                None => Ok(worker),
            }
        };
        match tokio::time::timeout(Duration::from_millis(OPEN_MS), start).await {
            Ok(worker) => worker,
            Err(_) => Err(WorkerError::Time(OPEN_MS)),
        }
    }
}

impl Worker {
    async fn exchange(&mut self, question: &Question) -> Result<Answer, WorkerError> {
        self.session.send(question).await?;
        let answer: Answer = self.session.receive().await?;
        if answer.id != question.id {
            return Err(WorkerError::Protocol(format!(
                "answer {} to question {}",
                answer.id, question.id
            )));
        }
        Ok(answer)
    }
}

fn outcome(answer: Answer) -> Result<GraphResponse, WorkerError> {
    match (answer.ok, answer.error) {
        (Some(response), None) => Ok(response),
        (_, Some(error)) => Err(WorkerError::Answer { code: error.code, message: error.message }),
        (None, None) => Err(WorkerError::Protocol("neither an answer nor an error".into())),
    }
}

/// Milliseconds that a request may take.
fn deadline(request: &GraphRequest) -> u64 {
    match request {
        GraphRequest::Query { limits, .. } => limits.time_ms.clamp(1, MAX_QUERY_MS),
        _ => READY_MS,
    }
}
