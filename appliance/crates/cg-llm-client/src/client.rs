//! The client.

use std::time::Duration;

use cg_net::{Endpoint, Http, HttpOptions, NetPolicy, Response};

use crate::LlmError;
use crate::api::{
    ChatBody, ChatRequest, EmbeddingBody, EmbeddingList, ErrorBody, Health, Model, ModelList,
    StreamOptions,
};
use crate::stream::ChatStream;

/// Largest answer that is read whole, in bytes.
const MAX_ANSWER_BYTES: usize = 32 << 20;
/// A server that computes a prompt is silent; ours sends a comment every 15 s.
const SILENCE: Duration = Duration::from_secs(120);
/// Until a connection stands; a Unix socket takes microseconds.
const CONNECT: Duration = Duration::from_secs(5);

/// A client of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LlmClient {
    http: Http,
}

impl LlmClient {
    /// Makes a client; no connection is opened yet.
    ///
    /// # Errors
    /// When the policy forbids the endpoint, or its name has no address.
    pub async fn new(policy: &NetPolicy, endpoint: &Endpoint) -> Result<Self, LlmError> {
        let options = HttpOptions { connect: CONNECT, silence: SILENCE };
        let http = Http::new(policy, endpoint, options).await.map_err(LlmError::Down)?;
        Ok(Self { http })
    }

    /// State of the server; one that is loading is no error here.
    ///
    /// # Errors
    /// [`LlmError::Down`] when nobody answers.
    pub async fn health(&self) -> Result<Health, LlmError> {
        let response = self.http.get("health").await.map_err(LlmError::from_net)?;
        let status = response.status();
        let bytes = response.bytes(MAX_ANSWER_BYTES).await.map_err(LlmError::from_net)?;
        let said = serde_json::from_slice::<Health>(&bytes).ok();
        Ok(said.unwrap_or_else(|| Health {
            status: if status == 200 { "ok" } else { "loading" }.to_owned(),
            version: None,
            models: Vec::new(),
        }))
    }

    /// The models that answer now.
    ///
    /// # Errors
    /// See [`LlmError`].
    pub async fn models(&self) -> Result<Vec<Model>, LlmError> {
        let response = self.http.get("v1/models").await.map_err(LlmError::from_net)?;
        let list: ModelList =
            check(response).await?.json(MAX_ANSWER_BYTES).await.map_err(LlmError::from_net)?;
        Ok(list.data)
    }

    /// Asks for an answer. Errors that are known before the first word are returned here.
    ///
    /// # Errors
    /// See [`LlmError`].
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatStream, LlmError> {
        let body = ChatBody {
            model: &request.model,
            messages: &request.messages,
            max_tokens: request.max_tokens,
            temperature: request.temperature,
            stop: &request.stop,
            stream: true,
            stream_options: StreamOptions { include_usage: true },
        };
        let sent = self.http.post("v1/chat/completions", &body).await;
        let response = check(sent.map_err(LlmError::from_net)?).await?;
        Ok(ChatStream::new(response))
    }

    /// Vectors of texts, in order.
    ///
    /// # Errors
    /// See [`LlmError`].
    pub async fn embed(&self, model: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, LlmError> {
        let body = EmbeddingBody { model, input: texts };
        let sent = self.http.post("v1/embeddings", &body).await;
        let response = check(sent.map_err(LlmError::from_net)?).await?;
        let list: EmbeddingList =
            response.json(MAX_ANSWER_BYTES).await.map_err(LlmError::from_net)?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for item in list.data {
            if let Some(place) = vectors.get_mut(item.index) {
                *place = item.embedding;
            }
        }
        if vectors.iter().any(Vec::is_empty) {
            return Err(LlmError::Form("some vectors are missing".to_owned()));
        }
        Ok(vectors)
    }
}

/// Passes success on and turns a refusal into the error that the caller acts on.
async fn check(response: Response) -> Result<Response, LlmError> {
    if response.is_success() {
        return Ok(response);
    }
    let status = response.status();
    let retry_after = response.header("retry-after").and_then(|value| value.parse().ok());
    let body = response.bytes(1 << 20).await.map_err(LlmError::from_net)?;
    let (message, code) = match serde_json::from_slice::<ErrorBody>(&body) {
        Ok(ErrorBody { error }) => {
            (error.message, error.code.as_str().unwrap_or_default().to_owned())
        }
        Err(_) => (String::from_utf8_lossy(&body).chars().take(200).collect(), String::new()),
    };
    Err(match (status, code.as_str()) {
        (_, "context_length_exceeded") => LlmError::TooLong(message),
        (429, _) | (503, "overloaded") => {
            LlmError::Busy { message, retry_after_s: retry_after.unwrap_or(1) }
        }
        (503, _) => LlmError::NotReady(message),
        _ => LlmError::Refused { status, message },
    })
}
