//! The schema as statements.

use super::{Table, any_node_view, edge_views, node_views};

/// `CREATE TABLE` for each table, under the names that `name` gives.
pub(crate) fn create_tables<'a>(
    tables: impl IntoIterator<Item = &'a Table>,
    name: impl Fn(&Table) -> String,
) -> String {
    let mut sql = String::new();
    for table in tables {
        let columns: Vec<_> =
            table.columns.iter().map(|c| format!("{} {}", c.name, c.kind.sql())).collect();
        sql.push_str(&format!("CREATE TABLE {} ({});\n", name(table), columns.join(", ")));
    }
    sql
}

/// All views of `graph.duckdb`.
pub(crate) fn create_views() -> String {
    // The blocks of a file as a list: for CODE that runs over the end of a block.
    let mut sql = String::from(
        "CREATE VIEW file_text AS SELECT (id >> 32) << 32 AS file, list(text ORDER BY id) AS texts \
         FROM text_block GROUP BY 1;\n",
    );
    for view in node_views() {
        sql.push_str(&format!("CREATE VIEW {} AS {};\n", view.name, view.sql));
    }
    let any = any_node_view();
    sql.push_str(&format!("CREATE VIEW {} AS {};\n", any.name, any.sql));
    for view in edge_views() {
        sql.push_str(&format!("CREATE VIEW {} AS {};\n", view.name, view.sql));
    }
    sql.push_str(
        "CREATE VIEW diagnostics AS SELECT file AS file_id, path, code, line AS line_number, message FROM diagnostic;\n",
    );
    sql
}
