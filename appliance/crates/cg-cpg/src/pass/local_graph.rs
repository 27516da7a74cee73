//! The control flow graph of one method with dense numbers, both directions.

use cg_types::CfgEdge;

/// "No node."
pub(super) const NONE: u32 = u32::MAX;

/// Nodes 0 (METHOD) to `len - 1` (METHOD_RETURN); between them the CFG nodes in order of evaluation.
#[derive(Default)]
pub(super) struct LocalGraph {
    /// Local number to node index.
    pub(super) nodes: Vec<u32>,
    succ_start: Vec<u32>,
    succ: Vec<u32>,
    pred_start: Vec<u32>,
    pred: Vec<u32>,
    /// Reachable nodes, each before its successors unless the edge leads back.
    pub(super) order: Vec<u32>,
    /// Position in `order`, `NONE` if not reachable.
    pub(super) position: Vec<u32>,
    stack: Vec<(u32, u32)>,
}

impl LocalGraph {
    /// Builds the graph from `nodes` and the edges between them; `local` maps node indices to local
    /// numbers and is filled for `nodes`.
    pub(super) fn build(&mut self, edges: &[CfgEdge], local: &mut [u32]) {
        for (number, node) in self.nodes.iter().enumerate() {
            local[*node as usize] = number as u32;
        }
        let len = self.nodes.len();
        let ends = |edge: &CfgEdge| (local[edge.src.0 as usize], local[edge.dst.0 as usize]);
        fill(&mut self.succ_start, &mut self.succ, len, edges.iter().map(ends));
        fill(
            &mut self.pred_start,
            &mut self.pred,
            len,
            edges.iter().map(|e| (ends(e).1, ends(e).0)),
        );
        self.number();
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn succ(&self, node: u32) -> &[u32] {
        &self.succ
            [self.succ_start[node as usize] as usize..self.succ_start[node as usize + 1] as usize]
    }

    pub(super) fn pred(&self, node: u32) -> &[u32] {
        &self.pred
            [self.pred_start[node as usize] as usize..self.pred_start[node as usize + 1] as usize]
    }

    /// Reverse postorder of what can be reached from node 0.
    fn number(&mut self) {
        self.order.clear();
        self.position.clear();
        self.position.resize(self.len(), NONE);
        self.stack.clear();
        self.stack.push((0, self.succ_start[0]));
        self.position[0] = 0;
        while let Some((node, at)) = self.stack.pop() {
            if at == self.succ_start[node as usize + 1] {
                self.order.push(node);
                continue;
            }
            self.stack.push((node, at + 1));
            let next = self.succ[at as usize];
            if self.position[next as usize] == NONE {
                self.position[next as usize] = 0;
                self.stack.push((next, self.succ_start[next as usize]));
            }
        }
        self.order.reverse();
        for (position, node) in self.order.iter().enumerate() {
            self.position[*node as usize] = position as u32;
        }
    }
}

/// Compressed adjacency lists of `(from, to)` pairs.
fn fill(
    start: &mut Vec<u32>,
    list: &mut Vec<u32>,
    len: usize,
    pairs: impl Iterator<Item = (u32, u32)> + Clone,
) {
    start.clear();
    start.resize(len + 2, 0);
    for (from, _) in pairs.clone() {
        start[from as usize + 2] += 1;
    }
    for at in 2..start.len() {
        start[at] += start[at - 1];
    }
    list.clear();
    list.resize(start[len + 1] as usize, 0);
    for (from, to) in pairs {
        let at = &mut start[from as usize + 1];
        list[*at as usize] = to;
        *at += 1;
    }
    start.truncate(len + 1);
}
