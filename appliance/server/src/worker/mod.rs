//! Child processes that do the dangerous work: parsing foreign code, running users' SQL.
//!
//! Parent's side: [`Launcher`] starts children, [`IndexWorker`], [`QueryPool`] and [`VectorWriter`]
//! talk to them. Child's side: [`child`], which restricts itself by [`sandbox`] before it does
//! anything with foreign bytes. Both sides speak JSON lines ([`protocol`]).

pub(crate) mod child;
mod error;
mod index;
mod pool;
mod probe;
mod protocol;
mod sandbox;
mod seccomp;
mod session;
mod spawn;
mod vectors;

#[cfg(test)]
mod tests;

pub(crate) use error::WorkerError;
pub(crate) use index::IndexWorker;
pub(crate) use pool::{PoolOptions, QueryPool};
pub(crate) use probe::probe;
pub(crate) use protocol::Isolation;
pub(crate) use spawn::Launcher;
pub(crate) use vectors::{VectorFile, VectorWriter};
