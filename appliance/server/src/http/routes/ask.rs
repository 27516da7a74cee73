//! Questions.

use actix_web::{HttpResponse, post, web};

use crate::http::guard::{AskRun, Guarded};
use crate::http::problem::{Code, Problem};
use crate::state::State;

/// Ask a question
#[utoipa::path(post, path = "/api/v1/projects/{project}/ask", tag = "ask",
    params(("project" = String, Path, description = "Id or name")), security(("bearer" = [])),
    responses((status = 200, description = "Events", content_type = "text/event-stream", body = String)))]
#[post("/api/v1/projects/{project}/ask")]
pub(crate) async fn ask(
    _state: web::Data<State>,
    _guard: Guarded<AskRun>,
    _project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::Unavailable, "not built yet"))
}
