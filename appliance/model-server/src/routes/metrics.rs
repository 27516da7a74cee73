//! `GET /metrics`: Prometheus text.

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use crate::problem::Problem;
use crate::state::{ModelState, State};

pub(crate) async fn get(state: web::Data<Arc<State>>) -> Result<HttpResponse, Problem> {
    let chat = match state.chat.state() {
        ModelState::Ready(chat) => Some(chat),
        ModelState::Loading | ModelState::Failed(_) => None,
    };
    let engine = chat
        .as_ref()
        .map(|chat| (chat.engine.stats(), chat.engine.waiting(), chat.engine.info().slots));
    let text = state.metrics.text(engine).map_err(|e| Problem::broken(e.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text))
}
