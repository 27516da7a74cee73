//! Passes over the lowered nodes of one file, independent of the language.

mod cfg;
mod cfg_frames;
mod cfg_plan;
mod dominators;
mod fringe;
mod local_graph;
mod reaching_defs;
mod run;
mod tree;
mod variables;

pub(crate) use run::{Scratch, run};

#[cfg(test)]
mod cfg_tests;
#[cfg(test)]
mod reaching_defs_tests;
