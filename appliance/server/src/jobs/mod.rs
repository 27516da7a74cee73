//! Index jobs: the queue and its runners, publishing what a worker wrote, meaning vectors.

pub(crate) mod disk_full;
mod embed;
pub(crate) mod embedder;
pub(crate) mod publish;
mod runner;
pub(crate) mod scratch;
mod vector_cache;

pub(crate) use runner::{Jobs, Parts};
