//! The ready calls.

use cg_graph_store::{CallQuery, Confidence, GraphError, GraphRequest, GraphResponse, Place};

use crate::support::{Snapshot, sample, sample_links};

fn places(response: GraphResponse) -> Vec<Place> {
    match response {
        GraphResponse::Places { places } => places,
        other => panic!("places expected, not {other:?}"),
    }
}

#[test]
fn definition_gives_the_place() {
    let snapshot = Snapshot::sample();
    let found = places(
        snapshot
            .reader()
            .answer(&GraphRequest::Definition { name: "add".into(), limit: 5 })
            .unwrap(),
    );
    assert_eq!(
        found,
        [Place {
            id: ((1_i64 << 32) + 3).to_string(),
            label: "METHOD".into(),
            name: "add".into(),
            full_name: "add".into(),
            path: "src/add.c".into(),
            line: 2,
            line_end: 4,
            signature: "int(int,int)".into(),
        }]
    );
    assert!(
        places(
            snapshot
                .reader()
                .answer(&GraphRequest::Definition { name: "nope".into(), limit: 5 })
                .unwrap()
        )
        .is_empty()
    );
}

#[test]
fn callers_and_callees_follow_edges_of_enough_confidence() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let query =
        |name: &str, confidence| CallQuery { name: name.into(), depth: 3, confidence, limit: 10 };
    let names = |request| match reader.answer(&request).unwrap() {
        GraphResponse::Calls { calls } => calls
            .into_iter()
            .map(|c| (c.method.name, c.depth, c.call_path, c.call_line, c.tier))
            .collect::<Vec<_>>(),
        other => panic!("calls expected, not {other:?}"),
    };
    let step =
        |name: &str, tier: &str| (name.to_owned(), 1, "src/add.c".to_owned(), 7, tier.to_owned());
    assert_eq!(
        names(GraphRequest::Callers(query("add", Confidence::Likely))),
        [step("readQueryFromClient", "T0")]
    );
    assert_eq!(
        names(GraphRequest::Callees(query("readQueryFromClient", Confidence::Likely))),
        [step("add", "T0")]
    );
    assert_eq!(
        names(GraphRequest::Callees(query("readQueryFromClient", Confidence::Possible))),
        [step("add", "T0"), step("printf", "T4")]
    );
    assert!(names(GraphRequest::Callees(query("add", Confidence::Possible))).is_empty());
    let missing =
        reader.answer(&GraphRequest::Callers(query("nope", Confidence::Likely))).unwrap_err();
    assert!(matches!(missing, GraphError::Missing(_)));
}

#[test]
fn references_show_the_line_of_the_use() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let found =
        places(reader.answer(&GraphRequest::References { name: "add".into(), limit: 5 }).unwrap());
    let seen: Vec<_> =
        found.iter().map(|p| (p.label.as_str(), p.line, p.signature.as_str())).collect();
    assert_eq!(seen, [("CALL", 7, "return add(1, 2);")]);
    // A parameter is no definition of its own: its uses are found by name.
    let found =
        places(reader.answer(&GraphRequest::References { name: "b".into(), limit: 5 }).unwrap());
    let seen: Vec<_> =
        found.iter().map(|p| (p.label.as_str(), p.line, p.signature.as_str())).collect();
    assert_eq!(seen, [("IDENTIFIER", 3, "return a + b;")]);
}

#[test]
fn lines_come_without_their_ends() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let lines = |path: &str, start, end| {
        reader.answer(&GraphRequest::Lines { path: path.into(), start, end })
    };
    let text = |start, end| match lines("src/add.c", start, end).unwrap() {
        GraphResponse::Lines { text, end } => (text, end),
        other => panic!("lines expected, not {other:?}"),
    };
    assert_eq!(text(1, 2), ("// Складывает числа 🦀\nint add(int a, int b) {".into(), 2));
    assert_eq!(text(7, 99), ("  return add(1, 2);\n}".into(), 8));
    assert_eq!(text(0, 1).0, "// Складывает числа 🦀");
    assert_eq!(text(90, 99), (String::new(), 89));
    assert!(matches!(lines("../etc/passwd", 1, 2), Err(GraphError::Missing(_))));
}

#[test]
fn the_summary_counts_what_was_put_in() {
    let snapshot = Snapshot::sample();
    let GraphResponse::Summary(summary) = snapshot.reader().answer(&GraphRequest::Summary).unwrap()
    else {
        panic!()
    };
    assert_eq!(summary.files, [("c".to_owned(), 1)]);
    assert_eq!(summary.nodes, sample().graph.nodes.len() as u64);
    assert_eq!((summary.methods, summary.types, summary.calls), (2, 0, 1));
    assert_eq!(summary.calls_resolved, [("T0".to_owned(), 1)]);
    assert_eq!((summary.calls_external, summary.cfg_edges, summary.reaching_defs), (0, 4, 2));
    assert_eq!(sample_links().call_edges.len(), 2);
}
