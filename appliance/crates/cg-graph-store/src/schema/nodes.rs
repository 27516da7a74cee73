//! The views `nodes_*`: one for each node type, with the property names of CPG 1.1.

use cg_types::{ControlKind, DispatchType, Evaluation, Modifiers, NodeKind, Role};

use super::{Table, TableId};

/// A view over the nodes of one type.
pub(crate) struct NodeView {
    pub(crate) name: String,
    pub(crate) label: &'static str,
    pub(crate) sql: String,
    pub(crate) columns: Vec<ViewColumn>,
}

/// A column of a view.
pub(crate) struct ViewColumn {
    pub(crate) name: &'static str,
    /// Name as a property, as in CPG 1.1; empty for a column that is no property.
    pub(crate) property: &'static str,
    pub(crate) expression: String,
    pub(crate) doc: &'static str,
}

/// Columns that hold the other end of an edge, or the role that makes it one.
pub(crate) const EDGE_COLUMNS: [&str; 7] =
    ["parent_id", "method_id", "file_id", "ref_id", "dominator_id", "post_dominator_id", "role"];

/// One view for each node type.
pub(crate) fn node_views() -> Vec<NodeView> {
    NodeKind::ALL.iter().map(|kind| node_view(*kind)).collect()
}

/// The view over all nodes.
pub(crate) fn any_node_view() -> NodeView {
    let columns = [
        ("id", "ID", "node id"),
        ("label", "LABEL", "node type"),
        ("name", "NAME", "NAME, or empty"),
        ("full_name", "FULL_NAME", "FULL_NAME, or empty"),
        ("code", "CODE", "text of the node"),
        ("filename", "FILENAME", "path of the file"),
        ("line_number", "LINE_NUMBER", "first line"),
        ("line_number_end", "LINE_NUMBER_END", "last line"),
        ("order_", "ORDER", "ORDER"),
        ("argument_index", "ARGUMENT_INDEX", "ARGUMENT_INDEX"),
        ("role", "", "what the node is to its parent"),
        ("parent_id", "", "AST parent"),
        ("method_id", "", "METHOD around the node"),
        ("file_id", "", "FILE of the node"),
        ("ref_id", "", "REF within the file"),
        ("dominator_id", "", "immediate dominator"),
        ("post_dominator_id", "", "immediate post-dominator"),
    ];
    let parts: Vec<String> = node_views()
        .iter()
        .map(|view| {
            let has = |name: &str| view.columns.iter().any(|c| c.name == name);
            let list: Vec<String> = columns
                .iter()
                .map(|(name, ..)| match *name {
                    "label" => format!("'{}' AS label", view.label),
                    "ref_id" if !has(name) => "NULL::BIGINT AS ref_id".to_owned(),
                    _ if has(name) => (*name).to_owned(),
                    "name" if has("canonical_name") => "canonical_name AS name".to_owned(),
                    "name" | "full_name" => format!("'' AS {name}"),
                    _ => unreachable!("every node view has column {name}"),
                })
                .collect();
            format!("SELECT {} FROM {}", list.join(", "), view.name)
        })
        .collect();
    NodeView {
        name: "cpg_nodes".into(),
        label: "",
        sql: parts.join(" UNION ALL "),
        columns: columns
            .iter()
            .map(|(name, property, doc)| ViewColumn {
                name,
                property,
                expression: String::new(),
                doc,
            })
            .collect(),
    }
}

fn node_view(kind: NodeKind) -> NodeView {
    let id = TableId::of(kind);
    let table = id.table();
    let columns = if kind == NodeKind::File { file_columns() } else { columns(kind, table) };
    let list: Vec<_> = columns.iter().map(|c| format!("{} AS {}", c.expression, c.name)).collect();
    let mut sql = format!("SELECT {} FROM {} n", list.join(", "), table.name);
    if kind != NodeKind::File {
        sql.push_str(
            " LEFT JOIN file f ON f.id = (n.id >> 32) << 32 LEFT JOIN text_block b ON b.id = n.block \
             LEFT JOIN file_text t ON t.file = CASE WHEN n.blocks > 0 THEN (n.id >> 32) << 32 END",
        );
    } else {
        sql.push_str(" LEFT JOIN file_text t ON t.file = n.id");
    }
    if table.columns.iter().any(|c| c.name == "kind") {
        sql.push_str(&format!(" WHERE n.kind = {}", kind as u8));
    }
    NodeView {
        name: format!("nodes_{}", kind.as_str().to_lowercase()),
        label: kind.as_str(),
        sql,
        columns,
    }
}

