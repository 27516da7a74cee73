//! `POST /v1/chat/completions`, whole or streamed.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use cg_llama::{Event, Finished, Generation, Request};
use serde_json::json;

use crate::problem::Problem;
use crate::routes::chat_request::ChatRequest;
use crate::routes::chat_stream::{self, Header};
use crate::routes::created;
use crate::state::{Chat, State};

pub(crate) async fn post(
    state: web::Data<Arc<State>>,
    request: web::Json<ChatRequest>,
) -> Result<HttpResponse, Problem> {
    let mut request = request.into_inner();
    let accepted = accept(&state, &mut request).await;
    let generation = match accepted {
        Ok(generation) => generation,
        Err(problem) => {
            state.metrics.request("chat", problem.code);
            return Err(problem);
        }
    };
    let header = Header {
        id: format!("chatcmpl-{}", uuid::Uuid::new_v4().simple()),
        created: created(),
        model: state.chat.entry.as_ref().map(|entry| entry.id.clone()).unwrap_or_default(),
    };
    if request.stream {
        let wants_usage = request.wants_usage();
        let body = chat_stream::body(state.get_ref().clone(), header, generation, wants_usage);
        return Ok(HttpResponse::Ok()
            .content_type("text/event-stream")
            .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
            .streaming(body));
    }
    whole(&state, &header, generation).await
}

/// Renders the prompt and hands the request to the engine. Counting tokens of a long prompt takes
/// milliseconds, so it is done on a thread for such work.
async fn accept(state: &Arc<State>, request: &mut ChatRequest) -> Result<Generation, Problem> {
    let chat = state.chat.get(request.model.as_deref(), "chat")?;
    let messages = request.messages()?;
    let max_tokens = request.max_tokens();
    let sampling = request.sampling(uuid::Uuid::new_v4().as_u64_pair().0);
    let stop = request.stop();
    web::block(move || {
        let Chat { engine, template } = &*chat;
        let prompt = template.render(&messages).map_err(Problem::invalid)?;
        Ok(engine.submit(Request { prompt, max_tokens, sampling, stop })?)
    })
    .await
    .map_err(|_| Problem::broken("the request was lost"))?
}

async fn whole(
    state: &State,
    header: &Header,
    mut generation: Generation,
) -> Result<HttpResponse, Problem> {
    let mut text = String::new();
    loop {
        match generation.events.recv().await {
            Some(Event::Text(more)) => text.push_str(&more),
            Some(Event::Done(finished)) => {
                count(state, &finished);
                return Ok(HttpResponse::Ok().json(json!({
                    "id": header.id, "object": "chat.completion", "created": header.created,
                    "model": header.model,
                    "choices": [{
                        "index": 0, "message": {"role": "assistant", "content": text},
                        "finish_reason": chat_stream::reason(&finished),
                    }],
                    "usage": chat_stream::usage(&finished),
                })));
            }
            Some(Event::Failed(why)) => return Err(failed(state, why)),
            None => return Err(failed(state, "the engine has ended".to_owned())),
        }
    }
}

/// Notes a finished answer.
pub(crate) fn count(state: &State, finished: &Finished) {
    let usage = finished.usage;
    state.metrics.request("chat", "ok");
    state.metrics.tokens("prompt", u64::from(usage.prompt_tokens - usage.cached_tokens));
    state.metrics.tokens("cached", u64::from(usage.cached_tokens));
    state.metrics.tokens("completion", u64::from(usage.completion_tokens));
    state.metrics.waits(finished.waited, finished.first_token);
}

/// Notes a failed answer.
pub(crate) fn failed(state: &State, why: String) -> Problem {
    let problem = Problem::broken(why);
    state.metrics.request("chat", problem.code);
    problem
}
