//! The rows that linking adds.

use cg_link::Links;
use cg_types::{NodeId, NodeIndex};

use super::columns::{ABSENT, Rows};
use crate::schema::TableId;

/// Edges across files and methods outside of the repository.
pub(crate) fn link_rows(links: &Links) -> Vec<Rows> {
    let new = |id: TableId| Rows::new(id.table());
    let mut calls = new(TableId::CallEdge);
    for edge in &links.call_edges {
        calls
            .row()
            .id(edge.call.0)
            .id(edge.method.0)
            .u8(edge.tier as u8)
            .text(edge.technique.as_str())
            .u8(edge.confidence as u8);
    }
    let mut methods = new(TableId::Method);
    for method in &links.externals {
        external_row(method.id, [&method.name, &method.full_name, &method.signature], &mut methods);
    }
    let mut imports = new(TableId::ImportLink);
    for link in &links.imports {
        imports.row().id(link.import.0).id(link.target.0);
    }
    let mut inherits = new(TableId::Inherits);
    for link in &links.inherits {
        inherits
            .row()
            .id(link.type_decl.0)
            .optional(link.base.map_or(ABSENT, |base| base.0))
            .text(&link.base_name);
    }
    let mut references = new(TableId::RefEdge);
    for link in &links.references {
        references.row().id(link.from.0).id(link.to.0);
    }
    [calls, methods, imports, inherits, references]
        .into_iter()
        .filter(|rows| rows.len > 0)
        .collect()
}

fn external_row(id: NodeId, [name, full_name, signature]: [&String; 3], rows: &mut Rows) {
    debug_assert_ne!(id.index(), NodeIndex::NONE);
    rows.row()
        .id(id.0)
        .optional(ABSENT)
        .u32(0)
        .u8(0)
        .i32(-1)
        .optional(ABSENT)
        .optional(ABSENT)
        .optional(ABSENT)
        .u16(0)
        .u32(0)
        .u32(0)
        .u32(0)
        .u32(0)
        .u32(0)
        .optional(ABSENT)
        .u16(0)
        .u32(0)
        .u32(0)
        .text(name)
        .text(full_name)
        .text(signature)
        .bool(true)
        .text("");
}
