//! All passes over one file, method by method.

use cg_types::{Diagnostic, DiagnosticCode, FileGraph, Modifiers, NodeIndex, NodeKind, Span};

use super::cfg::Cfg;
use super::dominators::{Direction, Dominators};
use super::local_graph::{LocalGraph, NONE};
use super::reaching_defs::{ReachingDefs, TooLarge};
use super::tree::Ast;
use crate::Limits;

/// Working memory of the passes; one for each thread, used again for each file.
#[derive(Default)]
pub(crate) struct Scratch {
    cfg: Cfg,
    local: LocalGraph,
    dominators: Dominators,
    reaching_defs: ReachingDefs,
    numbers: Vec<u32>,
}

/// Adds CFG, dominators, dead code marks and reaching definitions to a lowered file.
pub(crate) fn run(graph: &mut FileGraph, limits: &Limits, scratch: &mut Scratch) {
    let Scratch { cfg, local, dominators, reaching_defs, numbers } = scratch;
    let ast = Ast::new(&graph.nodes, &graph.strings);
    let (default_name, case_name) = (graph.strings.find("default"), graph.strings.find("case"));
    cfg.start_file(graph.nodes.len(), default_name, case_name);
    reaching_defs.variables.start_file(graph.nodes.len(), graph.strings.len());
    numbers.clear();
    numbers.resize(graph.nodes.len(), NONE);
    let mut immediate: Vec<(u32, u32)> = Vec::new();
    let mut post: Vec<(u32, u32)> = Vec::new();
    let mut dead: Vec<u32> = Vec::new();
    for method in 0..graph.nodes.len() as u32 {
        if graph.nodes[method as usize].kind != NodeKind::Method {
            continue;
        }
        let of_kind = |kind| ast.children(method).find(|child| ast.node(*child).kind == kind);
        let (Some(body), Some(exit)) = (of_kind(NodeKind::Block), of_kind(NodeKind::MethodReturn))
        else {
            continue;
        };
        let first_edge = graph.cfg.len();
        cfg.method(&ast, method, body, exit, &mut graph.cfg);
        local.nodes.clear();
        local.nodes.push(method);
        local.nodes.extend_from_slice(&cfg.emitted);
        local.nodes.push(exit);
        local.build(&graph.cfg[first_edge..], numbers);
        for (direction, found) in
            [(Direction::Forward, &mut immediate), (Direction::Backward, &mut post)]
        {
            dominators.compute(local, direction);
            for (node, by) in dominators.immediate.iter().enumerate().filter(|(_, by)| **by != NONE)
            {
                found.push((local.nodes[node], local.nodes[*by as usize]));
            }
        }
        let unreached =
            local.position.iter().enumerate().filter(|(_, position)| **position == NONE);
        dead.extend(unreached.map(|(node, _)| local.nodes[node]));
        let strings = &mut graph.strings;
        let outcome = reaching_defs.method(
            &ast,
            strings,
            local,
            limits.max_definitions,
            &mut graph.reaching_defs,
        );
        if let Err(reason) = outcome {
            let node = ast.node(method);
            let name = strings.get(node.full_name);
            graph.diagnostics.push(too_large(name, node.span, reason, limits));
        }
    }
    for (node, by) in immediate {
        graph.nodes[node as usize].dominator = NodeIndex(by);
    }
    for (node, by) in post {
        graph.nodes[node as usize].post_dominator = NodeIndex(by);
    }
    for node in dead {
        let node = &mut graph.nodes[node as usize];
        if node.kind != NodeKind::MethodReturn {
            node.modifiers = node.modifiers.with(Modifiers::DEAD);
        }
    }
    graph.cfg.sort();
    graph.cfg.dedup();
    graph.reaching_defs.sort();
    graph.reaching_defs.dedup();
}

fn too_large(name: &str, span: Span, reason: TooLarge, limits: &Limits) -> Diagnostic {
    let message = match reason {
        TooLarge::Definitions(count) => format!(
            "method {name} has {count} definitions, more than the limit of {}: its data flow is missing",
            limits.max_definitions
        ),
        TooLarge::Work => {
            format!("the data flow of method {name} takes too much work and is missing")
        }
        TooLarge::Edges => {
            format!("method {name} has too many data flow edges: its data flow is missing")
        }
    };
    Diagnostic { code: DiagnosticCode::MethodTooLarge, span: Some(span), message }
}
