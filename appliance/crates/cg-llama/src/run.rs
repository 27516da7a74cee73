//! The engine's thread: loads the model, then steps. In each step every answering slot evaluates
//! its last token, and what is left of the batch goes to prompts, in pieces.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;

use crate::backend::{self, Loaded};
use crate::batch::{Output, Row, StepBatch};
use crate::engine::{EngineOptions, ModelInfo, Stats};
use crate::queue::Queue;
use crate::slot::{Event, FinishReason, Piece, Running, Slot, Usage};
use crate::{Error, log, plan};

/// A slot whose reader takes nothing for this long is given up.
const READER_PATIENCE: Duration = Duration::from_secs(30);
/// Pause while every slot waits for its reader.
const READER_POLL: Duration = Duration::from_millis(20);
/// Prompt tokens in a step while others answer, so that their text keeps flowing.
const PREFILL_WHILE_ANSWERING: usize = 128;

type Started = Result<(ModelInfo, Arc<Loaded>), Error>;

/// Ends the queue however the thread ends, so that nobody waits for it.
struct EndOnDrop<'a>(&'a Queue);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

pub(crate) fn thread(
    options: &EngineOptions,
    queue: &Queue,
    stats: &Stats,
    started: &SyncSender<Started>,
) {
    let _end = EndOnDrop(queue);
    let loaded = match load(options) {
        Ok(loaded) => loaded,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let (info, loaded) = loaded;
    let mut context = match new_context(options, &info, &loaded) {
        Ok(context) => context,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let slots = info.slots;
    if started.send(Ok((info, loaded.clone()))).is_err() {
        return;
    }
    let slots = (0..i32::try_from(slots).unwrap_or(1))
        .map(|sequence| Slot { sequence, cached: Vec::new(), running: None })
        .collect();
    let batch = StepBatch::new(options.batch_tokens as usize);
    Steps { loaded: &loaded, context: &mut context, queue, stats, slots, batch }.run();
}

fn load(options: &EngineOptions) -> Result<(ModelInfo, Arc<Loaded>), Error> {
    let backend = backend::backend()?;
    let facts = plan::read_facts(&options.model)?;
    let trained = u32::try_from(facts.context_tokens).unwrap_or(u32::MAX);
    let wanted = match options.context_tokens {
        0 => trained,
        n => n.min(trained),
    };
    let context_tokens = wanted.div_ceil(256) * 256;
    let plan = plan::plan_memory(&facts, options.slots, context_tokens, options.available_bytes)?;
    tracing::info!(
        slots = options.slots,
        context_tokens,
        "chat model needs {} MiB: {plan}",
        plan.total_bytes() >> 20
    );
    let params = LlamaModelParams::default().with_n_gpu_layers(options.gpu_layers);
    log::take_reason();
    let model = LlamaModel::load_from_file(&backend, &options.model, &params)
        .map_err(|_| Error::BadModel { path: options.model.clone(), reason: log::take_reason() })?;
    let vocab = model.vocab();
    let word =
        |token| vocab.text(token).map(|t| t.to_string_lossy().into_owned()).unwrap_or_default();
    let info = ModelInfo {
        slots: options.slots,
        context_tokens,
        chat_template: model.chat_template(None).ok().and_then(|t| t.to_string().ok()),
        bos: word(vocab.bos()),
        eos: word(vocab.eos()),
        facts,
        plan,
    };
    Ok((info, Arc::new(Loaded { model, backend })))
}

fn new_context<'a>(
    options: &EngineOptions,
    info: &ModelInfo,
    loaded: &'a Loaded,
) -> Result<LlamaContext<'a>, Error> {
    let threads = i32::try_from(options.threads).unwrap_or(1);
    // Without a unified store each sequence owns n_ctx / n_seq_max cells, so slots cannot take
    // room from each other.
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(info.context_tokens * info.slots))
        .with_n_seq_max(info.slots)
        .with_kv_unified(false)
        .with_n_batch(options.batch_tokens)
        .with_n_ubatch(options.batch_tokens.min(512))
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_no_perf(true);
    log::take_reason();
    loaded
        .model
        .new_context(&loaded.backend, params)
        .map_err(|_| Error::Engine { action: "make a context", reason: log::take_reason() })
}

