//! A small property graph for the tests.

use cg_pgq::{Edge, EdgeColumn, End, Node, Property, Schema};

fn properties(names: &[&str]) -> Vec<Property> {
    names
        .iter()
        .map(|name| Property { name: (*name).into(), column: name.to_lowercase() })
        .collect()
}

fn node(label: &str, view: &str, names: &[&str]) -> Node {
    Node {
        label: label.into(),
        view: view.into(),
        id: "id".into(),
        properties: properties(names),
        edge_columns: vec!["parent".into(), "role".into()],
    }
}

fn labels(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).into()).collect()
}

fn edge(label: &str, view: &str, from: &[&str], to: &[&str]) -> Edge {
    Edge {
        label: label.into(),
        view: view.into(),
        src: "src".into(),
        dst: "dst".into(),
        from: labels(from),
        to: labels(to),
        ..Edge::default()
    }
}

/// METHOD, CALL and FILE nodes; CALL and AST edges.
pub(crate) fn schema() -> Schema {
    let calls = Edge {
        properties: vec![Property { name: "CONFIDENCE".into(), column: "confidence".into() }],
        ..edge("CALL", "method_calls", &["METHOD"], &["METHOD"])
    };
    let ast = Edge {
        column: Some(EdgeColumn { end: End::Target, column: "parent".into(), only: None }),
        ..edge("AST", "edges_ast", &[], &[])
    };
    let only = Some(("role".to_string(), "CONDITION".to_string()));
    let condition = Edge {
        column: Some(EdgeColumn { end: End::Target, column: "parent".into(), only }),
        ..edge("CONDITION", "edges_condition", &[], &[])
    };
    Schema {
        graph: "cpg".into(),
        nodes: vec![
            node("METHOD", "nodes_method", &["NAME", "FULL_NAME"]),
            node("CALL", "nodes_call", &["NAME", "LINE_NUMBER"]),
            node("FILE", "nodes_file", &["NAME"]),
        ],
        any_node: Some(node("", "nodes", &["LABEL"])),
        edges: vec![edge("CALL", "edges_call", &["CALL"], &["METHOD"]), calls, ast, condition],
    }
}
