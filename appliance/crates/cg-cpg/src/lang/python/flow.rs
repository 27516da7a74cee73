//! Control structures: if, loops, try, with.

use cg_types::{ControlKind, Modifiers, NodeIndex, Role};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item, Iterated};
use crate::builder::{Operator, Place, Slot};
use crate::syntax::Child;

impl<'t> Front<'_, 't> {
    /// `if`; each `elif` is an IF in the BLOCK of an ELSE.
    pub(super) fn if_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.control(slot, ControlKind::If, node);
        self.branch(control, &kids);
        let start = self.alternatives.len();
        let alternatives = kids.iter().filter(|child| Field::of(child) == Field::Alternative);
        self.alternatives.extend(alternatives.map(|child| child.node));
        self.work.push(Item::Alternative(start, self.alternatives.len(), control));
        self.done(kids);
    }

    /// The alternatives of an `if` from number `start` on.
    pub(super) fn alternative(&mut self, start: usize, end: usize, around: NodeIndex) {
        if start >= end {
            return;
        }
        let node = self.alternatives[start];
        if Kind::of(node) != Kind::ElifClause {
            self.else_clause(around, node);
            return;
        }
        let block = self.else_block(around, node);
        let control = self.control(Slot::child(block), ControlKind::If, node);
        let kids = self.kids(node);
        self.branch(control, &kids);
        self.done(kids);
        self.work.push(Item::Alternative(start + 1, end, control));
    }

    fn branch(&mut self, control: NodeIndex, kids: &[Child<'t>]) {
        if let Some(condition) = Self::field(kids, Field::Condition) {
            self.work.push(Item::Expression(condition, Slot::role(control, Role::Condition)));
        }
        let body = Self::field(kids, Field::Consequence).or_else(|| Self::field(kids, Field::Body));
        if let Some(body) = body {
            self.work.push(Item::Block(body, Slot::role(control, Role::TrueBody)));
        }
    }

    /// `else: …` of an if, a loop or a try.
    pub(super) fn else_clause(&mut self, around: NodeIndex, node: Node<'t>) {
        let kids = self.kids(node);
        let block = self.else_block(around, node);
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Suite(body, block));
        }
        self.done(kids);
    }

    fn loop_else(&mut self, kids: &[Child<'t>], control: NodeIndex) {
        if let Some(node) = Self::field(kids, Field::Alternative) {
            self.work.push(Item::Else(node, control));
        }
    }

    /// `while`, with its `else`.
    pub(super) fn while_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.control(slot, ControlKind::While, node);
        self.branch(control, &kids);
        self.loop_else(&kids, control);
        self.done(kids);
    }

    /// `for x in xs`: an iterator is made once, and asked before each round.
    pub(super) fn for_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.control(slot, ControlKind::For, node);
        if let Some(source) = Self::field(&kids, Field::Right) {
            let place = Place::of(source);
            let iterator = self.temporary(place, "<iterator>");
            let set =
                self.b.operator(Slot::role(control, Role::ForInit), Operator::Assignment, place);
            self.temporary_use(Slot::argument(set, 1), place, iterator);
            let made = self.b.operator(Slot::argument(set, 2), Operator::Iterator, place);
            self.work.push(Item::Expression(source, Slot::argument(made, 1)));
            if let Some(target) = Self::field(&kids, Field::Left) {
                let condition = Slot::role(control, Role::Condition);
                self.bind_target(target);
                self.work.push(Item::Next(target, Iterated::Local(iterator), condition));
            }
        }
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Block(body, Slot::role(control, Role::ForBody)));
        }
        self.loop_else(&kids, control);
        self.done(kids);
    }

    /// `with a as b: …`: a BLOCK of the assignments and then the body.
    pub(super) fn with_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let block = self.b.add(slot, cg_types::NodeKind::Block, Place::of(node));
        for child in &kids {
            match Kind::of(child.node) {
                Kind::WithClause => self.with_items(child.node, block),
                _ if Field::of(child) == Field::Body => {
                    self.work.push(Item::Block(child.node, Slot::child(block)));
                }
                _ => {}
            }
        }
        self.done(kids);
    }

    fn with_items(&mut self, clause: Node<'t>, block: NodeIndex) {
        let kids = self.kids(clause);
        for item in &kids {
            let inner = self.kids(item.node);
            for value in &inner {
                self.work.push(Item::Expression(value.node, Slot::child(block)));
            }
            self.done(inner);
        }
        self.done(kids);
    }

    /// `try`, with any of `except`, `except*`, `else`, `finally`.
    pub(super) fn try_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.control(slot, ControlKind::Try, node);
        for child in &kids {
            match Kind::of(child.node) {
                Kind::Block => {
                    self.work.push(Item::Block(child.node, Slot::role(control, Role::TryBody)))
                }
                Kind::ExceptClause => self.work.push(Item::Except(child.node, control)),
                Kind::ElseClause => self.work.push(Item::Else(child.node, control)),
                Kind::FinallyClause => self.work.push(Item::Finally(child.node, control)),
                _ => {}
            }
        }
        self.done(kids);
    }

    /// `except T as e: …`: the exception's type stands for the exception.
    pub(super) fn except_clause(&mut self, node: Node<'t>, around: NodeIndex) {
        let control = self.control(Slot::role(around, Role::CatchBody), ControlKind::Catch, node);
        let kids = self.kids(node);
        let mut takes_all = true;
        let alias = Self::field(&kids, Field::Alias);
        for child in &kids {
            match (Kind::of(child.node), Field::of(child)) {
                (Kind::Block, _) => {
                    self.work.push(Item::Block(child.node, Slot::child(control)));
                }
                (_, Field::Value) => takes_all = self.caught(child.node, alias, control),
                _ => {}
            }
        }
        self.done(kids);
        if takes_all {
            self.b.node_mut(control).modifiers = Modifiers::WILDCARD;
        }
    }

    /// What an `except` names; whether that is every exception.
    fn caught(&mut self, value: Node<'t>, alias: Option<Node<'t>>, control: NodeIndex) -> bool {
        let (mut caught, mut alias, place) = (value, alias, Place::of(value));
        if Kind::of(value) == Kind::AsPattern {
            let kids = self.kids(value);
            if let [source, .., target] = kids.as_slice() {
                caught = source.node;
                alias = Some(target.node);
            }
            self.done(kids);
        }
        let slot = Slot::child(control);
        match alias {
            Some(target) => {
                let written = self.text(target);
                let call = self.assign(slot, place.to(Place::of(target)), target);
                self.work.push(Item::Expression(caught, Slot::argument(call, 2)));
                let name = self.b.intern(written);
                let declared = self.b.resolve_here(name).unwrap_or(NodeIndex::NONE);
                if matches!(Kind::of(caught), Kind::Identifier | Kind::Attribute) {
                    let written = self.text(caught);
                    let type_name = self.type_named(written);
                    if declared.is_some() {
                        self.hint(declared, type_name);
                    }
                }
            }
            None => self.work.push(Item::Expression(caught, slot)),
        }
        Kind::of(caught) == Kind::Identifier && self.text(caught) == "BaseException"
    }

    /// `finally: …`.
    pub(super) fn finally_clause(&mut self, node: Node<'t>, around: NodeIndex) {
        let control =
            self.control(Slot::role(around, Role::FinallyBody), ControlKind::Finally, node);
        let kids = self.kids(node);
        if let Some(body) = kids.iter().find(|child| Kind::of(child.node) == Kind::Block) {
            self.work.push(Item::Block(body.node, Slot::child(control)));
        }
        self.done(kids);
    }
}
