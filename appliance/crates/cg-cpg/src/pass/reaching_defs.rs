//! Reaching definitions of one method: which definition may give the value that is read at a use.
//!
//! Bit sets over basic blocks. Definitions are numbered so that those of a variable, followed by those of
//! its fields, are one run of bits: a kill clears a run. An assignment to a variable or a field path kills;
//! writing through a pointer or an index, and passing an address to a call, only add. Besides definition to
//! use there are edges from an assigned value to its target, from a returned value to RETURN, from RETURN
//! to METHOD_RETURN, and to METHOD_RETURN from what is written through a parameter.

mod bits;
mod collect;
mod solve;

use cg_types::{NodeIndex, ReachingDef, Strings};

use self::bits::{clear, ones, set};
use super::local_graph::LocalGraph;
use super::tree::Ast;
use super::variables::Variables;

/// Words of a method's bit sets (32 MiB each of three), and steps over them; a method that needs more is
/// reported as too large.
const MAX_WORDS: usize = 4 << 20;
const MAX_STEPS: usize = 400 << 20;
/// Edges per permitted definition, at most.
const MAX_EDGES_PER_DEFINITION: usize = 50;

/// Why a method has no data flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooLarge {
    Definitions(usize),
    Work,
    Edges,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// Replaces the value.
    Kills,
    /// May change it, or part of it.
    Adds,
}

struct Definition {
    /// Position in the method's CFG numbering.
    at: u32,
    node: u32,
    variable: u32,
    strength: Strength,
    /// Written through a parameter: the caller sees it.
    escapes: bool,
}

#[derive(Clone, Copy)]
struct Use {
    at: u32,
    node: u32,
    variable: u32,
    /// Whether the fields' values are read along with the variable's.
    with_fields: bool,
}

/// Runs of bits that belong to a variable.
#[derive(Clone, Copy, Default)]
struct Run {
    start: u32,
    own_end: u32,
    end: u32,
}

/// Working memory, used again for each method.
#[derive(Default)]
pub(super) struct ReachingDefs {
    pub(super) variables: Variables,
    definitions: Vec<Definition>,
    uses: Vec<Use>,
    targets: Vec<u32>,
    stack: Vec<u32>,
    runs: Vec<Run>,
    /// Definition (in order of position) to its bit, and back.
    bit: Vec<u32>,
    by_bit: Vec<u32>,
    block_start: Vec<u32>,
    block_of: Vec<u32>,
    gen_bits: Vec<u64>,
    kill_bits: Vec<u64>,
    out_bits: Vec<u64>,
    current: Vec<u64>,
}

impl ReachingDefs {
    /// Adds the edges of a method to `edges`; on `Err`, none of them.
    pub(super) fn method(
        &mut self,
        ast: &Ast<'_>,
        strings: &mut Strings,
        graph: &LocalGraph,
        max_definitions: usize,
        edges: &mut Vec<ReachingDef>,
    ) -> Result<(), TooLarge> {
        let first_edge = edges.len();
        self.variables.start_method();
        self.collect_definitions(ast, strings, graph, edges);
        self.collect_uses(ast, strings, graph, edges);
        let result = self.flow(graph, max_definitions, edges, first_edge);
        if result.is_err() {
            edges.truncate(first_edge);
        }
        result
    }

    fn flow(
        &mut self,
        graph: &LocalGraph,
        max_definitions: usize,
        edges: &mut Vec<ReachingDef>,
        first_edge: usize,
    ) -> Result<(), TooLarge> {
        let count = self.definitions.len();
        if count > max_definitions {
            return Err(TooLarge::Definitions(count));
        }
        if count == 0 {
            return Ok(());
        }
        self.number_bits();
        self.find_blocks(graph);
        let words = count.div_ceil(64);
        let blocks = self.block_start.len() - 1;
        if blocks * words > MAX_WORDS {
            return Err(TooLarge::Work);
        }
        self.summarise(graph, words, blocks);
        self.solve(graph, words, blocks)?;
        let max_edges = first_edge + max_definitions * MAX_EDGES_PER_DEFINITION;
        self.emit(graph, words, blocks, edges, max_edges)
    }

    fn emit(
        &mut self,
        graph: &LocalGraph,
        words: usize,
        blocks: usize,
        edges: &mut Vec<ReachingDef>,
        max_edges: usize,
    ) -> Result<(), TooLarge> {
        let exit = graph.len() as u32 - 1;
        for block in 0..blocks {
            self.enter(graph, words, block);
            for position in self.block_start[block]..self.block_start[block + 1] {
                let node = graph.order[position as usize];
                for number in at_node(&self.uses, node, |u| u.at) {
                    let used = self.uses[number];
                    let run = self.runs[used.variable as usize];
                    let end = if used.with_fields { run.end } else { run.own_end };
                    for bit in ones(&self.current, run.start, end) {
                        edges.push(self.edge(bit, used.node));
                    }
                    if edges.len() > max_edges {
                        return Err(TooLarge::Edges);
                    }
                }
                if node == exit {
                    for bit in ones(&self.current, 0, self.definitions.len() as u32) {
                        if self.definitions[self.by_bit[bit as usize] as usize].escapes {
                            edges.push(self.edge(bit, graph.nodes[exit as usize]));
                        }
                    }
                }
                for number in at_node(&self.definitions, node, |d| d.at) {
                    let definition = &self.definitions[number];
                    let run = self.runs[definition.variable as usize];
                    if definition.strength == Strength::Kills {
                        clear(&mut self.current, run.start, run.end);
                    }
                    set(&mut self.current, self.bit[number], self.bit[number] + 1);
                }
            }
        }
        Ok(())
    }

    fn edge(&self, bit: u32, dst: u32) -> ReachingDef {
        let definition = &self.definitions[self.by_bit[bit as usize] as usize];
        ReachingDef {
            src: NodeIndex(definition.node),
            dst: NodeIndex(dst),
            variable: self.variables.list[definition.variable as usize].text,
        }
    }
}

/// Indices of the entries, sorted by position, that stand at `node`.
fn at_node<T>(list: &[T], node: u32, at: impl Fn(&T) -> u32) -> std::ops::Range<usize> {
    let start = list.partition_point(|one| at(one) < node);
    let len = list[start..].iter().take_while(|one| at(one) == node).count();
    start..start + len
}
