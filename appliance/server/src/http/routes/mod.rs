//! One file a resource.

pub(crate) mod ask;
pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod graph;
pub(crate) mod health;
pub(crate) mod jobs;
pub(crate) mod metrics;
mod page;
pub(crate) mod projects;
pub(crate) mod search;
pub(crate) mod system;
pub(crate) mod users;
pub(crate) mod vectors;
