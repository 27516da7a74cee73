//! Questions to a project's graph.
#![allow(unused_qualifications, reason = "utoipa's macro writes the path of parameter types out")]

use actix_web::{HttpResponse, get, post, web};
use cg_audit::{Action, Outcome};
use cg_graph_store::{CallQuery, Confidence, GraphRequest, GraphResponse, Limits};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::http::guard::{GraphRead, Guarded};
use crate::http::problem::{Code, Problem, ProblemDocument};
use crate::metrics::OutcomeLabels;
use crate::state::State;
use crate::worker::WorkerError;
use crate::{audit_log, catalog};

/// Longest statement, in bytes.
const MAX_STATEMENT_BYTES: usize = 64 << 10;
/// Longest name, in bytes.
const MAX_NAME_BYTES: usize = 1_024;
/// Places and steps in an answer when nothing is said, and at most.
const LIMIT: (u32, u32) = (50, 1_000);
/// Deepest walk over call edges.
const MAX_DEPTH: u32 = 8;

/// A statement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryRequest {
    /// One SELECT over the documented views, or over `GRAPH_TABLE (cpg MATCH …)`.
    query: String,
    /// Rows wanted; the server's own limit holds besides.
    limit: Option<u32>,
}

/// A name.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NameQuery {
    /// Short or full name.
    name: String,
    /// Places at most, 50 when absent.
    limit: Option<u32>,
}

/// A walk over call edges.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WalkQuery {
    /// Short or full name of a method, or a node id.
    name: String,
    /// Steps, 1 when absent, 8 at most.
    depth: Option<u32>,
    /// Lowest confidence that counts: `proven`, `likely` (when absent) or `possible`.
    confidence: Option<String>,
    /// Methods at most, 50 when absent.
    limit: Option<u32>,
}

/// Run a SQL or MATCH query
///
/// Read-only, over the documented views of the current snapshot.
#[utoipa::path(post, path = "/api/v1/projects/{project}/graph/query", tag = "graph",
    params(("project" = String, Path, description = "Id or name")), request_body = QueryRequest,
    security(("bearer" = [])),
    responses((status = 200, description = "columns, types, rows, truncated, elapsed_ms", body = Object),
        (status = 409, description = "Not indexed yet", body = ProblemDocument),
        (status = 422, description = "The statement is refused or wrong", body = ProblemDocument),
        (status = 504, description = "The time limit was reached", body = ProblemDocument)))]
#[post("/api/v1/projects/{project}/graph/query")]
pub(crate) async fn run_query(
    state: web::Data<State>,
    guard: Guarded<GraphRead, web::Json<QueryRequest>>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (body, caller) = (guard.input, guard.caller);
    if body.query.len() > MAX_STATEMENT_BYTES {
        let detail = format!("the statement is longer than {MAX_STATEMENT_BYTES} bytes");
        return Err(Problem::new(Code::Unprocessable, detail));
    }
    let settings = &state.settings.query;
    let limits = Limits {
        rows: body.limit.unwrap_or(settings.rows).clamp(1, settings.rows),
        time_ms: settings.time_ms,
        ..Limits::default()
    };
    let request = GraphRequest::Query { text: body.into_inner().query, limits };
    let answer = ask(&state, &project, request).await;
    let outcome = if answer.is_ok() { Outcome::Success } else { Outcome::Failure };
    let event = caller.event(Action::GraphQuery, outcome).on(project.as_str());
    audit_log::record_alone(&state.store, &event).await?;
    state.audit_wake.notify_one();
    Ok(HttpResponse::Ok().json(answer?))
}

/// Where a name is defined
#[utoipa::path(get, path = "/api/v1/projects/{project}/graph/definition", tag = "graph",
    params(("project" = String, Path, description = "Id or name"), NameQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "places", body = Object)))]
#[get("/api/v1/projects/{project}/graph/definition")]
pub(crate) async fn definition(
    state: web::Data<State>,
    guard: Guarded<GraphRead, web::Query<NameQuery>>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let query = guard.input;
    let (name, limit) = (checked(&query.name)?, bounded(query.limit));
    let answer = ask(&state, &project, GraphRequest::Definition { name, limit }).await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// Where a name is used
#[utoipa::path(get, path = "/api/v1/projects/{project}/graph/references", tag = "graph",
    params(("project" = String, Path, description = "Id or name"), NameQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "places", body = Object)))]
