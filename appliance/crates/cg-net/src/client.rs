//! An HTTP client that can reach one endpoint and nothing else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::endpoint::Endpoint;
use crate::error::NetError;
use crate::policy::NetPolicy;

/// Addresses of one name that are tried at most.
const MAX_ADDRESSES: usize = 16;

/// Waits of a client. There is no limit on a whole exchange: streams may last; drop the future or
/// the [`Response`] to cancel.
#[derive(Clone, Copy, Debug)]
pub struct HttpOptions {
    /// Until the connection stands.
    pub connect: Duration,
    /// Between two pieces of an answer, the first one included.
    pub silence: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), silence: Duration::from_secs(60) }
    }
}

/// The client. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    base: Url,
    prefix: String,
    endpoint: String,
}

/// Endpoints are sockets and plain HTTP on the site. A configuration of our own keeps the library
/// from reading the host's certificates or asking for a process-wide TLS provider.
fn trust_nobody() -> rustls::ClientConfig {
    let provider = rustls::crypto::ring::default_provider().into();
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

impl Http {
    /// Makes a client for an endpoint. A host is checked, resolved once and checked again; from
    /// then on only the addresses found are used.
    ///
    /// # Errors
    /// When the policy refuses the endpoint, or its name has no address.
    pub async fn new(
        policy: &NetPolicy,
        endpoint: &Endpoint,
        options: HttpOptions,
    ) -> Result<Self, NetError> {
        let builder = reqwest::Client::builder()
            .no_proxy()
            .tls_backend_preconfigured(trust_nobody())
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect)
            .read_timeout(options.silence)
            .user_agent(concat!("codegraph/", env!("CARGO_PKG_VERSION")));
        let (builder, base, prefix) = match endpoint {
            Endpoint::Unix(path) => {
                (builder.unix_socket(path.as_path()), "http://localhost/".to_owned(), String::new())
            }
            Endpoint::Tcp { host, port, prefix } => {
                policy.check_name(host, *port)?;
                let addresses = resolve(host, *port).await?;
                for address in &addresses {
                    policy.check_address(host, *port, address.ip())?;
                }
                let shown = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                let builder = builder.resolve_to_addrs(host, &addresses);
                (builder, format!("http://{shown}:{port}/"), prefix.clone())
            }
        };
        let endpoint = endpoint.to_string();
        let failed = |cause: String| NetError::Connect { endpoint: endpoint.clone(), cause };
        let base = Url::parse(&base).map_err(|error| failed(error.to_string()))?;
        let client = builder.build().map_err(|error| failed(causes(&error)))?;
        Ok(Self { client, base, prefix, endpoint })
    }

    /// Asks for `path` (with query, if any).
    ///
    /// # Errors
    /// When no answer came, or a redirect. Other statuses are for the caller to look at.
    pub async fn get(&self, path: &str) -> Result<Response, NetError> {
        self.send(self.client.get(self.url(path))).await
    }

    /// Asks for `path` with a bearer token.
    ///
    /// # Errors
    /// As [`Http::get`].
    pub async fn get_as(&self, path: &str, token: &str) -> Result<Response, NetError> {
        self.send(self.client.get(self.url(path)).bearer_auth(token)).await
    }

    /// Sends a JSON body to `path`.
    ///
    /// # Errors
    /// As [`Http::get`].
    pub async fn post<T: Serialize + ?Sized>(
        &self,
        path: &str,
        body: &T,
    ) -> Result<Response, NetError> {
        self.send(self.client.post(self.url(path)).json(body)).await
    }

    /// Sends a JSON body to `path` with a bearer token.
    ///
    /// # Errors
    /// As [`Http::get`].
    pub async fn post_as<T: Serialize + ?Sized>(
        &self,
        path: &str,
        token: &str,
        body: &T,
    ) -> Result<Response, NetError> {
        self.send(self.client.post(self.url(path)).bearer_auth(token).json(body)).await
    }

    /// The endpoint as text, for messages.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The path is set on the fixed base, never joined to it: no path can change the host.
    fn url(&self, path: &str) -> Url {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{}", self.prefix, path.trim_start_matches('/')));
        url.set_query(query);
        url
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, NetError> {
        let inner = request.send().await.map_err(|error| self.failure(&error))?;
        let status = inner.status();
        if status.is_redirection() {
            let endpoint = self.endpoint.clone();
            return Err(NetError::Redirect { endpoint, status: status.as_u16() });
        }
        Ok(Response { inner, endpoint: self.endpoint.clone() })
    }

    fn failure(&self, error: &reqwest::Error) -> NetError {
        failure(&self.endpoint, error)
    }
}

/// An answer whose body has not been read yet.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    endpoint: String,
}

impl Response {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.inner.status().is_success()
    }

    /// A header's value, if it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// The next piece of the body; nothing at its end.
    ///
    /// # Errors
    /// When the exchange breaks off or the other side is silent for too long.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, NetError> {
        self.inner.chunk().await.map_err(|error| failure(&self.endpoint, &error))
    }

    /// The whole body, of at most `limit` bytes.
    ///
    /// # Errors
    /// As [`Response::chunk`], and when the body is larger.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, NetError> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.chunk().await? {
            if whole.len() + piece.len() > limit {
                return Err(NetError::TooLarge { endpoint: self.endpoint, limit });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// The whole body, of at most `limit` bytes, as JSON.
    ///
    /// # Errors
    /// As [`Response::bytes`], and when the body does not fit `T`.
    pub async fn json<T: DeserializeOwned>(self, limit: usize) -> Result<T, NetError> {
        let endpoint = self.endpoint.clone();
        let bytes = self.bytes(limit).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| NetError::Form { endpoint, cause: error.to_string() })
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, NetError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    if host.trim_end_matches('.').eq_ignore_ascii_case("localhost") {
        // Never asked of a resolver: its answer could lie elsewhere.
        return Ok(vec![
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port),
            SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port),
        ]);
    }
    let failed = |cause: String| NetError::Resolve { host: host.to_owned(), cause };
    let found = tokio::net::lookup_host((host, port)).await;
    let addresses: Vec<_> =
        found.map_err(|error| failed(error.to_string()))?.take(MAX_ADDRESSES).collect();
    if addresses.is_empty() {
        return Err(failed("the name has no address".to_owned()));
    }
    Ok(addresses)
}

fn failure(endpoint: &str, error: &reqwest::Error) -> NetError {
    let endpoint = endpoint.to_owned();
    if error.is_timeout() {
        NetError::Timeout { endpoint }
    } else if error.is_connect() {
        NetError::Connect { endpoint, cause: causes(error) }
    } else {
        NetError::Exchange { endpoint, cause: causes(error) }
    }
}

/// The innermost cause says what happened; the outer ones repeat the address.
fn causes(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
