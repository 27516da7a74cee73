//! A parsed GRAPH_TABLE: patterns, conditions, columns. Expressions stay runs of tokens.

use std::ops::Range;

/// `GRAPH_TABLE (graph MATCH paths WHERE condition COLUMNS (columns))`.
#[derive(Clone, Debug)]
pub(crate) struct GraphTable {
    pub(crate) paths: Vec<Path>,
    pub(crate) condition: Option<Range<usize>>,
    pub(crate) columns: Vec<Column>,
}

/// Nodes joined by edges: `nodes.len() == edges.len() + 1`.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) nodes: Vec<Element>,
    pub(crate) edges: Vec<(Direction, Element)>,
}

/// A node or an edge in a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    /// First byte, for messages.
    pub(crate) offset: usize,
    pub(crate) variable: Option<Name>,
    pub(crate) labels: Vec<Name>,
    pub(crate) condition: Option<Range<usize>>,
}

/// An identifier in a query.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    /// As written, quotes removed.
    pub(crate) text: String,
    pub(crate) offset: usize,
}

impl Name {
    /// What decides whether two identifiers are the same: DuckDB compares without regard to case.
    pub(crate) fn key(&self) -> String {
        self.text.to_lowercase()
    }
}

/// Which way an edge may be walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// `-[]->`
    Right,
    /// `<-[]-`
    Left,
    /// `-[]-` and `<-[]->`
    Any,
}

/// An output column.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// Tokens of the expression and the name behind AS.
    Expression { tokens: Range<usize>, alias: Option<Name> },
    /// `m.*`
    All(Name),
}
