//! The reference page of the schema, made from the same data as the database.

use cg_types::{CfgKind, ControlKind, DispatchType, Evaluation, Modifiers, NodeKind, Role};

use super::nodes::names;
use super::{CHUNK, STORAGE_VERSION, TABLES, Table, any_node_view, edge_views, node_views};

/// `docs/graph-schema.md`, whole.
pub fn document() -> String {
    let mut page =
        format!("{INTRODUCTION}\nStorage version: {STORAGE_VERSION}.\n\n## Node views\n\n");
    for view in node_views().iter().chain(std::iter::once(&any_node_view())) {
        page.push_str(&format!(
            "### `{}`\n\n| column | property | meaning |\n|---|---|---|\n",
            view.name
        ));
        for column in &view.columns {
            page.push_str(&format!(
                "| `{}` | {} | {} |\n",
                column.name, column.property, column.doc
            ));
        }
        page.push('\n');
    }
    page.push_str("## Edge views\n\nEach has `src` and `dst`.\n\n| view | label | more columns | meaning |\n|---|---|---|---|\n");
    for view in edge_views() {
        let more: Vec<_> =
            view.properties.iter().map(|(_, column)| format!("`{column}`")).collect();
        page.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            view.name,
            view.label,
            more.join(", "),
            view.doc
        ));
    }
    page.push_str("\n## Tables\n\nWhat lies below the views. Columns named as codes hold the number of the name in the lists at the end.\n\n");
    for table in &TABLES {
        describe(&mut page, table);
    }
    page.push_str(
        "### `meta`\n\nNamed values of the snapshot: `storage_version`, `cpg_version`, `summary` (counts as JSON).\n\n\
         ## Search sidecar\n\n`search.duckdb`, opened apart from the graph. `words` and `russian` feed the full-text \
         index and are dropped after it is made.\n\n",
    );
    describe(&mut page, &CHUNK);
    page.push_str("## Vectors sidecar\n\n`vectors.duckdb`: table `vector` with `hash` (of the chunk's text) and `embedding` (`FLOAT[n]`).\n\n## Codes\n\n");
    let lists: [(&str, Vec<&str>); 6] = [
        ("kind of a node", names(NodeKind::ALL, NodeKind::as_str)),
        ("role", names(Role::ALL, Role::as_str)),
        ("control", names(ControlKind::ALL, ControlKind::as_str)),
        ("dispatch", names(DispatchType::ALL, DispatchType::as_str)),
        ("evaluation", names(Evaluation::ALL, Evaluation::as_str)),
        ("kind of a CFG edge", names(CfgKind::ALL, CfgKind::as_str)),
    ];
    for (title, values) in lists {
        let items: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(code, name)| format!("{code} {}", if name.is_empty() { "(none)" } else { name }))
            .collect();
        page.push_str(&format!("- **{title}**: {}\n", items.join(", ")));
    }
    page.push_str(&format!(
        "- **confidence**: 0 possible, 1 likely, 2 proven\n- **modifiers**: the bits of MODIFIER_TYPE; \
         {} dead code, {} declaration only, {} variadic, {} wildcard import\n",
        Modifiers::DEAD.0,
        Modifiers::DECLARATION.0,
        Modifiers::VARIADIC.0,
        Modifiers::WILDCARD.0
    ));
    page
}

fn describe(page: &mut String, table: &Table) {
    page.push_str(&format!(
        "### `{}`\n\n{}\n\n| column | type | meaning |\n|---|---|---|\n",
        table.name, table.doc
    ));
    for column in table.columns {
        page.push_str(&format!("| `{}` | {} | {} |\n", column.name, column.kind.sql(), column.doc));
    }
    page.push('\n');
}

const INTRODUCTION: &str = "# Schema of the graph

Made from the code; `UPDATE_DOCS=1 cargo test --release -p cg-graph-store` writes it again.

A snapshot's `graph.duckdb` can be read with SQL over the views below, whose names are those of the
Code Property Graph specification 1.1, or with `GRAPH_TABLE (cpg MATCH …)`, where node labels, edge labels and
properties stand for the same views. Where a specification's name is a word of SQL, the column has an
underscore behind it (`order_`, `offset_`, `index_`).

A node id is `file_key << 32 | index`: the index counts the file's nodes in preorder, FILE being 0. File key 0 holds
what belongs to no file (methods outside of the repository). Ids are valid within one snapshot.

CODE is kept once, as the files' text; the views slice it. `line_number` counts from 1, columns and offsets count
bytes of the UTF-8 text.
";
