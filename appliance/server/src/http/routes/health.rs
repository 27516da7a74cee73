//! Health: is the process alive, can it work, what is it made of.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::State;

/// How a part or the whole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Works.
    Ok,
    /// Does not work, but the rest does without it.
    Degraded,
    /// Does not work.
    Failed,
    /// Is not part of this installation.
    Absent,
}

/// One part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Part {
    /// Its name.
    name: &'static str,
    /// How it is.
    status: Status,
}

/// The whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok` when everything that is needed works.
    status: Status,
    /// Version of the server.
    version: &'static str,
    /// Its parts.
    parts: Vec<Part>,
}

/// Parts and versions
#[utoipa::path(get, path = "/api/v1/health", tag = "health", responses(
    (status = 200, description = "Everything that is needed works", body = Health),
    (status = 503, description = "Something that is needed does not", body = Health)))]
#[get("/api/v1/health")]
pub(crate) async fn health(state: web::Data<State>) -> HttpResponse {
    answer(&state).await
}

/// Whether the process is alive
#[utoipa::path(get, path = "/api/v1/health/live", tag = "health", responses(
    (status = 200, description = "It is", body = Health)))]
#[get("/api/v1/health/live")]
pub(crate) async fn live() -> HttpResponse {
    let version = env!("CARGO_PKG_VERSION");
    HttpResponse::Ok().json(Health { status: Status::Ok, version, parts: Vec::new() })
}

/// Whether requests should be sent here
#[utoipa::path(get, path = "/api/v1/health/ready", tag = "health", responses(
    (status = 200, description = "Yes", body = Health),
    (status = 503, description = "No: starting, stopping, or a needed part fails", body = Health)))]
#[get("/api/v1/health/ready")]
pub(crate) async fn ready(state: web::Data<State>) -> HttpResponse {
    answer(&state).await
}

async fn answer(state: &State) -> HttpResponse {
    let found = examine(state).await;
    if found.status == Status::Ok {
        HttpResponse::Ok().json(found)
    } else {
        HttpResponse::ServiceUnavailable().json(found)
    }
}

async fn examine(state: &State) -> Health {
    let store = if state.store.ping().await.is_ok() { Status::Ok } else { Status::Failed };
    let folder = state.data.root().join("graphs");
    let data = if folder.is_dir() { Status::Ok } else { Status::Failed };
    // Everything but answers in words works without models: they are never needed for readiness.
    let models = match state.models.describe().await.state {
        "ready" => Status::Ok,
        "absent" => Status::Absent,
        _ => Status::Degraded,
    };
    let serving = if state.stopping.is_set() { Status::Failed } else { Status::Ok };
    let needed = [store, data, serving];
    let status =
        if needed.iter().all(|part| *part == Status::Ok) { Status::Ok } else { Status::Failed };
    let parts = vec![
        Part { name: "store", status: store },
        Part { name: "data", status: data },
        Part { name: "models", status: models },
        Part { name: "serving", status: serving },
    ];
    Health { status, version: env!("CARGO_PKG_VERSION"), parts }
}
