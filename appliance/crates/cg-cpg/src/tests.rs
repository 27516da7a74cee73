//! Tests of the whole engine.

mod hostile;
mod invariants;
