//! Sets of loose ends: CFG edges whose target is not known yet.

use cg_types::{CfgEdge, CfgKind, NodeIndex};

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Cell {
    src: u32,
    kind: CfgKind,
    next: u32,
}

/// A list of loose ends; joining two is O(1). A fringe is used up by joining or connecting it.
#[derive(Clone, Copy)]
pub(super) struct Fringe {
    head: u32,
    tail: u32,
}

impl Fringe {
    /// No loose end: control does not get here.
    pub(super) const EMPTY: Self = Self { head: NONE, tail: NONE };

    pub(super) fn is_empty(self) -> bool {
        self.head == NONE
    }

    /// Whether there is exactly one loose end.
    pub(super) fn is_single(self) -> bool {
        self.head != NONE && self.head == self.tail
    }
}

/// Holds the cells of all fringes of one method.
#[derive(Default)]
pub(super) struct Ends {
    cells: Vec<Cell>,
}

impl Ends {
    pub(super) fn clear(&mut self) {
        self.cells.clear();
    }

    pub(super) fn one(&mut self, src: u32, kind: CfgKind) -> Fringe {
        let at = self.cells.len() as u32;
        self.cells.push(Cell { src, kind, next: NONE });
        Fringe { head: at, tail: at }
    }

    /// Both lists as one.
    pub(super) fn join(&mut self, a: Fringe, b: Fringe) -> Fringe {
        if a.is_empty() {
            return b;
        }
        if b.is_empty() {
            return a;
        }
        self.cells[a.tail as usize].next = b.head;
        Fringe { head: a.head, tail: b.tail }
    }

    /// A second list with the same loose ends.
    pub(super) fn copy(&mut self, fringe: Fringe) -> Fringe {
        let mut out = Fringe::EMPTY;
        let mut at = fringe.head;
        while at != NONE {
            let cell = self.cells[at as usize];
            let one = self.one(cell.src, cell.kind);
            out = self.join(out, one);
            at = if at == fringe.tail { NONE } else { cell.next };
        }
        out
    }

    /// The same loose ends, each of them of one kind.
    pub(super) fn with_kind(&mut self, fringe: Fringe, kind: CfgKind) -> Fringe {
        let mut at = fringe.head;
        while at != NONE {
            self.cells[at as usize].kind = kind;
            at = self.cells[at as usize].next;
        }
        fringe
    }

    /// Leads all loose ends to `dst`.
    pub(super) fn connect(&self, fringe: Fringe, dst: u32, edges: &mut Vec<CfgEdge>) {
        let mut at = fringe.head;
        while at != NONE {
            let cell = self.cells[at as usize];
            edges.push(CfgEdge { src: NodeIndex(cell.src), dst: NodeIndex(dst), kind: cell.kind });
            at = cell.next;
        }
    }
}

impl Ends {
    /// The node whose loose end comes first.
    pub(super) fn first(&self, fringe: Fringe) -> Option<u32> {
        self.cells.get(fringe.head as usize).map(|cell| cell.src)
    }
}
