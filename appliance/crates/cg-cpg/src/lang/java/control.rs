//! `if`, loops, labels, jumps.

use cg_types::{ControlKind, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind, is_token};
use super::lower::{Breakable, Front, Item};
use crate::builder::{Operator, Place, ScopeKind, Slot};
use crate::syntax::Child;

impl<'t> Front<'_, 't> {
    pub(super) fn if_statement(&mut self, node: Node<'t>, slot: Slot) {
        let control = self.control(slot, ControlKind::If, node);
        let kids = self.kids(node);
        self.condition(&kids, control);
        if let Some(body) = Self::field(&kids, Field::Consequence) {
            self.work.push(Item::Body(body, Slot::role(control, Role::TrueBody)));
        }
        if let Some(other) = Self::field(&kids, Field::Alternative) {
            self.work.push(Item::Else(other, control));
        }
        self.done(kids);
    }

    /// `else`: a CONTROL_STRUCTURE ELSE around a BLOCK.
    pub(super) fn else_branch(&mut self, node: Node<'t>, around: NodeIndex) {
        let control = self.control(Slot::role(around, Role::FalseBody), ControlKind::Else, node);
        self.work.push(Item::Body(node, Slot::child(control)));
    }

    fn condition(&mut self, kids: &[Child<'t>], control: NodeIndex) {
        if let Some(condition) = Self::field(kids, Field::Condition) {
            self.work.push(Item::Expression(condition, Slot::role(control, Role::Condition)));
        }
    }

    /// A loop, with the label in front of it.
    pub(super) fn loop_statement(&mut self, node: Node<'t>, slot: Slot, label: Option<Node<'t>>) {
        let kind = match Kind::of(node) {
            Kind::WhileStatement => ControlKind::While,
            Kind::DoStatement => ControlKind::Do,
            _ => ControlKind::For,
        };
        let control = self.control(slot, kind, node);
        if let Some(label) = label {
            self.label(label, Slot::child(control));
        }
        let kids = self.kids(node);
        let body = Self::field(&kids, Field::Body);
        match Kind::of(node) {
            Kind::WhileStatement => {
                self.condition(&kids, control);
                self.loop_body(body, Slot::role(control, Role::TrueBody));
            }
            Kind::DoStatement => {
                self.loop_body(body, Slot::role(control, Role::DoBody));
                self.condition(&kids, control);
            }
            Kind::ForStatement => self.for_parts(&kids, body, control),
            _ => self.for_each(node, &kids, body, control),
        }
        self.done(kids);
    }

    fn loop_body(&mut self, body: Option<Node<'t>>, slot: Slot) {
        if let Some(body) = body {
            self.work.push(Item::Breakable(Breakable::Known));
            self.work.push(Item::Body(body, slot));
            self.work.push(Item::BreakableEnd);
        }
    }

    fn for_parts(&mut self, kids: &[Child<'t>], body: Option<Node<'t>>, control: NodeIndex) {
        self.b.push_scope(ScopeKind::Nested);
        for child in kids {
            let role = match Field::of(child) {
                Field::Init => Role::ForInit,
                Field::Condition => Role::Condition,
                Field::Update => Role::ForUpdate,
                _ => continue,
            };
            if Kind::of(child.node) == Kind::LocalVariableDeclaration {
                self.local_variables(child.node, control, role);
            } else {
                self.work.push(Item::Expression(child.node, Slot::role(control, role)));
            }
        }
        self.loop_body(body, Slot::role(control, Role::ForBody));
        self.work.push(Item::ScopeEnd);
    }

    /// `for (T x : xs)`: an iterator is made once, and asked before each round.
    fn for_each(
        &mut self,
        node: Node<'t>,
        kids: &[Child<'t>],
        body: Option<Node<'t>>,
        control: NodeIndex,
    ) {
        self.b.push_scope(ScopeKind::Nested);
        if let Some(source) = Self::field(kids, Field::Value) {
            let place = Place::of(source);
            let iterator = self.temporary(place, "<iterator>");
            let set =
                self.b.operator(Slot::role(control, Role::ForInit), Operator::Assignment, place);
            self.use_of(Slot::argument(set, 1), place, iterator);
            let made = self.b.operator(Slot::argument(set, 2), Operator::Iterator, place);
            self.work.push(Item::Expression(source, Slot::argument(made, 1)));
            self.work.push(Item::Next(node, iterator, control));
        }
        self.loop_body(body, Slot::role(control, Role::ForBody));
        self.work.push(Item::ScopeEnd);
    }

    /// `x = iteratorNext(it)`, and `x` from now on.
    pub(super) fn next_value(&mut self, node: Node<'t>, iterator: NodeIndex, control: NodeIndex) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name);
        let written = self.modifiers(&kids);
        let mut type_name = self
            .written_with(Self::field(&kids, Field::Type), Self::field(&kids, Field::Dimensions));
        self.done(kids);
        if self.b.string(type_name) == "var" {
            type_name = StrId::EMPTY;
        }
        let Some(name) = name else { return };
        let place = Place::of(name);
        let local = self.local(name, place, control, type_name);
        self.b.node_mut(local).modifiers = written.flags;
        let set =
            self.b.operator(Slot::role(control, Role::Condition), Operator::Assignment, place);
        self.use_of(Slot::argument(set, 1), place, local);
        let next = self.b.operator(Slot::argument(set, 2), Operator::IteratorNext, place.start());
        self.use_of(Slot::argument(next, 1), place.start(), iterator);
    }

    /// `a: statement`: the label lies in the loop, or in a BLOCK around any other statement.
    pub(super) fn labeled(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        let label = Self::of_kind(&kids, Kind::Identifier);
        let inner =
            kids.iter().skip(1).map(|child| child.node).find(|one| !is_token(Kind::of(*one)));
        self.done(kids);
        let (Some(label), Some(inner)) = (label, inner) else { return };
        let slot = Slot::child(parent);
        if matches!(
            Kind::of(inner),
            Kind::WhileStatement
                | Kind::DoStatement
                | Kind::ForStatement
                | Kind::EnhancedForStatement
        ) {
            return self.loop_statement(inner, slot, Some(label));
        }
        let block = self.open_block(slot, Place::of(node));
        self.label(label, Slot::child(block));
        if Kind::of(inner) == Kind::Block {
            self.statements(inner, block);
        } else {
            self.work.push(Item::Statement(inner, block));
        }
        self.work.push(Item::BlockEnd);
    }

    fn label(&mut self, node: Node<'t>, slot: Slot) {
        let text = self.text(node);
        self.b.named(slot, NodeKind::JumpLabel, Place::of(node), text);
    }

    /// `break`, `continue`, with or without a label.
    pub(super) fn jump(&mut self, node: Node<'t>, slot: Slot) {
        let is_break = Kind::of(node) == Kind::BreakStatement;
        let control = if is_break { ControlKind::Break } else { ControlKind::Continue };
        let jump = self.control(slot, control, node);
        let kids = self.kids(node);
        let label = Self::of_kind(&kids, Kind::Identifier);
        self.done(kids);
        let target = Slot::role(jump, Role::JumpArgument);
        if let Some(label) = label {
            return self.label(label, target);
        }
        if !is_break {
            return;
        }
        if let Some(Breakable::Statement(name) | Breakable::Value(name)) =
            self.breakables_here().last()
        {
            self.switch_label(*name, target, Place::of(node).start());
        }
    }

    /// `yield value;`: a BREAK out of the `switch` that has a value.
    pub(super) fn yield_statement(&mut self, node: Node<'t>, slot: Slot) {
        let jump = self.control(slot, ControlKind::Break, node);
        let name = self.b.intern("yield_statement");
        self.b.node_mut(jump).name = name;
        let label = self.breakables_here().iter().rev().find_map(|one| match one {
            Breakable::Value(name) => Some(*name),
            _ => None,
        });
        if let Some(label) = label {
            let target = Slot::role(jump, Role::JumpArgument);
            self.switch_label(label, target, Place::of(node).start());
        }
        let kids = self.kids(node);
        self.push_operands(&kids, jump);
        self.done(kids);
    }

    /// A JUMP_LABEL of ours.
    pub(super) fn switch_label(&mut self, name: StrId, slot: Slot, place: Place) {
        let index = self.b.add(slot, NodeKind::JumpLabel, place);
        self.b.node_mut(index).name = name;
    }
}
