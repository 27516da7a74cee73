//! Whom to talk to.

use std::fmt;
use std::path::{Path, PathBuf};

use url::{Host, Url};

use crate::error::NetError;

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// HTTP over a Unix socket.
    Unix(PathBuf),
    /// HTTP over TCP.
    Tcp {
        /// Name or address, IPv6 without brackets.
        host: String,
        /// Port.
        port: u16,
        /// Path before every request's path, without a slash at its end.
        prefix: String,
    },
}

impl Endpoint {
    /// A Unix socket.
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self::Unix(path.as_ref().to_path_buf())
    }

    /// Reads `http://host[:port][/prefix]` or `unix:/path`.
    ///
    /// # Errors
    /// When it is neither, or carries user, password, query or fragment. `https` is refused: this
    /// crate has no TLS yet.
    pub fn parse(text: &str) -> Result<Self, NetError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::unix(path));
        }
        let wrong = |cause| NetError::Address { address: text.to_owned(), cause };
        let url = Url::parse(text).map_err(|_| wrong("write http://host:port or unix:/path"))?;
        if url.scheme() == "https" {
            return Err(wrong("TLS is not available; use http:// or unix:"));
        }
        if url.scheme() != "http" {
            return Err(wrong("write http://host:port or unix:/path"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("user and password do not belong into an address"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("query and fragment do not belong into an address"));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(ip)) => ip.to_string(),
            None => return Err(wrong("the host is missing")),
        };
        let port = url.port_or_known_default().ok_or_else(|| wrong("the port is missing"))?;
        let prefix = url.path().trim_end_matches('/').to_owned();
        Ok(Self::Tcp { host, port, prefix })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp { host, port, prefix } if host.contains(':') => {
                write!(f, "http://[{host}]:{port}{prefix}")
            }
            Self::Tcp { host, port, prefix } => write!(f, "http://{host}:{port}{prefix}"),
        }
    }
}
