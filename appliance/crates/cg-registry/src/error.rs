//! What can go wrong before anybody is served.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the registry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder of the layout.
    #[error("{} cannot be read: {cause}; is a release installed there?", path.display())]
    Layout {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The layout's index says something that it must not say.
    #[error("{} is damaged: {what}; `codegraph-install repair` writes it anew", path.display())]
    Index {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// An address without TLS that other machines could reach.
    #[error(
        "{0} can be reached from other machines and would be served without TLS; give such an address as the TLS address, with a certificate and its key"
    )]
    Exposed(SocketAddr),
    /// Nothing to listen on.
    #[error("no address to listen on; give one")]
    NoAddress,
    /// An address that is not free, or not of this machine.
    #[error(
        "cannot listen on {address}: {cause}; choose another address or port, or stop who listens there"
    )]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        cause: io::Error,
    },
    /// The certificate or its key.
    #[error("{} is no usable {kind} in PEM: {cause}", path.display())]
    Certificate {
        /// Which.
        path: PathBuf,
        /// `certificate` or `private key`.
        kind: &'static str,
        /// Why.
        cause: String,
    },
    /// The server itself.
    #[error("the server ended: {0}")]
    Server(#[from] io::Error),
}
