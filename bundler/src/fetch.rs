//! Files over https into the cache: several at once, each one resumed by byte range and tried again with
//! growing waits, its digest checked before it counts.

mod attempt;
pub(crate) mod retry;
mod small;
#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use cg_bundle_format::Digest;
use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::cache::{Cache, Size};
use crate::error::Error;
use crate::net::{self, Net};
use crate::progress::Report;

pub(crate) use retry::Failure;
pub(crate) use small::{Document, Small, small};

/// Downloads at the same time.
const PARALLEL: usize = 6;

/// Tells what stands in `Authorization`, and in `Accept` where the server wants one.
pub(crate) trait Access: Sync {
    /// `rejected` is what the server did not take: get another.
    fn authorization(&self, rejected: Option<&HeaderValue>) -> Result<Option<HeaderValue>, Error>;

    /// Media types that are taken.
    fn accept(&self) -> Option<&'static str> {
        None
    }
}

/// No credentials.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anonymous;

impl Access for Anonymous {
    fn authorization(&self, _: Option<&HeaderValue>) -> Result<Option<HeaderValue>, Error> {
        Ok(None)
    }
}

/// A fixed `Authorization: Bearer`.
#[derive(Clone)]
pub(crate) struct Bearer(pub(crate) String);

impl Access for Bearer {
    fn authorization(&self, _: Option<&HeaderValue>) -> Result<Option<HeaderValue>, Error> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).map_err(|_| {
            Error::Usage("the access token holds characters that cannot be sent".to_owned())
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// One file.
pub(crate) struct Download<'a> {
    /// Names it to people, unique in the run.
    pub(crate) item: String,
    pub(crate) url: String,
    pub(crate) digest: Digest,
    /// A `u64` where it is known; `Size::AtMost` where nobody says.
    pub(crate) size: Size,
    pub(crate) access: &'a dyn Access,
}

/// Brings files into the cache, several at a time, each digest once. After the first failure nothing new is begun.
pub(crate) fn fetch_all(
    net: &Net,
    downloads: &[Download<'_>],
    cache: &Cache,
    report: &dyn Report,
) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let mut queue = VecDeque::new();
    for download in downloads {
        let url = net::url(&download.url)?;
        if !seen.insert(download.digest) {
            continue;
        }
        let bytes = match download.size {
            Size::Exactly(bytes) => bytes,
            Size::AtMost(_) => 0,
        };
        report.plan(&download.item, &origin(&url), bytes);
        if cache.get(&download.digest).is_some() {
            report.skip(&download.item, bytes);
            report.done(&download.item);
        } else {
            queue.push_back((download, url));
        }
    }
    report.planned();
    let threads = PARALLEL.min(queue.len());
    let queue = Mutex::new(queue);
    let first = Mutex::new(None);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some((download, url)) = next else { break };
                    let job = attempt::Job { net, download, url, cache, report, stop: &stop };
                    if let Err(error) = job.run() {
                        stop.store(true, Ordering::Relaxed);
                        first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                }
            });
        }
    });
    match first.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Host and port, for people.
pub(crate) fn origin(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => url.to_string(),
    }
}
