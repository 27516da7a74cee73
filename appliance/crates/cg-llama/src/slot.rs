//! A request, its answer, and the state of a slot that works on one.

use std::time::{Duration, Instant};

use llama_cpp_2::token::LlamaToken;
use tokio::sync::mpsc;

use crate::Sampling;
use crate::sample::Sampler;
use crate::text::TextStream;

/// A part of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text of the chat template: control tokens in it are control tokens.
    Template(String),
    /// Text from outside: whatever looks like a control token in it stays plain text.
    Content(String),
}

/// A request for an answer.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The prompt, in order.
    pub prompt: Vec<Piece>,
    /// Most tokens of the answer; nothing = what is left of the context.
    pub max_tokens: Option<u32>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Texts at which the answer ends; at most 8 of at most 256 bytes.
    pub stop: Vec<String>,
}

/// An accepted request. Dropping `events` cancels it: seen before the engine's next step.
#[derive(Debug)]
pub struct Generation {
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// The answer. It ends with [`Event::Done`] or [`Event::Failed`]; an end without either means
    /// that the engine ended, or that nobody took an event for too long.
    pub events: mpsc::Receiver<Event>,
}

/// A step of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// More text, never empty.
    Text(String),
    /// The end.
    Done(Finished),
    /// The engine could not go on with this request.
    Failed(String),
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model ended it, or a stop string was met.
    Stop,
    /// `max_tokens` was reached.
    Length,
}

/// Tokens of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Of these, tokens that did not have to be evaluated again.
    pub cached_tokens: u32,
    /// Tokens of the answer, the end mark included.
    pub completion_tokens: u32,
}

/// The end of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finished {
    /// Why.
    pub reason: FinishReason,
    /// Tokens used.
    pub usage: Usage,
    /// Time in the queue.
    pub waited: Duration,
    /// Time from acceptance to the first token.
    pub first_token: Duration,
    /// Time from acceptance to the end.
    pub total: Duration,
}

/// An accepted request that waits or runs.
pub(crate) struct Job {
    pub(crate) tokens: Vec<LlamaToken>,
    pub(crate) max_tokens: u32,
    pub(crate) sampler: Sampler,
    pub(crate) text: TextStream,
    pub(crate) out: mpsc::Sender<Event>,
    pub(crate) accepted: Instant,
}

/// A sequence of the context and the job that uses it.
pub(crate) struct Slot {
    pub(crate) sequence: i32,
    /// Tokens whose keys and values lie in the sequence, in order.
    pub(crate) cached: Vec<LlamaToken>,
    pub(crate) running: Option<Running>,
}

/// A job in its slot.
pub(crate) struct Running {
    pub(crate) job: Job,
    pub(crate) usage: Usage,
    /// Token chosen last, to be evaluated in the next step; nothing while the prompt is evaluated.
    pub(crate) next: Option<LlamaToken>,
    pub(crate) waited: Duration,
    pub(crate) first_token: Option<Duration>,
    /// Since when nobody takes the events.
    pub(crate) stalled: Option<Instant>,
}

impl Running {
    /// Whether the three events of one step (text, held text, end) can be sent without waiting.
    pub(crate) fn has_room(&self) -> bool {
        self.job.out.capacity() >= 3
    }

    /// Sends what is certain; the room was checked before the step.
    pub(crate) fn send(&self, event: Event) {
        // A reader that went away is noticed before the next step.
        let _ = self.job.out.try_send(event);
    }

    /// Tells the reader the end.
    pub(crate) fn finish(mut self, reason: FinishReason) {
        let rest = self.job.text.finish();
        if !rest.is_empty() {
            self.send(Event::Text(rest));
        }
        let total = self.job.accepted.elapsed();
        self.send(Event::Done(Finished {
            reason,
            usage: self.usage,
            waited: self.waited,
            first_token: self.first_token.unwrap_or(total),
            total,
        }));
    }
}
