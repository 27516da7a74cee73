//! The fixed point: bits, basic blocks, what each block generates and kills, what reaches its start.

use super::bits::{clear, set};
use super::{MAX_STEPS, ReachingDefs, Run, Strength, TooLarge, at_node};
use crate::pass::local_graph::LocalGraph;
use crate::pass::variables::NONE;

impl ReachingDefs {
    /// Gives each definition a bit: by variable, a variable's fields right behind it.
    pub(super) fn number_bits(&mut self) {
        let variables = &self.variables.list;
        let mut first_child = vec![NONE; variables.len()];
        let mut next = vec![NONE; variables.len()];
        let mut own = vec![0u32; variables.len()];
        for (number, variable) in variables.iter().enumerate().rev() {
            if variable.parent != NONE {
                next[number] = first_child[variable.parent as usize];
                first_child[variable.parent as usize] = number as u32;
            }
        }
        for definition in &self.definitions {
            own[definition.variable as usize] += 1;
        }
        self.runs.clear();
        self.runs.resize(variables.len(), Run::default());
        let mut bit = 0;
        for root in 0..variables.len() {
            if variables[root].parent != NONE {
                continue;
            }
            let mut at = root;
            loop {
                self.runs[at] = Run { start: bit, own_end: bit + own[at], end: bit + own[at] };
                bit += own[at];
                if first_child[at] != NONE {
                    at = first_child[at] as usize;
                    continue;
                }
                while at != root && next[at] == NONE {
                    self.runs[at].end = bit;
                    at = variables[at].parent as usize;
                }
                self.runs[at].end = bit;
                if at == root {
                    break;
                }
                at = next[at] as usize;
            }
        }
        let mut free: Vec<u32> = self.runs.iter().map(|run| run.start).collect();
        self.bit.clear();
        self.by_bit.clear();
        self.by_bit.resize(self.definitions.len(), 0);
        for (number, definition) in self.definitions.iter().enumerate() {
            let bit = &mut free[definition.variable as usize];
            self.bit.push(*bit);
            self.by_bit[*bit as usize] = number as u32;
            *bit += 1;
        }
    }

    /// Parts the reachable nodes into basic blocks; each is a run of the reverse postorder.
    pub(super) fn find_blocks(&mut self, graph: &LocalGraph) {
        self.block_start.clear();
        self.block_of.clear();
        for (position, node) in graph.order.iter().enumerate() {
            let follows = match graph.pred(*node) {
                [only] => {
                    position > 0
                        && graph.succ(*only).len() == 1
                        && graph.order[position - 1] == *only
                }
                _ => false,
            };
            if !follows {
                self.block_start.push(position as u32);
            }
            self.block_of.push(self.block_start.len() as u32 - 1);
        }
        self.block_start.push(graph.order.len() as u32);
    }

    pub(super) fn summarise(&mut self, graph: &LocalGraph, words: usize, blocks: usize) {
        for list in [&mut self.gen_bits, &mut self.kill_bits] {
            list.clear();
            list.resize(words * blocks, 0);
        }
        for block in 0..blocks {
            let gen_bits = &mut self.gen_bits[block * words..(block + 1) * words];
            let kill_bits = &mut self.kill_bits[block * words..(block + 1) * words];
            for position in self.block_start[block]..self.block_start[block + 1] {
                for number in at_node(&self.definitions, graph.order[position as usize], |d| d.at) {
                    let definition = &self.definitions[number];
                    let run = self.runs[definition.variable as usize];
                    if definition.strength == Strength::Kills {
                        clear(gen_bits, run.start, run.end);
                        set(kill_bits, run.start, run.end);
                    }
                    let bit = self.bit[number];
                    set(gen_bits, bit, bit + 1);
                }
            }
        }
    }

    pub(super) fn solve(
        &mut self,
        graph: &LocalGraph,
        words: usize,
        blocks: usize,
    ) -> Result<(), TooLarge> {
        self.out_bits.clear();
        self.out_bits.extend_from_slice(&self.gen_bits);
        self.current.clear();
        self.current.resize(words, 0);
        let mut steps = 0;
        loop {
            let mut changed = false;
            for block in 0..blocks {
                steps += self.enter(graph, words, block);
                for word in 0..words {
                    let at = block * words + word;
                    let out = self.gen_bits[at] | (self.current[word] & !self.kill_bits[at]);
                    changed |= out != self.out_bits[at];
                    self.out_bits[at] = out;
                }
            }
            if !changed {
                return Ok(());
            }
            if steps > MAX_STEPS {
                return Err(TooLarge::Work);
            }
        }
    }

    /// Sets `current` to what reaches the start of a block; gives the number of steps it took.
    pub(super) fn enter(&mut self, graph: &LocalGraph, words: usize, block: usize) -> usize {
        self.current.fill(0);
        let leader = graph.order[self.block_start[block] as usize];
        let mut steps = words;
        for pred in graph.pred(leader) {
            let position = graph.position[*pred as usize];
            if position == NONE {
                continue;
            }
            let from = self.block_of[position as usize] as usize * words;
            for (mine, theirs) in self.current.iter_mut().zip(&self.out_bits[from..from + words]) {
                *mine |= theirs;
            }
            steps += words;
        }
        steps
    }
}
