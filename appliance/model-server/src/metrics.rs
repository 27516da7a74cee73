//! Numbers of the model server, with the names of the deployment guide.

use std::sync::atomic::Ordering;

use cg_llama::Stats;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Labels of `llm_requests_total`; both from fixed sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    kind: &'static str,
    outcome: &'static str,
}

/// Labels of `llm_tokens_total`, from a fixed set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    kind: &'static str,
}

/// The registry and what is counted in it.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    tokens: Family<TokenLabels, Counter>,
    first_token: Histogram,
    queue_wait: Histogram,
    queue: Gauge,
    slots_busy: Gauge,
    slots: Gauge,
    tokens_per_second: Gauge,
    steps: Gauge,
    cancelled: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let seconds = || Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0]);
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            tokens: Family::default(),
            first_token: seconds(),
            queue_wait: seconds(),
            queue: Gauge::default(),
            slots_busy: Gauge::default(),
            slots: Gauge::default(),
            tokens_per_second: Gauge::default(),
            steps: Gauge::default(),
            cancelled: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("llm_requests", "Requests by kind and outcome", metrics.requests.clone());
        registry.register("llm_tokens", "Tokens by kind", metrics.tokens.clone());
        let first = metrics.first_token.clone();
        registry.register("llm_time_to_first_token_seconds", "Acceptance to first token", first);
        let wait = metrics.queue_wait.clone();
        registry.register("llm_queue_wait_seconds", "Acceptance to a free slot", wait);
        registry.register(
            "llm_queue_length",
            "Requests that wait for a slot",
            metrics.queue.clone(),
        );
        registry.register("llm_slots_busy", "Slots that answer now", metrics.slots_busy.clone());
        registry.register("llm_slots", "Slots", metrics.slots.clone());
        let speed = metrics.tokens_per_second.clone();
        registry.register(
            "llm_tokens_per_second",
            "Tokens a second lately, prompts included",
            speed,
        );
        registry.register(
            "llm_engine_steps",
            "Steps computed since the start",
            metrics.steps.clone(),
        );
        let cancelled = metrics.cancelled.clone();
        registry.register(
            "llm_cancelled_requests",
            "Answers given up because the reader left",
            cancelled,
        );
        metrics
    }

    /// Counts a request of kind `chat` or `embedding` by its outcome.
    pub(crate) fn request(&self, kind: &'static str, outcome: &'static str) {
        self.requests.get_or_create(&RequestLabels { kind, outcome }).inc();
    }

    /// Counts tokens of kind `prompt`, `cached`, `completion` or `embedding`.
    pub(crate) fn tokens(&self, kind: &'static str, count: u64) {
        self.tokens.get_or_create(&TokenLabels { kind }).inc_by(count);
    }

    /// Notes the waits of an answer.
    pub(crate) fn waits(&self, queued: std::time::Duration, first_token: std::time::Duration) {
        self.queue_wait.observe(queued.as_secs_f64());
        self.first_token.observe(first_token.as_secs_f64());
    }

    /// The text form, after taking over the engine's counters.
    pub(crate) fn text(
        &self,
        engine: Option<(&Stats, usize, u32)>,
    ) -> Result<String, std::fmt::Error> {
        if let Some((stats, waiting, slots)) = engine {
            let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            self.queue.set(signed(waiting as u64));
            self.slots.set(i64::from(slots));
            self.slots_busy.set(signed(stats.busy_slots.load(Ordering::Relaxed)));
            self.steps.set(signed(stats.steps.load(Ordering::Relaxed)));
            self.cancelled.set(signed(stats.cancelled.load(Ordering::Relaxed)));
            let speed = stats.milli_tokens_per_s.load(Ordering::Relaxed) / 1_000;
            self.tokens_per_second.set(signed(speed));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
