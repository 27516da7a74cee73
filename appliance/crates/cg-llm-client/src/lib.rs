//! Client of an OpenAI-compatible model server: ours over its Unix socket, or another one.

mod api;
mod client;
mod error;
mod sse;
mod stream;

pub use api::{
    ChatRequest, FinishReason, Health, Message, Model, ModelHealth, ModelKind, Role, Usage,
};
pub use client::LlmClient;
pub use error::LlmError;
pub use stream::{ChatEvent, ChatStream};

#[cfg(test)]
mod tests;
