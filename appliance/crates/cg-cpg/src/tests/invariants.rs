//! What every file graph promises, whatever the text.

use cg_types::{FileGraph, NodeIndex, NodeKind};

/// Checks the invariants written at [`FileGraph`]; the message names the first that fails.
pub(super) fn check(graph: &FileGraph, text: &str) -> Result<(), String> {
    let nodes = &graph.nodes;
    if nodes.first().map(|node| (node.kind, node.parent)) != Some((NodeKind::File, NodeIndex::NONE))
    {
        return Err("node 0 is not the FILE".to_owned());
    }
    let mut orders = vec![0; nodes.len()];
    let mut path = vec![0u32];
    for (index, node) in nodes.iter().enumerate().skip(1) {
        let parent = node.parent.0;
        while path.last().is_some_and(|top| *top != parent) {
            path.pop();
        }
        if path.is_empty() {
            return Err(format!("node {index} is not behind its parent {parent} in preorder"));
        }
        path.push(index as u32);
        orders[parent as usize] += 1;
        if node.order != orders[parent as usize] {
            return Err(format!(
                "node {index} has order {}, not {}",
                node.order, orders[parent as usize]
            ));
        }
        let above = &nodes[parent as usize];
        let method = if above.kind == NodeKind::Method { node.parent } else { above.method };
        if node.method != method {
            return Err(format!("node {index} is in method {:?}, not {method:?}", node.method));
        }
        let (start, end) = (node.span.start as usize, node.span.end as usize);
        if text.get(start..end).is_none() {
            return Err(format!("node {index} spans {start}..{end}, which is no part of the text"));
        }
        if node.line == 0 || node.column == 0 || node.line_end < node.line {
            return Err(format!("node {index} has lines {}..{}", node.line, node.line_end));
        }
        for id in [node.name, node.full_name, node.type_full_name, node.signature] {
            if id.0 as usize >= graph.strings.len() {
                return Err(format!("node {index} has string {} of {}", id.0, graph.strings.len()));
            }
        }
        for other in [node.reference, node.dominator, node.post_dominator] {
            if other.get().is_some_and(|at| at >= nodes.len()) {
                return Err(format!("node {index} refers to {other:?} of {}", nodes.len()));
            }
        }
    }
    let own = |at: NodeIndex| match nodes[at.0 as usize].kind {
        NodeKind::Method => at,
        _ => nodes[at.0 as usize].method,
    };
    if !graph.cfg.is_sorted() || !graph.reaching_defs.is_sorted() {
        return Err("edges are not sorted".to_owned());
    }
    let pairs = graph.cfg.iter().map(|edge| (edge.src, edge.dst));
    for (src, dst) in pairs.chain(graph.reaching_defs.iter().map(|edge| (edge.src, edge.dst))) {
        if own(src) != own(dst) {
            return Err(format!("an edge joins {src:?} and {dst:?} of different methods"));
        }
    }
    Ok(())
}
