//! Why a connection was not made or an exchange failed.

use std::net::IpAddr;

/// A refusal of the policy, or a failure on the way.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The address is not one that this crate understands.
    #[error("`{address}` is not an address to connect to: {cause}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it, and what is right.
        cause: &'static str,
    },
    /// The policy does not allow the host.
    #[error(
        "connection to {host}:{port} refused: the site is isolated; name it in network.allow if it belongs to the site"
    )]
    Isolated {
        /// The host as it was named.
        host: String,
        /// The port.
        port: u16,
    },
    /// The name of a host that would be allowed leads to an address that is not.
    #[error("connection to {host} refused: it resolves to {ip}, which {why}")]
    Resolved {
        /// The host as it was named.
        host: String,
        /// The address it leads to.
        ip: IpAddr,
        /// Why that address is refused.
        why: &'static str,
    },
    /// The name has no address.
    #[error("cannot resolve {host}: {cause}")]
    Resolve {
        /// The host as it was named.
        host: String,
        /// What the resolver said.
        cause: String,
    },
    /// The other side wants us to go elsewhere.
    #[error("{endpoint} answered with a redirect ({status}), which is never followed")]
    Redirect {
        /// Whom we asked.
        endpoint: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection could not be made.
    #[error("cannot connect to {endpoint}: {cause}")]
    Connect {
        /// Whom we asked.
        endpoint: String,
        /// What went wrong.
        cause: String,
    },
    /// The other side was silent for too long.
    #[error("{endpoint} did not answer in time")]
    Timeout {
        /// Whom we asked.
        endpoint: String,
    },
    /// The exchange broke off.
    #[error("exchange with {endpoint} failed: {cause}")]
    Exchange {
        /// Whom we asked.
        endpoint: String,
        /// What went wrong.
        cause: String,
    },
    /// The answer is larger than the caller wants.
    #[error("answer of {endpoint} is larger than {limit} bytes")]
    TooLarge {
        /// Whom we asked.
        endpoint: String,
        /// The caller's limit.
        limit: usize,
    },
    /// The answer is not the JSON that was expected.
    #[error("answer of {endpoint} is not as expected: {cause}")]
    Form {
        /// Whom we asked.
        endpoint: String,
        /// What does not fit.
        cause: String,
    },
}
