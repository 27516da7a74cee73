//! The real program with the real models, over its socket.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod chat;
mod embedding;
mod failures;
mod harness;
