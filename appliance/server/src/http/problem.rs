//! Errors as clients see them: problem documents after RFC 9457. Internals stay in the log.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use cg_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// Media type of a problem document.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// When to try again while a release is being switched.
const SWITCH_SECONDS: u64 = 5;

/// A problem document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// `urn:codegraph:problem:<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem in words.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// Stable name of the kind of problem.
    code: &'static str,
    /// What happened this time, and what to do.
    detail: String,
    /// Id of the request; also in `X-Request-Id` and in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// Kinds of problems. Names and statuses are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    BadRequest,
    LoginFailed,
    Unauthenticated,
    PasswordChangeRequired,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    TooLarge,
    UnsupportedMediaType,
    Unprocessable,
    NoSnapshot,
    TooManyRequests,
    Internal,
    Upstream,
    Overloaded,
    Unavailable,
    Timeout,
}

impl Code {
    fn row(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::BadRequest => (S::BAD_REQUEST, "bad_request", "The request is not understood"),
            Self::LoginFailed => (S::UNAUTHORIZED, "login_failed", "Name or password is wrong"),
            Self::Unauthenticated => {
                (S::UNAUTHORIZED, "unauthenticated", "A valid access token is needed")
            }
            Self::PasswordChangeRequired => {
                (S::FORBIDDEN, "password_change_required", "The password must be changed first")
            }
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "Your role does not allow this"),
            Self::NotFound => (S::NOT_FOUND, "not_found", "There is no such thing"),
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method_not_allowed", "This cannot be done here")
            }
            Self::Conflict => (S::CONFLICT, "conflict", "It clashes with what is there"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too_large", "The body is too large"),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body must be JSON")
            }
            Self::Unprocessable => {
                (S::UNPROCESSABLE_ENTITY, "unprocessable", "The request cannot be carried out")
            }
            Self::NoSnapshot => (S::CONFLICT, "no_snapshot", "The project is not indexed yet"),
            Self::TooManyRequests => {
                (S::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests")
            }
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here"),
            Self::Upstream => (S::BAD_GATEWAY, "upstream", "A part of the server failed"),
            Self::Overloaded => (S::SERVICE_UNAVAILABLE, "overloaded", "Too much to do"),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", "Not available now"),
            Self::Timeout => (S::GATEWAY_TIMEOUT, "timeout", "It took too long"),
        }
    }
}

/// An error on its way to a client.
#[derive(Debug)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem of a kind, with what happened this time.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry_after: None }
    }

    /// Says when to try again, in seconds.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A failure that the client cannot help. The cause goes to the log only.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(Code::Internal, "the cause stands in the server's log under the request id")
    }

    /// The problem that fits a bare status, for answers that the framework makes.
    pub(crate) fn of_status(status: StatusCode, detail: String) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            StatusCode::UNAUTHORIZED => Code::Unauthenticated,
            StatusCode::FORBIDDEN => Code::Forbidden,
            status if status.is_server_error() => Code::Internal,
            _ => Code::BadRequest,
        };
        Self::new(code, detail)
    }

    /// The answer, with the id of its request.
    pub(crate) fn response(&self, request_id: Option<&str>) -> HttpResponse {
        let (status, code, title) = self.code.row();
        let document = ProblemDocument {
            kind: format!("urn:codegraph:problem:{code}"),
            title,
            status: status.as_u16(),
            code,
            detail: self.detail.clone(),
            request_id: request_id.map(str::to_owned),
        };
        let mut answer = HttpResponse::build(status);
        if let Some(seconds) = self.retry_after {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let body = serde_json::to_vec(&document).expect("a problem document is plain data");
        answer.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)));
        answer.body(body)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (_, code, _) = self.code.row();
        write!(f, "{code}: {}", self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.row().0
    }

    fn error_response(&self) -> HttpResponse {
        self.response(None)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NotFound { .. } => Self::new(Code::NotFound, error.to_string()),
            StoreError::Exists { .. } | StoreError::Outdated => {
                Self::new(Code::Conflict, error.to_string())
            }
            StoreError::QueueFull { .. } => {
                Self::new(Code::Overloaded, error.to_string()).retry_after(30)
            }
            StoreError::Closed { .. } => {
                let detail =
                    "a release is being switched; reading works, writing does again in a moment";
                Self::new(Code::Unavailable, detail).retry_after(SWITCH_SECONDS)
            }
            _ => Self::internal(&error),
        }
    }
}
