//! Loading the models, each in its own thread while the socket already answers "loading".

use std::path::PathBuf;
use std::sync::Arc;

use cg_candle::{Embedder, EmbedderOptions};
use cg_llama::{Engine, EngineOptions};

use crate::embedding::EmbeddingWorker;
use crate::exit;
use crate::memory;
use crate::models_lock::Entry;
use crate::settings::Settings;
use crate::state::{Chat, ModelState, State};
use crate::template::ChatTemplate;

/// Tokens of a text that the embedding model reads (as MiniLM was trained); the rest is cut off.
const EMBEDDING_TOKENS: usize = 256;

/// Loads what the list names, one after the other, so that the memory plan of the second sees what
/// the first took. Fails only when nothing at all can be served; otherwise the cause of a failure
/// is in the state and in the log.
pub(crate) fn load_all(state: &Arc<State>, settings: &Settings) -> anyhow::Result<()> {
    let mut first_error = None;
    let mut ready = 0;
    if let Some(entry) = &state.embedding.entry {
        match embedding(entry, settings) {
            Ok(worker) => {
                ready += 1;
                state.embedding.set(ModelState::Ready(Arc::new(worker)));
            }
            Err(error) => {
                tracing::error!("{error:#}");
                state.embedding.set(ModelState::Failed(format!("{error:#}")));
                first_error = Some(error);
            }
        }
    }
    if let Some(entry) = &state.chat.entry {
        match chat(entry, settings) {
            Ok(chat) => {
                ready += 1;
                state.chat.set(ModelState::Ready(Arc::new(chat)));
            }
            Err(error) => {
                tracing::error!("{error:#}");
                state.chat.set(ModelState::Failed(format!("{error:#}")));
                first_error = first_error.or(Some(error));
            }
        }
    }
    match (ready, first_error) {
        (0, Some(error)) => Err(error),
        _ => Ok(()),
    }
}

fn chat(entry: &Entry, settings: &Settings) -> anyhow::Result<Chat> {
    let context_tokens = match (settings.context_tokens, entry.context) {
        (0, own) => own,
        (wanted, 0) => wanted,
        (wanted, own) => wanted.min(own),
    };
    let engine = Engine::start(EngineOptions {
        model: entry.path.clone(),
        slots: settings.slots,
        context_tokens,
        batch_tokens: settings.batch_tokens,
        threads: settings.threads,
        gpu_layers: settings.gpu_layers,
        queue: settings.queue as usize,
        available_bytes: memory::available_bytes(),
    })?;
    let info = engine.info();
    let source = info.chat_template.as_deref().ok_or_else(|| {
        exit::user(format!("the model {} has no chat template and cannot chat", entry.id))
    })?;
    let template = ChatTemplate::new(source, &info.bos, &info.eos).map_err(exit::user)?;
    tracing::info!(model = entry.id, context = info.context_tokens, "chat model ready");
    Ok(Chat { engine, template })
}

fn embedding(entry: &Entry, settings: &Settings) -> anyhow::Result<EmbeddingWorker> {
    let embedder = Embedder::load(&EmbedderOptions {
        folder: PathBuf::from(&entry.path),
        threads: settings.threads as usize,
        max_tokens: EMBEDDING_TOKENS,
    })?;
    tracing::info!(model = entry.id, dimensions = embedder.dimensions(), "embedding model ready");
    Ok(EmbeddingWorker::start(embedder)?)
}
