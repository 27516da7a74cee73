//! What is installed.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::guard::{Guarded, SystemRead};
use crate::http::openapi;
use crate::model_server::ModelStatus;
use crate::state::State;

/// Versions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    /// Version of the server.
    version: &'static str,
    /// Newest migration of the control store.
    schema: i64,
    /// Release of the installed generation, if it was installed from a bundle.
    #[schema(value_type = Object)]
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<serde_json::Value>,
}

/// Versions of the server and of the installed release
#[utoipa::path(get, path = "/api/v1/system/version", tag = "system", security(("bearer" = [])),
    responses((status = 200, description = "Versions", body = Version)))]
#[get("/api/v1/system/version")]
pub(crate) async fn version(state: web::Data<State>, _guard: Guarded<SystemRead>) -> HttpResponse {
    let release =
        state.generation.as_ref().and_then(crate::generation::Generation::release_summary);
    let schema = cg_store::SCHEMA_VERSION;
    HttpResponse::Ok().json(Version { version: env!("CARGO_PKG_VERSION"), schema, release })
}

/// Models and how they are
#[utoipa::path(get, path = "/api/v1/system/models", tag = "system", security(("bearer" = [])),
    responses((status = 200, description = "The model server and its models", body = ModelStatus)))]
#[get("/api/v1/system/models")]
pub(crate) async fn models(state: web::Data<State>, _guard: Guarded<SystemRead>) -> HttpResponse {
    HttpResponse::Ok().json(state.models.describe().await)
}

/// This description
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "system",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
#[get("/api/v1/openapi.json")]
pub(crate) async fn description() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(openapi::json())
}
