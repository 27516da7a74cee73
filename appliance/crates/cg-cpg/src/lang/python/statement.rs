//! Statements without control flow of their own.

use cg_types::{ControlKind, DispatchType, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::expression::is_token;
use super::kind::Kind;
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// The statements of a suite (or the module).
    pub(super) fn statements(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| !is_token(Kind::of(child.node))) {
            self.work.push(Item::Statement(child.node, block));
        }
        self.done(kids);
    }

    /// One statement. `block` is `NONE` directly in a class body, where only statements other than
    /// definitions need a BLOCK.
    pub(super) fn statement(&mut self, node: Node<'t>, block: NodeIndex) {
        let kind = Kind::of(node);
        match kind {
            Kind::FunctionDefinition | Kind::ClassDefinition => {
                return self.definition(node, block, None);
            }
            Kind::DecoratedDefinition => return self.decorated(node, block),
            Kind::PassStatement => return,
            Kind::TypeAliasStatement => return self.type_alias(node, block),
            Kind::ExpressionStatement if block == NodeIndex::NONE && self.is_docstring(node) => {
                return;
            }
            _ => {}
        }
        let block = if block.is_some() { block } else { self.statement_block() };
        let slot = Slot::child(block);
        match kind {
            Kind::ExpressionStatement => self.expression_statement(node, slot),
            Kind::IfStatement => self.if_statement(node, slot),
            Kind::ForStatement => self.for_statement(node, slot),
            Kind::WhileStatement => self.while_statement(node, slot),
            Kind::TryStatement => self.try_statement(node, slot),
            Kind::WithStatement => self.with_statement(node, slot),
            Kind::MatchStatement => self.match_statement(node, slot),
            Kind::ReturnStatement => {
                let value = self.b.add(slot, NodeKind::Return, Place::of(node));
                self.operands(node, value);
            }
            Kind::RaiseStatement => {
                let control = self.control(slot, ControlKind::Throw, node);
                self.operands(node, control);
            }
            Kind::BreakStatement => {
                self.control(slot, ControlKind::Break, node);
            }
            Kind::ContinueStatement => {
                self.control(slot, ControlKind::Continue, node);
            }
            Kind::AssertStatement => {
                let call = self.b.operator(slot, Operator::Assert, Place::of(node));
                self.operands(node, call);
            }
            Kind::DeleteStatement => self.delete(node, slot),
            Kind::PrintStatement | Kind::ExecStatement => {
                let name = if kind == Kind::PrintStatement { "print" } else { "exec" };
                let call = self.b.call(slot, DispatchType::Dynamic, Place::of(node), name);
                self.operands(node, call);
            }
            Kind::GlobalStatement | Kind::NonlocalStatement => self.foreign_names(node),
            Kind::ImportStatement => self.import(node, block),
            Kind::ImportFromStatement => self.import_from(node, block),
            Kind::FutureImportStatement => self.import_future(node, block),
            Kind::Block | Kind::Module | Kind::Error => self.statements(node, block),
            Kind::ElifClause
            | Kind::ElseClause
            | Kind::ExceptClause
            | Kind::FinallyClause
            | Kind::CaseClause
            | Kind::WithClause
            | Kind::WithItem
            | Kind::ArgumentList
            | Kind::Parameters
            | Kind::Decorator
            | Kind::Chevron => self.statements(node, block),
            _ => {
                self.expression(node, slot);
            }
        }
    }

    fn is_docstring(&mut self, node: Node<'t>) -> bool {
        let kids = self.kids(node);
        let only = matches!(kids.as_slice(), [one] if matches!(Kind::of(one.node), Kind::String | Kind::Ellipsis));
        self.done(kids);
        only
    }

    fn expression_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        match kids.as_slice() {
            [one] => {
                let one = one.node;
                self.expression(one, slot);
            }
            many => {
                let call = self.b.operator(slot, Operator::TupleLiteral, Place::of(node));
                for (index, child) in many.iter().enumerate() {
                    self.work
                        .push(Item::Expression(child.node, Slot::argument(call, index as i32 + 1)));
                }
            }
        }
        self.done(kids);
    }

    /// All expressions of a statement as arguments, in order.
    fn operands(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        let operands = kids.iter().filter(|child| !is_token(Kind::of(child.node)));
        for (index, child) in (1..).zip(operands) {
            self.work.push(Item::Expression(child.node, Slot::argument(parent, index)));
        }
        self.done(kids);
    }

    /// `del a, b[0]`: the targets are arguments; the names count as assigned.
    fn delete(&mut self, node: Node<'t>, slot: Slot) {
        let call = self.b.operator(slot, Operator::Delete, Place::of(node));
        let kids = self.kids(node);
        let mut targets = Vec::new();
        for child in &kids {
            if Kind::of(child.node) == Kind::ExpressionList {
                let inner = self.kids(child.node);
                targets.extend(inner.iter().map(|one| one.node));
                self.done(inner);
            } else {
                targets.push(child.node);
            }
        }
        self.done(kids);
        for (index, target) in targets.into_iter().enumerate() {
            self.bind_target(target);
            self.work.push(Item::Expression(target, Slot::argument(call, index as i32 + 1)));
        }
    }

    /// `global x`, `nonlocal x`: assignments here make no LOCAL.
    fn foreign_names(&mut self, node: Node<'t>) {
        let scope = self.scope().id;
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| Kind::of(child.node) == Kind::Identifier) {
            let name: StrId = self.name(child.node);
            self.foreign.insert((scope, name));
        }
        self.done(kids);
    }
}
