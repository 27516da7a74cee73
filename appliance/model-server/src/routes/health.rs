//! `GET /health`: 503 while a model loads, 200 when at least one answers.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::state::{ModelState, Served, State};

pub(crate) async fn get(state: web::Data<Arc<State>>) -> HttpResponse {
    let parts: Vec<Value> = [part(&state.chat, "chat"), part(&state.embedding, "embedding")]
        .into_iter()
        .flatten()
        .collect();
    if state.chat.is_loading() || state.embedding.is_loading() {
        let mut body = Problem::unavailable("loading model").body();
        body["status"] = json!("loading");
        body["models"] = json!(parts);
        return HttpResponse::ServiceUnavailable().insert_header(("retry-after", "2")).json(body);
    }
    let ready = parts.iter().filter(|part| part["status"] == "ready").count();
    let status = if ready == parts.len() { "ok" } else { "degraded" };
    let body = json!({"status": status, "version": env!("CARGO_PKG_VERSION"), "models": parts});
    if ready > 0 {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}

fn part<M>(served: &Served<M>, kind: &str) -> Option<Value> {
    let entry = served.entry.as_ref()?;
    Some(match served.state() {
        ModelState::Loading => json!({"id": entry.id, "kind": kind, "status": "loading"}),
        ModelState::Ready(_) => json!({"id": entry.id, "kind": kind, "status": "ready"}),
        ModelState::Failed(why) => {
            json!({"id": entry.id, "kind": kind, "status": "failed", "error": why})
        }
    })
}
