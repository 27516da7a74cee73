//! Control flow of the forms that are lowered into others.

use cg_types::{CfgKind, ControlKind, Language, NodeIndex, NodeKind};

use crate::test_support::graph;

/// Compares the edges of a static method with a list parted by `;`; nodes are named by their code.
fn flow(body: &str, expected: &str) {
    let text = format!("interface A {{ static void f() {{ {body} }} }}");
    let graph = graph(Language::Java, &text);
    let method = (3..).map(NodeIndex).find(|at| graph.node(*at).kind == NodeKind::Method);
    let method = method.expect("a method");
    let name = |at: NodeIndex| {
        let node = graph.node(at);
        match (node.kind, node.control) {
            (NodeKind::Method, _) => "in".to_owned(),
            (NodeKind::MethodReturn, _) => "out".to_owned(),
            (_, ControlKind::Try) => "try".to_owned(),
            (_, ControlKind::Catch) => "catch".to_owned(),
            (_, ControlKind::Finally) => "finally".to_owned(),
            (NodeKind::Call, _) if graph.text(node.name) == "close" => "close".to_owned(),
            (NodeKind::Call, _) if graph.text(node.name).starts_with('<') => {
                graph.text(node.name)["<operator>.".len()..].to_owned()
            }
            _ => text[node.span.start as usize..node.span.end as usize]
                .trim_end_matches(';')
                .to_owned(),
        }
    };
    let inside = |at: NodeIndex| at == method || graph.node(at).method == method;
    let mut got: Vec<String> = graph
        .cfg
        .iter()
        .filter(|edge| inside(edge.src))
        .map(|edge| match edge.kind {
            CfgKind::Next => format!("{} -> {}", name(edge.src), name(edge.dst)),
            kind => format!("{} -{}-> {}", name(edge.src), kind.as_str(), name(edge.dst)),
        })
        .collect();
    got.sort();
    let mut wanted: Vec<String> = expected
        .split(';')
        .map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|one| !one.is_empty())
        .collect();
    wanted.sort();
    assert_eq!(got, wanted, "{body}");
}

#[test]
fn break_leaves_a_switch_with_arrows_and_not_the_loop() {
    flow(
        "while (a) { switch (b) { case 1 -> { if (c) break; d(); } default -> e(); } g(); }",
        "in -> a; a -true-> b; a -false-> out; b -> case 1; case 1 -case-> 1; case 1 -false-> default;
         1 -> c; c -true-> break; break -> g(); c -false-> d(); d() -> g(); default -> e(); e() -> g();
         g() -> a",
    );
}

#[test]
fn yield_gives_the_switch_its_value() {
    flow(
        "x = switch (b) { case 1: yield 2; default: while (c) { yield 3; } };",
        "in -> x; x -> b; b -case-> case 1; case 1 -> 1; 1 -> 2; 2 -> yield 2; yield 2 -> assignment;
         b -case-> default; default -> c; c -true-> 3; 3 -> yield 3; yield 3 -> assignment;
         c -false-> assignment; assignment -> out",
    );
}

#[test]
fn a_continue_with_a_label_goes_to_the_outer_loop() {
    flow(
        "a: while (b) { while (c) { continue a; } }",
        "in -> b; b -true-> c; b -false-> out; c -true-> continue a; continue a -> b; c -false-> b",
    );
}

#[test]
fn resources_are_closed_on_every_way_out() {
    flow(
        "try (r) { if (a) return; g(); }",
        "in -> try; try -> a; try -exception-> finally; a -true-> return; return -> finally;
         a -false-> g(); g() -> finally; g() -exception-> finally; finally -> r; r -> close;
         close -> out; close -exception-> out",
    );
}

#[test]
fn a_pattern_is_bound_where_its_test_holds() {
    flow(
        "if (a instanceof B b) c(); d();",
        "in -> a; a -> B; B -> instanceOf; instanceOf -true-> b; b -> B; B -> a; a -> cast;
         cast -> assignment; assignment -> logicalAnd; instanceOf -false-> logicalAnd;
         logicalAnd -true-> c(); logicalAnd -false-> d(); c() -> d(); d() -> out",
    );
}
