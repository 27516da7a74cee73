//! Images from OCI registries: resolve names to digests, check signatures, pull blobs into the cache.

mod cosign;
mod credentials;
mod items;
mod public_key;
mod pull;
mod resolve;
mod resolved;
mod session;
#[cfg(test)]
mod tests;

pub(crate) use items::items;
pub(crate) use pull::downloads;
pub(crate) use resolve::resolve;
pub(crate) use resolved::{ImageRequest, ResolvedImage};
pub(crate) use session::{Registry, Repository};
