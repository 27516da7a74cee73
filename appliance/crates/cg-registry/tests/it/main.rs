//! The registry as its clients meet it: real skopeo, real TLS, plain HTTP by hand.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod changes;
mod fixture;
mod protocol;
mod refusals;
mod skopeo;
mod tls;
