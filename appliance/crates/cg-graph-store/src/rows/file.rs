//! The rows of one file.

use std::any::Any;
use std::sync::Arc;

use cg_types::{ContentHash, FileGraph, FileKey, Modifiers, Node, NodeId, NodeIndex, NodeKind};

use super::chunk::chunk_rows;
use super::columns::{ABSENT, Row, Rows};
use super::text::{Blocks, Slice};
use crate::schema::TableId;

/// What is known of a file beside its graph.
pub struct FileEntry<'a> {
    /// The file's key.
    pub key: FileKey,
    /// The text the graph was made from, UTF-8.
    pub text: &'a str,
    /// Hash of the bytes on disk.
    pub hash: ContentHash,
    /// Name of the encoding the bytes were in.
    pub encoding: &'a str,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// `vendored`, `generated` or empty.
    pub origin: &'a str,
}

/// Something to be said about a path that is not in a [`FileGraph`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The file, if it is part of the snapshot.
    pub file: Option<FileKey>,
    /// Path in the repository.
    pub path: String,
    /// Kind of trouble.
    pub code: &'static str,
    /// Line, or 0.
    pub line: u32,
    /// In words.
    pub message: String,
}

/// All rows of one file, made in a worker thread, written in the order of file keys.
pub struct FileRows {
    pub(crate) key: FileKey,
    pub(crate) tables: Vec<Rows>,
    pub(crate) chunks: Rows,
}

impl FileRows {
    /// Turns a file's graph into rows. `notes` are diagnostics beside those of the graph.
    pub fn new(entry: &FileEntry<'_>, graph: &FileGraph, notes: &[Note]) -> Self {
        let blocks = Blocks::new(entry.text);
        let mut tables: Vec<Rows> = TableId::ALL.iter().map(|id| Rows::new(id.table())).collect();
        file_row(entry, graph, &blocks, &mut tables[TableId::File as usize]);
        block_rows(entry.key, &blocks, &mut tables[TableId::TextBlock as usize]);
        for (index, node) in graph.nodes.iter().enumerate() {
            if node.kind != NodeKind::File {
                let rows = &mut tables[TableId::of(node.kind) as usize];
                node_row(
                    entry,
                    graph,
                    NodeIndex(index as u32),
                    node,
                    blocks.locate(node.span),
                    rows,
                );
            }
        }
        edge_rows(entry.key, graph, &mut tables);
        diagnostic_rows(entry, graph, (&blocks, notes), &mut tables[TableId::Diagnostic as usize]);
        let chunks = chunk_rows(entry, graph, &blocks);
        tables.retain(|rows| rows.len > 0);
        Self { key: entry.key, tables, chunks }
    }

    /// Keeps `token` alive until the tables' writers have every row, so that a budget counts rows on
    /// their way too.
    pub fn hold(&mut self, token: &Arc<dyn Any + Send + Sync>) {
        for rows in self.tables.iter_mut().chain([&mut self.chunks]) {
            rows.hold = Some(Arc::clone(token));
        }
    }

    /// Bytes of memory the rows take.
    pub fn bytes(&self) -> usize {
        self.tables.iter().chain([&self.chunks]).map(Rows::bytes).sum()
    }
}

fn file_row(entry: &FileEntry<'_>, graph: &FileGraph, blocks: &Blocks<'_>, rows: &mut Rows) {
    rows.row()
        .id(NodeId::new(entry.key, NodeIndex::FILE).0)
        .text(&graph.path)
        .text(graph.language.as_str())
        .text(&hex::encode(entry.hash.0))
        .text(entry.encoding)
        .u64(entry.disk_bytes)
        .u32(entry.text.len() as u32)
        .u32(blocks.lines())
        .u32(graph.nodes.len() as u32)
        .text(entry.origin);
}

fn block_rows(key: FileKey, blocks: &Blocks<'_>, rows: &mut Rows) {
    for (number, (block, text)) in blocks.iter().enumerate() {
        rows.row()
            .id(NodeId::new(key, NodeIndex(number as u32)).0)
            .u32(block.line)
            .u32(block.line_end)
            .u32(block.start)
            .text(text);
    }
}

