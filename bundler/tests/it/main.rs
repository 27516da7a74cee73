//! The program as its users meet it: a folder of inputs, commands, exit codes, volumes.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod delta;
mod fixture;
mod image;
mod lock;
mod registries;
mod registry;
mod remote;
mod story;
mod transfer;
