//! The audit log.

use actix_web::{HttpResponse, get, web};
use cg_audit::{Action, Outcome};
use cg_store::ChainedRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, PageQuery};
use crate::audit_log::{self, Verdict};
use crate::clock;
use crate::http::guard::{AuditRead, Guarded};
use crate::http::problem::{Code, Problem, ProblemDocument};
use crate::state::State;

/// An event with its place in the chain.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// Number, from 1, without gaps.
    sequence: i64,
    /// Event id.
    id: String,
    /// When (RFC 3339).
    at: String,
    /// What, a name of the catalogue.
    action: String,
    /// `success`, `failure` or `denied`.
    outcome: String,
    /// Who.
    actor: String,
    /// To what.
    target: String,
    /// From where.
    address: String,
    /// In which request.
    request_id: String,
    /// Further facts.
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    /// Hash of the link.
    hash: String,
}

impl EventView {
    /// One line for people.
    pub(crate) fn line(&self) -> String {
        let Self { sequence, at, action, outcome, actor, target, .. } = self;
        format!("{sequence}  {at}  {action}  {outcome}  {actor}  {target}  {}", self.detail)
    }
}

impl From<ChainedRow> for EventView {
    fn from(row: ChainedRow) -> Self {
        let gone = || cg_store::AuditRow {
            id: row.link.event_id.clone(),
            at: 0,
            action: "(removed)".to_owned(),
            outcome: String::new(),
            actor: String::new(),
            target: String::new(),
            address: String::new(),
            request_id: String::new(),
            detail: String::new(),
        };
        let event = row.event.clone().unwrap_or_else(gone);
        Self {
            sequence: row.link.sequence,
            id: event.id,
            at: clock::rfc3339(event.at),
            action: event.action,
            outcome: event.outcome,
            actor: event.actor,
            target: event.target,
            address: event.address,
            request_id: event.request_id,
            detail: serde_json::from_str(&event.detail).unwrap_or_default(),
            hash: row.link.hash,
        }
    }
}

/// What came of a verification.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Whether every row fits.
    valid: bool,
    /// Rows that fit, from the first on.
    rows: u64,
    /// Hash of the last row that fits; note it elsewhere to find rows cut off later.
    head: String,
    /// The first row that does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_bad_row: Option<u64>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Verification {
    /// For answers and for the command line.
    pub(crate) fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Good(head) => Self {
                valid: true,
                rows: head.sequence,
                head: hex::encode(head.hash),
                first_bad_row: None,
                reason: None,
            },
            Verdict::Broken(broken) => Self {
                valid: false,
                rows: broken.sequence.saturating_sub(1),
                head: String::new(),
                first_bad_row: Some(broken.sequence),
                reason: Some(broken.to_string()),
            },
        }
    }

    /// Whether every row fits.
    pub(crate) fn is_valid(&self) -> bool {
        self.valid
    }

    /// In words.
    pub(crate) fn words(&self) -> String {
        match &self.reason {
            None => format!("audit log is whole: {} rows, head {}", self.rows, self.head),
            Some(reason) => format!("audit log is broken: {reason}"),
        }
    }
}

/// List events, newest first
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(PageQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "Events", body = Page<EventView>)))]
#[get("/api/v1/audit")]
pub(crate) async fn list(
    state: web::Data<State>,
    guard: Guarded<AuditRead, web::Query<PageQuery>>,
) -> Result<HttpResponse, Problem> {
    let (page, caller) = (guard.input, guard.caller);
    let before = match page.cursor() {
        "" => i64::MAX,
        cursor => cursor
            .parse()
            .map_err(|_| Problem::new(Code::BadRequest, "the cursor is not one of ours"))?,
    };
    let rows = state.store.audit_before(before, page.limit()).await?;
    let event = caller.event(Action::AuditRead, Outcome::Success);
    audit_log::record_alone(&state.store, &event).await?;
    state.audit_wake.notify_one();
    let views = rows.into_iter().map(EventView::from).collect();
    let cursor = |event: &EventView| event.sequence.to_string();
    Ok(HttpResponse::Ok().json(Page::of(views, page.limit(), cursor)))
}

/// Verify the chain of all events
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit", security(("bearer" = [])),
    responses((status = 200, description = "What came of it", body = Verification),
        (status = 403, description = "Your role does not allow it", body = ProblemDocument)))]
#[get("/api/v1/audit/verify")]
pub(crate) async fn verify(
    state: web::Data<State>,
    guard: Guarded<AuditRead>,
) -> Result<HttpResponse, Problem> {
    let verification = Verification::of(&audit_log::verify(&state.store, None).await?);
    let outcome = if verification.valid { Outcome::Success } else { Outcome::Failure };
    let event = guard.caller.event(Action::AuditVerify, outcome);
    audit_log::record_alone(&state.store, &event).await?;
    state.audit_wake.notify_one();
    Ok(HttpResponse::Ok().json(verification))
}
