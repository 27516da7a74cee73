//! The engine as others see it: start, submit, numbers. The work is done by its thread (`run`).

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::mpsc as events;

use crate::backend::Loaded;
use crate::plan::{MemoryPlan, ModelFacts};
use crate::queue::{Push, Queue};
use crate::sample::Sampler;
use crate::slot::{Generation, Job, Piece, Request};
use crate::text::{MAX_STOP_BYTES, MAX_STOPS, TextStream};
use crate::{Error, SubmitError, run};

/// Events that may wait for a slow reader before its slot pauses.
const EVENTS_AHEAD: usize = 64;
/// Most bytes of a prompt; tokenising more would only end in a refusal.
const MAX_PROMPT_BYTES: usize = 4 << 20;
/// llama.cpp's own limit on sequences.
const MAX_SLOTS: u32 = 64;

/// How to run a model.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The GGUF file.
    pub model: PathBuf,
    /// Answers at the same time.
    pub slots: u32,
    /// Context of each slot, in tokens; 0 = the model's own. Rounded up to 256.
    pub context_tokens: u32,
    /// Most tokens evaluated in one step.
    pub batch_tokens: u32,
    /// Threads that compute.
    pub threads: u32,
    /// Layers given to a graphics processor; `u32::MAX` = all.
    pub gpu_layers: u32,
    /// Requests that may wait for a slot.
    pub queue: usize,
    /// Memory that may be used, in bytes.
    pub available_bytes: u64,
}

/// What was loaded.
#[derive(Clone, Debug)]
pub struct ModelInfo {
    /// Facts of the file.
    pub facts: ModelFacts,
    /// Memory used.
    pub plan: MemoryPlan,
    /// Slots.
    pub slots: u32,
    /// Context of one slot, in tokens.
    pub context_tokens: u32,
    /// The chat template of the file (Jinja), if it has one.
    pub chat_template: Option<String>,
    /// Text of the token that begins a prompt.
    pub bos: String,
    /// Text of the token that ends an answer.
    pub eos: String,
}

/// Counters of the engine; all only grow, except the busy slots and the speed.
#[derive(Debug, Default)]
pub struct Stats {
    /// Slots that work now.
    pub busy_slots: AtomicU64,
    /// Prompt tokens evaluated.
    pub prompt_tokens: AtomicU64,
    /// Prompt tokens found in the slot's memory.
    pub cached_tokens: AtomicU64,
    /// Tokens of answers.
    pub completion_tokens: AtomicU64,
    /// Requests given up because their reader went away.
    pub cancelled: AtomicU64,
    /// Steps computed.
    pub steps: AtomicU64,
    /// Tokens a second lately, all slots together, times 1000.
    pub milli_tokens_per_s: AtomicU64,
}

/// A loaded model that answers. Dropping it ends the thread; running answers end without `Done`.
pub struct Engine {
    info: ModelInfo,
    loaded: Arc<Loaded>,
    queue: Arc<Queue>,
    stats: Arc<Stats>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Checks the processor and the memory, then loads the model; returns when it can answer.
    ///
    /// # Errors
    /// See [`Error`]; nothing stays behind.
    pub fn start(options: EngineOptions) -> Result<Self, Error> {
        check(&options)?;
        crate::check_cpu()?;
        let queue = Arc::new(Queue::new(options.queue));
        let stats = Arc::new(Stats::default());
        let (started, wait) = mpsc::sync_channel(1);
        let shared = (queue.clone(), stats.clone());
        let thread = std::thread::Builder::new()
            .name("chat-engine".to_owned())
            .spawn(move || run::thread(&options, &shared.0, &shared.1, &started))
            .map_err(|e| Error::Thread(e.to_string()))?;
        let (info, loaded) = wait.recv().map_err(|e| Error::Thread(e.to_string()))??;
        Ok(Self { info, loaded, queue, stats, thread: Some(thread) })
    }

    /// What was loaded.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Counters.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Whether the thread still works.
    pub fn is_alive(&self) -> bool {
        !self.queue.is_ended()
    }

