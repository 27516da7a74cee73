//! Decides whether a user's statement may run: one SELECT, over the snapshot's own tables and views,
//! with functions that compute only.
//!
//! DuckDB's own parser gives the statement as JSON; every name in it is checked. This stands in
//! front of `enable_external_access = false`, which alone would still show file paths.

use duckdb::Connection;
use rustc_hash::FxHashSet;

use crate::error::GraphError;
use crate::schema::{MASKED, OWN};

/// Table functions that only compute.
const ALLOWED: [&str; 7] =
    ["range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"];

/// Functions that are refused whatever the catalogue calls them: they show settings or files, run
/// other statements, or write.
const REFUSED: [&str; 12] = [
    "current_setting",
    "getenv",
    "getvariable",
    "glob",
    "json_execute_serialized_sql",
    "json_serialize_plan",
    "nextval",
    "query",
    "query_table",
    "sniff_csv",
    "which_secret",
    "write_log",
];

/// Beginnings of names that are refused likewise.
const REFUSED_PREFIXES: [&str; 7] =
    ["read_", "duckdb_", "pragma_", "parquet_", "pg_", "scan_", "copy_"];

/// Names as this database has them.
pub(super) struct Guard {
    /// Tables and views of the snapshot.
    tables: FxHashSet<String>,
    /// Views of the system.
    system: FxHashSet<String>,
    /// Table, pragma and other functions that are not plain scalar functions.
    functions: FxHashSet<String>,
}

impl Guard {
    /// Reads the catalogue. Must come before the configuration is locked.
    pub(super) fn new(connection: &Connection) -> Result<Self, duckdb::Error> {
        let names = |sql: &str| -> Result<FxHashSet<String>, duckdb::Error> {
            connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        };
        Ok(Self {
            tables: names(&format!(
                "SELECT lower(view_name) FROM duckdb_views() WHERE NOT internal \
                     UNION SELECT lower(table_name) FROM duckdb_tables() WHERE NOT internal \
                     AND NOT starts_with(table_name, '{OWN}') AND table_name <> '{MASKED}'"
            ))?,
            system: names("SELECT DISTINCT lower(view_name) FROM duckdb_views() WHERE internal")?,
            functions: names(
                "SELECT DISTINCT lower(function_name) FROM duckdb_functions() \
                 WHERE function_type NOT IN ('scalar', 'aggregate', 'macro') \
                 EXCEPT SELECT lower(function_name) FROM duckdb_functions() \
                 WHERE function_type IN ('scalar', 'aggregate', 'macro')",
            )?,
        })
    }

    /// Checks a statement; `connection` parses it.
    pub(super) fn check(&self, connection: &Connection, text: &str) -> Result<(), GraphError> {
        let json: String = connection
            .query_row("SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", [text], |row| row.get(0))
            .map_err(|error| {
                GraphError::Invalid(format!("the statement cannot be parsed: {error}"))
            })?;
        let mut names = Names::default();
        walk(&json, |key, value| names.take(key, value));
        if let Some(message) = names.error {
            return Err(if message.starts_with("Only SELECT") {
                GraphError::Refused("only one SELECT statement may be run".into())
            } else {
                GraphError::Invalid(message)
            });
        }
        if names.statements != 1 {
            return Err(GraphError::Refused("exactly one statement may be run".into()));
        }
        for table in &names.tables {
            self.check_table(table, &names.ctes)?;
        }
        for function in &names.functions {
            self.check_function(function)?;
        }
        match names.places.iter().find(|place| !matches!(place.as_str(), "" | "main" | "graph")) {
            Some(place) => {
                Err(GraphError::Refused(format!("schema or catalogue {place:?} may not be used")))
            }
            None if names.shows => {
                Err(GraphError::Refused("DESCRIBE, SHOW and SUMMARIZE may not be used".into()))
            }
            None => Ok(()),
        }
    }

    fn check_table(&self, table: &str, ctes: &FxHashSet<String>) -> Result<(), GraphError> {
        // A WITH name may not hide a system view: outside of its scope the view would be meant.
        if self.tables.contains(table) || (ctes.contains(table) && !self.system.contains(table)) {
            return Ok(());
        }
        Err(GraphError::Refused(format!("{table:?} is no table or view of the graph")))
    }

    fn check_function(&self, function: &str) -> Result<(), GraphError> {
        let refused = REFUSED.contains(&function)
            || REFUSED_PREFIXES.iter().any(|prefix| function.starts_with(prefix))
            || self.functions.contains(function);
        // `pg_typeof` and the like are harmless, but none is worth an exception.
        if refused && !ALLOWED.contains(&function) {
            return Err(GraphError::Refused(format!("function {function:?} may not be used")));
        }
        Ok(())
    }
}

/// What a statement names.
#[derive(Default)]
struct Names {
    error: Option<String>,
    statements: usize,
    shows: bool,
    tables: FxHashSet<String>,
    ctes: FxHashSet<String>,
    functions: FxHashSet<String>,
    places: FxHashSet<String>,
}

impl Names {
    fn take(&mut self, key: &str, value: &str) {
        match key {
            "error_message" => self.error = Some(value.to_owned()),
            // One for each statement, and one for each subquery below another key.
            "table_name" if !value.is_empty() => {
                self.tables.insert(value.to_lowercase());
            }
            "key" | "cte_name" => {
                self.ctes.insert(value.to_lowercase());
            }
            "function_name" => {
                self.functions.insert(value.to_lowercase());
            }
            "schema_name" | "catalog_name" | "schema" | "catalog" => {
                self.places.insert(value.to_lowercase());
            }
            "type" if value == "SHOW_REF" => self.shows = true,
            STATEMENT => self.statements += 1,
            _ => {}
        }
    }
}

/// Key under which [`walk`] reports each element of the outermost `statements` list.
const STATEMENT: &str = "\0statement";

/// Goes through JSON text and reports every string that stands behind a key. Holds no stack, so that
/// depth costs nothing. The text comes from DuckDB, so it is well formed.
fn walk(json: &str, mut report: impl FnMut(&str, &str)) {
    let bytes = json.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    let mut key: Option<String> = None;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let (text, next) = string(json, at);
                at = next;
                if bytes.get(at) == Some(&b':') {
                    key = Some(text);
                    at += 1;
                } else if let Some(key) = key.take() {
                    report(&key, &text);
                }
                continue;
            }
            b'{' | b'[' => {
                // {"error":false,"statements":[{ … }]}: objects at depth 2 are the statements.
                if bytes[at] == b'{' && depth == 2 {
                    report(STATEMENT, "");
                }
                depth += 1;
                key = None;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => key = None,
            _ => {}
        }
        at += 1;
    }
}

/// The string that begins at `at`, and the offset behind it.
fn string(json: &str, at: usize) -> (String, usize) {
    let bytes = json.as_bytes();
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    let end = end.min(bytes.len().saturating_sub(1));
    let text = serde_json::from_str(&json[at..=end]).unwrap_or_default();
    (text, end + 1)
}
