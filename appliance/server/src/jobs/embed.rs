//! Meaning vectors of a snapshot's chunks: those known by their hash are taken from the cache, the
//! others are asked of the model server, and all together become the snapshot's third sealed file.
//! The snapshot is usable before and without it.

use std::path::Path;

use cg_graph_store::{GraphRequest, GraphResponse, SnapshotFiles};
use cg_llm_client::LlmClient;
use cg_store::{Snapshot, Store};

use super::publish;
use super::scratch::Scratch;
use super::vector_cache::{self, Vectors};
use crate::data_dir::DataDir;
use crate::worker::{Launcher, QueryPool, VectorFile, VectorWriter, WorkerError};

/// Chunks that are asked for at once.
const PAGE: u32 = 256;
/// Texts that are embedded at once.
const BATCH: usize = 32;

/// What embedding needs.
pub(crate) struct Embedding<'a> {
    /// Store.
    pub(crate) store: &'a Store,
    /// Data folder.
    pub(crate) data: &'a DataDir,
    /// Query workers.
    pub(crate) queries: &'a QueryPool,
    /// Starts the worker that writes the file.
    pub(crate) launcher: &'a Launcher,
    /// Model server.
    pub(crate) llm: &'a LlmClient,
    /// Embedding model.
    pub(crate) model: &'a str,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EmbedOutcome {
    /// Chunks with a vector now.
    pub(crate) vectors: usize,
    /// Of these, embedded in this run.
    pub(crate) embedded: usize,
}

/// Adds vectors to a snapshot that has none. `progress` hears chunks done. Can be dropped at any
/// time: what was embedded so far is in the cache.
pub(crate) async fn add_vectors(
    parts: &Embedding<'_>,
    snapshot: &Snapshot,
    files: &SnapshotFiles,
    progress: impl Fn(usize),
) -> anyhow::Result<EmbedOutcome> {
    let cache = parts.data.graphs(&snapshot.project_id).join(vector_cache::file_name(parts.model));
    let known = vector_cache::read(&cache);
    let mut vectors = Vectors::new();
    let mut outcome = EmbedOutcome::default();
    let mut after = None;
    loop {
        let request = GraphRequest::ChunksAfter { after: after.clone(), limit: PAGE };
        let GraphResponse::Chunks { chunks } = parts.queries.ask(files, request).await? else {
            anyhow::bail!("the query worker answered something else than chunks");
        };
        let Some(last) = chunks.last() else { break };
        after = Some(last.id.clone());
        let mut missing: Vec<([u8; 32], String)> = Vec::new();
        for chunk in chunks {
            let Some(hash) = hash(&chunk.hash) else { continue };
            if let Some(vector) = known.get(&hash) {
                vectors.insert(hash, vector.clone());
            } else if !vectors.contains_key(&hash) {
                missing.push((hash, cg_ask::embedding_text(&chunk)));
            }
        }
        for batch in missing.chunks(BATCH) {
            let texts: Vec<String> = batch.iter().map(|(_, text)| text.clone()).collect();
            let new = parts.llm.embed(parts.model, &texts).await?;
            anyhow::ensure!(new.len() == batch.len(), "the model server left out vectors");
            outcome.embedded += new.len();
            let new: Vec<_> = batch.iter().map(|(hash, _)| *hash).zip(new).collect();
            // Kept at once, in case the run is broken off.
            if let Err(error) = vector_cache::append(&cache, &new) {
                tracing::warn!(%error, "the vector cache cannot be written");
            }
            vectors.extend(new);
            progress(vectors.len());
        }
        progress(vectors.len());
    }
    if vectors.is_empty() {
        return Ok(outcome);
    }
    outcome.vectors = vectors.len();
    if let Err(error) = vector_cache::write(&cache, &vectors) {
        tracing::warn!(%error, "the vector cache cannot be written");
    }
    let scratch = Scratch::new(parts.data)?;
    let sealed = seal(parts.launcher, scratch.path(), &vectors).await?;
    publish::publish_vectors(parts.store, parts.data, snapshot, &sealed.path, &sealed.blake3)
        .await?;
    Ok(outcome)
}

async fn seal(
    launcher: &Launcher,
    folder: &Path,
    vectors: &Vectors,
) -> Result<VectorFile, WorkerError> {
    let mut writer = VectorWriter::start(launcher, folder).await?;
    for (hash, vector) in vectors {
        writer.write(&hex::encode(hash), vector).await?;
    }
    writer.finish().await
}

fn hash(text: &str) -> Option<[u8; 32]> {
    hex::decode(text).ok()?.try_into().ok()
}
