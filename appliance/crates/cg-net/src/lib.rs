//! The only place that opens outgoing connections.
//!
//! A [`NetPolicy`] says where connections may go; an [`Http`] client is made from a policy and one
//! [`Endpoint`], and cannot reach anything else: names are resolved once and checked, proxies from
//! the environment are ignored, redirects are not followed.

mod client;
mod endpoint;
mod error;
mod policy;

pub use client::{Http, HttpOptions, Response};
pub use endpoint::Endpoint;
pub use error::NetError;
pub use policy::{AllowedHost, NetMode, NetPolicy};
