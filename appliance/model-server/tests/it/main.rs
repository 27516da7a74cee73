//! The real program with the real models, over its socket.

mod chat;
mod embedding;
mod failures;
mod harness;
