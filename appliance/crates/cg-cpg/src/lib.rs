//! One file's text to its code property graph: syntax, control flow, dominators, data flow.
//!
//! The only crate that knows tree-sitter. Every walk is iterative; broken or hostile text gives a graph
//! and diagnostics, never an error or a panic.

mod analyze;
mod builder;
mod lang;
mod operator;
mod outline;
mod pass;
mod scope;
mod syntax;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

pub use analyze::{Limits, analyze, parse_only};
