//! A streamed answer.

use cg_net::Response;

use crate::LlmError;
use crate::api::{Chunk, ErrorDetail, FinishReason, Usage};
use crate::sse::EventReader;

/// A step of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
    /// More text, never empty.
    Delta(String),
    /// The whole answer has come. Token counts where the server sends them.
    Done {
        /// Why it ended.
        reason: FinishReason,
        /// Tokens.
        usage: Option<Usage>,
    },
}

/// An answer while it comes. Dropping it closes the connection, which cancels the answer.
#[derive(Debug)]
pub struct ChatStream {
    response: Response,
    reader: EventReader,
    reason: Option<FinishReason>,
    usage: Option<Usage>,
    ended: bool,
}

impl std::fmt::Debug for EventReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EventReader")
    }
}

impl ChatStream {
    pub(crate) fn new(response: Response) -> Self {
        Self { response, reader: EventReader::default(), reason: None, usage: None, ended: false }
    }

    /// The next step; nothing after [`ChatEvent::Done`] or an error.
    ///
    /// # Errors
    /// [`LlmError::BrokenOff`] when the stream ends early or the server reports a failure in it.
    pub async fn next(&mut self) -> Result<Option<ChatEvent>, LlmError> {
        if self.ended {
            return Ok(None);
        }
        let step = self.step().await;
        if !matches!(step, Ok(ChatEvent::Delta(_))) {
            self.ended = true;
        }
        step.map(Some)
    }

    async fn step(&mut self) -> Result<ChatEvent, LlmError> {
        loop {
            while let Some(data) = self.reader.next() {
                if let Some(event) = self.take(&data)? {
                    return Ok(event);
                }
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => {
                    let too_large = |_| LlmError::Form("an event is too large".to_owned());
                    self.reader.push(&bytes).map_err(too_large)?;
                }
                Ok(None) => {
                    return Err(LlmError::BrokenOff("the connection was closed".to_owned()));
                }
                Err(error) => return Err(LlmError::BrokenOff(error.to_string())),
            }
        }
    }

    fn take(&mut self, data: &str) -> Result<Option<ChatEvent>, LlmError> {
        if data == "[DONE]" {
            let reason = self.reason.unwrap_or(FinishReason::Other);
            return Ok(Some(ChatEvent::Done { reason, usage: self.usage }));
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|e| LlmError::Form(e.to_string()))?;
        if let Some(ErrorDetail { message, .. }) = chunk.error {
            return Err(LlmError::BrokenOff(message));
        }
        if let Some(usage) = chunk.usage {
            self.usage = Some(Usage {
                prompt_tokens: usage.prompt_tokens,
                completion_tokens: usage.completion_tokens,
                cached_tokens: usage
                    .prompt_tokens_details
                    .map_or(0, |details| details.cached_tokens),
            });
        }
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(None) };
        self.reason = choice.finish_reason.or(self.reason);
        let text = choice.delta.content.filter(|text| !text.is_empty());
        Ok(text.map(ChatEvent::Delta))
    }
}
