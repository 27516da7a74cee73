//! Children of nodes, from the preorder alone.

use cg_types::{FileGraph, NodeIndex, NodeKind, Role};

/// Size of each node's subtree.
pub(super) struct Tree {
    sizes: Vec<u32>,
    parents: Vec<u32>,
}

impl Tree {
    pub(super) fn new(graph: &FileGraph) -> Self {
        let mut sizes = vec![1_u32; graph.nodes.len()];
        for index in (1..graph.nodes.len()).rev() {
            if let Some(parent) = graph.nodes[index].parent.get() {
                sizes[parent] += sizes[index];
            }
        }
        let parents = graph.nodes.iter().map(|node| node.parent.0).collect();
        Self { sizes, parents }
    }

    /// The children of a node, in order.
    pub(super) fn children(&self, at: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let start = at.0 + 1;
        let end = at.0 + self.sizes[at.0 as usize];
        let mut next = start;
        std::iter::from_fn(move || {
            let child = next;
            // A tree that is not in preorder would break the chain; it ends the walk instead.
            if child >= end || self.parents[child as usize] != at.0 {
                return None;
            }
            next += self.sizes[child as usize];
            Some(NodeIndex(child))
        })
    }

    /// The argument with an ARGUMENT_INDEX.
    pub(super) fn argument(
        &self,
        graph: &FileGraph,
        at: NodeIndex,
        index: i32,
    ) -> Option<NodeIndex> {
        self.children(at).find(|child| graph.node(*child).argument_index == index)
    }

    /// The expression that is called or dispatched on.
    pub(super) fn receiver(&self, graph: &FileGraph, at: NodeIndex) -> Option<NodeIndex> {
        let by_role = self.children(at).find(|child| graph.node(*child).role == Role::Receiver);
        by_role.or_else(|| self.argument(graph, at, 0))
    }

    /// The operator of a CALL, without `<operator>.`.
    pub(super) fn operator<'g>(&self, graph: &'g FileGraph, at: NodeIndex) -> Option<&'g str> {
        let node = graph.node(at);
        if node.kind != NodeKind::Call {
            return None;
        }
        graph.text(node.name).strip_prefix("<operator>.")
    }

    /// The field of a field access, else the node itself.
    pub(super) fn last_name(&self, graph: &FileGraph, at: NodeIndex) -> NodeIndex {
        match self.operator(graph, at) {
            Some("fieldAccess" | "indirectFieldAccess") => {
                self.argument(graph, at, 2).unwrap_or(at)
            }
            _ => at,
        }
    }
}
