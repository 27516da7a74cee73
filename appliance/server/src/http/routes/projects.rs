//! Projects and their snapshots.

use actix_web::{HttpResponse, delete, get, post, web};
use cg_audit::{Action, Outcome};
use cg_store::{Project, Snapshot};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::jobs::JobView;
use super::page::{Page, PageQuery};
use crate::catalog::{self, CatalogError};
use crate::http::guard::{Guarded, IndexRun, ProjectManage, ProjectRead};
use crate::http::problem::{Code, Problem, ProblemDocument};
use crate::state::State;
use crate::{audit_log, clock};

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectView {
    /// Id.
    id: String,
    /// Name.
    name: String,
    /// Folder of its source code on the server.
    path: String,
    /// Snapshot that queries go to; absent before the first index job is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_snapshot: Option<String>,
    /// When it was made (RFC 3339).
    created_at: String,
}

impl From<Project> for ProjectView {
    fn from(project: Project) -> Self {
        Self {
            id: project.id,
            name: project.name,
            path: project.path,
            current_snapshot: project.current_snapshot,
            created_at: clock::rfc3339(project.created_at),
        }
    }
}

/// A snapshot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SnapshotView {
    /// Id.
    id: String,
    /// When it was published (RFC 3339).
    created_at: String,
    /// Counts.
    #[schema(value_type = Object)]
    summary: serde_json::Value,
    /// Its sealed files.
    files: Vec<FileView>,
}

/// A sealed file of a snapshot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileView {
    /// `graph`, `search` or `vectors`.
    role: String,
    /// BLAKE3 of its bytes.
    blake3: String,
    /// Its size.
    bytes: i64,
}

impl From<Snapshot> for SnapshotView {
    fn from(snapshot: Snapshot) -> Self {
        let file = |file: cg_store::SealedFile| FileView {
            role: file.role,
            blake3: file.blake3,
            bytes: file.bytes,
        };
        Self {
            id: snapshot.id,
            created_at: clock::rfc3339(snapshot.created_at),
            summary: serde_json::from_str(&snapshot.summary).unwrap_or_default(),
            files: snapshot.files.into_iter().map(file).collect(),
        }
    }
}

/// A project to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProjectRequest {
    /// Name: 1 to 100 letters, digits, `.`, `_`, `-`.
    name: String,
    /// Absolute path of a folder on the server, below one of `index.roots`.
    path: String,
}

impl From<CatalogError> for Problem {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Store(error) => error.into(),
            CatalogError::NoSnapshot(_) => Self::new(Code::NoSnapshot, error.to_string()),
            CatalogError::Name(_) | CatalogError::Path { .. } | CatalogError::OutsideRoots(_) => {
                Self::new(Code::Unprocessable, error.to_string())
            }
        }
    }
}

/// List projects
#[utoipa::path(get, path = "/api/v1/projects", tag = "projects", params(PageQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "Projects by name", body = Page<ProjectView>)))]
#[get("/api/v1/projects")]
pub(crate) async fn list(
    state: web::Data<State>,
    guard: Guarded<ProjectRead, web::Query<PageQuery>>,
) -> Result<HttpResponse, Problem> {
    let page = guard.input;
    let projects = state.store.projects(page.cursor(), page.limit()).await?;
    let views = projects.into_iter().map(ProjectView::from).collect();
    Ok(HttpResponse::Ok()
        .json(Page::of(views, page.limit(), |project: &ProjectView| project.name.clone())))
}

/// Make a project from a folder on the server
#[utoipa::path(post, path = "/api/v1/projects", tag = "projects", request_body = NewProjectRequest,
    security(("bearer" = [])),
    responses((status = 201, description = "Made", body = ProjectView),
        (status = 409, description = "The name is taken", body = ProblemDocument),
        (status = 422, description = "The folder cannot be used", body = ProblemDocument)))]
