//! Control and data flow of random bodies in every language, against their definitions worked out by brute force.

use std::collections::BTreeSet;

use cg_types::{FileGraph, Language, Modifiers, NodeIndex, NodeKind};
use proptest::prelude::*;

use self::body::{Statement, body, text};
use crate::test_support::graph;

mod body;

const LANGUAGES: [Language; 8] = [
    Language::C,
    Language::Cpp,
    Language::Go,
    Language::Java,
    Language::JavaScript,
    Language::TypeScript,
    Language::Python,
    Language::Rust,
];

/// The method `f` and its METHOD_RETURN.
fn method(graph: &FileGraph) -> (NodeIndex, NodeIndex) {
    let all = || (0..graph.nodes.len() as u32).map(NodeIndex);
    let is_f = |at: &NodeIndex| {
        graph.node(*at).kind == NodeKind::Method && graph.text(graph.node(*at).name) == "f"
    };
    let method = all().find(is_f).expect("a method f");
    let is_exit = |at: &NodeIndex| {
        graph.node(*at).kind == NodeKind::MethodReturn && graph.node(*at).parent == method
    };
    (method, all().find(is_exit).expect("a METHOD_RETURN"))
}

/// Nodes that a walk along the edges (or against them) comes to, without passing one node.
fn reached(
    graph: &FileGraph,
    from: NodeIndex,
    without: Option<NodeIndex>,
    forward: bool,
) -> BTreeSet<NodeIndex> {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for edge in &graph.cfg {
            let (src, dst) = if forward { (edge.src, edge.dst) } else { (edge.dst, edge.src) };
            if src == at && Some(dst) != without && seen.insert(dst) {
                open.push(dst);
            }
        }
    }
    seen
}

/// The immediate dominator of each node that the root reaches: of the nodes without which it is not reached, the one
/// that all the others of these are reached before.
fn dominators(graph: &FileGraph, root: NodeIndex, forward: bool) -> Vec<(NodeIndex, NodeIndex)> {
    let live = reached(graph, root, None, forward);
    let without: Vec<(NodeIndex, BTreeSet<NodeIndex>)> = live
        .iter()
        .filter(|at| **at != root)
        .map(|at| (*at, reached(graph, root, Some(*at), forward)))
        .collect();
    let strict = |of: NodeIndex| -> Vec<NodeIndex> {
        let cut = without.iter().filter(|(at, seen)| *at != of && !seen.contains(&of));
        std::iter::once(root).chain(cut.map(|(at, _)| *at)).collect()
    };
    let others = live.iter().filter(|at| **at != root);
    // The dominators of a node form a chain: the immediate one has the most dominators itself.
    let nearest = |at: &NodeIndex| {
        let all = strict(*at);
        all.into_iter().max_by_key(|d| if *d == root { 0 } else { strict(*d).len() })
    };
    others.filter_map(|at| nearest(at).map(|by| (*at, by))).collect()
}

fn check_control_flow(graph: &FileGraph) -> Result<(), String> {
    let (entry, exit) = method(graph);
    let live = reached(graph, entry, None, true);
    if graph.cfg.iter().any(|edge| edge.src == exit) {
        return Err("an edge leaves METHOD_RETURN".to_owned());
    }
    let ends = graph.cfg.iter().flat_map(|edge| [edge.src, edge.dst]);
    for at in ends.filter(|at| graph.node(*at).method == entry) {
        let is_dead = graph.node(at).modifiers.has(Modifiers::DEAD);
        if at != exit && is_dead == live.contains(&at) {
            return Err(format!("node {at:?} is dead: {is_dead}, reached: {}", !is_dead));
        }
    }
    let of = |at: NodeIndex, forward: bool| {
        let node = graph.node(at);
        if forward { node.dominator } else { node.post_dominator }
    };
    for (root, forward) in [(entry, true), (exit, false)] {
        for (at, by) in dominators(graph, root, forward) {
            if of(at, forward) != by {
                return Err(format!(
                    "{at:?} has the dominator {:?}, not {by:?} (forward: {forward})",
                    of(at, forward)
                ));
            }
        }
    }
    Ok(())
}

