//! What the commands that ask a snapshot share: finding it, asking through a query worker, and the
//! forms of the answers.

use cg_graph_store::{CallStep, GraphRequest, GraphResponse, Place, SnapshotFiles};
use cg_store::{Project, Snapshot};

use super::table::{clean, render, terminal_width};
use crate::context::Context;
use crate::worker::{QueryPool, WorkerError};
use crate::{catalog, exit, startup};

/// A snapshot that can be asked, without a server.
pub(super) struct Asked {
    files: SnapshotFiles,
    pool: QueryPool,
}

impl Asked {
    /// The current snapshot of a project: named, or the one around the current folder.
    pub(super) async fn find(context: &Context, project: Option<&str>) -> anyhow::Result<Self> {
        let store = catalog::open_store(&context.data).await?;
        let project = catalog::find_project(&store, project).await?;
        let (snapshot, _) = catalog::current_snapshot(&store, &context.data, &project).await?;
        Self::snapshot(context, &project, &snapshot)
    }

    /// A snapshot of a project.
    pub(super) fn snapshot(
        context: &Context,
        project: &Project,
        snapshot: &Snapshot,
    ) -> anyhow::Result<Self> {
        let files = catalog::snapshot_files(&context.data, snapshot)
            .ok_or_else(|| catalog::CatalogError::NoSnapshot(project.name.clone()))?;
        let launcher = startup::launcher(context)?;
        let pool = startup::query_pool(&context.settings, context.generation.as_ref(), &launcher);
        Ok(Self { files, pool })
    }

    /// Asks it.
    pub(super) async fn ask(&self, request: GraphRequest) -> anyhow::Result<GraphResponse> {
        self.pool.ask(&self.files, request).await.map_err(|error| match error {
            WorkerError::Crashed(_) | WorkerError::Protocol(_) | WorkerError::Start(_) => {
                error.into()
            }
            _ => exit::user(error.to_string()),
        })
    }

    /// Asks it for places.
    pub(super) async fn places(&self, request: GraphRequest) -> anyhow::Result<Vec<Place>> {
        match self.ask(request).await? {
            GraphResponse::Places { places } => Ok(places),
            other => Err(unexpected(&other)),
        }
    }
}

/// An answer of another kind than the question.
pub(super) fn unexpected(response: &GraphResponse) -> anyhow::Error {
    let kind = serde_json::to_value(response).ok();
    let kind = kind.as_ref().and_then(|value| value.get("kind")?.as_str()).unwrap_or("something");
    anyhow::anyhow!("the query worker answered with `{kind}`, which was not asked for")
}

/// `path:lines`, or a word for what lies outside.
pub(super) fn location(place: &Place) -> String {
    match place.line {
        0 if place.path.is_empty() => "(external)".into(),
        line => format!("{}:{line}", place.path),
    }
}

/// Places as a table.
pub(super) fn places_table(places: &[Place]) -> String {
    let head = ["kind", "name", "where", "signature"].map(String::from);
    let rows: Vec<Vec<String>> = places
        .iter()
        .map(|place| {
            vec![place.label.clone(), full_name(place), location(place), place.signature.clone()]
        })
        .collect();
    render(&head, &rows, terminal_width())
}

/// Calls as a table.
pub(super) fn calls_table(calls: &[CallStep]) -> String {
    let head = ["depth", "method", "where", "call at", "confidence", "found by"].map(String::from);
    let rows: Vec<Vec<String>> = calls
        .iter()
        .map(|step| {
            vec![
                step.depth.to_string(),
                full_name(&step.method),
                location(&step.method),
                format!("{}:{}", step.call_path, step.call_line),
                format!("{:?}", step.confidence).to_lowercase(),
                format!("{} {}", step.tier, step.technique),
            ]
        })
        .collect();
    render(&head, &rows, terminal_width())
}

/// The full name, or the short one where there is none.
pub(super) fn full_name(place: &Place) -> String {
    if place.full_name.is_empty() { place.name.clone() } else { place.full_name.clone() }
}

/// Says on stderr that nothing was found, and what could be done.
pub(super) fn nothing(what: &str, name: &str) {
    eprintln!(
        "no {what} of `{}` found; `codegraph search {}` looks for similar names",
        clean(name),
        clean(name)
    );
}
