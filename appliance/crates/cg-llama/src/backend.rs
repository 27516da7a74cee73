//! llama.cpp's process-wide state: initialised once, freed when the last engine ends.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;

use crate::{Error, log};

static SHARED: Mutex<Weak<LlamaBackend>> = Mutex::new(Weak::new());

/// The process's backend; every engine holds the same one.
pub(crate) fn backend() -> Result<Arc<LlamaBackend>, Error> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(backend) = shared.upgrade() {
        return Ok(backend);
    }
    log::install();
    let backend = LlamaBackend::init()
        .map_err(|e| Error::Engine { action: "start", reason: e.to_string() })?;
    let backend = Arc::new(backend);
    *shared = Arc::downgrade(&backend);
    Ok(backend)
}

/// A loaded model. The order of the fields is the order of dropping: the model first.
pub(crate) struct Loaded {
    pub(crate) model: LlamaModel,
    pub(crate) backend: Arc<LlamaBackend>,
}