#[post("/api/v1/projects")]
pub(crate) async fn create(
    state: web::Data<State>,
    guard: Guarded<ProjectManage, web::Json<NewProjectRequest>>,
) -> Result<HttpResponse, Problem> {
    let (body, caller) = (guard.input, guard.caller);
    let source = catalog::source_below_roots(&body.path, &state.settings.index.roots)?;
    let event = caller.event(Action::ProjectCreate, Outcome::Success);
    let project = catalog::create_project(&state.store, &body.name, &source, event).await?;
    state.audit_wake.notify_one();
    Ok(HttpResponse::Created().json(ProjectView::from(project)))
}

/// Show a project
#[utoipa::path(get, path = "/api/v1/projects/{project}", tag = "projects",
    params(("project" = String, Path, description = "Id or name")), security(("bearer" = [])),
    responses((status = 200, description = "The project", body = ProjectView),
        (status = 404, description = "There is none", body = ProblemDocument)))]
#[get("/api/v1/projects/{project}")]
pub(crate) async fn show(
    state: web::Data<State>,
    _guard: Guarded<ProjectRead>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let project = state.store.project(&project).await?;
    Ok(HttpResponse::Ok().json(ProjectView::from(project)))
}

/// Delete a project with its graphs; the source code stays
#[utoipa::path(delete, path = "/api/v1/projects/{project}", tag = "projects",
    params(("project" = String, Path, description = "Id or name")), security(("bearer" = [])),
    responses((status = 204, description = "Deleted"),
        (status = 404, description = "There is none", body = ProblemDocument),
        (status = 409, description = "A job of it is running", body = ProblemDocument)))]
#[delete("/api/v1/projects/{project}")]
pub(crate) async fn remove(
    state: web::Data<State>,
    guard: Guarded<ProjectManage>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let project = state.store.project(&project).await?;
    let mut tx = state.store.write().await?;
    if tx.has_open_job(&project.id).await? {
        let detail = "an index job of this project waits or runs; cancel it first";
        return Err(Problem::new(Code::Conflict, detail));
    }
    tx.delete_project(&project.id).await?;
    let event = guard.caller.event(Action::ProjectDelete, Outcome::Success);
    audit_log::record(&mut tx, &event.on(&project.name).with("id", project.id.as_str())).await?;
    tx.commit().await?;
    state.audit_wake.notify_one();
    let folder = state.data.graphs(&project.id);
    if let Err(error) = std::fs::remove_dir_all(&folder)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(folder = %folder.display(), %error, "graphs of a deleted project stay");
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Snapshots of a project, newest first
#[utoipa::path(get, path = "/api/v1/projects/{project}/snapshots", tag = "projects",
    params(("project" = String, Path, description = "Id or name")), security(("bearer" = [])),
    responses((status = 200, description = "The newest 100", body = Page<SnapshotView>),
        (status = 404, description = "There is no such project", body = ProblemDocument)))]
#[get("/api/v1/projects/{project}/snapshots")]
pub(crate) async fn snapshots(
    state: web::Data<State>,
    _guard: Guarded<ProjectRead>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let project = state.store.project(&project).await?;
    let found = state.store.snapshots(&project.id, 100).await?;
    let views = found.into_iter().map(SnapshotView::from).collect();
    Ok(HttpResponse::Ok().json(Page::of(views, u32::MAX, |one: &SnapshotView| one.id.clone())))
}

/// Start an index job
///
/// A project that has a waiting job already gets that one back.
#[utoipa::path(post, path = "/api/v1/projects/{project}/index", tag = "projects",
    params(("project" = String, Path, description = "Id or name")), security(("bearer" = [])),
    responses((status = 202, description = "Queued; the job's place is in Location", body = JobView),
        (status = 404, description = "There is no such project", body = ProblemDocument),
        (status = 503, description = "The queue is full; see Retry-After", body = ProblemDocument)))]
#[post("/api/v1/projects/{project}/index")]
pub(crate) async fn index(
    state: web::Data<State>,
    guard: Guarded<IndexRun>,
    project: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let project = state.store.project(&project).await?;
    let event = guard.caller.event(Action::JobQueue, Outcome::Success);
    let job = state.jobs.queue(&project, event).await?;
    Ok(HttpResponse::Accepted()
        .insert_header(("Location", format!("/api/v1/jobs/{}", job.id)))
        .json(JobView::new(job, &serde_json::Value::Null)))
}
