//! Users.

use actix_web::{HttpResponse, get, post, web};
use cg_audit::{Action, Outcome};
use cg_auth::{Password, Role};
use cg_store::NewUser;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{Page, PageQuery};
use crate::http::guard::{Guarded, UserManage, UserRead};
use crate::http::problem::{Code, Problem, ProblemDocument};
use crate::state::State;
use crate::{audit_log, clock};

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    /// Id.
    id: String,
    /// Name.
    name: String,
    /// `viewer`, `analyst`, `reviewer`, `admin` or `auditor`.
    role: String,
    /// Whether login is refused.
    disabled: bool,
    /// When it was made (RFC 3339).
    created_at: String,
}

/// A user to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUserRequest {
    /// Name: 1 to 64 letters, digits, `.`, `_`, `-`, `@`.
    name: String,
    /// `viewer`, `analyst`, `reviewer`, `admin` or `auditor`.
    role: String,
    /// First password, 12 to 256 characters; the user must change it.
    #[schema(format = Password)]
    password: String,
}

/// List users
#[utoipa::path(get, path = "/api/v1/users", tag = "users", params(PageQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "Users by name", body = Page<UserView>)))]
#[get("/api/v1/users")]
pub(crate) async fn list(
    state: web::Data<State>,
    guard: Guarded<UserRead, web::Query<PageQuery>>,
) -> Result<HttpResponse, Problem> {
    let page = guard.input;
    let users = state.store.users(page.cursor(), page.limit()).await?;
    let views = users
        .into_iter()
        .map(|user| UserView {
            id: user.id,
            name: user.name,
            role: user.role,
            disabled: user.disabled,
            created_at: clock::rfc3339(user.created_at),
        })
        .collect();
    Ok(HttpResponse::Ok().json(Page::of(views, page.limit(), |user: &UserView| user.name.clone())))
}

/// Make a user
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = NewUserRequest,
    security(("bearer" = [])),
    responses((status = 201, description = "Made", body = UserView),
        (status = 409, description = "The name is taken", body = ProblemDocument),
        (status = 422, description = "Name, role or password cannot be used", body = ProblemDocument)))]
#[post("/api/v1/users")]
pub(crate) async fn create(
    state: web::Data<State>,
    guard: Guarded<UserManage, web::Json<NewUserRequest>>,
) -> Result<HttpResponse, Problem> {
    let (body, caller) = (guard.input, guard.caller);
    let NewUserRequest { name, role, password } = body.into_inner();
    let unfit = |why: String| Problem::new(Code::Unprocessable, why);
    if !is_user_name(&name) {
        return Err(unfit("the name needs 1 to 64 letters, digits, `.`, `_`, `-`, `@`".into()));
    }
    let role = Role::parse(&role).ok_or_else(|| {
        unfit("the role must be viewer, analyst, reviewer, admin or auditor".into())
    })?;
    let password = Password::chosen(password).map_err(|error| unfit(error.to_string()))?;
    let hash = state.hashing.hash(password).await.map_err(|error| Problem::internal(&error))?;
    let new = NewUser {
        id: clock::new_id(),
        name: name.clone(),
        role: role.name().to_owned(),
        password_hash: hash.as_str().to_owned(),
        must_change: true,
    };
    let now = clock::now_ms();
    let mut tx = state.store.write().await?;
    tx.create_user(&new, now).await?;
    let event = caller.event(Action::UserCreate, Outcome::Success).on(name.as_str());
    audit_log::record(&mut tx, &event.with("role", role.name())).await?;
    tx.commit().await?;
    state.audit_wake.notify_one();
    Ok(HttpResponse::Created().json(UserView {
        id: new.id,
        name,
        role: new.role,
        disabled: false,
        created_at: clock::rfc3339(now),
    }))
}

/// Whether a text can be a user's name.
pub(crate) fn is_user_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    (1..=64).contains(&name.chars().count()) && name.chars().all(fits)
}
