//! What this use case needs from outside: a snapshot that answers, and a model.

use std::future::Future;

use cg_graph_store::{GraphRequest, GraphResponse};
use cg_llm_client::{ChatEvent, ChatRequest, ChatStream, LlmClient, LlmError, Model};

/// A snapshot that can be asked; the error is a sentence for the log.
pub trait GraphAsk: Sync {
    /// Asks.
    fn ask(
        &self,
        request: GraphRequest,
    ) -> impl Future<Output = Result<GraphResponse, String>> + Send;
}

/// A model server.
pub trait ChatModel: Sync {
    /// An answer while it comes.
    type Answer: Send;

    /// The models that answer now.
    fn models(&self) -> impl Future<Output = Result<Vec<Model>, LlmError>> + Send;

    /// Vectors of texts.
    fn embed(
        &self,
        model: &str,
        texts: &[String],
    ) -> impl Future<Output = Result<Vec<Vec<f32>>, LlmError>> + Send;

    /// Begins an answer.
    fn chat(
        &self,
        request: &ChatRequest,
    ) -> impl Future<Output = Result<Self::Answer, LlmError>> + Send;

    /// The next step of an answer; nothing after its end.
    fn next(
        answer: &mut Self::Answer,
    ) -> impl Future<Output = Result<Option<ChatEvent>, LlmError>> + Send;
}

impl ChatModel for LlmClient {
    type Answer = ChatStream;

    async fn models(&self) -> Result<Vec<Model>, LlmError> {
        Self::models(self).await
    }

    async fn embed(&self, model: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, LlmError> {
        Self::embed(self, model, texts).await
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatStream, LlmError> {
        Self::chat(self, request).await
    }

    async fn next(answer: &mut ChatStream) -> Result<Option<ChatEvent>, LlmError> {
        answer.next().await
    }
}
