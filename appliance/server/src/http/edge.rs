//! What happens to every request and every answer: id, limits, security headers, errors in one
//! form, metrics, one line in the log.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use tokio::sync::Semaphore;

use super::limits::RateLimit;
use super::problem::{Code, MEDIA_TYPE, Problem};
use crate::clock;
use crate::metrics::{RequestLabels, RouteLabels};
use crate::state::State;

/// Id of a request, among its extensions.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Limits that all workers of the HTTP server share.
pub(crate) struct Limits {
    at_once: Arc<Semaphore>,
    rate: RateLimit,
    /// Logins from one address.
    pub(crate) logins: RateLimit,
}

/// Logins a minute from one address.
const LOGINS_PER_MINUTE: u32 = 60;

impl Limits {
    /// Limits after the settings.
    pub(crate) fn new(max_requests: usize, rate_per_minute: u32) -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(max_requests)),
            rate: RateLimit::new(rate_per_minute),
            logins: RateLimit::new(LOGINS_PER_MINUTE),
        }
    }
}

/// The address that a request comes from. Forwarding headers are not believed.
pub(crate) fn peer(address: Option<std::net::SocketAddr>) -> IpAddr {
    address.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip().to_canonical())
}

/// The middleware.
pub(crate) async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = clock::new_id();
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let state = request.app_data::<web::Data<State>>().cloned();
    let limits = request.app_data::<web::Data<Limits>>().cloned();
    let address = peer(request.peer_addr());
    let probe = request.path().starts_with("/api/v1/health");

    let mut permit = None;
    let mut refusal = None;
    if let (Some(limits), false) = (&limits, probe) {
        if let Err(wait) = limits.rate.take(address, started) {
            let problem =
                Problem::new(Code::TooManyRequests, "too many requests from this address");
            refusal = Some(problem.retry_after(wait.as_secs() + 1));
        } else {
            permit = Arc::clone(&limits.at_once).try_acquire_owned().ok();
            if permit.is_none() {
                let problem = Problem::new(Code::Overloaded, "too many requests at the same time");
                refusal = Some(problem.retry_after(1));
            }
        }
    }
    if let Some(state) = &state {
        state.metrics.in_flight.inc();
    }
    let answered = match refusal {
        Some(problem) => Ok(request.into_response(problem.response(Some(&id)))),
        None => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
    };
    drop(permit);
    if let Some(state) = &state {
        state.metrics.in_flight.dec();
    }
    // An error here has no request to answer to; the framework turns it into an answer.
    let mut response = in_one_form(answered?, &id);
    add_headers(response.headers_mut(), &id);
    let status = response.status().as_u16();
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let elapsed = started.elapsed();
    if let Some(state) = &state {
        let method = method.to_string();
        let labels = RouteLabels { method: method.clone(), route: route.clone() };
        state.metrics.durations.get_or_create(&labels).observe(elapsed.as_secs_f64());
        let labels = RequestLabels { method, route: route.clone(), status };
        state.metrics.requests.get_or_create(&labels).inc();
    }
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if probe {
        tracing::debug!(request_id = id, %method, route, status, elapsed_ms, "request");
    } else {
        tracing::info!(request_id = id, %method, route, status, elapsed_ms, %address, "request");
    }
    Ok(response)
}

/// Every error becomes a problem document that carries the request id.
fn in_one_form(response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let answer = match response.response().error() {
        Some(error) => match error.as_error::<Problem>() {
            Some(problem) => problem.response(Some(id)),
            None if status.is_server_error() => Problem::internal(error).response(Some(id)),
            None => Problem::of_status(status, first_line(&error.to_string())).response(Some(id)),
        },
        None => {
            let own = response.headers().get(header::CONTENT_TYPE);
            if own.is_some_and(|kind| kind.as_bytes() == MEDIA_TYPE.as_bytes()) {
                return response;
            }
            let path = response.request().path();
            let detail = format!("{} {path}", response.request().method());
            Problem::of_status(status, detail).response(Some(id))
        }
    };
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, answer)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}

fn add_headers(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
