//! Login, sessions, the own account.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use cg_audit::{Action, Event, Outcome};
use cg_auth::{NewAccess, Password, PasswordHash, RefreshToken, Role, hash_token, wait_after};
use cg_store::{RefreshOutcome, Session, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::edge::{Limits, peer};
use crate::http::guard::{Guarded, OwnAccount, origin};
use crate::http::problem::{Code, Problem, ProblemDocument};
use crate::state::State;
use crate::{audit_log, clock};

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// User name.
    username: String,
    /// Password.
    #[schema(format = Password)]
    password: String,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshRequest {
    /// The token got last.
    refresh_token: String,
}

/// Old and new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordRequest {
    /// The password until now.
    #[schema(format = Password)]
    current_password: String,
    /// The password from now on, 12 to 256 characters.
    #[schema(format = Password)]
    new_password: String,
}

/// Tokens of a session.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Life of the access token in seconds.
    expires_in: i64,
    /// For the next pair of tokens; good once.
    refresh_token: String,
    /// Whether the password must be changed before anything else.
    password_change_required: bool,
}

/// The own account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// User id.
    id: String,
    /// User name.
    name: String,
    /// Role.
    role: String,
    /// Whether the password must be changed before anything else.
    password_change_required: bool,
}

/// Log in
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = LoginRequest,
    responses((status = 200, description = "Tokens of a new session", body = Tokens),
        (status = 401, description = "Name or password is wrong", body = ProblemDocument),
        (status = 429, description = "Too many failures; see Retry-After", body = ProblemDocument)))]
#[post("/api/v1/auth/login")]
pub(crate) async fn login(
    state: web::Data<State>,
    limits: web::Data<Limits>,
    request: HttpRequest,
    body: web::Json<LoginRequest>,
) -> Result<HttpResponse, Problem> {
    let LoginRequest { username, password } = body.into_inner();
    let (address, request_id) = origin(&request);
    let event =
        |outcome| Event::new(Action::Login, outcome, username.as_str()).from(&address, &request_id);
    if let Err(wait) = limits.logins.take(peer(request.peer_addr()), std::time::Instant::now()) {
        let problem = Problem::new(Code::TooManyRequests, "too many logins from this address");
        return Err(problem.retry_after(wait.as_secs() + 1));
    }
    let now = clock::now_ms();
    let user = state.store.user_by_name(&username).await?;
    if let Some(user) = user.as_ref().filter(|user| user.locked_until > now) {
        let seconds = (user.locked_until - now).unsigned_abs() / 1_000 + 1;
        let problem = Problem::new(Code::TooManyRequests, "too many failed logins of this user");
        return Err(problem.retry_after(seconds));
    }
    // An unknown user costs as much time as a wrong password.
    let hash = match &user {
        Some(user) => PasswordHash::stored(user.password_hash.clone()),
        None => PasswordHash::of_nobody(),
    };
    let fits = state.hashing.fits(hash, Password::new(password)).await;
    let fits = fits.map_err(|error| Problem::internal(&error))?;
    let user = match user {
        Some(user) if fits && !user.disabled => user,
        other => {
            let mut tx = state.store.write().await?;
            if let Some(user) = &other {
                let wait = wait_after(user.failures + 1).as_millis();
                tx.login_failed(&user.id, now + i64::try_from(wait).unwrap_or(i64::MAX)).await?;
            }
            audit_log::record(&mut tx, &event(Outcome::Failure)).await?;
            tx.commit().await?;
            state.audit_wake.notify_one();
            return Err(Problem::new(Code::LoginFailed, "name or password is wrong"));
        }
    };
    let life_ms = state.settings.auth.refresh_days * 24 * 60 * 60 * 1_000;
    let session = Session {
        id: clock::new_id(),
        user_id: user.id.clone(),
        expires_at: now + life_ms,
        ended_at: None,
    };
    let refresh = RefreshToken::random();
    let mut tx = state.store.write().await?;
    tx.login_succeeded(&user.id).await?;
    tx.open_session(&session, &refresh.hash(), now).await?;
    audit_log::record(&mut tx, &event(Outcome::Success).with("session", session.id.as_str()))
        .await?;
    tx.commit().await?;
    state.audit_wake.notify_one();
    tokens(&state, &user, &session.id, &refresh)
}

/// Get the next pair of tokens
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth", request_body = RefreshRequest,
    responses((status = 200, description = "The next pair of tokens", body = Tokens),
        (status = 401, description = "Used before, expired or unknown", body = ProblemDocument)))]
