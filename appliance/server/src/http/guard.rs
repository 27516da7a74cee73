//! Who may call an operation: an extractor that names the permission. A handler without it has no
//! access to the caller, and a test compares every operation with the table in `permissions.rs`.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use cg_audit::{Action, Event, Outcome};
use cg_auth::{AccessClaims, Permission, Role};

use super::edge::{RequestId, peer};
use super::problem::{Code, Problem};
use crate::state::State;
use crate::{audit_log, clock};

/// A permission as a type.
pub(crate) trait Need {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! needs {
    ($($name:ident)+) => {
        $(
            /// The permission of the same name.
            pub(crate) struct $name;
            impl Need for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )+
    };
}

needs! {
    OwnAccount UserRead UserManage ProjectRead ProjectManage IndexRun JobRead JobCancel GraphRead
    SearchRead AskRun AuditRead SystemRead
}

/// The caller, who was found to have the permission, and what of the request was read after that:
/// a body or a query of somebody who may not call the operation is never looked at.
pub(crate) struct Guarded<N, I = ()> {
    /// Who it is.
    pub(crate) caller: Caller,
    /// Body or query.
    pub(crate) input: I,
    need: PhantomData<N>,
}

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// User id.
    pub(crate) user: String,
    /// User name.
    pub(crate) name: String,
    /// Role.
    pub(crate) role: Role,
    /// Session id.
    pub(crate) session: String,
    /// Whether the password must be changed first.
    pub(crate) must_change: bool,
    /// Where the request comes from.
    pub(crate) address: String,
    /// Id of the request.
    pub(crate) request_id: String,
}

impl Caller {
    /// An event about something that the caller did.
    pub(crate) fn event(&self, action: Action, outcome: Outcome) -> Event {
        Event::new(action, outcome, &self.name).from(&self.address, &self.request_id)
    }
}

/// Address and id of a request, for events without a caller.
pub(crate) fn origin(request: &HttpRequest) -> (String, String) {
    let address = peer(request.peer_addr()).to_string();
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    (address, id)
}

impl<N: Need + 'static, I: FromRequest + 'static> FromRequest for Guarded<N, I> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let caller = allowed(&request, N::PERMISSION).await?;
            let input = I::from_request(&request, &mut payload).await.map_err(Into::into)?;
            Ok(Self { caller, input, need: PhantomData })
        })
    }
}

/// The caller of a request, if the caller has the permission.
pub(crate) async fn allowed(
    request: &HttpRequest,
    permission: Permission,
) -> Result<Caller, Problem> {
    let state = request
        .app_data::<web::Data<State>>()
        .ok_or_else(|| Problem::internal(&"the server's state is not registered"))?;
    let (address, request_id) = origin(request);
    let claims = authenticated(request, state).await?;
    let caller = Caller {
        user: claims.sub,
        name: claims.name,
        role: claims.role,
        session: claims.sid,
        must_change: claims.must_change,
        address,
        request_id,
    };
    if !caller.role.may(permission) {
        let event = caller
            .event(Action::Denied, Outcome::Denied)
            .on(request.match_pattern().unwrap_or_default())
            .with("method", request.method().as_str())
            .with("role", caller.role.name());
        audit_log::record_alone(&state.store, &event).await?;
        state.audit_wake.notify_one();
        let detail = format!("the role `{}` does not allow this", caller.role.name());
        return Err(Problem::new(Code::Forbidden, detail));
    }
    if caller.must_change && permission != Permission::OwnAccount {
        let detail = "change the one-time password by POST /api/v1/auth/password";
        return Err(Problem::new(Code::PasswordChangeRequired, detail));
    }
    Ok(caller)
}

/// The bearer token of a request.
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn authenticated(request: &HttpRequest, state: &State) -> Result<AccessClaims, Problem> {
    let refused = |why: &str| Problem::new(Code::Unauthenticated, why);
    let token = bearer(request).ok_or_else(|| refused("send `Authorization: Bearer <token>`"))?;
    let now = clock::now_ms();
    let claims = state.access.check(token, now / 1_000).map_err(|error| {
        tracing::debug!(%error, "access token refused");
        refused("the access token is not valid or has expired; log in or refresh")
    })?;
    // The session is looked up each time: logout and disabling count at once.
    if !state.store.session_is_live(&claims.sid, now).await? {
        return Err(refused("the session has ended; log in again"));
    }
    Ok(claims)
}
