//! Prometheus metrics.

use actix_web::{HttpRequest, HttpResponse, get, web};
use cg_auth::{Permission, hash_token};

use crate::http::guard::{allowed, bearer};
use crate::http::problem::Problem;
use crate::state::State;

/// Media type of the exposition format that is written.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics for Prometheus
///
/// With the collector's token of `metrics.token`, or as a user who may read metrics.
#[utoipa::path(get, path = "/api/v1/metrics", tag = "health", security(("bearer" = [])),
    responses((status = 200, description = "OpenMetrics text", content_type = "application/openmetrics-text", body = String)))]
#[get("/api/v1/metrics")]
pub(crate) async fn metrics(
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let token = state.settings.metrics.token.expose();
    // Hashes are compared, so that the time tells nothing about the token.
    let collector = match (token, bearer(&request)) {
        (Some(token), Some(given)) => hash_token(token) == hash_token(given),
        _ => false,
    };
    if !collector {
        allowed(&request, Permission::MetricsRead).await?;
    }
    Ok(render(&state))
}

/// The same on its own listener, which needs no token.
#[get("/metrics")]
pub(crate) async fn own_listener(state: web::Data<State>) -> HttpResponse {
    render(&state)
}

/// The path of the interface works there too.
#[get("/api/v1/metrics")]
pub(crate) async fn own_listener_full_path(state: web::Data<State>) -> HttpResponse {
    render(&state)
}

fn render(state: &State) -> HttpResponse {
    HttpResponse::Ok().content_type(MEDIA_TYPE).body(state.metrics.render())
}
