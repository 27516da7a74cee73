//! Immediate dominators by Lengauer and Tarjan (with path compression, O(edges · log nodes)), so that
//! no graph, however twisted by gotos, is slow.

use super::local_graph::{LocalGraph, NONE};

/// Which way the edges are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From METHOD along the edges: dominators.
    Forward,
    /// From METHOD_RETURN against the edges: post-dominators.
    Backward,
}

/// Working memory, used again for each method.
#[derive(Default)]
pub(super) struct Dominators {
    /// The result: local number of the immediate dominator, `NONE` for the root and for nodes that the
    /// root does not reach.
    pub(super) immediate: Vec<u32>,
    /// Number in the depth-first search to local number.
    vertex: Vec<u32>,
    /// Local number to depth-first number, `NONE` if not reached. All lists below go by the latter.
    number: Vec<u32>,
    parent: Vec<u32>,
    semi: Vec<u32>,
    ancestor: Vec<u32>,
    label: Vec<u32>,
    bucket: Vec<u32>,
    next_in_bucket: Vec<u32>,
    idom: Vec<u32>,
    stack: Vec<(u32, u32)>,
    path: Vec<u32>,
}

impl Dominators {
    /// Fills [`Dominators::immediate`].
    pub(super) fn compute(&mut self, graph: &LocalGraph, direction: Direction) {
        let root = match direction {
            Direction::Forward => 0,
            Direction::Backward => graph.len() as u32 - 1,
        };
        self.search(graph, direction, root);
        let count = self.vertex.len();
        for list in [&mut self.ancestor, &mut self.bucket, &mut self.next_in_bucket] {
            list.clear();
            list.resize(count, NONE);
        }
        self.idom.clear();
        self.idom.resize(count, 0);
        self.semi.clear();
        self.semi.extend(0..count as u32);
        self.label.clear();
        self.label.extend(0..count as u32);
        for w in (1..count as u32).rev() {
            for v in against(graph, direction, self.vertex[w as usize]) {
                let v = self.number[*v as usize];
                if v == NONE {
                    continue;
                }
                let u = self.eval(v);
                self.semi[w as usize] = self.semi[w as usize].min(self.semi[u as usize]);
            }
            let semi = self.semi[w as usize] as usize;
            self.next_in_bucket[w as usize] = std::mem::replace(&mut self.bucket[semi], w);
            let parent = self.parent[w as usize];
            self.ancestor[w as usize] = parent;
            let mut v = std::mem::replace(&mut self.bucket[parent as usize], NONE);
            while v != NONE {
                let u = self.eval(v);
                let is_smaller = self.semi[u as usize] < self.semi[v as usize];
                self.idom[v as usize] = if is_smaller { u } else { parent };
                v = self.next_in_bucket[v as usize];
            }
        }
        self.immediate.clear();
        self.immediate.resize(graph.len(), NONE);
        for w in 1..count {
            if self.idom[w] != self.semi[w] {
                self.idom[w] = self.idom[self.idom[w] as usize];
            }
            self.immediate[self.vertex[w] as usize] = self.vertex[self.idom[w] as usize];
        }
    }

    fn search(&mut self, graph: &LocalGraph, direction: Direction, root: u32) {
        self.vertex.clear();
        self.parent.clear();
        self.number.clear();
        self.number.resize(graph.len(), NONE);
        self.stack.clear();
        self.stack.push((root, 0));
        while let Some((node, parent)) = self.stack.pop() {
            if self.number[node as usize] != NONE {
                continue;
            }
            let number = self.vertex.len() as u32;
            self.number[node as usize] = number;
            self.vertex.push(node);
            self.parent.push(parent);
            let next = along(graph, direction, node);
            self.stack.extend(
                next.iter()
                    .rev()
                    .filter(|n| self.number[**n as usize] == NONE)
                    .map(|n| (*n, number)),
            );
        }
    }

    /// The node with the smallest semidominator on the way from `v` up to, not including, its root.
    fn eval(&mut self, v: u32) -> u32 {
        if self.ancestor[v as usize] == NONE {
            return v;
        }
        let mut at = v;
        while self.ancestor[self.ancestor[at as usize] as usize] != NONE {
            self.path.push(at);
            at = self.ancestor[at as usize];
        }
        while let Some(node) = self.path.pop() {
            let ancestor = self.ancestor[node as usize];
            let (mine, above) = (self.label[node as usize], self.label[ancestor as usize]);
            if self.semi[above as usize] < self.semi[mine as usize] {
                self.label[node as usize] = above;
            }
            self.ancestor[node as usize] = self.ancestor[ancestor as usize];
        }
        self.label[v as usize]
    }
}

fn along(graph: &LocalGraph, direction: Direction, node: u32) -> &[u32] {
    match direction {
        Direction::Forward => graph.succ(node),
        Direction::Backward => graph.pred(node),
    }
}

fn against(graph: &LocalGraph, direction: Direction, node: u32) -> &[u32] {
    match direction {
        Direction::Forward => graph.pred(node),
        Direction::Backward => graph.succ(node),
    }
}
