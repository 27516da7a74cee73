//! Test helper: a graph as compact text, one node a line, for hand-worked expectations.
//!
//! A line is `<slot><KIND> [control] [name|literal text] [: type] [= full name] [(signature)] [{flags}]
//! [-> what it refers to]`; the slot is `@2 ` for argument 2, `cond: ` and so on for roles. Not printed: an
//! operator's full name, the wrapper FILE > NAMESPACE_BLOCK > METHOD > BLOCK and its METHOD_RETURN.

use cg_types::{DispatchType, FileGraph, Language, Modifiers, Node, NodeIndex, NodeKind, Role};

use crate::Limits;

/// The graph of a text, all passes done.
pub(crate) fn graph(language: Language, text: &str) -> FileGraph {
    let name = match language {
        Language::C => "t.c",
        Language::Cpp => "t.cpp",
        Language::Go => "t.go",
        Language::Java => "t.java",
        Language::JavaScript => "t.js",
        Language::Python => "t.py",
        Language::Rust => "t.rs",
        Language::TypeScript => "t.ts",
    };
    crate::analyze(name, language, text, &Limits::default())
}

/// What stands in the top-level BLOCK, and the comments, as text.
pub(crate) fn render(graph: &FileGraph, text: &str) -> String {
    let mut out = String::new();
    let mut depth = vec![0usize; graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate().skip(1) {
        depth[index] = depth[node.parent.0 as usize] + 1;
        let is_wrapper =
            index < 4 || (node.kind == NodeKind::MethodReturn && node.parent == NodeIndex(2));
        if is_wrapper {
            continue;
        }
        let indent =
            if node.kind == NodeKind::Comment { 0 } else { depth[index].saturating_sub(4) };
        out.push_str(&"  ".repeat(indent));
        out.push_str(&line(graph, text, node));
        out.push('\n');
    }
    out
}

/// Fails with both texts unless the rendering of `text` is `expected` (indentation of `expected` counts
/// from its least indented line; empty lines do not count).
pub(crate) fn assert_graph(language: Language, text: &str, expected: &str) {
    let got = render(&graph(language, text), text);
    let lines: Vec<&str> = expected.lines().filter(|line| !line.trim().is_empty()).collect();
    let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let wanted: String =
        lines.iter().map(|line| format!("{}\n", line[margin..].trim_end())).collect();
    assert!(got == wanted, "source:\n{text}\n--- got\n{got}--- wanted\n{wanted}");
}

fn line(graph: &FileGraph, text: &str, node: &Node) -> String {
    let mut out = match node.role {
        Role::Child => String::new(),
        Role::Argument => format!("@{} ", node.argument_index),
        Role::Receiver => "recv: ".to_owned(),
        Role::Condition => "cond: ".to_owned(),
        Role::TrueBody => "then: ".to_owned(),
        Role::FalseBody => "else: ".to_owned(),
        role => format!("{}: ", role.as_str().to_lowercase()),
    };
    out.push_str(match node.kind {
        NodeKind::MethodParameterIn => "PARAM",
        NodeKind::ControlStructure => node.control.as_str(),
        NodeKind::FieldIdentifier => "FIELD",
        kind => kind.as_str(),
    });
    match node.kind {
        NodeKind::Literal => {
            out.push_str(&format!(" {}", &text[node.span.start as usize..node.span.end as usize]))
        }
        NodeKind::MethodParameterIn => {
            out.push_str(&format!("#{} {}", node.argument_index, graph.text(node.name)))
        }
        NodeKind::ControlStructure | NodeKind::MethodReturn => {}
        _ if graph.text(node.name).is_empty() => {}
        _ => out.push_str(&format!(" {}", graph.text(node.name))),
    }
    if !graph.text(node.type_full_name).is_empty() {
        out.push_str(&format!(" : {}", graph.text(node.type_full_name)));
    }
    if !graph.text(node.full_name).is_empty() && node.full_name != node.name {
        out.push_str(&format!(" = {}", graph.text(node.full_name)));
    }
    if !graph.text(node.signature).is_empty() {
        out.push_str(&format!(" ({})", graph.text(node.signature)));
    }
    if node.dispatch != DispatchType::Static {
        out.push_str(&format!(" {}", node.dispatch.as_str().to_lowercase()));
    }
    let flags = flags(node.modifiers);
    if !flags.is_empty() {
        out.push_str(&format!(" {{{flags}}}"));
    }
    if let Some(target) = node.reference.get() {
        let target = &graph.nodes[target];
        out.push_str(&format!(" -> {} {}", target.kind.as_str(), graph.text(target.name)));
    }
    out
}

fn flags(modifiers: Modifiers) -> String {
    const NAMES: &[(Modifiers, &str)] = &[
        (Modifiers::STATIC, "static"),
        (Modifiers::PUBLIC, "public"),
        (Modifiers::PROTECTED, "protected"),
        (Modifiers::PRIVATE, "private"),
        (Modifiers::ABSTRACT, "abstract"),
        (Modifiers::CONSTRUCTOR, "constructor"),
        (Modifiers::VIRTUAL, "virtual"),
        (Modifiers::FINAL, "final"),
        (Modifiers::LAMBDA, "lambda"),
        (Modifiers::MODULE, "module"),
        (Modifiers::ASYNC, "async"),
        (Modifiers::GENERATOR, "generator"),
        (Modifiers::VARIADIC, "variadic"),
        (Modifiers::DECLARATION, "declaration"),
        (Modifiers::WILDCARD, "wildcard"),
        (Modifiers::DEAD, "dead"),
    ];
    let set: Vec<&str> =
        NAMES.iter().filter(|(flag, _)| modifiers.has(*flag)).map(|(_, name)| *name).collect();
    set.join(" ")
}

/// Random bodies of C functions over the variables `a`, `b`, `c`.
pub(crate) fn statements() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let variable = prop::sample::select(vec!["a", "b", "c"]);
    let leaf = prop_oneof![
        4 => (variable.clone(), variable.clone()).prop_map(|(x, y)| format!("{x} = {y};")),
        2 => (variable.clone(), variable.clone()).prop_map(|(x, y)| format!("{x} += {y};")),
        2 => variable.clone().prop_map(|x| format!("g({x});")),
        1 => variable.clone().prop_map(|x| format!("g(&{x});")),
        1 => variable.clone().prop_map(|x| format!("return {x};")),
        1 => Just("break;".to_owned()),
        1 => Just("continue;".to_owned()),
        1 => Just("goto end;".to_owned()),
        1 => (variable.clone(), variable.clone(), variable.clone())
            .prop_map(|(x, y, z)| format!("{x} = {y} && ({z} = {x});")),
    ];
    let statement = leaf.prop_recursive(3, 12, 3, move |inner| {
        let block = prop::collection::vec(inner, 0..3).prop_map(|list| list.join(" "));
        let of = variable.clone();
        prop_oneof![
            (of.clone(), block.clone()).prop_map(|(x, s)| format!("if ({x}) {{ {s} }}")),
            (of.clone(), block.clone(), block.clone())
                .prop_map(|(x, s, t)| format!("if ({x}) {{ {s} }} else {{ {t} }}")),
            (of.clone(), block.clone()).prop_map(|(x, s)| format!("while ({x}) {{ {s} }}")),
            (of.clone(), block.clone()).prop_map(|(x, s)| format!("do {{ {s} }} while ({x});")),
            (of.clone(), block.clone()).prop_map(|(x, s)| format!("for (; {x}; {x}++) {{ {s} }}")),
            (of, block.clone(), block)
                .prop_map(|(x, s, t)| format!("switch ({x}) {{ case 1: {s} default: {t} }}")),
        ]
    });
    prop::collection::vec(statement, 1..4).prop_map(|list| format!("{} end: c;", list.join(" ")))
}
