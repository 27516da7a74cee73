//! The views `edges_*`: one for each edge type, with `src` and `dst`.

use cg_types::{CfgKind, Role};

use super::TableId;
use super::nodes::names;

/// A view over the edges of one type.
pub(crate) struct EdgeView {
    pub(crate) name: String,
    pub(crate) label: &'static str,
    pub(crate) sql: String,
    pub(crate) from: &'static [&'static str],
    pub(crate) to: &'static [&'static str],
    pub(crate) properties: &'static [(&'static str, &'static str)],
    /// The column of a `nodes_*` view that is this edge, and whether the edge leaves that node.
    pub(crate) column: Option<(Holder, &'static str)>,
    /// Only nodes with this role have the edge.
    pub(crate) role: Option<&'static str>,
    pub(crate) doc: &'static str,
}

/// Which end of an edge has it as a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Source,
    Target,
}

/// Every edge view.
pub(crate) fn edge_views() -> Vec<EdgeView> {
    let mut list = vec![
        EdgeView {
            column: Some((Holder::Target, "parent_id")),
            properties: &[("ORDER", "order_")],
            ..view(
                "AST",
                over_nodes("parent", "id", "ord AS order_", "parent IS NOT NULL"),
                "parent to child",
            )
        },
        EdgeView {
            properties: &[("ARGUMENT_INDEX", "argument_index")],
            from: &["CALL", "RETURN"],
            ..view(
                "ARGUMENT",
                over_nodes(
                    "parent",
                    "id",
                    "arg_index AS argument_index",
                    &format!(
                        "role IN ({}, {}) AND arg_index >= 0",
                        Role::Argument as u8,
                        Role::Receiver as u8
                    ),
                ),
                "call to argument, return to value",
            )
        },
    ];
    for role in Role::ALL {
        if matches!(role, Role::Child | Role::Argument) {
            continue;
        }
        list.push(EdgeView {
            column: Some((Holder::Target, "parent_id")),
            role: Some(role.as_str()),
            from: if *role == Role::Receiver { &["CALL"] } else { &["CONTROL_STRUCTURE"] },
            ..view(
                role.as_str(),
                over_nodes("parent", "id", "", &format!("role = {}", *role as u8)),
                if *role == Role::Receiver {
                    "call to the expression it is dispatched on"
                } else {
                    "control structure to a part"
                },
            )
        });
    }
    list.extend([
        EdgeView {
            from: &["IDENTIFIER", "METHOD_REF", "TYPE_REF"],
            ..view(
                "REF",
                "SELECT id AS src, reference AS dst FROM identifier WHERE reference IS NOT NULL \
                 UNION ALL SELECT id, reference FROM code_ref WHERE reference IS NOT NULL \
                 UNION ALL SELECT src, dst FROM ref_edge"
                    .into(),
                "use to what it names, within the file and across files",
            )
        },
        EdgeView {
            column: Some((Holder::Target, "method_id")),
            from: &["METHOD"],
            ..view("CONTAINS", over_nodes("method", "id", "", "method IS NOT NULL"), "method to every node of its body")
        },
        EdgeView {
            column: Some((Holder::Source, "file_id")),
            to: &["FILE"],
            ..view(
                "SOURCE_FILE",
                ["method", "type_decl", "namespace_block", "comment"]
                    .map(|table| format!("SELECT id AS src, (id >> 32) << 32 AS dst FROM {table} WHERE id >= 4294967296"))
                    .join(" UNION ALL "),
                "method, type, namespace or comment to its file",
            )
        },
        EdgeView {
            column: Some((Holder::Target, "dominator_id")),
            ..view("DOMINATE", over_nodes("dominator", "id", "", "dominator IS NOT NULL"), "immediate dominator to node")
        },
        EdgeView {
            column: Some((Holder::Target, "post_dominator_id")),
            ..view(
                "POST_DOMINATE",
                over_nodes("post_dominator", "id", "", "post_dominator IS NOT NULL"),
                "immediate post-dominator to node",
            )
        },
        EdgeView {
            properties: &[("KIND", "kind")],
            ..view(
                "CFG",
                format!(
                    "SELECT src, dst, [{}][kind + 1] AS kind FROM cfg",
                    names(CfgKind::ALL, CfgKind::as_str).iter().map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ")
                ),
                "control flow",
            )
        },
        EdgeView {
            properties: &[("VARIABLE", "variable")],
            ..view("REACHING_DEF", "SELECT src, dst, variable FROM reaching_def".into(), "definition to use")
        },
        EdgeView {
            from: &["CALL"],
            to: &["METHOD"],
            properties: CALL_PROPERTIES,
            ..view("CALL", format!("SELECT call AS src, method AS dst, {CALL_COLUMNS} FROM call_edge e"), "call to method")
        },
        EdgeView {
            name: "edges_method_call".into(),
            from: &["METHOD"],
            to: &["METHOD"],
            properties: CALL_PROPERTIES,
            ..view(
                "CALL",
                format!(
                    "SELECT c.method AS src, e.method AS dst, e.call AS call_id, {CALL_COLUMNS} \
                     FROM call_edge e JOIN call c ON c.id = e.call"
                ),
                "calling method to called method, once for each call",
            )
        },
        EdgeView {
            from: &["TYPE_DECL"],
            to: &["TYPE_DECL"],
            properties: &[("BASE_NAME", "base_name")],
            ..view(
                "INHERITS_FROM",
                "SELECT type_decl AS src, base AS dst, base_name FROM inherits".into(),
                "type to base type; `dst` is NULL for a base outside of the repository",
            )
        },
        EdgeView {
            from: &["IMPORT"],
            ..view("IMPORTS", "SELECT import AS src, target AS dst FROM import_link".into(), "import to what it stands for")
        },
    ]);
    list
}

const CALL_COLUMNS: &str = "'T' || e.tier AS tier, e.technique AS technique, \
    ['possible', 'likely', 'proven'][e.confidence + 1] AS confidence";
const CALL_PROPERTIES: &[(&str, &str)] =
    &[("TIER", "tier"), ("TECHNIQUE", "technique"), ("CONFIDENCE", "confidence")];

fn view(label: &'static str, sql: String, doc: &'static str) -> EdgeView {
    EdgeView {
        name: format!("edges_{}", label.to_lowercase()),
        label,
        sql,
        from: &[],
        to: &[],
        properties: &[],
        column: None,
        role: None,
        doc,
    }
}

/// The edge over every node table that can have it.
fn over_nodes(src: &str, dst: &str, more: &str, filter: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    let parts: Vec<_> = TableId::NODES
        .iter()
        .map(|id| {
            format!(
                "SELECT {src} AS src, {dst} AS dst{more} FROM {} WHERE {filter}",
                id.table().name
            )
        })
        .collect();
    parts.join(" UNION ALL ")
}
