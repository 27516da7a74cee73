//! An overlay's tables: its own rows, and views that join them with the rows of the base.

use super::table::Table;
use super::tables::{CHUNK, TABLES, TableId};

/// Catalogue name of the base's file.
pub(crate) const BASE: &str = "base";
/// The table of file keys whose rows in the base are hidden.
pub(crate) const MASKED: &str = "masked";
/// Begin of the names of tables that hold an overlay's own rows.
pub(crate) const OWN: &str = "own_";

/// The name under which an overlay keeps its own rows of a table.
pub(crate) fn own_name(table: &Table) -> String {
    if is_shared(table) { format!("{OWN}{}", table.name) } else { table.name.to_owned() }
}

/// Whether an overlay takes rows of this table from the base. What linking finds it always has itself.
fn is_shared(table: &Table) -> bool {
    let links = [TableId::CallEdge, TableId::Inherits, TableId::ImportLink, TableId::RefEdge];
    !links.iter().any(|link| link.table().name == table.name)
}

/// The column whose upper 32 bits are the key of a row's file.
fn key_column(table: &Table) -> &'static str {
    match table.name {
        "cfg" | "reaching_def" => "src",
        "diagnostic" => "file",
        _ => "id",
    }
}

/// The views that stand in the place of the shared tables of `graph.duckdb`.
pub(crate) fn graph_views() -> String {
    TABLES.iter().filter(|table| is_shared(table)).map(joined).collect()
}

/// The same for `search.duckdb`.
pub(crate) fn search_views() -> String {
    joined(&CHUNK)
}

/// Rows of no file (methods outside, notes on files that were left out) come from the overlay alone.
fn joined(table: &Table) -> String {
    let (name, own, key) = (table.name, own_name(table), key_column(table));
    format!(
        "CREATE VIEW {name} AS SELECT * FROM {own} UNION ALL SELECT b.* FROM {BASE}.{name} b \
         ANTI JOIN {MASKED} m ON m.key = (b.{key} >> 32) WHERE b.{key} >= 4294967296;\n"
    )
}
