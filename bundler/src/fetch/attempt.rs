//! One download until it is complete.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_RANGE, HeaderValue, RANGE};
use reqwest::{Response, StatusCode, Url};

use super::retry::{self, Failure, TRIES};
use super::{Download, origin};
use crate::cache::{Cache, Partial, Size};
use crate::error::Error;
use crate::net::Net;
use crate::progress::Report;

/// As many new bytes make up for the tries that went before.
const ENOUGH: u64 = 1 << 20;
/// As many bytes from an earlier run take a while to be checked.
const LONG: u64 = 1 << 30;
/// Bytes between two reports.
const REPORT: u64 = 256 << 10;

pub(crate) struct Job<'a> {
    pub(crate) net: &'a Net,
    pub(crate) download: &'a Download<'a>,
    pub(crate) url: Url,
    pub(crate) cache: &'a Cache,
    pub(crate) report: &'a dyn Report,
    pub(crate) stop: &'a AtomicBool,
}

impl Job<'_> {
    /// Gets the file. What an earlier run left wrong is fetched once more from its start.
    pub(crate) fn run(&self) -> Result<(), Error> {
        let left = self.cache.left(&self.download.digest);
        if left >= LONG {
            let (item, left) = (&self.download.item, crate::size::show(left));
            self.report.note(&format!("{item}: checking {left} that an earlier run got"));
        }
        let mut partial = self.cache.begin(&self.download.digest, self.download.size)?;
        let resumed = partial.len() > 0;
        self.report.skip(&self.download.item, partial.len());
        if !self.fill(&mut partial)? {
            return Ok(());
        }
        match partial.finish() {
            Err(Error::Refused { .. }) if resumed => {
                self.report.note(&format!(
                    "{}: what an earlier run left was damaged; it is fetched anew",
                    self.download.item
                ));
                let mut partial = self.cache.begin(&self.download.digest, self.download.size)?;
                if !self.fill(&mut partial)? {
                    return Ok(());
                }
                partial.finish().map_err(|error| self.named(error))?;
            }
            other => drop(other.map_err(|error| self.named(error))?),
        }
        self.report.done(&self.download.item);
        Ok(())
    }

    /// False when the run was stopped.
    fn fill(&self, partial: &mut Partial) -> Result<bool, Error> {
        let (item, from) = (&self.download.item, origin(&self.url));
        let mut tries = 0;
        let (mut header, mut rejected) = (None, false);
        while !partial.is_complete() {
            let before = partial.len();
            let refused = header.filter(|_| rejected);
            header = self.download.access.authorization(refused.as_ref())?;
            let failure = match self.net.run(self.attempt(header.clone(), partial)) {
                Ok(()) => break,
                Err(failure) => failure,
            };
            let (problem, wait) = match failure {
                Failure::Stopped => return Ok(false),
                Failure::Final(error) => return Err(self.named(error)),
                Failure::Unauthorized if rejected => return Err(retry::unauthorized(item, &from)),
                // A token may have run out; a fresh one is worth one try.
                Failure::Unauthorized => {
                    rejected = true;
                    continue;
                }
                Failure::Later { problem, wait } => (problem, wait),
            };
            if partial.len().saturating_sub(before) >= ENOUGH {
                (tries, rejected) = (0, false);
            }
            tries += 1;
            if tries >= TRIES {
                return Err(retry::gave_up(item, &from, problem));
            }
            let wait = retry::wait(tries, wait);
            self.report.note(&format!(
                "{item} from {from}: {problem}; trying again in {:.1} s from byte {}",
                wait.as_secs_f64(),
                partial.len()
            ));
            retry::sleep(wait, self.stop);
            if self.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn attempt(
        &self,
        header: Option<HeaderValue>,
        partial: &mut Partial,
    ) -> Result<(), Failure> {
        let (item, from) = (&self.download.item, origin(&self.url));
        let broken = |error: reqwest::Error| retry::broken(&error, item, &from);
        let mut request =
            self.net.client().get(self.url.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        if let Some(accept) = self.download.access.accept() {
            request = request.header(ACCEPT, accept);
        }
        if partial.len() > 0 {
            request = request.header(RANGE, format!("bytes={}-", partial.len()));
        }
        let mut response = request.send().await.map_err(broken)?;
        match response.status() {
            StatusCode::OK => partial.restart()?,
            StatusCode::PARTIAL_CONTENT if first_byte(&response) == Some(partial.len()) => {}
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                partial.restart()?;
                let problem = "the server does not go on where it was asked to".to_owned();
                return Err(Failure::Later { problem, wait: None });
            }
            _ => return Err(retry::status(&response, item, &from)),
        }
        let mut unsaid = 0;
        let ended = loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break Ok(()),
                Err(error) => break Err(broken(error)),
            };
            if let Err(error) = partial.append(&chunk) {
                // Nothing that such a server sent is worth keeping.
                if matches!(error, Error::Refused { .. }) {
                    partial.restart()?;
                }
                break Err(error.into());
            }
            unsaid += chunk.len() as u64;
            if unsaid >= REPORT {
                self.report.advance(item, std::mem::take(&mut unsaid));
            }
            if self.stop.load(Ordering::Relaxed) {
                break Err(Failure::Stopped);
            }
        };
        self.report.advance(item, unsaid);
        ended?;
        match self.download.size {
            Size::Exactly(size) if partial.len() < size => Err(Failure::Later {
                problem: format!("it ended after {} of {size} bytes", partial.len()),
                wait: None,
            }),
            _ => Ok(()),
        }
    }

    /// Puts the item's name and address into a refusal.
    fn named(&self, error: Error) -> Error {
        match error {
            Error::Refused { what, problem } => Error::Refused {
                what: format!("{} ({what}) from {}", self.download.item, self.url),
                problem,
            },
            other => other,
        }
    }
}

/// Where a partial answer begins.
fn first_byte(response: &Response) -> Option<u64> {
    let text = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    text.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}
