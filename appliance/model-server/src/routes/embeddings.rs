//! `POST /v1/embeddings`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::problem::Problem;
use crate::state::State;

/// Most texts in a request.
const MAX_TEXTS: usize = 256;
/// Largest text, in bytes. Far more than the model reads; longer ones are a mistake.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// Texts that are embedded in one go: what an answer that begins now may have to wait for.
const PIECE: usize = 8;
/// How often bulk work looks whether the answers have ended.
const LOOK: Duration = Duration::from_millis(50);
/// Longest that one bulk request waits for answers; then it goes on beside them.
const MOST_LOOKS: u32 = 600;

#[derive(Deserialize)]
pub(crate) struct Request {
    model: Option<String>,
    input: Input,
    encoding_format: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Many(Vec<String>),
}

pub(crate) async fn post(
    state: web::Data<Arc<State>>,
    request: web::Json<Request>,
) -> Result<HttpResponse, Problem> {
    let result = answer(&state, request.into_inner()).await;
    let outcome = match &result {
        Ok(_) => "ok",
        Err(problem) => problem.code,
    };
    state.metrics.request("embedding", outcome);
    result
}

async fn answer(state: &State, request: Request) -> Result<HttpResponse, Problem> {
    let worker = state.embedding.get(request.model.as_deref(), "embedding")?;
    let texts = match request.input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
    };
    if texts.is_empty() || texts.len() > MAX_TEXTS {
        return Err(Problem::invalid(format!("1 to {MAX_TEXTS} texts are taken in `input`")));
    }
    if texts.iter().any(|text| text.is_empty() || text.len() > MAX_TEXT_BYTES) {
        return Err(Problem::invalid(format!("a text has 1 to {MAX_TEXT_BYTES} bytes")));
    }
    if request.encoding_format.is_some_and(|format| format != "float") {
        return Err(Problem::invalid("encoding_format must be float"));
    }
    let (mut vectors, mut tokens) = (Vec::with_capacity(texts.len()), 0);
    for piece in texts.chunks(PIECE) {
        if texts.len() > 1 {
            give_way(state).await;
        }
        let embeddings = worker.embed(piece.to_vec()).await?;
        tokens += embeddings.tokens;
        vectors.extend(embeddings.vectors);
    }
    state.metrics.tokens("embedding", tokens);
    let data: Vec<_> = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| json!({"object": "embedding", "index": index, "embedding": vector}))
        .collect();
    let id = state.embedding.entry.as_ref().map(|entry| entry.id.as_str());
    Ok(HttpResponse::Ok().json(json!({
        "object": "list", "data": data, "model": id,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })))
}

/// Bulk work (an index job) waits while somebody is being answered: both want every processor, and a
/// person waits for the answer. A single text is a question and does not wait.
async fn give_way(state: &State) {
    for _ in 0..MOST_LOOKS {
        let Ok(chat) = state.chat.get(None, "chat") else { return };
        if chat.engine.stats().busy_slots.load(Ordering::Relaxed) == 0 {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}
