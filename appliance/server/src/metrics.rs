//! Prometheus metrics, with the names of the deployment guide. Labels have few values: the route's
//! template, never a path that somebody typed.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    /// HTTP method.
    pub(crate) method: String,
    /// Template of the route, `unmatched` when there is none.
    pub(crate) route: String,
    /// HTTP status.
    pub(crate) status: u16,
}

/// Labels of a route's duration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RouteLabels {
    /// HTTP method.
    pub(crate) method: String,
    /// Template of the route.
    pub(crate) route: String,
}

/// Labels of an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OutcomeLabels {
    /// `done`, `failed`, `cancelled`; `ok`, `error`.
    pub(crate) outcome: String,
}

/// Labels of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct TokenLabels {
    /// `prompt` or `completion`.
    pub(crate) kind: String,
}

/// All metrics of the server.
pub(crate) struct Metrics {
    registry: Registry,
    /// `http_requests_total`.
    pub(crate) requests: Family<RequestLabels, Counter>,
    /// `http_request_duration_seconds`.
    pub(crate) durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// `http_requests_in_flight`.
    pub(crate) in_flight: Gauge<i64, AtomicI64>,
    /// `index_jobs_total`.
    pub(crate) jobs: Family<OutcomeLabels, Counter>,
    /// `index_jobs_waiting`.
    pub(crate) jobs_waiting: Gauge<i64, AtomicI64>,
    /// `graph_requests_total`.
    pub(crate) graph_requests: Family<OutcomeLabels, Counter>,
    /// `llm_requests_total`.
    pub(crate) llm_requests: Family<OutcomeLabels, Counter>,
    /// `llm_tokens_total`.
    pub(crate) llm_tokens: Family<TokenLabels, Counter>,
    /// `audit_events_total`.
    pub(crate) audit_events: Counter,
}

/// Upper bounds of the duration buckets, in seconds.
const BUCKETS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    /// Fresh metrics, registered under their names. The encoder appends `_total` to counters.
    pub(crate) fn new() -> Arc<Self> {
        let mut registry = Registry::default();
        let durations = Family::new_with_constructor(histogram as fn() -> Histogram);
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            durations,
            in_flight: Gauge::default(),
            jobs: Family::default(),
            jobs_waiting: Gauge::default(),
            graph_requests: Family::default(),
            llm_requests: Family::default(),
            llm_tokens: Family::default(),
            audit_events: Counter::default(),
        };
        registry.register("http_requests", "Requests answered", metrics.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time until the answer begins",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests being served",
            metrics.in_flight.clone(),
        );
        registry.register("index_jobs", "Index jobs that ended", metrics.jobs.clone());
        registry.register(
            "index_jobs_waiting",
            "Index jobs in the queue",
            metrics.jobs_waiting.clone(),
        );
        registry.register(
            "graph_requests",
            "Questions to query workers",
            metrics.graph_requests.clone(),
        );
        registry.register(
            "llm_requests",
            "Requests to the model server",
            metrics.llm_requests.clone(),
        );
        registry.register(
            "llm_tokens",
            "Tokens read and written by the model",
            metrics.llm_tokens.clone(),
        );
        registry.register("audit_events", "Audit events linked", metrics.audit_events.clone());
        metrics.registry = registry;
        Arc::new(metrics)
    }

    /// Everything in the OpenMetrics text format.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("writing to a string does not fail");
        text
    }
}
