//! The catalogue in use: read anew when the layout's index is another one, so that an installation
//! needs no restart of the registry.

use std::sync::{Arc, PoisonError, RwLock};

use actix_web::web;

use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::layout::{Layout, Stamp};

/// A layout and its newest catalogue.
#[derive(Debug)]
pub struct Registry {
    pub(crate) layout: Layout,
    state: RwLock<State>,
    /// One reader at a time reads the layout anew.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    stamp: Stamp,
    catalogue: Arc<Catalogue>,
}

impl Registry {
    /// Reads the layout for the first time.
    ///
    /// # Errors
    /// The layout cannot be read.
    pub fn open(layout: Layout) -> Result<Self, Error> {
        // The stamp first: an index that changes in between is read again at the next request.
        let stamp = layout.stamp()?;
        let catalogue = Arc::new(Catalogue::load(&layout)?);
        let state = RwLock::new(State { stamp, catalogue });
        Ok(Self { layout, state, turn: tokio::sync::Mutex::new(()) })
    }

    /// The catalogue of this moment. Where the index cannot be read, the last good one.
    pub async fn catalogue(&self) -> Arc<Catalogue> {
        let (known, catalogue) = self.state();
        if self.layout.stamp().is_ok_and(|stamp| stamp == known) {
            return catalogue;
        }
        let _turn = self.turn.lock().await;
        let (known, catalogue) = self.state();
        let Ok(stamp) = self.layout.stamp() else { return catalogue };
        if stamp == known {
            return catalogue;
        }
        let layout = self.layout.clone();
        let read = web::block(move || Catalogue::load(&layout).map(Arc::new)).await;
        let catalogue = match read {
            Ok(Ok(fresh)) => {
                tracing::info!(images = fresh.listing().images.len(), "the store's index is new");
                fresh
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the former index stays in use");
                catalogue
            }
            Err(error) => {
                tracing::error!(%error, "the former index stays in use");
                return catalogue;
            }
        };
        // A damaged index is noted too: it is not read again for every request.
        *self.state.write().unwrap_or_else(PoisonError::into_inner) =
            State { stamp, catalogue: Arc::clone(&catalogue) };
        catalogue
    }

    fn state(&self) -> (Stamp, Arc<Catalogue>) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        (state.stamp, Arc::clone(&state.catalogue))
    }
}
