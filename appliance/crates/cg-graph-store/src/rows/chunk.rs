//! Chunks for retrieval: each method, the head of each type, and runs of what is left.

use cg_types::{FileGraph, Modifiers, Node, NodeId, NodeIndex, NodeKind};

use super::columns::{ABSENT, Rows};
use super::file::FileEntry;
use super::text::Blocks;
use super::words::{split_words, thin};
use crate::schema::CHUNK;

/// Most lines of a chunk; longer methods give several.
const LINES: u32 = 80;
/// Most bytes of a chunk: a very long line is cut off here.
const BYTES: usize = 16 << 10;

/// How often one word counts in a chunk.
const WORD: u8 = 3;

/// A run of lines of one node, or of none.
struct Piece {
    node: Option<NodeIndex>,
    first: u32,
    last: u32,
}

/// The chunks of a file, in the order of their lines.
pub(crate) fn chunk_rows(entry: &FileEntry<'_>, graph: &FileGraph, blocks: &Blocks<'_>) -> Rows {
    let mut rows = Rows::new(&CHUNK);
    if entry.text.trim().is_empty() {
        return rows;
    }
    let lines = Lines::new(entry.text, blocks.lines());
    let mut pieces = node_pieces(graph, lines.len());
    fill_gaps(&mut pieces, lines.len());
    pieces.sort_by_key(|piece| (piece.first, piece.last, piece.node));
    let mut number = 0;
    for piece in &pieces {
        let mut first = piece.first;
        while first <= piece.last {
            let last = piece.last.min(first + LINES - 1);
            let (start, end) = lines.bytes(first, last);
            let text = &entry.text[start..end];
            if !text.trim().is_empty() {
                chunk_row(
                    entry,
                    graph,
                    piece.node,
                    (first, last),
                    (start, text),
                    number,
                    &mut rows,
                );
                number += 1;
            }
            first = last + 1;
        }
    }
    rows
}

fn chunk_row(
    entry: &FileEntry<'_>,
    graph: &FileGraph,
    node: Option<NodeIndex>,
    (first, last): (u32, u32),
    (start, text): (usize, &str),
    number: u32,
    rows: &mut Rows,
) {
    let of = node.map(|index| graph.node(index));
    let field = |pick: fn(&Node) -> cg_types::StrId| of.map_or("", |node| graph.text(pick(node)));
    let (mut words, mut russian) = (String::with_capacity(text.len() * 2), String::new());
    // The names weigh more than one of many words: they come once more.
    for part in [graph.path.as_str(), field(|node| node.name), field(|node| node.full_name), text] {
        split_words(part, &mut words, &mut russian);
    }
    rows.row()
        .id(NodeId::new(entry.key, NodeIndex(number)).0)
        .optional(node.map_or(ABSENT, |index| NodeId::new(entry.key, index).0))
        .text(of.map_or("", |node| node.kind.as_str()))
        .text(field(|node| node.name))
        .text(field(|node| node.full_name))
        .text(field(|node| node.signature))
        .text(&graph.path)
        .u32(first)
        .u32(last)
        .u32(start as u32)
        .u32((start + text.len()) as u32)
        .text(&blake3::hash(text.as_bytes()).to_hex())
        .text(&thin(&words, WORD))
        .text(&russian);
}

/// Methods and heads of types that are not inside of a method.
fn node_pieces(graph: &FileGraph, lines: u32) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let index = NodeIndex(index as u32);
        let outermost = node
            .method
            .get()
            .is_none_or(|m| graph.nodes[m].modifiers.has(Modifiers::MODULE) || is_top(graph, m));
        let (first, last) = (node.line.max(1), node.line_end.min(lines));
        if !outermost || first > last {
            continue;
        }
        match node.kind {
            NodeKind::Method if !is_top(graph, index.0 as usize) => {
                pieces.push(Piece { node: Some(index), first, last })
            }
            NodeKind::TypeDecl => {
                let last = head_end(graph, index, last).min(first + LINES - 1);
                pieces.push(Piece { node: Some(index), first, last });
            }
            _ => {}
        }
    }
    pieces
}

/// Whether a METHOD is the file's own top level.
fn is_top(graph: &FileGraph, index: usize) -> bool {
    let node = &graph.nodes[index];
    node.modifiers.has(Modifiers::MODULE) || graph.text(node.name) == "<global>"
}

/// Last line of a type's head: the one before its first method.
fn head_end(graph: &FileGraph, of: NodeIndex, last: u32) -> u32 {
    let first = graph.node(of).line;
    graph.nodes[of.0 as usize + 1..]
        .iter()
        .take_while(|node| node.parent.is_some() && node.parent.0 >= of.0)
        .find(|node| node.kind == NodeKind::Method)
        .map_or(last, |method| method.line.saturating_sub(1).clamp(first, last))
}

/// Adds the runs of lines that no piece holds.
fn fill_gaps(pieces: &mut Vec<Piece>, lines: u32) {
    let mut taken: Vec<(u32, u32)> = pieces.iter().map(|piece| (piece.first, piece.last)).collect();
    taken.sort_unstable();
    let mut next = 1;
    for (first, last) in taken.into_iter().chain([(lines + 1, lines + 1)]) {
        if first > next {
            pieces.push(Piece { node: None, first: next, last: first - 1 });
        }
        next = next.max(last + 1);
    }
}

/// Byte ranges of lines.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<u32>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str, count: u32) -> Self {
        let mut starts = Vec::with_capacity(count as usize + 1);
        starts.push(0);
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        Self { text, starts }
    }

    fn len(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Bytes of the lines `first..=last`, at most [`BYTES`] of them.
    fn bytes(&self, first: u32, last: u32) -> (usize, usize) {
        let start = self.starts[first as usize - 1] as usize;
        let end = self.starts.get(last as usize).map_or(self.text.len(), |end| *end as usize);
        let mut end = end.min(start + BYTES);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        (start, end)
    }
}
