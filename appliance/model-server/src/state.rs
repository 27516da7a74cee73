//! What the program serves: at most one chat and one embedding model, each loading, ready or
//! failed.

use std::sync::{Arc, PoisonError, RwLock};

use cg_llama::Engine;

use crate::embedding::EmbeddingWorker;
use crate::metrics::Metrics;
use crate::models_lock::Entry;
use crate::problem::Problem;
use crate::template::ChatTemplate;

/// A model and where it stands.
pub(crate) struct Served<M> {
    /// Its entry in the list; nothing when no model of the kind is listed.
    pub(crate) entry: Option<Entry>,
    state: RwLock<ModelState<M>>,
}

/// Where a model stands.
pub(crate) enum ModelState<M> {
    Loading,
    Ready(Arc<M>),
    Failed(String),
}

// Not derived: `M` itself need not be cloned.
impl<M> Clone for ModelState<M> {
    fn clone(&self) -> Self {
        match self {
            Self::Loading => Self::Loading,
            Self::Ready(model) => Self::Ready(model.clone()),
            Self::Failed(why) => Self::Failed(why.clone()),
        }
    }
}

impl<M> Served<M> {
    pub(crate) fn new(entry: Option<Entry>) -> Self {
        Self { entry, state: RwLock::new(ModelState::Loading) }
    }

    pub(crate) fn set(&self, state: ModelState<M>) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    pub(crate) fn state(&self) -> ModelState<M> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a model of the kind is listed and still loads.
    pub(crate) fn is_loading(&self) -> bool {
        self.entry.is_some() && matches!(self.state(), ModelState::Loading)
    }

    /// The model for a request that names `id` (or none).
    pub(crate) fn get(&self, id: Option<&str>, kind: &str) -> Result<Arc<M>, Problem> {
        let Some(entry) = &self.entry else {
            return Err(Problem::no_model(id.unwrap_or(kind)));
        };
        if id.is_some_and(|id| !id.is_empty() && id != entry.id) {
            return Err(Problem::no_model(id.unwrap_or_default()));
        }
        match self.state() {
            ModelState::Ready(model) => Ok(model),
            ModelState::Loading => Err(Problem::unavailable("loading model")),
            ModelState::Failed(why) => {
                Err(Problem::unavailable(format!("the {kind} model failed: {why}")))
            }
        }
    }
}

/// A chat model that answers.
pub(crate) struct Chat {
    pub(crate) engine: Engine,
    pub(crate) template: ChatTemplate,
}

/// Everything the handlers need.
pub(crate) struct State {
    pub(crate) chat: Served<Chat>,
    pub(crate) embedding: Served<EmbeddingWorker>,
    pub(crate) metrics: Metrics,
}