/// Tokens of a prompt; control tokens are recognised in the template's own text only.
pub(crate) fn tokenize(loaded: &Loaded, prompt: &[Piece]) -> Vec<LlamaToken> {
    let vocab = loaded.model.vocab();
    let mut tokens = Vec::new();
    if vocab.should_add_bos() {
        tokens.push(vocab.bos());
    }
    for piece in prompt {
        let (text, is_template) = match piece {
            Piece::Template(text) => (text, true),
            Piece::Content(text) => (text, false),
        };
        if !text.is_empty() {
            vocab.tokenize_into(text.as_bytes(), &mut tokens, false, is_template);
        }
    }
    // Many templates write the first token themselves.
    if tokens.len() > 1 && vocab.should_add_bos() && tokens[1] == vocab.bos() {
        tokens.remove(0);
    }
    tokens
}

struct Steps<'a, 'model> {
    loaded: &'a Loaded,
    context: &'a mut LlamaContext<'model>,
    queue: &'a Queue,
    stats: &'a Stats,
    slots: Vec<Slot>,
    batch: StepBatch,
}

/// A slot's share of a step.
struct Share {
    slot: usize,
    tokens: Vec<LlamaToken>,
    /// Numbers to choose the next token from.
    row: Option<Row>,
}

impl Steps<'_, '_> {
    fn run(&mut self) {
        loop {
            self.drop_abandoned();
            self.admit();
            let busy = self.slots.iter().filter(|s| s.running.is_some()).count();
            self.stats.busy_slots.store(busy as u64, Ordering::Relaxed);
            if busy == 0 {
                if !self.queue.wait() {
                    return;
                }
                continue;
            }
            if self.queue.is_ended() {
                return;
            }
            let shares = self.fill();
            if self.batch.is_empty() {
                if !self.queue.wait_at_most(READER_POLL) {
                    return;
                }
                continue;
            }
            self.step(shares);
        }
    }

