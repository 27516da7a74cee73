//! The worker that writes vectors, seen from its parent.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::WorkerError;
use super::protocol::{Event, VectorLine, VectorTask};
use super::session::Session;
use super::spawn::{Kind, Launcher};

/// Memory of the worker; DuckDB writes in batches.
const MEMORY_BYTES: u64 = 1 << 30;

/// Writes one file of vectors.
pub(crate) struct VectorWriter {
    session: Session,
}

/// A sealed file of vectors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VectorFile {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// BLAKE3 of its bytes, hexadecimal.
    pub(crate) blake3: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// Vectors in it.
    pub(crate) vectors: u64,
}

impl VectorWriter {
    /// Starts a worker that writes to an empty folder.
    pub(crate) async fn start(launcher: &Launcher, output: &Path) -> Result<Self, WorkerError> {
        let task = VectorTask { output: output.to_owned(), memory_bytes: MEMORY_BYTES };
        let session = Session::start(launcher, Kind::Vectors, &task, MEMORY_BYTES).await?;
        Ok(Self { session })
    }

    /// Adds a vector under the hash of its chunk's text.
    pub(crate) async fn write(&mut self, hash: &str, vector: &[f32]) -> Result<(), WorkerError> {
        self.session.send(&VectorLine { hash: hash.to_owned(), vector: vector.to_vec() }).await
    }

    /// Seals the file.
    pub(crate) async fn finish(mut self) -> Result<VectorFile, WorkerError> {
        self.session.close_input();
        match self.session.receive::<Event<VectorFile>>().await? {
            Event::Done { outcome } => Ok(outcome),
            Event::Error { code, message } => Err(WorkerError::Answer { code, message }),
            Event::Progress { .. } => {
                Err(WorkerError::Protocol("progress of a vector file".into()))
            }
        }
    }
}
