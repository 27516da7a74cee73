//! The listeners: loopback in plain text, other addresses with TLS only; limits on both.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpServer, web};

use crate::answer::answer;
use crate::error::Error;
use crate::loaded::Registry;
use crate::tls;

/// Threads that serve.
const WORKERS: usize = 2;
/// Connections of each.
const MAX_CONNECTIONS: usize = 256;
/// TLS handshakes at once, of each.
const MAX_HANDSHAKES: usize = 64;
/// Connections that may wait to be taken.
const BACKLOG: u32 = 256;
/// Threads of each that read files.
const READERS: usize = 8;
/// Time for a client to send its whole head.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time that an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Time that running pulls have to end when the registry is stopped.
const STOP_SECONDS: u64 = 10;

/// Where the registry listens.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Addresses without TLS: loopback only.
    pub listen: Vec<SocketAddr>,
    /// Addresses with TLS.
    pub tls: Option<TlsOptions>,
}

/// The TLS side.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// Addresses.
    pub listen: Vec<SocketAddr>,
    /// Certificate chain, PEM.
    pub certificate: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
}

/// A registry that listens; it answers once `server` is awaited.
pub struct Bound {
    /// The URLs that it answers, with the ports that it got.
    pub urls: Vec<String>,
    /// The server.
    pub server: Server,
}

/// Listens on every address.
///
/// # Errors
/// An address that must not be served without TLS, is not free, or a certificate that is none.
pub fn bind(registry: web::Data<Registry>, options: &Options) -> Result<Bound, Error> {
    if let Some(exposed) = options.listen.iter().find(|address| !address.ip().is_loopback()) {
        return Err(Error::Exposed(*exposed));
    }
    let mut server = HttpServer::new(move || {
        let headers = DefaultHeaders::new()
            .add(("Docker-Distribution-Api-Version", "registry/2.0"))
            .add(("X-Content-Type-Options", "nosniff"));
        App::new().app_data(registry.clone()).wrap(headers).default_service(web::to(answer))
    })
    .workers(WORKERS)
    .worker_max_blocking_threads(READERS)
    .backlog(BACKLOG)
    .max_connections(MAX_CONNECTIONS)
    .max_connection_rate(MAX_HANDSHAKES)
    .client_request_timeout(HEAD_TIME)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(STOP_SECONDS)
    .disable_signals();
    let mut urls = Vec::new();
    for address in &options.listen {
        let (listener, here) = listen(*address)?;
        urls.push(format!("http://{here}"));
        server = server.listen(listener)?;
    }
    if let Some(tls) = &options.tls {
        let config = tls::config(&tls.certificate, &tls.key)?;
        for address in &tls.listen {
            let (listener, here) = listen(*address)?;
            urls.push(format!("https://{here}"));
            server = server.listen_rustls_0_23(listener, config.clone())?;
        }
    }
    if urls.is_empty() {
        return Err(Error::NoAddress);
    }
    Ok(Bound { urls, server: server.run() })
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |cause| Error::Listen { address, cause };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let here = listener.local_addr().map_err(failed)?;
    Ok((listener, here))
}
