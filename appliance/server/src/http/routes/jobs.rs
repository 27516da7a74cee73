//! Index jobs.

use std::time::Duration;

use actix_web::{HttpResponse, get, post, web};
use bytes::Bytes;
use cg_audit::{Action, Outcome};
use cg_store::Job;
use futures_util::Stream;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::page::{Page, PageQuery};
use crate::clock;
use crate::http::guard::{Guarded, JobCancel, JobRead};
use crate::http::problem::{Code, Problem, ProblemDocument};
use crate::http::sse;
use crate::state::State;

/// How often a stream looks at a job that tells nothing by itself.
const LOOK: Duration = Duration::from_secs(2);

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    /// Id.
    id: String,
    /// Project id.
    project: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    state: &'static str,
    /// What a running job is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    /// Files done in this phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    /// Files of this phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    /// How often it was started.
    attempts: u32,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Snapshot that it published.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<String>,
    /// Who asked for it.
    requested_by: String,
    /// When it was asked for (RFC 3339).
    created_at: String,
    /// When it was started last.
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
}

impl JobView {
    /// A job with what is known of its progress.
    pub(crate) fn new(job: Job, progress: &Value) -> Self {
        Self {
            id: job.id,
            project: job.project_id,
            state: job.state.name(),
            phase: progress["phase"].as_str().map(str::to_owned),
            done: progress["files_done"].as_u64(),
            total: progress["files_total"].as_u64(),
            attempts: job.attempts,
            error: job.error,
            snapshot: job.snapshot_id,
            requested_by: job.requested_by,
            created_at: clock::rfc3339(job.created_at),
            started_at: job.started_at.map(clock::rfc3339),
            finished_at: job.finished_at.map(clock::rfc3339),
        }
    }
}

/// List jobs
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", params(PageQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "Jobs, newest first", body = Page<JobView>)))]
#[get("/api/v1/jobs")]
pub(crate) async fn list(
    state: web::Data<State>,
    guard: Guarded<JobRead, web::Query<PageQuery>>,
) -> Result<HttpResponse, Problem> {
    let page = guard.input;
    let jobs = state.store.jobs(page.cursor(), page.limit()).await?;
    let views = jobs.into_iter().map(|job| JobView::new(job, &Value::Null)).collect();
    Ok(HttpResponse::Ok().json(Page::of(views, page.limit(), |job: &JobView| job.id.clone())))
}

/// Show a job
#[utoipa::path(get, path = "/api/v1/jobs/{job}", tag = "jobs",
    params(("job" = String, Path, description = "Id")), security(("bearer" = [])),
    responses((status = 200, description = "The job", body = JobView),
        (status = 404, description = "There is none", body = ProblemDocument)))]
#[get("/api/v1/jobs/{job}")]
pub(crate) async fn show(
    state: web::Data<State>,
    _guard: Guarded<JobRead>,
    job: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let job = state.store.job(&job).await?;
    let progress = state.jobs.watch(&job.id).map(|watch| watch.borrow().progress.clone());
    Ok(HttpResponse::Ok().json(JobView::new(job, &progress.unwrap_or_default())))
}

/// Follow a job
///
/// Server-sent events: `progress` whenever something changes, then one of `done`, `failed`,
/// `cancelled`; the data of each is the job.
#[utoipa::path(get, path = "/api/v1/jobs/{job}/events", tag = "jobs",
    params(("job" = String, Path, description = "Id")), security(("bearer" = [])),
    responses((status = 200, description = "Events", content_type = "text/event-stream", body = String),
        (status = 404, description = "There is none", body = ProblemDocument)))]
#[get("/api/v1/jobs/{job}/events")]
pub(crate) async fn events(
    state: web::Data<State>,
    _guard: Guarded<JobRead>,
    job: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let job = state.store.job(&job).await?;
    Ok(sse::response(follow(state, job.id)))
}

/// Cancel a job
#[utoipa::path(post, path = "/api/v1/jobs/{job}/cancel", tag = "jobs",
    params(("job" = String, Path, description = "Id")), security(("bearer" = [])),
    responses((status = 200, description = "Cancelled", body = JobView),
        (status = 404, description = "There is none", body = ProblemDocument),
        (status = 409, description = "It has ended already", body = ProblemDocument)))]
#[post("/api/v1/jobs/{job}/cancel")]
pub(crate) async fn cancel(
    state: web::Data<State>,
    guard: Guarded<JobCancel>,
    job: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let event = guard.caller.event(Action::JobCancel, Outcome::Success);
    if !state.jobs.cancel(&job, event).await? {
        return Err(Problem::new(Code::Conflict, "the job has ended already"));
    }
    let job = state.store.job(&job).await?;
    Ok(HttpResponse::Ok().json(JobView::new(job, &Value::Null)))
}

/// What a stream remembers between two events.
struct Following {
    state: web::Data<State>,
    id: String,
    last: Option<Value>,
    over: bool,
}

fn follow(state: web::Data<State>, id: String) -> impl Stream<Item = Bytes> {
    let start = Following { state, id, last: None, over: false };
    futures_util::stream::unfold(start, |mut at| async move {
        if at.over {
            return None;
        }
        loop {
            // Subscribed before the store is read: nothing can end unseen in between.
            let mut watch = at.state.jobs.watch(&at.id);
            let Ok(job) = at.state.store.job(&at.id).await else { return None };
            let ended = job.state.is_final();
            let name = if ended { job.state.name() } else { "progress" };
            let progress = watch.as_mut().map(|watch| watch.borrow_and_update().progress.clone());
            let view = serde_json::to_value(JobView::new(job, &progress.unwrap_or_default()));
            let view = view.unwrap_or_default();
            if ended || at.last.as_ref() != Some(&view) {
                at.over = ended;
                let bytes = sse::event(name, &view);
                at.last = Some(view);
                return Some((bytes, at));
            }
            if at.state.stopping.is_set() {
                return None;
            }
            let changed = async {
                match &mut watch {
                    Some(watch) => drop(watch.changed().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(LOOK) => {}
                () = at.state.stopping.wait() => {}
            }
        }
    })
}
