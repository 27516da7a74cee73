//! Data flow against a walk over every path.

use std::collections::BTreeSet;

use cg_types::{FileGraph, Language, Node, NodeIndex, NodeKind};
use proptest::prelude::*;

use crate::Limits;
use crate::test_support::{graph, statements};

/// What the passes found as `(source line:column, destination line:column, variable)`; sources are
/// identifiers, parameters and arguments, destinations the uses of variables.
fn found(graph: &FileGraph) -> BTreeSet<(u32, u32, String)> {
    graph
        .reaching_defs
        .iter()
        .filter(|edge| is_use(graph, edge.dst) && is_definition(graph, edge.src))
        .map(|edge| (edge.src.0, edge.dst.0, graph.text(edge.variable).to_owned()))
        .collect()
}

fn parent_call<'g>(graph: &'g FileGraph, node: &Node) -> Option<&'g str> {
    let parent = node.parent.get().map(|at| &graph.nodes[at])?;
    (parent.kind == NodeKind::Call).then(|| graph.text(parent.name))
}

fn is_pure_target(graph: &FileGraph, node: &Node) -> bool {
    node.argument_index == 1 && parent_call(graph, node) == Some("<operator>.assignment")
}

fn is_use(graph: &FileGraph, at: NodeIndex) -> bool {
    let node = graph.node(at);
    node.kind == NodeKind::Identifier && !is_pure_target(graph, node)
}

fn is_definition(graph: &FileGraph, at: NodeIndex) -> bool {
    let node = graph.node(at);
    node.kind == NodeKind::MethodParameterIn
        || !definitions_by(graph, node.parent, Some(at)).is_empty()
}

/// The definitions that evaluating `call` makes: `(node, variable, whether it replaces the value)`. The
/// rules written anew, for the few forms that the random bodies have.
fn definitions_by(
    graph: &FileGraph,
    call: NodeIndex,
    only: Option<NodeIndex>,
) -> Vec<(NodeIndex, String, bool)> {
    if graph.node(call).kind != NodeKind::Call {
        return Vec::new();
    }
    let name = graph.text(graph.node(call).name);
    let children =
        (0..graph.nodes.len() as u32).map(NodeIndex).filter(|at| graph.node(*at).parent == call);
    let assigns = name.starts_with("<operator>.assignment") || name == "<operator>.postIncrement";
    children
        .filter(|at| only.is_none_or(|only| only == *at))
        .filter_map(|at| {
            let node = graph.node(at);
            if assigns && node.argument_index == 1 {
                return Some((at, graph.text(node.name).to_owned(), true));
            }
            let is_address = name == "g" && graph.text(node.name) == "<operator>.addressOf";
            is_address
                .then(|| (at, graph.text(graph.nodes[at.0 as usize + 1].name).to_owned(), false))
        })
        .collect()
}

