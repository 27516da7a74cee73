//! The program as its users meet it: a folder of inputs, commands, exit codes, volumes.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod attacks;
mod bill;
mod builds;
mod cache;
mod delta;
mod fixture;
mod headers;
mod house;
mod image;
mod keys;
mod lock;
mod registries;
mod registry;
mod remote;
mod signing;
mod site;
mod story;
mod terminal;
mod transfer;
mod trust;
#[path = "../../crates/cg-bundle-format/tests/it/ustar.rs"]
mod ustar;
mod whole;
