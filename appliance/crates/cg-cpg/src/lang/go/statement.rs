//! Statements, loops, labels and jumps.

use cg_types::{ControlKind, Modifiers, NodeIndex, NodeKind, Role};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, ScopeKind, Slot};
use crate::syntax::Child;

/// Name of the BLOCK around a chain of IFs, for `break`.
pub(super) const SWITCH: &str = "<switch>";

impl<'t> Front<'_, 't> {
    /// Everything in a block, list or file, as statements.
    pub(super) fn statements(&mut self, node: Node<'t>) {
        let kids = self.kids(node);
        for child in kids.iter().filter(|one| !Kind::of(one.node).is_token()) {
            self.work.push(Item::Statement(child.node));
        }
        self.done(kids);
    }

    /// One statement or declaration. LOCALs of its own stand beside it.
    pub(super) fn statement(&mut self, node: Node<'t>, slot: Slot) {
        match Kind::of(node) {
            Kind::ExpressionStatement => self.expression_statement(node, slot),
            Kind::ShortVarDeclaration => self.define(node, slot),
            Kind::AssignmentStatement => self.assignment(node, slot),
            Kind::ReceiveStatement => self.receive(node, slot),
            Kind::SendStatement => {
                self.pair(node, Operator::Send, slot, [Field::Channel, Field::Value])
            }
            Kind::IncStatement => self.step(node, Operator::PostIncrement, slot),
            Kind::DecStatement => self.step(node, Operator::PostDecrement, slot),
            Kind::ReturnStatement => self.return_statement(node, slot),
            Kind::GoStatement => self.go_statement(node, slot),
            Kind::DeferStatement => self.defer(node, slot),
            Kind::IfStatement => self.if_statement(node, slot),
            Kind::ForStatement => self.for_statement(node, slot, None),
            Kind::ExpressionSwitchStatement | Kind::TypeSwitchStatement => {
                self.switch_statement(node, slot)
            }
            Kind::SelectStatement => self.bare_switch(node, slot),
            Kind::LabeledStatement => self.labeled(node, slot),
            Kind::BreakStatement => self.jump(node, ControlKind::Break, slot),
            Kind::ContinueStatement => self.jump(node, ControlKind::Continue, slot),
            Kind::GotoStatement => self.jump(node, ControlKind::Goto, slot),
            Kind::Block => self.block(node, slot),
            Kind::VarDeclaration | Kind::ConstDeclaration => self.variables(node, slot),
            Kind::TypeDeclaration => self.types(node, slot.parent),
            Kind::FunctionDeclaration | Kind::MethodDeclaration => self.function(node, slot.parent),
            Kind::ImportDeclaration => self.import(node, slot.parent),
            Kind::PackageClause
            | Kind::EmptyStatement
            | Kind::FallthroughStatement
            | Kind::LabelName
            | Kind::Dot => {}
            Kind::StatementList | Kind::SourceFile | Kind::Error | Kind::ParameterList => {
                self.statements(node)
            }
            _ => {
                self.expression(node, slot);
            }
        }
    }

    /// A BLOCK with its scope.
    pub(super) fn block(&mut self, node: Node<'t>, slot: Slot) {
        self.open_block(slot, Place::of(node));
        self.statements(node);
        self.work.push(Item::BlockEnd);
    }

    fn expression_statement(&mut self, node: Node<'t>, slot: Slot) {
        let Some(inner) = self.unwrap(node) else { return };
        let mut slot = slot;
        if self.is_panic(inner) {
            let throw = self.b.control(slot, ControlKind::Throw, Place::of(node));
            slot = Slot::argument(throw, 1);
        }
        self.expression(inner, slot);
    }

    fn pair(&mut self, node: Node<'t>, operator: Operator, slot: Slot, fields: [Field; 2]) {
        let call = self.b.operator(slot, operator, Place::of(node));
        let kids = self.kids(node);
        for (index, field) in (1..).zip(fields) {
            if let Some(value) = Self::field(&kids, field) {
                self.work.push(Item::Expression(value, Slot::argument(call, index)));
            }
        }
        self.done(kids);
    }

    fn step(&mut self, node: Node<'t>, operator: Operator, slot: Slot) {
        let call = self.b.operator(slot, operator, Place::of(node));
        let kids = self.kids(node);
        if let Some(operand) = kids.first() {
            self.work.push(Item::Expression(operand.node, Slot::argument(call, 1)));
        }
        self.done(kids);
    }

    /// `return`; without values the named results are returned.
    fn return_statement(&mut self, node: Node<'t>, slot: Slot) {
        let place = Place::of(node);
        let index = self.b.add(slot, NodeKind::Return, place);
        let kids = self.kids(node);
        match kids.first() {
            Some(list) if Kind::of(list.node) == Kind::ExpressionList => {
                let values = self.kids(list.node);
                for (number, value) in (1..).zip(&values) {
                    self.work.push(Item::Expression(value.node, Slot::argument(index, number)));
                }
                self.done(values);
            }
            Some(value) => self.work.push(Item::Expression(value.node, Slot::argument(index, 1))),
            None => {
                let results = std::mem::take(&mut self.frame().results);
                for (number, result) in (1..).zip(&results) {
                    self.use_of(Slot::argument(index, number), place.start(), *result);
                }
                self.frame().results = results;
            }
        }
        self.done(kids);
    }

    /// `go f()`: the CALL is ASYNC.
    fn go_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let call = kids.first().map(|one| one.node);
        self.done(kids);
        let Some(call) = call else { return };
        let index = self.expression(call, slot);
        if index.is_some() && self.b.node(index).kind == NodeKind::Call {
            let made = self.b.node_mut(index);
            made.modifiers = made.modifiers.with(Modifiers::ASYNC);
        }
    }

    /// `for`: a WHILE over a condition or none, else a FOR.
    fn for_statement(&mut self, node: Node<'t>, slot: Slot, label: Option<Node<'t>>) {
        let kids = self.kids(node);
        let body = Self::field(&kids, Field::Body);
        let head = kids.iter().map(|one| one.node).find(|one| Some(*one) != body);
        self.done(kids);
        let kind = match head.map(Kind::of) {
            Some(Kind::ForClause | Kind::RangeClause) => ControlKind::For,
            _ => ControlKind::While,
        };
        let place = Place::of(node);
        let header = match head {
            Some(head) => place.to(Place::of(head)),
            None => place,
        };
        let control = self.b.control(slot, kind, header);
        if let Some(label) = label {
            self.label(label, Slot::child(control));
        }
        self.b.push_scope(ScopeKind::Nested);
        self.breaks.push(false);
        match head {
            Some(head) if Kind::of(head) == Kind::ForClause => self.for_clause(head, control),
            Some(head) if Kind::of(head) == Kind::RangeClause => self.range_clause(head, control),
            Some(head) => {
                self.work.push(Item::Expression(head, Slot::role(control, Role::Condition)));
            }
            None => {}
        }
        if let Some(body) = body {
            let role = if kind == ControlKind::For { Role::ForBody } else { Role::TrueBody };
            self.work.push(Item::Block(body, Slot::role(control, role)));
        }
        self.work.push(Item::ScopeEnd);
        self.work.push(Item::BreakEnd);
    }

    fn for_clause(&mut self, node: Node<'t>, control: NodeIndex) {
        let kids = self.kids(node);
        for child in &kids {
            let (node, slot) = (child.node, |role| Slot::role(control, role));
            match Field::of(child) {
                Field::Initializer => self.work.push(Item::Simple(node, slot(Role::ForInit))),
                Field::Condition => self.work.push(Item::Expression(node, slot(Role::Condition))),
                Field::Update => self.work.push(Item::Simple(node, slot(Role::ForUpdate))),
                _ => {}
            }
        }
        self.done(kids);
    }

    /// An iterator is made once, and asked before each round.
    fn range_clause(&mut self, node: Node<'t>, control: NodeIndex) {
        let kids = self.kids(node);
        let source = Self::field(&kids, Field::Right);
        self.done(kids);
        let Some(source) = source else { return };
        let place = Place::of(source);
        let slot = Slot::child(control);
        let iterator = self.b.named(slot, NodeKind::Local, place, "<iterator>");
        let set = self.b.operator(Slot::role(control, Role::ForInit), Operator::Assignment, place);
        self.use_of(Slot::argument(set, 1), place, iterator);
        let made = self.b.operator(Slot::argument(set, 2), Operator::Iterator, place);
        self.work.push(Item::Expression(source, Slot::argument(made, 1)));
        self.work.push(Item::Next(node, control, iterator));
    }

    /// `l: statement`: a JUMP_TARGET, and a label of the loop or of a BLOCK.
    fn labeled(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let label = Self::field(&kids, Field::Label);
        let inner = kids.iter().map(|one| one.node).find(|one| Some(*one) != label);
        self.done(kids);
        if let Some(label) = label {
            let text = self.text(label);
            self.b.named(slot, NodeKind::JumpTarget, Place::of(label), text);
        }
        let Some(inner) = inner else { return };
        match Kind::of(inner) {
            Kind::ForStatement => self.for_statement(inner, slot, label),
            Kind::ExpressionSwitchStatement
            | Kind::TypeSwitchStatement
            | Kind::SelectStatement
            | Kind::Block => {
                let block = self.open_block(slot, Place::of(inner));
                if let Some(label) = label {
                    self.label(label, Slot::child(block));
                }
                self.work.push(Item::Statement(inner));
                self.work.push(Item::BlockEnd);
            }
            _ => self.work.push(Item::Simple(inner, slot)),
        }
    }

    fn label(&mut self, node: Node<'t>, slot: Slot) {
        let text = self.text(node);
        self.b.named(slot, NodeKind::JumpLabel, Place::of(node), text);
    }

    /// `break`, `continue`, `goto`.
    fn jump(&mut self, node: Node<'t>, control: ControlKind, slot: Slot) {
        let jump = self.b.control(slot, control, Place::of(node));
        let kids = self.kids(node);
        let label = Self::of_kind(&kids, Kind::LabelName);
        self.done(kids);
        let to = Slot::role(jump, Role::JumpArgument);
        let leaves_chain = control == ControlKind::Break && self.breaks.last() == Some(&true);
        match label {
            Some(label) => self.label(label, to),
            None if leaves_chain => {
                self.b.named(to, NodeKind::JumpLabel, Place::of(node), SWITCH);
            }
            None => {}
        }
    }
}

/// The last statement of a list, if it is there.
pub(super) fn last_statement<'t>(kids: &[Child<'t>]) -> Option<Node<'t>> {
    kids.iter().rev().map(|one| one.node).find(|one| !Kind::of(*one).is_token())
}