fn columns(kind: NodeKind, table: &Table) -> Vec<ViewColumn> {
    let mut list = vec![
        plain("id", "ID", "n.id", "node id"),
        plain("code", "CODE", CODE, "text of the node, sliced from its file"),
        plain("order_", "ORDER", "n.ord", "place among the parent's children, from 1"),
        plain(
            "line_number",
            "LINE_NUMBER",
            "n.line",
            "first line, from 1; 0 outside of the repository",
        ),
        plain("line_number_end", "LINE_NUMBER_END", "n.line_end", "last line"),
        plain(
            "column_number",
            "COLUMN_NUMBER",
            "n.col",
            "column of the first byte, in bytes, from 1",
        ),
        plain("offset_", "OFFSET", "n.start_byte", "first byte in the file's UTF-8 text"),
        plain("offset_end", "OFFSET_END", "n.end_byte", "one past the last byte"),
        plain(
            "filename",
            "FILENAME",
            "coalesce(f.path, '')",
            "path of the file; empty outside of the repository",
        ),
        plain(
            "argument_index",
            "ARGUMENT_INDEX",
            "n.arg_index",
            "place among the arguments; -1 when no argument",
        ),
        coded(
            "role",
            "",
            "n.role",
            &names(Role::ALL, Role::as_str),
            "what the node is to its parent; empty: a child",
        ),
        plain("parent_id", "", "n.parent", "AST parent"),
        plain("method_id", "", "n.method", "METHOD around the node"),
        plain("file_id", "", "(n.id >> 32) << 32", "FILE of the node"),
        plain("dominator_id", "", "n.dominator", "immediate dominator"),
        plain("post_dominator_id", "", "n.post_dominator", "immediate post-dominator"),
        plain(
            "is_dead",
            "IS_DEAD",
            &flag(Modifiers::DEAD),
            "whether the control flow never comes here",
        ),
    ];
    let has = |name: &str| table.columns.iter().any(|c| c.name == name);
    let (name, property) = match kind {
        NodeKind::FieldIdentifier => ("canonical_name", "CANONICAL_NAME"),
        NodeKind::Import => ("imported_as", "IMPORTED_AS"),
        NodeKind::ControlStructure | NodeKind::Unknown => ("parser_type_name", "PARSER_TYPE_NAME"),
        NodeKind::Modifier => ("modifier_type", "MODIFIER_TYPE"),
        _ => ("name", "NAME"),
    };
    if has("name") && !matches!(kind, NodeKind::Block | NodeKind::Return) {
        list.push(plain(name, property, "n.name", "name"));
    }
    if has("full_name") {
        let (name, property) = match kind {
            NodeKind::Import => ("imported_entity", "IMPORTED_ENTITY"),
            NodeKind::Call | NodeKind::MethodRef => ("method_full_name", "METHOD_FULL_NAME"),
            _ => ("full_name", "FULL_NAME"),
        };
        list.push(plain(name, property, "n.full_name", "full name, as far as the file tells it"));
    }
    if has("type_full_name") {
        list.push(plain(
            "type_full_name",
            "TYPE_FULL_NAME",
            "n.type_full_name",
            "type, as far as known",
        ));
    }
    if has("signature") {
        list.push(plain("signature", "SIGNATURE", "n.signature", "signature"));
    }
    if has("reference") {
        list.push(plain("ref_id", "", "n.reference", "REF within the file"));
    }
    match kind {
        NodeKind::Method => {
            list.push(plain(
                "is_external",
                "IS_EXTERNAL",
                "n.is_external",
                "whether it stands outside of the repository",
            ));
            list.push(plain("hash", "HASH", "n.hash", "hash of the code"));
            list.push(plain(
                "is_declaration",
                "IS_DECLARATION",
                &flag(Modifiers::DECLARATION),
                "declared here, defined elsewhere",
            ));
            list.push(plain(
                "is_variadic",
                "IS_VARIADIC",
                &flag(Modifiers::VARIADIC),
                "takes any number of arguments",
            ));
        }
        NodeKind::TypeDecl => {
            list.push(plain(
                "inherits_from_type_full_name",
                "INHERITS_FROM_TYPE_FULL_NAME",
                "CASE WHEN n.bases = '' THEN [] ELSE string_split(n.bases, '|') END",
                "base types as written",
            ));
        }
        NodeKind::MethodParameterIn => {
            list.push(plain(
                "index_",
                "INDEX",
                "n.arg_index",
                "place among the parameters, 0 is self",
            ));
            list.push(plain(
                "is_variadic",
                "IS_VARIADIC",
                &flag(Modifiers::VARIADIC),
                "takes any number of arguments",
            ));
        }
        NodeKind::Import => {
            list.push(plain(
                "is_wildcard",
                "IS_WILDCARD",
                &flag(Modifiers::WILDCARD),
                "imports everything",
            ));
        }
        NodeKind::ControlStructure => list.push(coded(
            "control_structure_type",
            "CONTROL_STRUCTURE_TYPE",
            "n.control",
            &names(ControlKind::ALL, ControlKind::as_str),
            "which one",
        )),
        NodeKind::Call => list.push(coded(
            "dispatch_type",
            "DISPATCH_TYPE",
            "n.dispatch",
            &names(DispatchType::ALL, DispatchType::as_str),
            "how the target is chosen",
        )),
        _ => {}
    }
    if matches!(kind, NodeKind::MethodParameterIn | NodeKind::MethodReturn) {
        list.push(coded(
            "evaluation_strategy",
            "EVALUATION_STRATEGY",
            "n.evaluation",
            &names(Evaluation::ALL, Evaluation::as_str),
            "by value, by reference or by sharing",
        ));
    }
    if matches!(kind, NodeKind::Method | NodeKind::TypeDecl | NodeKind::Member | NodeKind::Local) {
        list.push(plain(
            "modifiers",
            "MODIFIERS",
            &modifier_list(),
            "MODIFIER_TYPE of every modifier",
        ));
    }
    list
}

