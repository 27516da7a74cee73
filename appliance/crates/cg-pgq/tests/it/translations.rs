//! Translations worked by hand.

use cg_pgq::translate;

use crate::schema::schema;

fn check(sql: &str, expected: &str) {
    let got = translate(sql, &schema()).expect("translates");
    assert_eq!(got, expected);
}

#[test]
fn an_edge_table_becomes_two_joins() {
    check(
        "SELECT a FROM GRAPH_TABLE (cpg MATCH (m:METHOD)-[c:CALL]->(n:METHOD WHERE n.NAME = 'x') COLUMNS (m.NAME AS a))",
        "SELECT a FROM (SELECT \"m\".\"name\" AS \"a\" FROM nodes_method AS \"m\", method_calls AS \"c\", \
         nodes_method AS \"n\" WHERE \"c\".\"src\" = \"m\".\"id\" AND \"c\".\"dst\" = \"n\".\"id\" \
         AND (\"n\".\"name\" = 'x'))",
    );
}

#[test]
fn an_edge_that_is_a_column_needs_no_edge_view() {
    check(
        "FROM GRAPH_TABLE (cpg MATCH (m:METHOD)-[:AST]->(c:CALL) COLUMNS (c.line_number))",
        "FROM (SELECT \"c\".\"line_number\" AS \"line_number\" FROM nodes_method AS \"m\", nodes_call AS \"c\" \
         WHERE \"c\".\"parent\" = \"m\".\"id\")",
    );
}

#[test]
fn a_role_edge_checks_the_role() {
    check(
        "FROM GRAPH_TABLE (cpg MATCH (c:CALL)<-[:CONDITION]-(m:METHOD) COLUMNS (c.NAME))",
        "FROM (SELECT \"c\".\"name\" AS \"NAME\" FROM nodes_call AS \"c\", nodes_method AS \"m\" \
         WHERE \"c\".\"parent\" = \"m\".\"id\" AND \"c\".\"role\" = 'CONDITION')",
    );
}

#[test]
fn ends_choose_among_edges_of_one_label_and_left_arrows_swap() {
    check(
        "FROM graph_table(CPG MATCH (m IS METHOD)<-[IS CALL]-(c IS CALL) COLUMNS (ELEMENT_ID(c) AS id)) t",
        "FROM (SELECT \"c\".\"id\" AS \"id\" FROM nodes_method AS \"m\", edges_call AS \"_e1\", nodes_call AS \"c\" \
         WHERE \"_e1\".\"dst\" = \"m\".\"id\" AND \"_e1\".\"src\" = \"c\".\"id\") t",
    );
}

#[test]
fn a_variable_in_two_patterns_is_one_table() {
    check(
        "FROM GRAPH_TABLE (cpg MATCH (a:METHOD)-[:CALL]->(b:METHOD), (b)-[:CALL]->(a) \
         WHERE a.name <> b.name COLUMNS (a.name AS x))",
        "FROM (SELECT \"a\".\"name\" AS \"x\" FROM nodes_method AS \"a\", method_calls AS \"_e1\", nodes_method AS \"b\", \
         method_calls AS \"_e2\" WHERE \"_e1\".\"src\" = \"a\".\"id\" AND \"_e1\".\"dst\" = \"b\".\"id\" AND \
         \"_e2\".\"src\" = \"b\".\"id\" AND \"_e2\".\"dst\" = \"a\".\"id\" AND (\"a\".\"name\" <> \"b\".\"name\"))",
    );
}

#[test]
fn an_undirected_edge_is_both_ways_and_counts_a_loop_once() {
    check(
        "FROM GRAPH_TABLE (cpg MATCH (a:METHOD)-[c:CALL]-(b:METHOD) COLUMNS (c.confidence))",
        "FROM (SELECT \"c\".\"CONFIDENCE\" AS \"confidence\" FROM nodes_method AS \"a\", \
         (SELECT \"src\" AS \"_src\", \"dst\" AS \"_dst\", \"confidence\" AS \"CONFIDENCE\" FROM method_calls \
         UNION ALL SELECT \"dst\" AS \"_src\", \"src\" AS \"_dst\", \"confidence\" AS \"CONFIDENCE\" FROM method_calls \
         WHERE \"src\" <> \"dst\") AS \"c\", nodes_method AS \"b\" \
         WHERE \"c\".\"_src\" = \"a\".\"id\" AND \"c\".\"_dst\" = \"b\".\"id\")",
    );
}

#[test]
fn several_labels_are_a_union_with_null_where_a_property_is_missing() {
    check(
        "FROM GRAPH_TABLE (cpg MATCH (x:CALL|FILE) COLUMNS (x.line_number AS l, upper(x.name) AS u))",
        "FROM (SELECT \"x\".\"LINE_NUMBER\" AS \"l\", upper(\"x\".\"NAME\") AS \"u\" FROM \
         (SELECT \"id\" AS \"_id\", \"name\" AS \"NAME\", \"line_number\" AS \"LINE_NUMBER\" FROM nodes_call UNION ALL \
         SELECT \"id\" AS \"_id\", \"name\" AS \"NAME\", NULL AS \"LINE_NUMBER\" FROM nodes_file) AS \"x\")",
    );
}

#[test]
fn nodes_without_label_and_star() {
    check(
        "FROM GRAPH_TABLE (cpg MATCH (x) COLUMNS (x.*))",
        "FROM (SELECT \"x\".\"label\" AS \"LABEL\" FROM nodes AS \"x\")",
    );
}

#[test]
fn strings_comments_and_quoted_names_are_left_alone() {
    for sql in [
        "SELECT 'FROM GRAPH_TABLE (cpg' AS \"GRAPH_TABLE (\" -- GRAPH_TABLE (cpg",
        "SELECT $$ GRAPH_TABLE (x $$, e'\\' GRAPH_TABLE (', 1 /* GRAPH_TABLE ( /* nested */ GRAPH_TABLE ( */",
        "SELECT graph_table FROM t",
        "SELECT s.graph_table(1)",
        "",
        "выборка 'не закрыта",
    ] {
        check(sql, sql);
    }
}

#[test]
fn the_text_around_and_a_comment_in_the_middle_stay() {
    check(
        "/* а */ SELECT * FROM GRAPH_TABLE (cpg /* b */ MATCH (\"f\" : FILE WHERE \"f\".NAME -- not ')'\n = ')') \
         COLUMNS (f.NAME)) ORDER BY 1; -- end",
        "/* а */ SELECT * FROM (SELECT \"f\".\"name\" AS \"NAME\" FROM nodes_file AS \"f\" \
         WHERE (\"f\".\"name\" -- not ')'\n = ')')) ORDER BY 1; -- end",
    );
}

#[test]
fn a_subquery_in_a_condition_keeps_its_own_names() {
    check(
        "FROM GRAPH_TABLE (cpg MATCH (f:FILE WHERE f.NAME IN (SELECT t.name FROM t)) COLUMNS (f.NAME AS n))",
        "FROM (SELECT \"f\".\"name\" AS \"n\" FROM nodes_file AS \"f\" WHERE (\"f\".\"name\" IN (SELECT t.name FROM t)))",
    );
}

#[test]
fn two_graph_tables_in_one_statement() {
    check(
        "FROM GRAPH_TABLE (cpg MATCH (f:FILE) COLUMNS (1 AS a)) x, GRAPH_TABLE (cpg MATCH (f:FILE) COLUMNS (2 AS b)) y",
        "FROM (SELECT 1 AS \"a\" FROM nodes_file AS \"f\") x, (SELECT 2 AS \"b\" FROM nodes_file AS \"f\") y",
    );
}
