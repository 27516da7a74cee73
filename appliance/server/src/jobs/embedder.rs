//! The task that adds vectors to snapshots that have none, one after the other, whenever there is
//! a model server. What is to be done is read from the store, so nothing is forgotten by a restart.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::embed::{Embedding, add_vectors};
use crate::catalog;
use crate::state::State;

/// How long to wait before looking again without being called.
const POLL: Duration = Duration::from_secs(20);
/// How long a snapshot that failed is left alone.
const REST: Duration = Duration::from_secs(300);

/// Runs until the server stops.
pub(crate) async fn run(state: Arc<State>, published: Arc<Notify>) {
    let mut failed: HashMap<String, Instant> = HashMap::new();
    while !state.stopping.is_set() {
        tokio::select! {
            () = state.stopping.wait() => return,
            done = round(&state, &mut failed) => {
                if let Err(error) = done {
                    tracing::warn!(error = format!("{error:#}"), "vectors cannot be added");
                }
            }
        }
        tokio::select! {
            () = state.stopping.wait() => return,
            () = published.notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Goes once through all projects.
async fn round(state: &State, failed: &mut HashMap<String, Instant>) -> anyhow::Result<()> {
    if state.store.is_closed() {
        return Ok(());
    }
    failed.retain(|_, at| at.elapsed() < REST);
    let Some((llm, model)) = state.models.embedder() else { return Ok(()) };
    let mut after = String::new();
    loop {
        let projects = state.store.projects(&after, 50).await?;
        let Some(last) = projects.last() else { return Ok(()) };
        after.clone_from(&last.name);
        for project in &projects {
            let Ok((snapshot, files)) =
                catalog::current_snapshot(&state.store, &state.data, project).await
            else {
                continue;
            };
            let wanted = files.search.is_some() && files.vectors.is_none();
            if !wanted || failed.contains_key(&snapshot.id) {
                continue;
            }
            let parts = Embedding {
                store: &state.store,
                data: &state.data,
                queries: &state.queries,
                launcher: &state.launcher,
                llm: &llm,
                model: &model,
            };
            tracing::info!(project = project.name, snapshot = snapshot.id, "adding vectors");
            let tell = |done| {
                state.adding_vectors.send_replace(Some((snapshot.id.clone(), done)));
            };
            tell(0);
            let added = add_vectors(&parts, &snapshot, &files, tell).await;
            state.adding_vectors.send_replace(None);
            match added {
                Ok(outcome) => tracing::info!(project = project.name, ?outcome, "vectors added"),
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(
                        project = project.name,
                        error,
                        "vectors not added; search by meaning is off for this snapshot"
                    );
                    failed.insert(snapshot.id, Instant::now());
                }
            }
        }
    }
}
