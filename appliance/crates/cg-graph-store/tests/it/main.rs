//! What a snapshot promises to those who write it and those who ask it.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(unreachable_pub, missing_docs, reason = "tests")]

mod publish;
mod refusals;
mod requests;
mod round_trip;
mod schema_page;
mod search;
mod slicing;
mod support;
