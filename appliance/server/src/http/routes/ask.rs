//! Questions.

use std::time::Duration;

use actix_web::{HttpResponse, post, web};
use cg_ask::{AskError, AskEvent, AskRequest, GraphAsk, answer};
use cg_audit::{Action, Event, Outcome};
use cg_graph_store::{GraphRequest, GraphResponse, SnapshotFiles};
use futures_util::stream::unfold;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::http::guard::{AskRun, Guarded};
use crate::http::problem::{Code, Problem, ProblemDocument};
use crate::http::sse;
use crate::metrics::{OutcomeLabels, TokenLabels};
use crate::state::State;
use crate::worker::QueryPool;
use crate::{audit_log, catalog};

/// Events that may wait for a slow client before the model pauses.
const EVENTS_AHEAD: usize = 64;
/// Longest question, in bytes.
const MAX_QUESTION_BYTES: usize = 16 << 10;
/// Longest time for an answer.
const MAX_TIME: Duration = Duration::from_secs(600);

/// A question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// The question, in any language.
    question: String,
    /// Pieces of evidence at most; 8 when absent, 32 at most.
    evidence: Option<usize>,
    /// Tokens of evidence at most; 1800 when absent. Fewer make the answer start sooner.
    evidence_tokens: Option<u32>,
    /// Tokens of the answer at most; 300 when absent.
    max_tokens: Option<u32>,
}

/// A snapshot, asked through the pool of query workers.
pub(crate) struct PoolGraph<'a> {
    pub(crate) pool: &'a QueryPool,
    pub(crate) files: &'a SnapshotFiles,
}

impl GraphAsk for PoolGraph<'_> {
    async fn ask(&self, request: GraphRequest) -> Result<GraphResponse, String> {
        self.pool.ask(self.files, request).await.map_err(|error| error.to_string())
    }
}

/// Ask a question
///
/// Server-sent events: `evidence`, `delta`, `citations`, `usage`, `note`, then `done`; or `error`.
#[utoipa::path(post, path = "/api/v1/projects/{project}/ask", tag = "ask",
    params(("project" = String, Path, description = "Id or name")), request_body = Question,
    security(("bearer" = [])),
    responses((status = 200, description = "Events", content_type = "text/event-stream", body = String),
        (status = 409, description = "Not indexed yet", body = ProblemDocument),
        (status = 422, description = "The question is empty or too long", body = ProblemDocument)))]
#[post("/api/v1/projects/{project}/ask")]
pub(crate) async fn ask(
    state: web::Data<State>,
    guard: Guarded<AskRun, web::Json<Question>>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (body, caller) = (guard.input, guard.caller);
    let body = body.into_inner();
    if body.question.trim().is_empty() || body.question.len() > MAX_QUESTION_BYTES {
        let detail = format!("a question has 1 to {MAX_QUESTION_BYTES} bytes");
        return Err(Problem::new(Code::Unprocessable, detail));
    }
    let project = state.store.project(&project).await?;
    let (snapshot, files) = catalog::current_snapshot(&state.store, &state.data, &project).await?;
    let usual = AskRequest::new(body.question, &project.name, &snapshot.id);
    let request = AskRequest {
        evidence: body.evidence.unwrap_or(usual.evidence).clamp(1, 32),
        evidence_tokens: body.evidence_tokens.unwrap_or(usual.evidence_tokens).clamp(100, 100_000),
        answer_tokens: body.max_tokens.unwrap_or(usual.answer_tokens).clamp(1, 8_192),
        ..usual
    };
    let event = caller.event(Action::Ask, Outcome::Success).on(project.name.as_str());
    let (out, events) = mpsc::channel(EVENTS_AHEAD);
    tokio::spawn(work(state, files, request, event, out));
    Ok(sse::response(unfold(events, |mut events| async move {
        let bytes = events.recv().await?;
        Some((bytes, events))
    })))
}

/// Answers and notes what it took. Ends early when the client goes away: the channel closes.
async fn work(
    state: web::Data<State>,
    files: SnapshotFiles,
    request: AskRequest,
    event: Event,
    out: mpsc::Sender<bytes::Bytes>,
) {
    let (events, mut received) = mpsc::channel(EVENTS_AHEAD);
    let graph = PoolGraph { pool: &state.queries, files: &files };
    let client = state.models.client();
    let answering = async {
        let answered = answer(&graph, client.as_ref(), &request, &events);
        let result = tokio::time::timeout(MAX_TIME, answered).await;
        drop(events);
        result
    };
    let passing = async {
        let mut seen = Seen::default();
        while let Some(event) = received.recv().await {
            seen.note(&state, &event);
            if out.send(bytes_of(&event)).await.is_err() {
                break;
            }
        }
        // Dropped here, so that the answer notices that nobody listens.
        drop(received);
        seen
    };
    let (result, seen) = tokio::join!(answering, passing);
    let failure = match result {
        Ok(Ok(())) => None,
        Ok(Err(AskError::Gone)) => Some(("cancelled", "the client went away".to_owned())),
        Ok(Err(error)) => Some(("error", error.to_string())),
        Err(_) => Some(("error", format!("the answer took longer than {} s", MAX_TIME.as_secs()))),
    };
    let outcome = failure.as_ref().map_or("ok", |(outcome, _)| outcome);
    let labels = OutcomeLabels { outcome: outcome.to_owned() };
    state.metrics.llm_requests.get_or_create(&labels).inc();
    if let Some((outcome, why)) = &failure {
        tracing::info!(outcome, "question not answered to its end: {why}");
        let _ = out.send(sse::event("error", &json!({"detail": why}))).await;
    }
    let event = Event { outcome: audited(failure.as_ref().map(|(outcome, _)| *outcome)), ..event }
        .with("outcome", outcome)
        .with("evidence", seen.evidence.to_string())
        .with("cited", seen.cited.to_string());
    if let Err(error) = audit_log::record_alone(&state.store, &event).await {
        tracing::error!("the question is not in the audit log: {error}");
    }
    state.audit_wake.notify_one();
}

fn audited(failure: Option<&str>) -> Outcome {
    match failure {
        None | Some("cancelled") => Outcome::Success,
        Some(_) => Outcome::Failure,
    }
}

/// What an answer consisted of, for the audit log.
#[derive(Default)]
struct Seen {
    evidence: usize,
    cited: usize,
}

impl Seen {
    fn note(&mut self, state: &State, event: &AskEvent) {
        match event {
            AskEvent::Evidence { evidence } => self.evidence = evidence.len(),
            AskEvent::Citations { citations } => {
                self.cited = citations.iter().filter(|c| c.origin == cg_ask::Origin::Model).count();
            }
            AskEvent::Usage { prompt_tokens, completion_tokens, .. } => {
                for (kind, count) in [("prompt", prompt_tokens), ("completion", completion_tokens)]
                {
                    let labels = TokenLabels { kind: kind.to_owned() };
                    state.metrics.llm_tokens.get_or_create(&labels).inc_by(u64::from(*count));
                }
            }
            AskEvent::Delta { .. } | AskEvent::Note { .. } | AskEvent::Done { .. } => {}
        }
    }
}

/// An event under its own name; the data repeats the name, so that it can stand alone.
fn bytes_of(event: &AskEvent) -> bytes::Bytes {
    let name = match event {
        AskEvent::Evidence { .. } => "evidence",
        AskEvent::Delta { .. } => "delta",
        AskEvent::Citations { .. } => "citations",
        AskEvent::Usage { .. } => "usage",
        AskEvent::Note { .. } => "note",
        AskEvent::Done { .. } => "done",
    };
    sse::event(name, event)
}