fn node_row(
    entry: &FileEntry<'_>,
    graph: &FileGraph,
    index: NodeIndex,
    node: &Node,
    slice: Slice,
    rows: &mut Rows,
) {
    let optional =
        |other: NodeIndex| if other.is_some() { NodeId::new(entry.key, other).0 } else { ABSENT };
    let mut row = rows.row();
    row.id(NodeId::new(entry.key, index).0)
        .optional(optional(node.parent))
        .u32(node.order)
        .u8(node.role as u8)
        .i32(node.argument_index)
        .optional(optional(node.method))
        .optional(optional(node.dominator))
        .optional(optional(node.post_dominator))
        .u16(node.modifiers.0)
        .u32(node.span.start)
        .u32(node.span.end)
        .u32(node.line)
        .u32(node.column)
        .u32(node.line_end)
        .optional(slice.block.map_or(ABSENT, |block| NodeId::new(entry.key, NodeIndex(block)).0))
        .u16(slice.offset)
        .u32(slice.more)
        .u32(slice.chars);
    own_columns(entry, graph, node, optional(node.reference), &mut row);
}

/// The columns that only this kind's table has.
fn own_columns(
    entry: &FileEntry<'_>,
    graph: &FileGraph,
    node: &Node,
    reference: i64,
    row: &mut Row<'_>,
) {
    let (name, full_name) = (graph.text(node.name), graph.text(node.full_name));
    let (type_full_name, signature) = (graph.text(node.type_full_name), graph.text(node.signature));
    match TableId::of(node.kind) {
        TableId::NamespaceBlock | TableId::Import => {
            row.text(name).text(full_name);
        }
        TableId::Method => {
            row.text(name)
                .text(full_name)
                .text(signature)
                .bool(false)
                .text(&body_hash(entry.text, node));
        }
        TableId::TypeDecl => {
            row.text(name).text(full_name).text(type_full_name).text(signature);
        }
        TableId::Declaration => {
            row.u8(node.kind as u8)
                .text(name)
                .text(full_name)
                .text(type_full_name)
                .u8(node.evaluation as u8);
        }
        TableId::Control => {
            row.u8(node.kind as u8).u8(node.control as u8).text(name);
        }
        TableId::Call => {
            row.text(name)
                .text(full_name)
                .text(type_full_name)
                .text(signature)
                .u8(node.dispatch as u8);
        }
        TableId::Identifier => {
            row.u8(node.kind as u8).text(name).text(type_full_name).optional(reference);
        }
        TableId::Literal => {
            row.text(type_full_name);
        }
        TableId::Block => {
            row.u8(node.kind as u8).text(name).text(type_full_name);
        }
        TableId::CodeRef => {
            row.u8(node.kind as u8)
                .text(name)
                .text(full_name)
                .text(type_full_name)
                .optional(reference);
        }
        _ => {}
    }
}

/// Stable name of a method's code, for what outlives a snapshot.
fn body_hash(text: &str, node: &Node) -> String {
    // The file's top level would hash the whole file, which the FILE row has already.
    if node.modifiers.has(Modifiers::MODULE) {
        return String::new();
    }
    let code =
        text.as_bytes().get(node.span.start as usize..node.span.end as usize).unwrap_or_default();
    hex::encode(&blake3::hash(code).as_bytes()[..16])
}

fn edge_rows(key: FileKey, graph: &FileGraph, tables: &mut [Rows]) {
    let id = |index: NodeIndex| NodeId::new(key, index).0;
    let cfg = &mut tables[TableId::Cfg as usize];
    for edge in &graph.cfg {
        cfg.row().id(id(edge.src)).id(id(edge.dst)).u8(edge.kind as u8);
    }
    let reaching = &mut tables[TableId::ReachingDef as usize];
    for edge in &graph.reaching_defs {
        reaching.row().id(id(edge.src)).id(id(edge.dst)).text(graph.text(edge.variable));
    }
}

fn diagnostic_rows(
    entry: &FileEntry<'_>,
    graph: &FileGraph,
    (blocks, notes): (&Blocks<'_>, &[Note]),
    rows: &mut Rows,
) {
    let file = NodeId::new(entry.key, NodeIndex::FILE).0;
    for diagnostic in &graph.diagnostics {
        let line = diagnostic.span.map_or(0, |span| blocks.line(span.start));
        rows.row()
            .optional(file)
            .text(&graph.path)
            .text(diagnostic.code.as_str())
            .u32(line)
            .text(&diagnostic.message);
    }
    for note in notes {
        note_row(note, rows);
    }
}

/// The row of one note.
pub(crate) fn note_row(note: &Note, rows: &mut Rows) {
    rows.row()
        .optional(note.file.map_or(ABSENT, |key| NodeId::new(key, NodeIndex::FILE).0))
        .text(&note.path)
        .text(note.code)
        .u32(note.line)
        .text(&note.message);
}
