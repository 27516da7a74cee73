//! When to try again, and after how long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Response, StatusCode};

use crate::error::Error;
use crate::net;

/// Tries in a row that brought nothing.
pub(crate) const TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait that a server can ask for.
const MOST_WAIT: Duration = Duration::from_secs(60);
/// How soon a wait sees that the run was stopped.
const STEP: Duration = Duration::from_millis(50);

/// Why a try failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It may work later; the server may have said when.
    Later { problem: String, wait: Option<Duration> },
    /// The credentials were not taken.
    Unauthorized,
    /// It never will.
    Final(Error),
    /// Another download failed.
    Stopped,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// The wait before try `number` (from 1 on): doubled each time, spread so that not all come at once.
pub(crate) fn wait(number: u32, asked: Option<Duration>) -> Duration {
    let base = FIRST_WAIT * 2_u32.pow(number.saturating_sub(1).min(6));
    let spread = base.mul_f64(rand::random_range(0.75..1.25));
    asked.map_or(spread, |asked| asked.max(spread)).min(MOST_WAIT)
}

/// Sleeps unless the run is stopped.
pub(crate) fn sleep(time: Duration, stop: &AtomicBool) {
    let end = Instant::now() + time;
    while !stop.load(Ordering::Relaxed) {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        std::thread::sleep(left.min(STEP));
    }
}

/// A request that got no answer, or an answer that broke off.
pub(crate) fn broken(error: &reqwest::Error, what: &str, from: &str) -> Failure {
    if net::bad_certificate(error) {
        return Failure::Final(Error::Network {
            what: what.to_owned(),
            from: from.to_owned(),
            problem: net::chain(error),
            remedy: "if this server's certificate comes from an own CA, give it with --ca FILE or SSL_CERT_FILE",
        });
    }
    if error.is_redirect() || error.is_builder() {
        return Failure::Final(Error::Network {
            what: what.to_owned(),
            from: from.to_owned(),
            problem: net::chain(error),
            remedy: "check the address",
        });
    }
    Failure::Later { problem: net::chain(error), wait: None }
}

/// What a status other than success means.
pub(crate) fn status(response: &Response, what: &str, from: &str) -> Failure {
    let status = response.status();
    match status {
        StatusCode::UNAUTHORIZED => Failure::Unauthorized,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Failure::Later { problem: format!("the server says {status}"), wait: asked(response) }
        }
        _ if status.is_server_error() => {
            Failure::Later { problem: format!("the server says {status}"), wait: asked(response) }
        }
        _ => Failure::Final(Error::Network {
            what: what.to_owned(),
            from: from.to_owned(),
            problem: format!("the server says {status}"),
            remedy: match status {
                StatusCode::FORBIDDEN => "check that these credentials may read it",
                _ => "check name and address",
            },
        }),
    }
}

/// `Retry-After` in seconds.
fn asked(response: &Response) -> Option<Duration> {
    let value = response.headers().get(reqwest::header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// The end of all tries.
pub(crate) fn gave_up(what: &str, from: &str, problem: String) -> Error {
    Error::Network {
        what: what.to_owned(),
        from: from.to_owned(),
        problem: format!("{problem} ({TRIES} tries)"),
        remedy: "check that the server can be reached and run the same command again: it goes on where this one stopped",
    }
}

/// Credentials were asked for, and the ones at hand were not taken.
pub(crate) fn unauthorized(what: &str, from: &str) -> Error {
    Error::Network {
        what: what.to_owned(),
        from: from.to_owned(),
        problem: "the server wants (other) credentials".to_owned(),
        remedy: "log in (`podman login`, `skopeo login`) or set REGISTRY_AUTH_FILE",
    }
}
