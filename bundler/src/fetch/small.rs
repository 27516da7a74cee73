//! Small documents that are read at once, with a limit.

use std::sync::atomic::AtomicBool;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{StatusCode, Url};

use super::retry::{self, Failure, TRIES};
use super::{Access, origin};
use crate::error::Error;
use crate::net::{self, Net};

/// What is asked.
pub(crate) struct Small<'a> {
    /// Names it to people.
    pub(crate) what: &'a str,
    pub(crate) url: &'a str,
    /// Media types that are taken, as the header has them; may be empty.
    pub(crate) accept: &'a str,
    /// Most bytes.
    pub(crate) limit: usize,
    pub(crate) access: &'a dyn Access,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) bytes: Vec<u8>,
    /// Without parameters; empty where the server says none.
    pub(crate) media_type: String,
}

/// Reads a document; `None` when the server has none of that name.
pub(crate) fn small(net: &Net, asked: &Small<'_>) -> Result<Option<Document>, Error> {
    let url = net::url(asked.url)?;
    let from = origin(&url);
    let never = AtomicBool::new(false);
    let (mut tries, mut header, mut rejected) = (0, None, false);
    loop {
        let refused = header.filter(|_| rejected);
        header = asked.access.authorization(refused.as_ref())?;
        match net.run(attempt(net, asked, &url, header.clone())) {
            Ok(document) => return Ok(document),
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Unauthorized) if rejected => {
                return Err(retry::unauthorized(asked.what, &from));
            }
            Err(Failure::Unauthorized) => rejected = true,
            Err(Failure::Later { problem, wait }) => {
                tries += 1;
                if tries >= TRIES {
                    return Err(retry::gave_up(asked.what, &from, problem));
                }
                retry::sleep(retry::wait(tries, wait), &never);
            }
            Err(Failure::Stopped) => return Err(Error::Unexpected("stopped".to_owned())),
        }
    }
}

async fn attempt(
    net: &Net,
    asked: &Small<'_>,
    url: &Url,
    header: Option<HeaderValue>,
) -> Result<Option<Document>, Failure> {
    let from = origin(url);
    let broken = |error: reqwest::Error| retry::broken(&error, asked.what, &from);
    let mut request = net.client().get(url.clone()).header(ACCEPT_ENCODING, "identity");
    if !asked.accept.is_empty() {
        request = request.header(ACCEPT, asked.accept);
    }
    if let Some(header) = header {
        request = request.header(AUTHORIZATION, header);
    }
    let mut response = request.send().await.map_err(broken)?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok(None),
        _ => return Err(retry::status(&response, asked.what, &from)),
    }
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type =
        value.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > asked.limit {
            return Err(Failure::Final(Error::Refused {
                what: format!("{} from {from}", asked.what),
                problem: format!("it has more than {} bytes", asked.limit),
            }));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(Document { bytes, media_type }))
}
