//! Reaching definitions of one method: which definition may give the value that is read at a use.
//!
//! Bit sets over basic blocks. Definitions are numbered so that those of a variable, followed by those of
//! its fields, are one run of bits: a kill clears a run. An assignment to a variable or a field path kills;
//! writing through a pointer or an index, and passing an address to a call, only add. Besides definition to
//! use there are edges from an assigned value to its target, from a returned value to RETURN, from RETURN
//! to METHOD_RETURN, and to METHOD_RETURN from what is written through a parameter.

use cg_types::{NodeIndex, NodeKind, ReachingDef, StrId, Strings};

use super::local_graph::LocalGraph;
use super::tree::Ast;
use super::variables::{Lookup, NONE, Variables};
use crate::operator::Operator;

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

    fn collect_definitions(
        &mut self,
        ast: &Ast<'_>,
        strings: &mut Strings,
        graph: &LocalGraph,
        edges: &mut Vec<ReachingDef>,
    ) {
        self.definitions.clear();
        self.targets.clear();
        for child in ast.children(graph.nodes[0]) {
            if ast.node(child).kind == NodeKind::MethodParameterIn {
                let variable = self.variables.parameter(ast, child);
                let strength = Strength::Kills;
                self.definitions.push(Definition {
                    at: 0,
                    node: child,
                    variable,
                    strength,
                    escapes: false,
                });
            }
        }
        for (at, node) in graph.nodes.iter().enumerate().skip(1) {
            if ast.node(*node).kind != NodeKind::Call || graph.position[at] == NONE {
                continue;
            }
            match ast.operator(*node) {
                Some(operator) if operator.assigns() => {
                    self.assignment(ast, strings, at as u32, *node, operator, edges);
                }
                Some(_) => {}
                None => self.passed_addresses(ast, strings, at as u32, *node),
            }
        }
        self.targets.sort_unstable();
    }

    /// The targets at the left of an assignment, also inside tuples and lists.
    fn assignment(
        &mut self,
        ast: &Ast<'_>,
        strings: &mut Strings,
        at: u32,
        call: u32,
        operator: Operator,
        edges: &mut Vec<ReachingDef>,
    ) {
        let (left, value) = (ast.argument(call, 1), ast.argument(call, 2));
        self.stack.clear();
        self.stack.extend(left);
        while let Some(target) = self.stack.pop() {
            match ast.operator(target) {
                Some(Operator::TupleLiteral | Operator::ListLiteral | Operator::StarredUnpack) => {
                    self.stack.extend(ast.children(target));
                    continue;
                }
                _ if !matches!(ast.node(target).kind, NodeKind::Identifier | NodeKind::Call) => {
                    continue;
                }
                _ => {}
            }
            let (variable, strength) = match self.variables.of(ast, strings, target, Lookup::Define)
            {
                Some(variable) => {
                    if !operator.keeps_old_value() {
                        self.targets.push(target);
                    }
                    (variable, Strength::Kills)
                }
                None => match self.variables.root(ast, strings, target) {
                    Some(variable) => (variable, Strength::Adds),
                    None => continue,
                },
            };
            self.define(at, target, variable, strength);
            if let Some(value) = value {
                edges.push(ReachingDef {
                    src: NodeIndex(value),
                    dst: NodeIndex(target),
                    variable: self.variables.list[variable as usize].text,
                });
            }
        }
    }

    /// `f(&x)`: the call may give `x` a new value.
    fn passed_addresses(&mut self, ast: &Ast<'_>, strings: &mut Strings, at: u32, call: u32) {
        for argument in ast.children(call) {
            if ast.operator(argument) == Some(Operator::AddressOf)
                && let Some(variable) = self.variables.root(ast, strings, argument)
            {
                self.define(at, argument, variable, Strength::Adds);
            }
        }
    }

    fn define(&mut self, at: u32, node: u32, variable: u32, strength: Strength) {
        let entry = &self.variables.list[variable as usize];
        let is_plain = strength == Strength::Kills && entry.parent == NONE;
        let escapes = entry.is_parameter && !is_plain;
        self.definitions.push(Definition { at, node, variable, strength, escapes });
    }

    fn collect_uses(
        &mut self,
        ast: &Ast<'_>,
        strings: &mut Strings,
        graph: &LocalGraph,
        edges: &mut Vec<ReachingDef>,
    ) {
        self.uses.clear();
        let exit = graph.nodes.last().copied().unwrap_or(0);
        for (at, node) in graph.nodes.iter().enumerate() {
            if graph.position[at] == NONE {
                continue;
            }
            let entry = ast.node(*node);
            match entry.kind {
                NodeKind::Return => {
                    for value in ast.children(*node) {
                        edges.push(ReachingDef {
                            src: NodeIndex(value),
                            dst: NodeIndex(*node),
                            variable: named(ast, value),
                        });
                    }
                    let (src, dst) = (NodeIndex(*node), NodeIndex(exit));
                    edges.push(ReachingDef { src, dst, variable: StrId::EMPTY });
                    continue;
                }
                NodeKind::Identifier => {}
                NodeKind::Call
                    if matches!(
                        ast.operator(*node),
                        Some(Operator::FieldAccess | Operator::IndirectFieldAccess)
                    ) => {}
                _ => continue,
            }
            let Some(variable) = self.variables.of(ast, strings, *node, Lookup::Known) else {
                continue;
            };
            if self.targets.binary_search(node).is_ok() {
                continue;
            }
            let with_fields = ast.parent(*node).is_some_and(|parent| match ast.node(parent).kind {
                NodeKind::Call => {
                    ast.operator(parent).is_none_or(|operator| operator == Operator::AddressOf)
                }
                kind => kind == NodeKind::Return,
            });
            self.uses.push(Use { at: at as u32, node: *node, variable, with_fields });
        }
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

    /// Gives each definition a bit: by variable, a variable's fields right behind it.
    fn number_bits(&mut self) {
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
    fn find_blocks(&mut self, graph: &LocalGraph) {
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

    fn summarise(&mut self, graph: &LocalGraph, words: usize, blocks: usize) {
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

    fn solve(&mut self, graph: &LocalGraph, words: usize, blocks: usize) -> Result<(), TooLarge> {
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
    fn enter(&mut self, graph: &LocalGraph, words: usize, block: usize) -> usize {
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

/// The name of an IDENTIFIER, empty for anything else.
fn named(ast: &Ast<'_>, node: u32) -> StrId {
    let entry = ast.node(node);
    if entry.kind == NodeKind::Identifier { entry.name } else { StrId::EMPTY }
}

/// Indices of the entries, sorted by position, that stand at `node`.
fn at_node<T>(list: &[T], node: u32, at: impl Fn(&T) -> u32) -> std::ops::Range<usize> {
    let start = list.partition_point(|one| at(one) < node);
    let len = list[start..].iter().take_while(|one| at(one) == node).count();
    start..start + len
}

fn mask(word: usize, start: u32, end: u32) -> u64 {
    let low = (start as usize).saturating_sub(word * 64).min(64);
    let high = (end as usize).saturating_sub(word * 64).min(64);
    let below = |n: usize| if n == 64 { u64::MAX } else { (1u64 << n) - 1 };
    below(high) & !below(low)
}

fn words_of(start: u32, end: u32) -> std::ops::Range<usize> {
    if start >= end { 0..0 } else { start as usize / 64..(end as usize).div_ceil(64) }
}

fn set(bits: &mut [u64], start: u32, end: u32) {
    for word in words_of(start, end) {
        bits[word] |= mask(word, start, end);
    }
}

fn clear(bits: &mut [u64], start: u32, end: u32) {
    for word in words_of(start, end) {
        bits[word] &= !mask(word, start, end);
    }
}

fn ones(bits: &[u64], start: u32, end: u32) -> impl Iterator<Item = u32> + '_ {
    words_of(start, end).flat_map(move |word| {
        let mut rest = bits[word] & mask(word, start, end);
        std::iter::from_fn(move || {
            let bit = rest.trailing_zeros();
            (rest != 0).then(|| {
                rest &= rest - 1;
                word as u32 * 64 + bit
            })
        })
    })
}