/// The variable that the evaluation of a node gives a value, and the node that stands for that.
fn defined(graph: &FileGraph, at: NodeIndex) -> Option<(NodeIndex, String)> {
    let node = graph.node(at);
    if node.kind != NodeKind::Call || !graph.text(node.name).starts_with("<operator>.assignment") {
        return None;
    }
    let target = (at.0 + 1..graph.nodes.len() as u32)
        .map(NodeIndex)
        .find(|child| graph.node(*child).parent == at && graph.node(*child).argument_index == 1)?;
    Some((target, graph.text(graph.node(target).name).to_owned()))
}

fn is_read(graph: &FileGraph, at: NodeIndex) -> bool {
    let node = graph.node(at);
    let parent = graph.node(node.parent);
    let is_target = parent.kind == NodeKind::Call
        && graph.text(parent.name) == "<operator>.assignment"
        && node.argument_index == 1;
    node.kind == NodeKind::Identifier && !is_target
}

/// Definition and use with a way between them on which no other definition lies.
fn flows(graph: &FileGraph) -> BTreeSet<(u32, u32, String)> {
    let (entry, _) = method(graph);
    let live = reached(graph, entry, None, true);
    let mut starts: Vec<(NodeIndex, NodeIndex, String)> = Vec::new();
    for at in (0..graph.nodes.len() as u32).map(NodeIndex) {
        let node = graph.node(at);
        if node.kind == NodeKind::MethodParameterIn && node.parent == entry {
            starts.push((entry, at, graph.text(node.name).to_owned()));
        } else if live.contains(&at)
            && let Some((target, variable)) = defined(graph, at)
        {
            starts.push((at, target, variable));
        }
    }
    let mut out = BTreeSet::new();
    for (start, definition, variable) in starts {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(at) = open.pop() {
            for edge in graph.cfg.iter().filter(|edge| edge.src == at) {
                if !seen.insert(edge.dst) {
                    continue;
                }
                if is_read(graph, edge.dst) && graph.text(graph.node(edge.dst).name) == variable {
                    out.insert((definition.0, edge.dst.0, variable.clone()));
                }
                if defined(graph, edge.dst).is_none_or(|(_, other)| other != variable) {
                    open.push(edge.dst);
                }
            }
        }
    }
    out
}

fn found(graph: &FileGraph) -> BTreeSet<(u32, u32, String)> {
    let is_definition = |at: NodeIndex| {
        let node = graph.node(at);
        node.kind == NodeKind::MethodParameterIn
            || defined(graph, node.parent).is_some_and(|(target, _)| target == at)
    };
    let kept = graph.reaching_defs.iter().filter(|e| is_read(graph, e.dst) && is_definition(e.src));
    kept.map(|edge| (edge.src.0, edge.dst.0, graph.text(edge.variable).to_owned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn flow_is_that_of_its_definition_in_every_language(statements in body()) {
        for language in LANGUAGES {
            let text = text(language, &statements);
            let graph = graph(language, &text);
            prop_assert!(graph.diagnostics.is_empty(), "{:?}\n{}", graph.diagnostics, text);
            let checked = check_control_flow(&graph);
            prop_assert!(checked.is_ok(), "{:?}: {:?}\n{}", language, checked, text);
            prop_assert_eq!(found(&graph), flows(&graph), "{:?}\n{}", language, text);
        }
    }
}

/// The random bodies hold what is checked: data flow that goes through a loop, a handler and a `finally`.
#[test]
fn bodies_flow() {
    let set = Statement::Assign('a', 'b');
    let statements =
        [Statement::Try(vec![set], vec![Statement::Call('a')], vec![Statement::Call('a')])];
    for language in LANGUAGES {
        let graph = graph(language, &text(language, &statements));
        assert!(found(&graph).iter().any(|(_, _, variable)| variable == "a"), "{language:?}");
    }
}
