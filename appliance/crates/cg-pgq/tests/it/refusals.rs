//! What is refused, in which words, and at which place.

use cg_pgq::{PgqError, translate};

use crate::schema::schema;

fn refusal(sql: &str) -> String {
    translate(sql, &schema()).expect_err("is refused").to_string()
}

fn refused(sql: &str, place: &str, word: &str) {
    let message = refusal(sql);
    assert!(message.starts_with(place) && message.contains(word), "{message}");
}

#[test]
fn quantifiers_and_path_searches_say_that_they_come_later() {
    for (pattern, word) in [
        ("(a:METHOD)-[:CALL]->{1,3}(b:METHOD)", "quantifier is not supported yet"),
        ("(a:METHOD)-[:CALL]->*(b:METHOD)", "quantifier is not supported yet"),
        ("(a:METHOD)-[:CALL]->+(b:METHOD)", "quantifier is not supported yet"),
        ("(a:METHOD)-[:CALL]+->(b:METHOD)", "quantifier is not supported yet"),
        ("ANY SHORTEST (a:METHOD)-[:CALL]->(b:METHOD)", "`ANY` is not supported yet"),
        ("p = (a:METHOD)-[:CALL]->(b:METHOD)", "path variable is not supported yet"),
        ("((a:METHOD)-[:CALL]->(b:METHOD))", "bracketed path is not supported yet"),
        ("(a:METHOD)~[:CALL]~(b:METHOD)", "`~` is not supported yet"),
        ("(a:METHOD {NAME: 'x'})", "property list is not supported yet"),
    ] {
        let message =
            refusal(&format!("FROM GRAPH_TABLE (cpg MATCH {pattern} COLUMNS (1 AS one))"));
        assert!(message.contains(word), "{pattern}: {message}");
    }
}

#[test]
fn messages_carry_line_and_column() {
    refused(
        "SELECT 1;\nFROM GRAPH_TABLE (cpg\n  MATCH (ж:METHODS) COLUMNS (1 AS a))",
        "3:12:",
        "no node label `METHODS`",
    );
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (m:METHOD) COLUMNS (m.NMAE))",
        "1:51:",
        "it has FULL_NAME, NAME",
    );
    refused("FROM GRAPH_TABLE (cpg MATCH (m:METHOD) COLUMNS (z.NAME))", "1:49:", "no variable `z`");
    refused(
        "FROM GRAPH_TABLE (g MATCH (m:METHOD) COLUMNS (1 AS a))",
        "1:19:",
        "the graph is `cpg`",
    );
    refused("FROM GRAPH_TABLE (cpg MATCH (m:METHOD)", "1:39:", "expected COLUMNS, found the end");
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (m:METHOD COLUMNS (1 AS a))",
        "1:39:",
        "expected `:`, WHERE or `)`",
    );
}

#[test]
fn patterns_that_cannot_match_are_errors_not_empty_answers() {
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (f:FILE)-[:CALL]->(m:METHOD) COLUMNS (1 AS a))",
        "1:39:",
        "CALL -> METHOD",
    );
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (a:FILE), (a:METHOD) COLUMNS (1 AS a))",
        "1:40:",
        "other labels",
    );
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (a)-[a]->(b) COLUMNS (1 AS a))",
        "1:34:",
        "both a node and an edge",
    );
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (a)-[e]->(b)-[e]->(c) COLUMNS (1 AS a))",
        "1:43:",
        "stands twice",
    );
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (m:METHOD WHERE m) COLUMNS (1 AS a))",
        "1:45:",
        "ELEMENT_ID(m)",
    );
}

#[test]
fn brackets_cannot_break_out_of_the_pattern() {
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (m:METHOD WHERE 1]) COLUMNS (1 AS a))",
        "1:46:",
        "expected `)`",
    );
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (m:METHOD) WHERE 1; COLUMNS (1 AS a))",
        "1:47:",
        "expected COLUMNS",
    );
    refused(
        "FROM GRAPH_TABLE (cpg MATCH (m:METHOD) WHERE 1) OR (1 COLUMNS (1 AS a))",
        "1:47:",
        "expected COLUMNS",
    );
}

#[test]
fn size_has_limits() {
    let path = vec!["(:METHOD)"; 60].join("-[:CALL]->");
    let sql = format!("FROM GRAPH_TABLE (cpg MATCH {path} COLUMNS (1 AS a))");
    assert!(matches!(translate(&sql, &schema()), Err(PgqError::Limit { .. })));
    let deep =
        format!("FROM GRAPH_TABLE (cpg MATCH (m) WHERE {} COLUMNS (1 AS a))", "(".repeat(100_000));
    assert!(matches!(translate(&deep, &schema()), Err(PgqError::Limit { .. })));
    let many = "GRAPH_TABLE (cpg MATCH (m) COLUMNS (1 AS a)) ".repeat(30);
    assert!(matches!(translate(&many, &schema()), Err(PgqError::Limit { .. })));
}
