//! How far the vectors of a snapshot are: search by meaning needs them.
#![allow(unused_qualifications, reason = "utoipa's macro writes the path of parameter types out")]

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog;
use crate::http::guard::{GraphRead, Guarded};
use crate::http::problem::{Problem, ProblemDocument};
use crate::state::State;

/// Vectors of the current snapshot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VectorsView {
    /// `ready`, `adding`, `waiting` (its turn comes, or an embedding model is missing).
    state: &'static str,
    /// Chunks that have a vector.
    done: u64,
    /// Chunks of the snapshot.
    total: u64,
}

/// Vectors of the current snapshot
#[utoipa::path(get, path = "/api/v1/projects/{project}/vectors", tag = "search",
    params(("project" = String, Path, description = "Id or name")), security(("bearer" = [])),
    responses((status = 200, description = "How far they are", body = VectorsView),
        (status = 409, description = "Not indexed yet", body = ProblemDocument)))]
#[get("/api/v1/projects/{project}/vectors")]
pub(crate) async fn show(
    state: web::Data<State>,
    _guard: Guarded<GraphRead>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let project = state.store.project(&project).await?;
    let (snapshot, files) = catalog::current_snapshot(&state.store, &state.data, &project).await?;
    let summary: serde_json::Value = serde_json::from_str(&snapshot.summary).unwrap_or_default();
    let total = summary["chunks"].as_u64().unwrap_or(0);
    let adding = match &*state.adding_vectors.borrow() {
        Some((id, done)) if *id == snapshot.id => Some(*done as u64),
        _ => None,
    };
    let view = match (files.vectors, adding) {
        (Some(_), _) => VectorsView { state: "ready", done: total, total },
        (None, Some(done)) => VectorsView { state: "adding", done, total },
        (None, None) => VectorsView { state: "waiting", done: 0, total },
    };
    Ok(HttpResponse::Ok().json(view))
}