#[get("/api/v1/projects/{project}/graph/references")]
pub(crate) async fn references(
    state: web::Data<State>,
    guard: Guarded<GraphRead, web::Query<NameQuery>>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let query = guard.input;
    let (name, limit) = (checked(&query.name)?, bounded(query.limit));
    let answer = ask(&state, &project, GraphRequest::References { name, limit }).await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// Methods that call a method
#[utoipa::path(get, path = "/api/v1/projects/{project}/graph/callers", tag = "graph",
    params(("project" = String, Path, description = "Id or name"), WalkQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "calls", body = Object)))]
#[get("/api/v1/projects/{project}/graph/callers")]
pub(crate) async fn callers(
    state: web::Data<State>,
    guard: Guarded<GraphRead, web::Query<WalkQuery>>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let query = guard.input;
    let answer = ask(&state, &project, GraphRequest::Callers(walk(&query)?)).await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// Methods that a method calls
#[utoipa::path(get, path = "/api/v1/projects/{project}/graph/callees", tag = "graph",
    params(("project" = String, Path, description = "Id or name"), WalkQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "calls", body = Object)))]
#[get("/api/v1/projects/{project}/graph/callees")]
pub(crate) async fn callees(
    state: web::Data<State>,
    guard: Guarded<GraphRead, web::Query<WalkQuery>>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let query = guard.input;
    let answer = ask(&state, &project, GraphRequest::Callees(walk(&query)?)).await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// Counts of the current snapshot
#[utoipa::path(get, path = "/api/v1/projects/{project}/summary", tag = "graph",
    params(("project" = String, Path, description = "Id or name")), security(("bearer" = [])),
    responses((status = 200, description = "Counts", body = Object)))]
#[get("/api/v1/projects/{project}/summary")]
pub(crate) async fn summary(
    state: web::Data<State>,
    _guard: Guarded<GraphRead>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(ask(&state, &project, GraphRequest::Summary).await?))
}

/// Asks the current snapshot of a project.
pub(super) async fn ask(
    state: &State,
    project: &str,
    request: GraphRequest,
) -> Result<GraphResponse, Problem> {
    let project = state.store.project(project).await?;
    let (_, files) = catalog::current_snapshot(&state.store, &state.data, &project).await?;
    let answer = state.queries.ask(&files, request).await;
    let outcome = if answer.is_ok() { "ok" } else { "error" };
    let labels = OutcomeLabels { outcome: outcome.to_owned() };
    state.metrics.graph_requests.get_or_create(&labels).inc();
    answer.map_err(problem)
}

fn problem(error: WorkerError) -> Problem {
    let detail = error.to_string();
    match error.code() {
        "refused" | "invalid" | "missing" => Problem::new(Code::Unprocessable, detail),
        "time_limit" => Problem::new(Code::Timeout, detail),
        "memory_limit" => Problem::new(Code::Unprocessable, detail),
        "busy" => Problem::new(Code::Overloaded, detail).retry_after(2),
        _ => {
            tracing::error!(error = detail, "query worker failed");
            Problem::new(Code::Upstream, "the query worker failed; it was replaced, try again")
        }
    }
}

/// A name within bounds.
pub(super) fn checked(name: &str) -> Result<String, Problem> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        let detail = format!("the name needs 1 to {MAX_NAME_BYTES} bytes");
        return Err(Problem::new(Code::BadRequest, detail));
    }
    Ok(name.to_owned())
}

/// A limit within bounds.
pub(super) fn bounded(limit: Option<u32>) -> u32 {
    limit.unwrap_or(LIMIT.0).clamp(1, LIMIT.1)
}

fn walk(query: &WalkQuery) -> Result<CallQuery, Problem> {
    let confidence = match query.confidence.as_deref() {
        None | Some("likely") => Confidence::Likely,
        Some("proven") => Confidence::Proven,
        Some("possible") => Confidence::Possible,
        Some(_) => {
            let detail = "confidence must be proven, likely or possible";
            return Err(Problem::new(Code::BadRequest, detail));
        }
    };
    Ok(CallQuery {
        name: checked(&query.name)?,
        depth: query.depth.unwrap_or(1).clamp(1, MAX_DEPTH),
        confidence,
        limit: bounded(query.limit),
    })
}
