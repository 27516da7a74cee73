//! The embedding model in its own thread, behind a bounded queue.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use cg_candle::{Embedder, Embeddings};
use tokio::sync::oneshot;

use crate::problem::Problem;

/// Requests that may wait.
const QUEUE: usize = 32;

struct Job {
    texts: Vec<String>,
    reply: oneshot::Sender<Result<Embeddings, String>>,
}

/// Hands texts to the thread that owns the model. The thread ends when this is dropped.
pub(crate) struct EmbeddingWorker {
    jobs: SyncSender<Job>,
    dimensions: usize,
}

impl EmbeddingWorker {
    pub(crate) fn start(embedder: Embedder) -> std::io::Result<Self> {
        let (jobs, received) = sync_channel(QUEUE);
        let dimensions = embedder.dimensions();
        std::thread::Builder::new()
            .name("embedding".to_owned())
            .spawn(move || work(&embedder, &received))?;
        Ok(Self { jobs, dimensions })
    }

    /// Numbers in a vector.
    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Vectors of texts. Dropping the future cancels it if it still waits.
    pub(crate) async fn embed(&self, texts: Vec<String>) -> Result<Embeddings, Problem> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { texts, reply }).map_err(|error| match error {
            TrySendError::Full(_) => {
                Problem::busy(format!("{QUEUE} embedding requests wait already"), 2)
            }
            TrySendError::Disconnected(_) => Problem::unavailable("the embedding thread has ended"),
        })?;
        match answer.await {
            Ok(Ok(embeddings)) => Ok(embeddings),
            Ok(Err(why)) => Err(Problem::broken(why)),
            Err(_) => Err(Problem::unavailable("the embedding thread has ended")),
        }
    }
}

fn work(embedder: &Embedder, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        if job.reply.is_closed() {
            continue;
        }
        // Whoever asked may have gone meanwhile.
        let _ = job.reply.send(embedder.embed(&job.texts).map_err(|e| e.to_string()));
    }
}
