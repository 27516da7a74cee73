//! What a method defines and uses: assignments, parameters, passed addresses, identifiers.

use cg_types::{NodeIndex, NodeKind, ReachingDef, StrId, Strings};

use super::{Definition, ReachingDefs, Strength, Use};
use crate::operator::Operator;
use crate::pass::local_graph::LocalGraph;
use crate::pass::tree::Ast;
use crate::pass::variables::{Lookup, NONE};

impl ReachingDefs {
    pub(super) fn collect_definitions(
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
    pub(super) fn assignment(
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
    pub(super) fn passed_addresses(
        &mut self,
        ast: &Ast<'_>,
        strings: &mut Strings,
        at: u32,
        call: u32,
    ) {
        for argument in ast.children(call) {
            if ast.operator(argument) == Some(Operator::AddressOf)
                && let Some(variable) = self.variables.root(ast, strings, argument)
            {
                self.define(at, argument, variable, Strength::Adds);
            }
        }
    }

    pub(super) fn define(&mut self, at: u32, node: u32, variable: u32, strength: Strength) {
        let entry = &self.variables.list[variable as usize];
        let is_plain = strength == Strength::Kills && entry.parent == NONE;
        let escapes = entry.is_parameter && !is_plain;
        self.definitions.push(Definition { at, node, variable, strength, escapes });
    }

    pub(super) fn collect_uses(
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
}

/// The name of an IDENTIFIER, empty for anything else.
pub(super) fn named(ast: &Ast<'_>, node: u32) -> StrId {
    let entry = ast.node(node);
    if entry.kind == NodeKind::Identifier { entry.name } else { StrId::EMPTY }
}
