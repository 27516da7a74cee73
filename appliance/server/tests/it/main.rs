//! The server as its users meet it: a real process, a real store, real requests.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod audit;
mod auth;
mod commands;
mod documents;
mod jobs;
mod life;
mod permissions;
mod registry;
mod server;
