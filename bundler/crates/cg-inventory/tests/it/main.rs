//! Layers in, packages out; expected values come from dpkg, rpm and Berkeley DB's own tools.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod databases;
mod fixture;
mod hostile;
mod languages;
mod layers;
mod rpm;
