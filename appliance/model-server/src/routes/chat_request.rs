//! The body of a chat request: what OpenAI clients send, as far as this server does it. What it
//! cannot do is refused, never ignored.

use cg_llama::Sampling;
use serde::Deserialize;
use serde_json::Value;

use crate::problem::Problem;
use crate::template::Message;

/// Most messages in a request.
const MAX_MESSAGES: usize = 256;

#[derive(Deserialize)]
pub(crate) struct ChatRequest {
    pub(crate) model: Option<String>,
    messages: Vec<RequestMessage>,
    #[serde(default)]
    pub(crate) stream: bool,
    #[serde(default)]
    stream_options: StreamOptions,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    top_k: Option<u32>,
    seed: Option<i64>,
    stop: Option<Stop>,
    n: Option<u32>,
    tools: Option<Value>,
    response_format: Option<ResponseFormat>,
    logprobs: Option<bool>,
}

#[derive(Deserialize)]
struct RequestMessage {
    role: String,
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    r#type: String,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

#[derive(Default, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
struct ResponseFormat {
    r#type: String,
}

impl ChatRequest {
    /// Whether the last event of a stream carries the token counts.
    pub(crate) fn wants_usage(&self) -> bool {
        self.stream_options.include_usage
    }

    pub(crate) fn max_tokens(&self) -> Option<u32> {
        self.max_completion_tokens.or(self.max_tokens)
    }

    pub(crate) fn stop(&mut self) -> Vec<String> {
        match self.stop.take() {
            None => Vec::new(),
            Some(Stop::One(text)) => vec![text],
            Some(Stop::Many(texts)) => texts,
        }
    }

    /// Without a temperature the model's own probabilities are used, as OpenAI does.
    pub(crate) fn sampling(&self, random: u64) -> Sampling {
        Sampling {
            temperature: self.temperature.unwrap_or(1.0),
            top_k: self.top_k.unwrap_or(40),
            top_p: self.top_p.unwrap_or(1.0),
            seed: self.seed.map_or(random, |seed| u64::from_ne_bytes(seed.to_ne_bytes())),
        }
    }

    /// The conversation, after refusing what this server does not do.
    pub(crate) fn messages(&mut self) -> Result<Vec<Message>, Problem> {
        let refuse =
            |what: &str| Err(Problem::invalid(format!("this server does not support {what}")));
        if self.n.is_some_and(|n| n != 1) {
            return refuse("n other than 1");
        }
        if self
            .tools
            .as_ref()
            .is_some_and(|tools| tools != &Value::Array(Vec::new()) && !tools.is_null())
        {
            return refuse("tools");
        }
        if self.response_format.as_ref().is_some_and(|format| format.r#type != "text") {
            return refuse("response_format other than text");
        }
        if self.logprobs == Some(true) {
            return refuse("logprobs");
        }
        if self.messages.is_empty() || self.messages.len() > MAX_MESSAGES {
            return Err(Problem::invalid(format!("1 to {MAX_MESSAGES} messages are taken")));
        }
        std::mem::take(&mut self.messages).into_iter().map(message).collect()
    }
}

fn message(message: RequestMessage) -> Result<Message, Problem> {
    if !matches!(message.role.as_str(), "system" | "user" | "assistant") {
        let why = format!("role {:?}; known are system, user and assistant", message.role);
        return Err(Problem::invalid(why));
    }
    let content = match message.content {
        Some(Content::Text(text)) => text,
        Some(Content::Parts(parts)) => {
            let mut whole = String::new();
            for part in parts {
                match (part.r#type.as_str(), part.text) {
                    ("text", Some(text)) => whole.push_str(&text),
                    (other, _) => {
                        let why = format!("content part of type {other:?}; only text is taken");
                        return Err(Problem::invalid(why));
                    }
                }
            }
            whole
        }
        None => return Err(Problem::invalid("a message has no content")),
    };
    Ok(Message { role: message.role, content })
}
