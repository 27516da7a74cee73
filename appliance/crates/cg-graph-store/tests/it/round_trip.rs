//! Rows that go in come out of the views, under the names of CPG 1.1.

use cg_types::NodeKind;

use crate::support::{Snapshot, ask, cells, sample};

#[test]
fn nodes_come_back_with_their_properties() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    assert_eq!(
        cells(
            &reader,
            "SELECT name, full_name, signature, is_external, filename, line_number, line_number_end FROM nodes_method ORDER BY id"
        ),
        [
            "printf|printf||true||0|0",
            "<global>|src/add.c:<global>||false|src/add.c|1|9",
            "add|add|int(int,int)|false|src/add.c|2|4",
            "readQueryFromClient|readQueryFromClient||false|src/add.c|6|8",
        ]
        .map(|row| row.replace("|1|9", "|1|8"))
    );
    assert_eq!(
        cells(
            &reader,
            "SELECT name, index_, type_full_name, evaluation_strategy, code FROM nodes_method_parameter_in ORDER BY id"
        ),
        ["a|1|int|BY_VALUE|int a", "b|2|int|BY_VALUE|int b"]
    );
    assert_eq!(
        cells(
            &reader,
            "SELECT name, method_full_name, dispatch_type, code, role, argument_index FROM nodes_call ORDER BY id"
        ),
        [
            "<operator>.addition|<operator>.addition|STATIC_DISPATCH|a + b|ARGUMENT|1",
            "add||STATIC_DISPATCH|add(1, 2)||-1"
        ]
    );
    assert_eq!(
        cells(&reader, "SELECT code, filename FROM nodes_comment"),
        ["// Складывает числа 🦀|src/add.c"]
    );
    assert_eq!(
        cells(&reader, "SELECT name, language, encoding, lines, disk_bytes FROM nodes_file"),
        [format!("src/add.c|c|UTF-8|9|{}", sample().text.len())]
    );
    assert_eq!(
        cells(&reader, "SELECT count(*) FROM cpg_nodes"),
        [(sample().graph.nodes.len() + 1).to_string()]
    );
}

#[test]
fn every_node_stands_in_exactly_one_view() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    for kind in NodeKind::ALL {
        let expected = sample().graph.nodes.iter().filter(|node| node.kind == *kind).count();
        let expected = expected + usize::from(*kind == NodeKind::Method);
        let view = kind.as_str().to_lowercase();
        assert_eq!(
            cells(&reader, &format!("SELECT count(*) FROM nodes_{view}")),
            [expected.to_string()],
            "{view}"
        );
    }
}

#[test]
fn edges_come_back_from_columns_and_tables() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let index = |edge: &str, order: &str| {
        cells(
            &reader,
            &format!(
                "SELECT src & 4294967295, dst & 4294967295 FROM edges_{edge} ORDER BY {order}"
            ),
        )
    };
    assert_eq!(index("ref", "src"), ["8|4", "9|5"]);
    assert_eq!(index("cfg", "src, dst"), ["3|8", "7|6", "8|9", "9|7"]);
    assert_eq!(cells(&reader, "SELECT kind FROM edges_cfg ORDER BY src"), ["", "true", "", ""]);
    assert_eq!(index("reaching_def", "src"), ["4|8", "5|9"]);
    assert_eq!(index("argument", "dst"), ["6|7", "7|8", "7|9", "11|12", "11|13"]);
    assert_eq!(index("dominate", "dst"), ["9|7"]);
    assert_eq!(index("contains", "dst").len(), 11);
    assert_eq!(index("ast", "dst").len(), sample().graph.nodes.len() - 1);
    assert_eq!(
        cells(&reader, "SELECT dst, tier, technique, confidence FROM edges_call ORDER BY dst"),
        ["0|T4|external|possible", "4294967299|T0|same_file|proven"]
    );
    assert_eq!(
        cells(&reader, "SELECT src, dst FROM edges_method_call WHERE confidence = 'proven'"),
        ["4294967306|4294967299"]
    );
}

#[test]
fn every_view_can_be_read() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    for line in cg_graph_store::document().lines() {
        let Some(name) = line.strip_prefix("### `").or_else(|| line.strip_prefix("| `edges_"))
        else {
            continue;
        };
        let name = name.split('`').next().unwrap();
        let name = if line.starts_with('|') { format!("edges_{name}") } else { name.to_owned() };
        if name != "chunk" {
            ask(&reader, &format!("SELECT * FROM {name}"))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[test]
fn patterns_are_answered_over_the_views() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    assert_eq!(
        cells(
            &reader,
            "SELECT * FROM GRAPH_TABLE (cpg MATCH (m:METHOD)-[c:CALL]->(n:METHOD) WHERE n.NAME = 'add' COLUMNS (m.NAME AS caller, c.TIER AS tier))"
        ),
        ["readQueryFromClient|T0"]
    );
    assert_eq!(
        cells(
            &reader,
            "SELECT code FROM GRAPH_TABLE (cpg MATCH (c:CALL)-[:AST]->(l:LITERAL) COLUMNS (l.CODE AS code)) ORDER BY code"
        ),
        ["1", "2"]
    );
}

#[test]
fn types_and_large_numbers_survive_as_json() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let table = ask(
        &reader,
        "SELECT 9007199254740993 AS large, 170141183460469231731687303715884105727::HUGEINT AS huge, 1.5::DOUBLE AS x, [1, NULL] AS l, \
         {'a': 'ж'} AS s, DATE '2026-11-23' AS d, sum(line_number) AS total, 'inf'::DOUBLE AS inf, 12.50::DECIMAL(9,2) AS c FROM nodes_literal",
    )
    .unwrap();
    let row: Vec<String> = table.rows[0].iter().map(ToString::to_string).collect();
    assert_eq!(
        row,
        [
            "\"9007199254740993\"",
            "\"170141183460469231731687303715884105727\"",
            "1.5",
            "[1,null]",
            "{\"a\":\"ж\"}",
            "\"2026-11-23\"",
            "14",
            "\"inf\"",
            "\"12.50\"",
        ]
    );
    assert_eq!(table.columns[0], "large");
    assert_eq!(table.types[..4], ["BIGINT", "HUGEINT", "DOUBLE", "INTEGER[]"]);
}
