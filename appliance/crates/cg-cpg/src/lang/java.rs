//! Java front end: syntax tree to graph nodes, before the passes.

use tree_sitter::Tree;

use crate::builder::Builder;

/// Fills the builder from a syntax tree.
pub(crate) fn lower<'t>(_tree: &'t Tree, _b: &mut Builder<'t>) {}
