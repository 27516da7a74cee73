//! A chat answer as server-sent events.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cg_llama::{Event, FinishReason, Finished, Generation};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::{Value, json};

use crate::routes::chat;
use crate::state::State;

/// A comment is sent after this much silence, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Fields that every event repeats.
pub(crate) struct Header {
    pub(crate) id: String,
    pub(crate) created: u64,
    pub(crate) model: String,
}

struct Streaming {
    state: Arc<State>,
    header: Header,
    generation: Generation,
    wants_usage: bool,
    step: Step,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin,
    Text,
    End,
}

/// The events. Dropping the stream (the client went away) drops the generation, which cancels it.
pub(crate) fn body(
    state: Arc<State>,
    header: Header,
    generation: Generation,
    wants_usage: bool,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let streaming = Streaming { state, header, generation, wants_usage, step: Step::Begin };
    unfold(streaming, |mut streaming| async move {
        let text = match streaming.step {
            Step::Begin => {
                streaming.step = Step::Text;
                streaming.choice(json!({"role": "assistant", "content": ""}), Value::Null)
            }
            Step::Text => streaming.next().await,
            Step::End => return None,
        };
        Some((Ok(Bytes::from(text)), streaming))
    })
}

impl Streaming {
    async fn next(&mut self) -> String {
        let event = tokio::time::timeout(KEEP_ALIVE, self.generation.events.recv()).await;
        match event {
            Err(_) => ": still working\n\n".to_owned(),
            Ok(Some(Event::Text(text))) => self.choice(json!({"content": text}), Value::Null),
            Ok(Some(Event::Done(finished))) => {
                self.step = Step::End;
                chat::count(&self.state, &finished);
                let mut text = self.choice(json!({}), json!(reason(&finished)));
                if self.wants_usage {
                    let mut chunk = self.chunk(json!([]));
                    chunk["usage"] = usage(&finished);
                    text.push_str(&event_text(&chunk));
                }
                text.push_str("data: [DONE]\n\n");
                text
            }
            Ok(Some(Event::Failed(why))) => self.fail(why),
            Ok(None) => self.fail("the engine has ended".to_owned()),
        }
    }

    /// An error in the middle: an event of its own and no `[DONE]`.
    fn fail(&mut self, why: String) -> String {
        self.step = Step::End;
        event_text(&chat::failed(&self.state, why).body())
    }

    fn choice(&self, delta: Value, finish_reason: Value) -> String {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish_reason});
        event_text(&self.chunk(json!([choice])))
    }

    fn chunk(&self, choices: Value) -> Value {
        json!({
            "id": self.header.id, "object": "chat.completion.chunk",
            "created": self.header.created, "model": self.header.model, "choices": choices,
        })
    }
}

fn event_text(value: &Value) -> String {
    format!("data: {value}\n\n")
}

/// The API's name of an end.
pub(crate) fn reason(finished: &Finished) -> &'static str {
    match finished.reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
    }
}

/// The API's form of the token counts, with the times of this server beside them.
pub(crate) fn usage(finished: &Finished) -> Value {
    let usage = finished.usage;
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "timings": {
            "queued_ms": finished.waited.as_millis() as u64,
            "first_token_ms": finished.first_token.as_millis() as u64,
            "total_ms": finished.total.as_millis() as u64,
        },
    })
}
