//! Chat inference by llama.cpp: one thread owns model and context, requests share its steps.
//!
//! llama.cpp can abort the process (failed assertions, memory of the device), so only the model
//! server links this crate, and that program is supervised.

mod backend;
mod batch;
mod cpu;
mod engine;
mod error;
mod log;
mod plan;
mod queue;
mod run;
mod sample;
mod slot;
mod text;

pub use cpu::check_cpu;
pub use engine::{Engine, EngineOptions, ModelInfo, Stats};
pub use error::{Error, SubmitError};
pub use plan::{MemoryPlan, ModelFacts, plan_memory, read_facts};
pub use sample::Sampling;
pub use slot::{Event, FinishReason, Finished, Generation, Piece, Request, Usage};

#[cfg(test)]
mod tests;