    /// Tokens of a prompt. Takes milliseconds for long ones: not for an async thread.
    pub fn count_tokens(&self, prompt: &[Piece]) -> usize {
        run::tokenize(&self.loaded, prompt).len()
    }

    /// Counts the prompt's tokens and puts the request into the queue. Takes milliseconds for long
    /// prompts: not for an async thread.
    ///
    /// # Errors
    /// [`SubmitError`]: too long, queue full, engine ended, or not a sensible request.
    pub fn submit(&self, request: Request) -> Result<Generation, SubmitError> {
        check_request(&request)?;
        let tokens = run::tokenize(&self.loaded, &request.prompt);
        if tokens.is_empty() {
            return Err(SubmitError::Invalid("the prompt is empty".to_owned()));
        }
        let prompt_tokens = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        let left = self.info.context_tokens.saturating_sub(prompt_tokens);
        let max_tokens = request.max_tokens.unwrap_or(left.max(1));
        if max_tokens > left {
            return Err(SubmitError::TooLong {
                prompt_tokens,
                max_tokens,
                context_tokens: self.info.context_tokens,
            });
        }
        let (out, events) = events::channel(EVENTS_AHEAD);
        let job = Job {
            tokens,
            max_tokens,
            sampler: Sampler::new(request.sampling),
            text: TextStream::new(request.stop),
            out,
            accepted: Instant::now(),
        };
        match self.queue.push(job) {
            Push::Accepted => Ok(Generation { prompt_tokens, events }),
            Push::Full { waiting, tokens } => {
                Err(SubmitError::Busy { waiting, retry_after_s: self.retry_after_s(tokens) })
            }
            Push::Ended => Err(SubmitError::Ended),
        }
    }

    /// Seconds until the queued tokens are worked off at the speed seen lately.
    fn retry_after_s(&self, tokens: u64) -> u32 {
        let speed = self.stats.milli_tokens_per_s.load(Ordering::Relaxed).max(1_000);
        u32::try_from((tokens * 1_000 / speed).clamp(1, 60)).unwrap_or(60)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.queue.end();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by the thread.
            let _ = thread.join();
        }
    }
}

fn check(options: &EngineOptions) -> Result<(), Error> {
    let wrong =
        |name, value: u32, reason| Err(Error::Option { name, value: u64::from(value), reason });
    if options.slots == 0 || options.slots > MAX_SLOTS {
        return wrong("slots", options.slots, "1 to 64 answers at a time are possible");
    }
    if options.threads == 0 || options.threads > 512 {
        return wrong("n_threads", options.threads, "1 to 512 threads are possible");
    }
    if options.batch_tokens < options.slots.max(32) || options.batch_tokens > 8192 {
        return wrong("n_batch", options.batch_tokens, "32 to 8192 tokens, not fewer than slots");
    }
    if options.context_tokens > 1 << 20 {
        return wrong("n_ctx", options.context_tokens, "at most 1048576 tokens");
    }
    Ok(())
}

fn check_request(request: &Request) -> Result<(), SubmitError> {
    let invalid = |why: String| Err(SubmitError::Invalid(why));
    let bytes: usize = request
        .prompt
        .iter()
        .map(|piece| match piece {
            Piece::Template(text) | Piece::Content(text) => text.len(),
        })
        .sum();
    if bytes > MAX_PROMPT_BYTES {
        return invalid(format!(
            "the prompt has {bytes} bytes; at most {MAX_PROMPT_BYTES} are taken"
        ));
    }
    if request.max_tokens == Some(0) {
        return invalid("max_tokens must be at least 1".to_owned());
    }
    if request.stop.len() > MAX_STOPS || request.stop.iter().any(|s| s.len() > MAX_STOP_BYTES) {
        return invalid(format!(
            "at most {MAX_STOPS} stop strings of {MAX_STOP_BYTES} bytes are taken"
        ));
    }
    let sampling = request.sampling;
    if !(0.0..=10.0).contains(&sampling.temperature) || !(0.0..=1.0).contains(&sampling.top_p) {
        return invalid("temperature must be in 0..10 and top_p in 0..1".to_owned());
    }
    Ok(())
}