    /// Frees slots whose reader went away or sleeps.
    fn drop_abandoned(&mut self) {
        for slot in &mut self.slots {
            let Some(running) = &mut slot.running else { continue };
            let stalled = match (running.has_room(), running.stalled) {
                (true, _) => {
                    running.stalled = None;
                    false
                }
                (false, None) => {
                    running.stalled = Some(Instant::now());
                    false
                }
                (false, Some(since)) => since.elapsed() > READER_PATIENCE,
            };
            if running.job.out.is_closed() || stalled {
                slot.running = None;
                self.stats.cancelled.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Gives waiting jobs to free slots; each to the slot that remembers most of its prompt.
    fn admit(&mut self) {
        while self.slots.iter().any(|slot| slot.running.is_none()) {
            let Some(job) = self.queue.pop() else { return };
            let best = self
                .slots
                .iter_mut()
                .filter(|slot| slot.running.is_none())
                // The prefix decides; of equals, the one that loses least.
                .max_by_key(|slot| {
                    (common_prefix(&slot.cached, &job.tokens), std::cmp::Reverse(slot.cached.len()))
                });
            let Some(slot) = best else { return };
            // At least one token must be evaluated, to have numbers to choose from.
            let reused = common_prefix(&slot.cached, &job.tokens).min(job.tokens.len() - 1);
            let reused = truncate(self.context, slot, reused);
            self.stats.cached_tokens.fetch_add(reused as u64, Ordering::Relaxed);
            let usage = Usage {
                prompt_tokens: u32::try_from(job.tokens.len()).unwrap_or(u32::MAX),
                cached_tokens: u32::try_from(reused).unwrap_or(u32::MAX),
                completion_tokens: 0,
            };
            let waited = job.accepted.elapsed();
            slot.running =
                Some(Running { job, usage, next: None, waited, first_token: None, stalled: None });
        }
    }

    fn fill(&mut self) -> Vec<Share> {
        self.batch.clear();
        let mut shares = Vec::new();
        for (index, slot) in self.slots.iter().enumerate() {
            let Some(running) = slot.running.as_ref().filter(|r| r.has_room()) else { continue };
            let Some(token) = running.next else { continue };
            let row = self.batch.add(token, slot.cached.len(), slot.sequence, Output::Wanted);
            if row.is_some() {
                shares.push(Share { slot: index, tokens: vec![token], row });
            }
        }
        let mut left = match shares.is_empty() {
            true => self.batch.room(),
            false => self.batch.room().min(PREFILL_WHILE_ANSWERING),
        };
        for (index, slot) in self.slots.iter().enumerate() {
            let Some(running) = slot.running.as_ref().filter(|r| r.next.is_none()) else {
                continue;
            };
            let prompt = &running.job.tokens;
            let start = slot.cached.len();
            let end = prompt.len().min(start + left);
            let mut share = Share { slot: index, tokens: Vec::new(), row: None };
            for (position, token) in prompt.iter().enumerate().take(end).skip(start) {
                let is_last = position + 1 == prompt.len();
                let output = if is_last { Output::Wanted } else { Output::Unused };
                let Some(row) = self.batch.add(*token, position, slot.sequence, output) else {
                    break;
                };
                share.tokens.push(*token);
                share.row = is_last.then_some(row);
            }
            left -= share.tokens.len();
            if !share.tokens.is_empty() {
                shares.push(share);
            }
        }
        shares
    }

    fn step(&mut self, shares: Vec<Share>) {
        log::take_reason();
        let began = Instant::now();
        if let Err(error) = self.batch.decode(self.context) {
            let reason = format!("the engine failed in a step ({error}): {}", log::take_reason());
            tracing::error!("{reason}");
            for share in shares {
                let slot = &mut self.slots[share.slot];
                if let Some(running) = slot.running.take() {
                    running.send(Event::Failed(reason.clone()));
                }
                // What of the batch was evaluated is unknown: forget the whole sequence.
                truncate(self.context, slot, 0);
            }
            return;
        }
        self.stats.steps.fetch_add(1, Ordering::Relaxed);
        let tokens: usize = shares.iter().map(|s| s.tokens.len()).sum();
        for share in shares {
            self.advance(share);
        }
        self.note_speed(tokens, began.elapsed());
    }

    /// Takes over what a step computed for one slot.
    fn advance(&mut self, share: Share) {
        let slot = &mut self.slots[share.slot];
        slot.cached.extend_from_slice(&share.tokens);
        let Some(running) = &mut slot.running else { return };
        if running.next.is_none() {
            self.stats.prompt_tokens.fetch_add(share.tokens.len() as u64, Ordering::Relaxed);
        }
        let Some(row) = share.row else { return };
        let Some(token) = running.job.sampler.choose(row.numbers(self.context)) else {
            running.send(Event::Failed("the model returned no usable numbers".to_owned()));
            slot.running = None;
            return;
        };
        let token = LlamaToken::new(token);
        running.first_token.get_or_insert_with(|| running.job.accepted.elapsed());
        running.usage.completion_tokens += 1;
        self.stats.completion_tokens.fetch_add(1, Ordering::Relaxed);
        let end = accept(self.loaded, running, token);
        running.next = Some(token);
        if let (Some(reason), Some(running)) = (end, slot.running.take_if(|_| end.is_some())) {
            running.finish(reason);
        }
    }

    fn note_speed(&self, tokens: usize, time: Duration) {
        let now = tokens as f64 * 1_000_000.0 / (time.as_secs_f64() * 1_000.0).max(0.001);
        let before = self.stats.milli_tokens_per_s.load(Ordering::Relaxed) as f64;
        let speed = if before == 0.0 { now } else { before * 0.95 + now * 0.05 };
        self.stats.milli_tokens_per_s.store(speed as u64, Ordering::Relaxed);
    }
}

/// Sends the text of a chosen token; says whether and why the answer ends with it.
fn accept(loaded: &Loaded, running: &mut Running, token: LlamaToken) -> Option<FinishReason> {
    let vocab = loaded.model.vocab();
    if vocab.is_eog(token) {
        return Some(FinishReason::Stop);
    }
    let added = running.job.text.push(&vocab.token_to_piece(token, false, None));
    if !added.text.is_empty() {
        running.send(Event::Text(added.text));
    }
    if added.stopped {
        return Some(FinishReason::Stop);
    }
    (running.usage.completion_tokens >= running.job.max_tokens).then_some(FinishReason::Length)
}

/// Keeps the first `keep` tokens of a sequence; returns how many really stayed, because models
/// with recurrent or windowed memory can only be emptied.
fn truncate(context: &mut LlamaContext<'_>, slot: &mut Slot, keep: usize) -> usize {
    let sequence = u32::try_from(slot.sequence).ok();
    if keep < slot.cached.len() || keep == 0 {
        let from = u32::try_from(keep).ok().filter(|n| *n > 0);
        if context.clear_kv_cache_seq(sequence, from, None) != Ok(true) {
            // Removing a whole sequence never fails.
            let _ = context.clear_kv_cache_seq(sequence, None, None);
            slot.cached.clear();
            return 0;
        }
        slot.cached.truncate(keep);
    }
    keep
}

fn common_prefix(a: &[LlamaToken], b: &[LlamaToken]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
