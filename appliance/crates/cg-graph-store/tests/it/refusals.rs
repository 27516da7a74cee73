//! Statements that must not run, and limits that must hold.

use cg_graph_store::{GraphError, Limits};

use crate::support::{Snapshot, ask, ask_with, cells};

/// Statements that try to reach files, settings, other databases, or to write.
const ATTACKS: &[&str] = &[
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('/tmp/x.parquet')",
    "SELECT * FROM parquet_metadata('/tmp/x.parquet')",
    "SELECT * FROM read_duckdb('/tmp/x.duckdb')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "FROM '/etc/passwd'",
    "FROM 'graph.duckdb'",
    "SELECT * FROM '/etc/passwd.csv'",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM query_table('duckdb_databases')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT json_serialize_plan('SELECT * FROM read_text(''/etc/passwd'')')",
    "COPY (SELECT 1) TO '/tmp/attack.csv'",
    "COPY method FROM '/etc/passwd'",
    "EXPORT DATABASE '/tmp/attack'",
    "IMPORT DATABASE '/tmp/attack'",
    "ATTACH '/tmp/attack.duckdb'",
    "ATTACH ':memory:' AS m",
    "DETACH graph",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '/tmp/attack.duckdb_extension'",
    "CREATE SECRET s (TYPE s3)",
    "FROM duckdb_secrets()",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "RESET memory_limit",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "PRAGMA version",
    "CALL duckdb_databases()",
    "SELECT * FROM duckdb_databases()",
    "SELECT * FROM duckdb_databases",
    "SELECT * FROM Duckdb_Databases()",
    "SELECT * FROM system.main.duckdb_databases()",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_temporary_files()",
    "SELECT * FROM duckdb_logs",
    "SELECT * FROM duckdb_extensions()",
    "SELECT current_setting('temp_directory')",
    "SELECT CURRENT_SETTING('secret_directory')",
    "SELECT getenv('HOME')",
    "SELECT * FROM pg_catalog.pg_settings",
    "SELECT * FROM pg_settings",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM system.information_schema.columns",
    "WITH duckdb_databases AS (SELECT 1) SELECT * FROM (SELECT 1) x, duckdb_databases",
    "WITH x AS (SELECT * FROM duckdb_databases()) SELECT * FROM x",
    "SELECT (SELECT path FROM duckdb_databases() LIMIT 1)",
    "SELECT * FROM nodes_method WHERE name IN (SELECT path FROM duckdb_databases())",
    "SELECT list_transform([1], lambda x: current_setting('temp_directory'))",
    "SHOW DATABASES",
    "SHOW ALL TABLES",
    "DESCRIBE method",
    "SUMMARIZE method",
    "SELECT * FROM (SHOW DATABASES)",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "CREATE TABLE t (i INT)",
    "CREATE TEMP TABLE t AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "DROP VIEW nodes_method",
    "INSERT INTO meta VALUES ('a', 'b')",
    "UPDATE file SET path = ''",
    "DELETE FROM file",
    "VACUUM",
    "CHECKPOINT",
    "BEGIN TRANSACTION",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW nodes_method",
    "/* c */ SELECT 1 ; -- x\n DELETE FROM file",
    "SELECT 1; PRAGMA database_list",
    "SELECT write_log('x')",
    "SELECT nextval('s')",
    "",
    "   ;  ",
    "-- nothing",
    "SELEC 1",
    "SELECT\0 1",
    "\u{feff}ATTACH ':memory:' AS m",
];

#[test]
fn attacks_are_refused_and_show_no_path() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let folder = snapshot.folder.path().to_string_lossy().into_owned();
    for attack in ATTACKS {
        match ask(&reader, attack) {
            Err(GraphError::Refused(text) | GraphError::Invalid(text)) => {
                assert!(!text.contains(&folder) && !text.contains("root:"), "{attack}: {text}");
            }
            other => panic!("{attack:?} came through: {other:?}"),
        }
    }
    assert!(!std::path::Path::new("/tmp/attack.csv").exists());
    assert_eq!(cells(&reader, "SELECT count(*) FROM nodes_file"), ["1"]);
}

#[test]
fn ordinary_statements_run() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    for (text, expected) in [
        ("SELECT 'read_text' AS function_name", "read_text"),
        ("SELECT {'table_name': 'duckdb_databases'}.table_name", "duckdb_databases"),
        ("WITH t AS (SELECT 1 AS a), u AS (SELECT a + 1 AS b FROM t) SELECT b FROM u", "2"),
        (
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT max(n) FROM r",
            "5",
        ),
        (
            "WITH RECURSIVE r(a, b) USING KEY (a) AS (SELECT 1, 1 UNION SELECT a, b + 1 FROM r WHERE b < 3) SELECT b FROM r",
            "3",
        ),
        ("SELECT count(*) FROM range(10)", "10"),
        ("SELECT count(*) FROM main.nodes_method", "4"),
        ("SELECT sum(x) FROM (SELECT unnest([1, 2, 3]) AS x)", "6"),
        ("SELECT max(n) FROM (VALUES (1), (2)) v(n);", "2"),
        ("SELECT row_number() OVER (ORDER BY id) FROM nodes_file", "1"),
    ] {
        assert_eq!(cells(&reader, text), [expected], "{text}");
    }
    let deep = format!("SELECT {}1{}", "abs(".repeat(200), ")".repeat(200));
    assert_eq!(cells(&reader, &deep), ["1"]);
}

#[test]
fn nesting_beyond_reason_is_an_error() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let deep = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    assert!(matches!(ask(&reader, &deep), Err(GraphError::Invalid(_))));
    let long = format!("SELECT '{}'", "x".repeat(1 << 20));
    assert!(matches!(ask(&reader, &long), Err(GraphError::Refused(_))));
}

#[test]
fn limits_on_rows_bytes_time_and_memory_hold() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let limits = Limits::default();
    let table =
        ask_with(&reader, "SELECT * FROM range(100000)", Limits { rows: 10, ..limits }).unwrap();
    assert_eq!((table.rows.len(), table.truncated), (10, true));
    let table =
        ask_with(&reader, "SELECT * FROM range(10)", Limits { rows: 10, ..limits }).unwrap();
    assert_eq!((table.rows.len(), table.truncated), (10, false));
    let table = ask_with(
        &reader,
        "SELECT repeat('x', 1000) FROM range(1000)",
        Limits { bytes: 50_000, ..limits },
    )
    .unwrap();
    assert!(table.truncated && table.rows.len() < 50 && table.rows.len() > 40);
    let endless =
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7";
    assert_eq!(
        ask_with(&reader, endless, Limits { time_ms: 300, ..limits }).unwrap_err(),
        GraphError::Time(300)
    );
    let walk =
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r";
    assert_eq!(
        ask_with(&reader, walk, Limits { time_ms: 300, ..limits }).unwrap_err(),
        GraphError::Time(300)
    );
    let stream =
        "SELECT a.range FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = -1";
    assert_eq!(
        ask_with(&reader, stream, Limits { time_ms: 300, ..limits }).unwrap_err(),
        GraphError::Time(300)
    );
    let large = "SELECT len(list(range)) FROM range(400000000)";
    assert_eq!(ask(&reader, large).unwrap_err(), GraphError::Memory);
    assert_eq!(cells(&reader, "SELECT 1"), ["1"], "the reader answers afterwards");
}
