//! `GET /v1/models`: the models that answer now, with what a client must know of them.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::routes::created;
use crate::state::{ModelState, State};

pub(crate) async fn get(state: web::Data<Arc<State>>) -> HttpResponse {
    let mut data = Vec::new();
    if let (Some(entry), ModelState::Ready(chat)) = (&state.chat.entry, state.chat.state()) {
        let info = chat.engine.info();
        data.push(json!({
            "id": entry.id, "object": "model", "created": created(), "owned_by": "local",
            "kind": "chat", "context_tokens": info.context_tokens, "slots": info.slots,
            "languages": entry.languages,
        }));
    }
    if let (Some(entry), ModelState::Ready(worker)) =
        (&state.embedding.entry, state.embedding.state())
    {
        data.push(json!({
            "id": entry.id, "object": "model", "created": created(), "owned_by": "local",
            "kind": "embedding", "dimensions": worker.dimensions(), "languages": entry.languages,
        }));
    }
    HttpResponse::Ok().json(json!({"object": "list", "data": data}))
}
