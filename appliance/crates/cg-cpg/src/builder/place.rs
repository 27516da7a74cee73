//! Where a node lies in the text, and where it hangs in the graph.

use cg_types::{NodeIndex, Role, Span};

/// Where a node lies in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) span: Span,
    /// Line of the first byte, from 1.
    pub(crate) line: u32,
    /// Column of the first byte in bytes, from 1.
    pub(crate) column: u32,
    /// Line of the last byte, from 1.
    pub(crate) line_end: u32,
}

impl Place {
    /// The place of a syntax node. O(1).
    #[inline]
    pub(crate) fn of(node: tree_sitter::Node<'_>) -> Self {
        let (start, end) = (node.start_position(), node.end_position());
        let last_line = if end.column == 0 && end.row > start.row { end.row } else { end.row + 1 };
        Self {
            span: Span { start: node.start_byte() as u32, end: node.end_byte() as u32 },
            line: start.row as u32 + 1,
            column: start.column as u32 + 1,
            line_end: last_line as u32,
        }
    }

    /// From the start of `self` to the end of `last`.
    pub(crate) fn to(self, last: Self) -> Self {
        Self {
            span: Span { start: self.span.start, end: last.span.end },
            line_end: last.line_end,
            ..self
        }
    }

    /// The empty place at the start of `self`.
    pub(crate) fn start(self) -> Self {
        Self {
            span: Span { start: self.span.start, end: self.span.start },
            line_end: self.line,
            ..self
        }
    }
}

/// Where a node hangs: its parent and what it is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) parent: NodeIndex,
    pub(crate) role: Role,
    /// ARGUMENT_INDEX; -1 when not an argument.
    pub(crate) argument_index: i32,
}

impl Slot {
    /// A plain child.
    #[inline]
    pub(crate) fn child(parent: NodeIndex) -> Self {
        Self { parent, role: Role::Child, argument_index: -1 }
    }

    /// A child with a role.
    #[inline]
    pub(crate) fn role(parent: NodeIndex, role: Role) -> Self {
        Self { parent, role, argument_index: -1 }
    }

    /// Argument number `index`, from 1, of a CALL or RETURN.
    #[inline]
    pub(crate) fn argument(parent: NodeIndex, index: i32) -> Self {
        Self { parent, role: Role::Argument, argument_index: index }
    }

    /// The receiver of a CALL: the expression that is called or dispatched on.
    #[inline]
    pub(crate) fn receiver(parent: NodeIndex) -> Self {
        Self { parent, role: Role::Receiver, argument_index: 0 }
    }
}
