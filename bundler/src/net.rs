//! The only door to the network: one HTTP client with TLS by rustls, and the rules for addresses.

use std::error::Error as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Url};
use tokio::runtime::Runtime;

use crate::error::Error;

const CONNECT: Duration = Duration::from_secs(20);
/// Longest silence of a server.
const SILENCE: Duration = Duration::from_secs(60);
const MOST_REDIRECTS: usize = 10;
/// Largest file of CA certificates.
const MOST_CA: u64 = 4 << 20;
pub(crate) const USER_AGENT: &str = concat!("codegraph-bundle/", env!("CARGO_PKG_VERSION"));

/// An open door. Made by commands that may use the network, and by no other.
#[derive(Debug, Clone)]
pub(crate) struct Net {
    runtime: Arc<Runtime>,
    client: reqwest::Client,
    ca: Vec<u8>,
}

impl Net {
    /// Trusts the system's CAs (or those of `SSL_CERT_FILE`) and those of the PEM file `ca`.
    pub(crate) fn open(ca: Option<&Path>) -> Result<Self, Error> {
        // An error says that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|e| Error::Unexpected(format!("cannot start threads: {e}")))?;
        let ca = ca.map(read_ca).transpose()?.unwrap_or_default();
        let client = reqwest::Client::builder()
            .tls_certs_merge(certificates(&ca)?)
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(Policy::custom(|attempt| {
                if attempt.previous().len() > MOST_REDIRECTS {
                    attempt.error("too many redirects")
                } else if let Err(problem) = allowed(attempt.url()) {
                    attempt.error(problem)
                } else {
                    attempt.follow()
                }
            }))
            .build()
            .map_err(|e| {
                Error::Usage(format!(
                    "cannot set up TLS: {}; install the system's CA certificates or give --ca FILE",
                    chain(&e)
                ))
            })?;
        Ok(Self { runtime: Arc::new(runtime), client, ca })
    }

    /// Runs to the end on the calling thread; connections are driven beside it.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The client.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// The CA certificates that were given beside the system's, one PEM text each.
    pub(crate) fn extra_ca(&self) -> Vec<Vec<u8>> {
        pem_blocks(&self.ca)
    }
}

/// Parses an address and refuses what would go over the wire in the clear.
pub(crate) fn url(text: &str) -> Result<Url, Error> {
    let problem = |problem: String| Error::Usage(format!("address {text:?}: {problem}"));
    let url = Url::parse(text).map_err(|e| problem(e.to_string()))?;
    allowed(&url).map_err(problem)?;
    Ok(url)
}

fn allowed(url: &Url) -> Result<(), String> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if url.host_str().is_some_and(is_loopback) => Ok(()),
        "http" => Err(format!(
            "{} would be asked without TLS; only a loopback address may be",
            url.host_str().unwrap_or_default()
        )),
        other => Err(format!("{other} is neither https nor http")),
    }
}

/// Whether a host (without port) is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What went wrong, down to its cause, in one line and without the address.
pub(crate) fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        // The HTTP library's own layers say nothing that helps.
        if !text.contains(&said) && !said.starts_with("client error") {
            text = if text.is_empty() { said } else { format!("{text}: {said}") };
        }
        cause = next.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}

/// Whether the other side's certificate was the problem: trying again is no use.
pub(crate) fn bad_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return matches!(tls, rustls::Error::InvalidCertificate(_));
    }
    // An I/O error hides what it wraps from `source`.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    wrapped.is_some_and(|inner| bad_certificate(inner))
        || error.source().is_some_and(bad_certificate)
}

fn read_ca(file: &Path) -> Result<Vec<u8>, Error> {
    let size = std::fs::metadata(file).map_err(Error::io("cannot read", file))?.len();
    let problem =
        |problem: &str| Error::Config { file: file.to_owned(), problem: problem.to_owned() };
    if size > MOST_CA {
        return Err(problem("too large for a file of CA certificates"));
    }
    let bytes = std::fs::read(file).map_err(Error::io("cannot read", file))?;
    if certificates(&bytes)?.is_empty() {
        return Err(problem("holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"));
    }
    Ok(bytes)
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, Error> {
    Certificate::from_pem_bundle(pem)
        .map_err(|e| Error::Usage(format!("the CA certificates cannot be read: {}", chain(&e))))
}

fn pem_blocks(pem: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(pem);
    let begin = "-----BEGIN CERTIFICATE-----";
    text.match_indices(begin)
        .map(|(at, _)| {
            let end =
                text[at + begin.len()..].find(begin).map_or(text.len(), |n| at + begin.len() + n);
            text.as_bytes()[at..end].to_vec()
        })
        .collect()
}