/// Definition to use over all paths, as a set of states `(node, definition)` that grows until it is closed:
/// one path at a time, without bit sets, blocks or an order.
fn by_paths(graph: &FileGraph) -> BTreeSet<(u32, u32, String)> {
    let mut out = BTreeSet::new();
    let method =
        (3..).map(NodeIndex).find(|at| graph.node(*at).kind == NodeKind::Method).expect("f");
    let mut starts: Vec<(NodeIndex, NodeIndex, String)> = Vec::new();
    for at in (0..graph.nodes.len() as u32).map(NodeIndex) {
        let node = graph.node(at);
        if node.kind == NodeKind::MethodParameterIn && node.parent == method {
            starts.push((method, at, graph.text(node.name).to_owned()));
        }
        let is_live = !node.modifiers.has(cg_types::Modifiers::DEAD);
        if is_live && node.method == method {
            starts.extend(
                definitions_by(graph, at, None)
                    .into_iter()
                    .map(|(d, variable, _)| (at, d, variable)),
            );
        }
    }
    for (start, definition, variable) in starts {
        let mut seen = BTreeSet::new();
        let mut stack: Vec<NodeIndex> = vec![start];
        while let Some(at) = stack.pop() {
            for edge in graph.cfg.iter().filter(|edge| edge.src == at) {
                if !seen.insert(edge.dst) {
                    continue;
                }
                let node = graph.node(edge.dst);
                if is_use(graph, edge.dst) && graph.text(node.name) == variable {
                    out.insert((definition.0, edge.dst.0, variable.clone()));
                }
                let is_replaced = definitions_by(graph, edge.dst, None)
                    .iter()
                    .any(|(_, other, kills)| *kills && *other == variable);
                if !is_replaced {
                    stack.push(edge.dst);
                }
            }
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn reaching_definitions_are_those_of_the_paths(body in statements()) {
        let text = format!("void f(int a, int b, int c) {{ {body} }}");
        let graph = graph(Language::C, &text);
        prop_assert_eq!(found(&graph), by_paths(&graph), "{}", text);
    }
}

/// Edges as `code@line -> code@line [variable]`, only those that touch `variable`.
fn edges(text: &str, variable: &str) -> Vec<String> {
    let graph = graph(Language::C, text);
    let show = |at: NodeIndex| {
        let node = graph.node(at);
        match node.kind {
            NodeKind::MethodReturn => "out".to_owned(),
            _ => {
                format!("{}@{}", &text[node.span.start as usize..node.span.end as usize], node.line)
            }
        }
    };
    let mut list: Vec<String> = graph
        .reaching_defs
        .iter()
        .filter(|edge| graph.text(edge.variable) == variable)
        .map(|edge| format!("{} -> {}", show(edge.src), show(edge.dst)))
        .collect();
    list.sort();
    list
}

#[test]
fn a_field_path_is_a_variable_of_its_own() {
    let text = "void f(struct s *p) {\np->x = 1;\np->y = 2;\np->x = 3;\ng(p->x);\n}";
    assert_eq!(
        edges(text, "p->x"),
        ["1@2 -> p->x@2", "3@4 -> p->x@4", "p->x@4 -> out", "p->x@4 -> p->x@5"]
    );
}

#[test]
fn a_new_value_of_the_whole_replaces_its_fields() {
    let text = "void f(struct s *p) {\np->x = 1;\np = q;\ng(p->x);\n}";
    assert_eq!(edges(text, "p->x"), ["1@2 -> p->x@2"]);
    assert_eq!(edges(text, "p"), ["p@3 -> p@4", "q@3 -> p@3", "struct s *p@1 -> p@2"]);
}

#[test]
fn passing_the_whole_passes_its_fields() {
    let text = "void f(void) {\nstruct s v;\nv.x = 1;\ng(&v);\nh(v.y);\n}";
    assert_eq!(edges(text, "v.x"), ["1@3 -> v.x@3", "v.x@3 -> v@4"]);
}

#[test]
fn writing_through_a_pointer_or_index_adds() {
    let text = "int f(void) {\nint a[2] = x;\na[0] = 1;\na[1] = 2;\nreturn a;\n}";
    assert_eq!(
        edges(text, "a"),
        [
            "1@3 -> a[0]@3",
            "2@4 -> a[1]@4",
            "a@2 -> a@3",
            "a@2 -> a@4",
            "a@2 -> a@5",
            "a@5 -> return a;@5",
            "a[0]@3 -> a@4",
            "a[0]@3 -> a@5",
            "a[1]@4 -> a@5",
            "x@2 -> a@2"
        ]
    );
}

#[test]
fn what_is_written_through_a_parameter_leaves_with_the_method() {
    let text = "void f(int *out, int v) {\n*out = v;\nv = 2;\n}";
    assert_eq!(edges(text, "out"), ["*out@2 -> out", "int *out@1 -> out@2", "v@2 -> *out@2"]);
}

#[test]
fn returned_values_flow_into_return_and_method_return() {
    let text = "int f(int v) {\nreturn v + 1;\n}";
    assert_eq!(edges(text, ""), ["return v + 1;@2 -> out", "v + 1@2 -> return v + 1;@2"]);
}

#[test]
fn a_method_with_too_many_definitions_says_so_and_the_others_keep_their_flow() {
    let many = "a = 1; ".repeat(100);
    let text = format!("int f(int a) {{ {many} return a; }}\nint g(int b) {{ return b; }}");
    let limits = Limits { max_definitions: 50, ..Limits::default() };
    let graph = crate::analyze("t.c", Language::C, &text, &limits);
    assert_eq!(graph.diagnostics.len(), 1);
    assert!(
        graph.diagnostics[0].message.contains("method f has 101 definitions"),
        "{:?}",
        graph.diagnostics
    );
    let lines: BTreeSet<u32> =
        graph.reaching_defs.iter().map(|edge| graph.node(edge.dst).line).collect();
    assert_eq!(lines, BTreeSet::from([2]));
}
