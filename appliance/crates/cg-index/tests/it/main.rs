//! A folder goes in, a snapshot comes out, whatever lies in the folder.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(unreachable_pub, missing_docs, reason = "tests")]

mod hostile;
mod incremental;
mod keys;
mod repository;
mod support;