fn file_columns() -> Vec<ViewColumn> {
    vec![
        plain("id", "ID", "n.id", "node id"),
        plain("name", "NAME", "n.path", "path in the repository"),
        plain("code", "CODE", "coalesce(array_to_string(t.texts, ''), '')", "the whole text"),
        plain("order_", "ORDER", "0::UINTEGER", "always 0"),
        plain("line_number", "LINE_NUMBER", "1::UINTEGER", "always 1"),
        plain("line_number_end", "LINE_NUMBER_END", "n.lines", "last line"),
        plain("filename", "FILENAME", "n.path", "path in the repository"),
        plain("argument_index", "ARGUMENT_INDEX", "-1::INTEGER", "always -1"),
        plain("role", "", "''", "always empty"),
        plain("parent_id", "", "NULL::BIGINT", "always NULL"),
        plain("method_id", "", "NULL::BIGINT", "always NULL"),
        plain("file_id", "", "n.id", "the node itself"),
        plain("dominator_id", "", "NULL::BIGINT", "always NULL"),
        plain("post_dominator_id", "", "NULL::BIGINT", "always NULL"),
        plain("language", "LANGUAGE", "n.language", "language of the front end"),
        plain("hash", "HASH", "n.hash", "BLAKE3 of the bytes on disk"),
        plain("encoding", "ENCODING", "n.encoding", "encoding the bytes were in"),
        plain("disk_bytes", "DISK_BYTES", "n.disk_bytes", "bytes on disk"),
        plain("lines", "LINES", "n.lines", "lines of text"),
        plain(
            "origin",
            "ORIGIN",
            "n.origin",
            "`vendored`, `generated`, or empty: written for this project",
        ),
    ]
}

/// CODE: within one block a slice of it, else a slice of the file's joined blocks.
const CODE: &str = "coalesce(CASE WHEN n.blocks = 0 THEN substr(b.text, n.block_off::BIGINT + 1, n.chars) \
    ELSE substr(array_to_string(t.texts[(n.block & 4294967295) + 1 : (n.block & 4294967295) + 1 + n.blocks], ''), \
    n.block_off::BIGINT + 1, n.chars) END, '')";

fn plain(
    name: &'static str,
    property: &'static str,
    expression: &str,
    doc: &'static str,
) -> ViewColumn {
    ViewColumn { name, property, expression: expression.to_owned(), doc }
}

fn coded(
    name: &'static str,
    property: &'static str,
    column: &str,
    texts: &[&'static str],
    doc: &'static str,
) -> ViewColumn {
    let list: Vec<_> = texts.iter().map(|text| format!("'{text}'")).collect();
    ViewColumn { name, property, expression: format!("[{}][{column} + 1]", list.join(", ")), doc }
}

pub(crate) fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|value| name(*value)).collect()
}

fn flag(modifier: Modifiers) -> String {
    format!("(n.modifiers & {}) <> 0", modifier.0)
}

fn modifier_list() -> String {
    const NAMES: [(Modifiers, &str); 12] = [
        (Modifiers::STATIC, "STATIC"),
        (Modifiers::PUBLIC, "PUBLIC"),
        (Modifiers::PROTECTED, "PROTECTED"),
        (Modifiers::PRIVATE, "PRIVATE"),
        (Modifiers::ABSTRACT, "ABSTRACT"),
        (Modifiers::CONSTRUCTOR, "CONSTRUCTOR"),
        (Modifiers::VIRTUAL, "VIRTUAL"),
        (Modifiers::FINAL, "FINAL"),
        (Modifiers::LAMBDA, "LAMBDA"),
        (Modifiers::MODULE, "MODULE"),
        (Modifiers::ASYNC, "ASYNC"),
        (Modifiers::GENERATOR, "GENERATOR"),
    ];
    let items: Vec<_> = NAMES
        .iter()
        .map(|(bit, name)| format!("CASE WHEN (n.modifiers & {}) <> 0 THEN '{name}' END", bit.0))
        .collect();
    format!("list_filter([{}], lambda x: x IS NOT NULL)", items.join(", "))
}
