//! Tests of the pure parts, and of the engine with the real model.

mod engine;
mod plan;
mod sample;
mod text;
