//! The last step of a builder: nodes in preorder, numbered.

use cg_types::{Node, NodeIndex, NodeKind};

/// Whether each node stands behind its parent with only that parent's subtree in between.
pub(super) fn is_preorder(nodes: &[Node]) -> bool {
    let mut path: Vec<u32> = vec![0];
    for (index, node) in nodes.iter().enumerate().skip(1) {
        while path.last().is_some_and(|top| *top != node.parent.0) {
            path.pop();
        }
        if path.is_empty() {
            return false;
        }
        path.push(index as u32);
    }
    true
}

/// The nodes in preorder, children in the order of their index, those in `front` first.
pub(super) fn to_preorder(nodes: Vec<Node>, front: &[NodeIndex]) -> Vec<Node> {
    const NONE: u32 = u32::MAX;
    let mut first = vec![NONE; nodes.len()];
    let mut next = vec![NONE; nodes.len()];
    let mut is_front = vec![false; nodes.len()];
    for index in front {
        is_front[index.0 as usize] = true;
    }
    let ordinary = (1..nodes.len()).rev().filter(|index| !is_front[*index]);
    for index in ordinary.chain(front.iter().rev().map(|index| index.0 as usize)) {
        let parent = nodes[index].parent.0 as usize;
        next[index] = first[parent];
        first[parent] = index as u32;
    }
    let mut order: Vec<u32> = Vec::with_capacity(nodes.len());
    let mut new_index = vec![NONE; nodes.len()];
    let mut at = 0u32;
    let mut stack: Vec<u32> = Vec::new();
    loop {
        new_index[at as usize] = order.len() as u32;
        order.push(at);
        if next[at as usize] != NONE {
            stack.push(next[at as usize]);
        }
        at = match first[at as usize] {
            NONE => match stack.pop() {
                Some(sibling) => sibling,
                None => break,
            },
            child => child,
        };
    }
    let renamed =
        |index: NodeIndex| index.get().map_or(NodeIndex::NONE, |at| NodeIndex(new_index[at]));
    order
        .iter()
        .map(|old| {
            let node = nodes[*old as usize];
            Node { parent: renamed(node.parent), reference: renamed(node.reference), ..node }
        })
        .collect()
}

/// Sets `order` and `method` of nodes that stand in preorder.
pub(super) fn number(nodes: &mut [Node]) {
    let mut children = vec![0u32; nodes.len()];
    for index in 1..nodes.len() {
        let parent = nodes[index].parent.0 as usize;
        children[parent] += 1;
        let around = &nodes[parent];
        let method =
            if around.kind == NodeKind::Method { NodeIndex(parent as u32) } else { around.method };
        let node = &mut nodes[index];
        node.order = children[parent];
        node.method = method;
    }
}
