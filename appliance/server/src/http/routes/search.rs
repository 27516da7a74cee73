//! Search in a project.
#![allow(unused_qualifications, reason = "utoipa's macro writes the path of parameter types out")]

use actix_web::{HttpResponse, get, web};
use cg_graph_store::{GraphRequest, SearchMode, SearchQuery};
use serde::Deserialize;
use utoipa::IntoParams;

use super::graph::{ask, bounded, checked};
use crate::http::guard::{Guarded, SearchRead};
use crate::http::problem::{Code, Problem, ProblemDocument};
use crate::state::State;

/// What to look for and where.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParameters {
    /// What to look for.
    q: String,
    /// `name` (when absent), `text`, `regex` or `meaning`.
    mode: Option<String>,
    /// Hits at most, 50 when absent.
    limit: Option<u32>,
}

/// Search names, text, lines or meaning
#[utoipa::path(get, path = "/api/v1/projects/{project}/search", tag = "search",
    params(("project" = String, Path, description = "Id or name"), SearchParameters),
    security(("bearer" = [])),
    responses((status = 200, description = "hits", body = Object),
        (status = 409, description = "Not indexed yet", body = ProblemDocument),
        (status = 503, description = "Search by meaning without a model server", body = ProblemDocument)))]
#[get("/api/v1/projects/{project}/search")]
pub(crate) async fn search(
    state: web::Data<State>,
    guard: Guarded<SearchRead, web::Query<SearchParameters>>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let query = guard.input;
    let text = checked(&query.q)?;
    let mut vector = None;
    let mode = match query.mode.as_deref() {
        None | Some("name") => SearchMode::Name,
        Some("text") => SearchMode::Text,
        Some("regex") => SearchMode::Regex,
        Some("meaning" | "vector") => {
            vector = Some(embedded(&state, &text).await?);
            SearchMode::Vector
        }
        Some(_) => {
            let detail = "mode must be name, text, regex or meaning";
            return Err(Problem::new(Code::BadRequest, detail));
        }
    };
    let request = SearchQuery { text, mode, vector, limit: bounded(query.limit) };
    Ok(HttpResponse::Ok().json(ask(&state, &project, GraphRequest::Search(request)).await?))
}

async fn embedded(state: &State, text: &str) -> Result<Vec<f32>, Problem> {
    let unavailable = |why: String| Problem::new(Code::Unavailable, why).retry_after(10);
    let (llm, model) = state.models.embedder().ok_or_else(|| {
        unavailable("search by meaning needs an embedding model, and none is running".into())
    })?;
    let vectors = llm.embed(&model, &[text.to_owned()]).await;
    let vectors = vectors.map_err(|error| unavailable(error.to_string()))?;
    vectors.into_iter().next().ok_or_else(|| unavailable("the model gave no vector".into()))
}
