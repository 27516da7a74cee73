//! Tests of the whole engine.

mod flow;
mod hostile;
mod invariants;