#[post("/api/v1/auth/refresh")]
pub(crate) async fn refresh_tokens(
    state: web::Data<State>,
    request: HttpRequest,
    body: web::Json<RefreshRequest>,
) -> Result<HttpResponse, Problem> {
    let (address, request_id) = origin(&request);
    let now = clock::now_ms();
    let mut tx = state.store.write().await?;
    let outcome = tx.use_refresh_token(&hash_token(&body.refresh_token), now).await?;
    let RefreshOutcome::Good(session) = outcome else {
        let (actor, why) = match &outcome {
            RefreshOutcome::Reused(session) => (session.user_id.as_str(), "reused"),
            _ => ("", "invalid"),
        };
        let event = Event::new(Action::Refresh, Outcome::Denied, actor)
            .from(address, request_id)
            .with("why", why);
        audit_log::record(&mut tx, &event).await?;
        tx.commit().await?;
        state.audit_wake.notify_one();
        return Err(Problem::new(Code::Unauthenticated, "the refresh token is not valid; log in"));
    };
    let user = state.store.user(&session.user_id).await?.filter(|user| !user.disabled);
    let Some(user) = user else {
        return Err(Problem::new(Code::Unauthenticated, "the account is disabled"));
    };
    let next = RefreshToken::random();
    let life_ms = state.settings.auth.refresh_days * 24 * 60 * 60 * 1_000;
    tx.add_refresh_token(&session.id, &next.hash(), now).await?;
    tx.extend_session(&session.id, now + life_ms).await?;
    tx.commit().await?;
    tokens(&state, &user, &session.id, &next)
}

/// End the own session
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", security(("bearer" = [])),
    responses((status = 204, description = "Ended")))]
#[post("/api/v1/auth/logout")]
pub(crate) async fn logout(
    state: web::Data<State>,
    guard: Guarded<OwnAccount>,
) -> Result<HttpResponse, Problem> {
    let mut tx = state.store.write().await?;
    tx.end_session(&guard.caller.session, clock::now_ms()).await?;
    audit_log::record(&mut tx, &guard.caller.event(Action::Logout, Outcome::Success)).await?;
    tx.commit().await?;
    state.audit_wake.notify_one();
    Ok(HttpResponse::NoContent().finish())
}

/// The own account
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "The own account", body = Me)))]
#[get("/api/v1/auth/me")]
pub(crate) async fn me(guard: Guarded<OwnAccount>) -> HttpResponse {
    let caller = guard.caller;
    HttpResponse::Ok().json(Me {
        id: caller.user,
        name: caller.name,
        role: caller.role.name().to_owned(),
        password_change_required: caller.must_change,
    })
}

/// Change the own password; all sessions of the user end
#[utoipa::path(post, path = "/api/v1/auth/password", tag = "auth", request_body = PasswordRequest,
    security(("bearer" = [])),
    responses((status = 204, description = "Changed; log in again"),
        (status = 401, description = "The current password is wrong", body = ProblemDocument),
        (status = 422, description = "The new one is too short or too long", body = ProblemDocument)))]
#[post("/api/v1/auth/password")]
pub(crate) async fn change_password(
    state: web::Data<State>,
    limits: web::Data<Limits>,
    request: HttpRequest,
    guard: Guarded<OwnAccount, web::Json<PasswordRequest>>,
) -> Result<HttpResponse, Problem> {
    let (body, caller) = (guard.input, guard.caller);
    if let Err(wait) = limits.logins.take(peer(request.peer_addr()), std::time::Instant::now()) {
        let problem = Problem::new(Code::TooManyRequests, "too many tries from this address");
        return Err(problem.retry_after(wait.as_secs() + 1));
    }
    let PasswordRequest { current_password, new_password } = body.into_inner();
    let user = state.store.user(&caller.user).await?;
    let user = user.ok_or_else(|| Problem::new(Code::Unauthenticated, "the account is gone"))?;
    let new = Password::chosen(new_password)
        .map_err(|error| Problem::new(Code::Unprocessable, error.to_string()))?;
    let hash = PasswordHash::stored(user.password_hash);
    let fits = state.hashing.fits(hash, Password::new(current_password)).await;
    if !fits.map_err(|error| Problem::internal(&error))? {
        let event = caller.event(Action::PasswordChange, Outcome::Failure);
        audit_log::record_alone(&state.store, &event).await?;
        state.audit_wake.notify_one();
        return Err(Problem::new(Code::LoginFailed, "the current password is wrong"));
    }
    let hash = state.hashing.hash(new).await.map_err(|error| Problem::internal(&error))?;
    let mut tx = state.store.write().await?;
    tx.set_password(&user.id, hash.as_str(), clock::now_ms()).await?;
    audit_log::record(&mut tx, &caller.event(Action::PasswordChange, Outcome::Success)).await?;
    tx.commit().await?;
    state.audit_wake.notify_one();
    if user.must_change {
        // The one-time password is worth nothing any more.
        let _ = std::fs::remove_file(state.data.initial_password());
    }
    Ok(HttpResponse::NoContent().finish())
}

fn tokens(
    state: &State,
    user: &User,
    session: &str,
    refresh: &RefreshToken,
) -> Result<HttpResponse, Problem> {
    let role = Role::parse(&user.role)
        .ok_or_else(|| Problem::internal(&format!("user {} has role {}", user.id, user.role)))?;
    let life = state.settings.auth.access_minutes * 60;
    let access = NewAccess {
        user: user.id.clone(),
        name: user.name.clone(),
        role,
        session: session.to_owned(),
        must_change: user.must_change,
        now: clock::now_ms() / 1_000,
        life,
    };
    let access_token = state.access.issue(access).map_err(|error| Problem::internal(&error))?;
    Ok(HttpResponse::Ok().json(Tokens {
        access_token,
        token_type: "Bearer",
        expires_in: life,
        refresh_token: refresh.expose().to_owned(),
        password_change_required: user.must_change,
    }))
}
