//! Control structures: if, loops, match, blocks.

use cg_types::{ControlKind, NodeIndex, NodeKind, Role};
use tree_sitter::Node;

use super::expression::is_operand;
use super::kind::{Field, Kind};
use super::lower::{Front, Item, Subject};
use super::pattern::Home;
use crate::builder::{Operator, Place, Slot};

impl<'s> Front<'_, '_, 's> {
    /// A BLOCK with a scope: of a block (`unsafe`, `async` and so on included), or of one expression.
    pub(super) fn block(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let block = self.open_block(slot, Place::of(node));
        match self.inner_block(node) {
            Some(inner) => self.statements(inner, block),
            // Broken text: `unsafe` and the like without a block.
            None if is_block(Kind::of(node)) => self.statements(node, block),
            None => self.work.push(Item::Statement(node, block, (0, 0))),
        }
        self.work.push(Item::BlockEnd);
        block
    }

    /// The block in `unsafe { … }` and the like; the block itself.
    fn inner_block(&mut self, mut node: Node<'s>) -> Option<Node<'s>> {
        loop {
            match Kind::of(node) {
                Kind::Block | Kind::DeclarationList => return Some(node),
                kind if is_block(kind) => {}
                _ => return None,
            }
            let kids = self.kids(node);
            let inner = kids.iter().map(|child| child.node).find(|one| is_operand(Kind::of(*one)));
            self.done(kids);
            node = inner?;
        }
    }

    /// `if`, `if let`; the names of the condition are seen in the first branch only.
    pub(super) fn if_expression(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let control = self.control(slot, ControlKind::If, node);
        let kids = self.kids(node);
        self.work.push(Item::ScopeStart);
        if let Some(condition) = Self::field(&kids, Field::Condition) {
            self.work.push(Item::Expression(condition, Slot::role(control, Role::Condition)));
        }
        if let Some(body) = Self::field(&kids, Field::Consequence) {
            self.work.push(Item::Body(body, Slot::role(control, Role::TrueBody)));
        }
        self.work.push(Item::ScopeEnd);
        if let Some(alternative) = Self::field(&kids, Field::Alternative) {
            self.work.push(Item::Else(alternative, control));
        }
        self.done(kids);
        control
    }

    /// `else`: a CONTROL_STRUCTURE ELSE around a BLOCK.
    pub(super) fn else_clause(&mut self, node: Node<'s>, around: NodeIndex) {
        let control = self.control(Slot::role(around, Role::FalseBody), ControlKind::Else, node);
        let kids = self.kids(node);
        if let Some(body) = kids.iter().find(|child| is_operand(Kind::of(child.node))) {
            self.work.push(Item::Body(body.node, Slot::child(control)));
        }
        self.done(kids);
    }

    fn loop_start(&mut self, node: Node<'s>, control: ControlKind, slot: Slot) -> NodeIndex {
        let index = self.control(slot, control, node);
        let kids = self.kids(node);
        if let Some(label) = kids.iter().find(|child| Kind::of(child.node) == Kind::Label) {
            self.label(label.node, Slot::child(index));
        }
        self.done(kids);
        index
    }

    pub(super) fn while_expression(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let control = self.loop_start(node, ControlKind::While, slot);
        let kids = self.kids(node);
        self.work.push(Item::ScopeStart);
        if let Some(condition) = Self::field(&kids, Field::Condition) {
            self.work.push(Item::Expression(condition, Slot::role(control, Role::Condition)));
        }
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Body(body, Slot::role(control, Role::TrueBody)));
        }
        self.work.push(Item::ScopeEnd);
        self.done(kids);
        control
    }

    /// `loop`: a WHILE without a condition.
    pub(super) fn loop_expression(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let control = self.loop_start(node, ControlKind::While, slot);
        let kids = self.kids(node);
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Body(body, Slot::role(control, Role::TrueBody)));
        }
        self.done(kids);
        control
    }

    /// `for p in xs`: an iterator is made once, and asked before each round.
    pub(super) fn for_expression(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let control = self.loop_start(node, ControlKind::For, slot);
        let kids = self.kids(node);
        if let Some(source) = Self::field(&kids, Field::Value) {
            let place = Place::of(source);
            let iterator = self.temporary(place, "<iterator>");
            let set =
                self.b.operator(Slot::role(control, Role::ForInit), Operator::Assignment, place);
            self.use_of(Slot::argument(set, 1), place, iterator);
            let made = self.b.operator(Slot::argument(set, 2), Operator::Iterator, place);
            self.work.push(Item::Expression(source, Slot::argument(made, 1)));
            self.work.push(Item::ScopeStart);
            if let Some(pattern) = Self::field(&kids, Field::Pattern) {
                self.work.push(Item::Next(pattern, iterator, Slot::role(control, Role::Condition)));
            }
            if let Some(body) = Self::field(&kids, Field::Body) {
                self.work.push(Item::Body(body, Slot::role(control, Role::ForBody)));
            }
            self.work.push(Item::ScopeEnd);
        }
        self.done(kids);
        control
    }

    /// `pattern = iteratorNext(it)`, and its names from now on.
    pub(super) fn next_value(&mut self, pattern: Node<'s>, iterator: NodeIndex, slot: Slot) {
        let place = Place::of(pattern);
        let home = Home::Front(self.current_block());
        let (call, argument) = self.destructure(pattern, slot, place, home);
        let next =
            self.b.operator(Slot::argument(call, argument), Operator::IteratorNext, place.start());
        self.use_of(Slot::argument(next, 1), place.start(), iterator);
        self.push_bound();
    }

    /// `match`: a variable is matched as it is, any other value is kept in a LOCAL.
    pub(super) fn match_expression(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let control = self.control(slot, ControlKind::Match, node);
        let kids = self.kids(node);
        let Some(value) = Self::field(&kids, Field::Value) else {
            self.done(kids);
            return control;
        };
        let condition = Slot::role(control, Role::Condition);
        let name = self.name(value);
        let variable = self.b.resolve(name).filter(|_| Kind::of(value) == Kind::Identifier);
        let subject = match variable {
            Some(declaration) => {
                self.work.push(Item::Expression(value, condition));
                Subject::Variable(name, declaration)
            }
            None => {
                let place = Place::of(value);
                let kept = self.temporary(place, "<subject>");
                let set = self.b.operator(condition, Operator::Assignment, place);
                self.use_of(Slot::argument(set, 1), place, kept);
                self.work.push(Item::Expression(value, Slot::argument(set, 2)));
                Subject::Kept(kept)
            }
        };
        if let Some(body) = Self::field(&kids, Field::Body) {
            let arms = self.kids(body);
            for arm in arms.iter().filter(|child| Kind::of(child.node) == Kind::MatchArm) {
                self.work.push(Item::Arm(arm.node, control, subject));
            }
            self.done(arms);
        }
        self.done(kids);
        control
    }

    /// An arm: JUMP_TARGET, the names bound, the guard, the value.
    pub(super) fn arm(&mut self, node: Node<'s>, control: NodeIndex, subject: Subject) {
        let kids = self.kids(node);
        let pattern = Self::field(&kids, Field::Pattern);
        let value = Self::field(&kids, Field::Value);
        self.done(kids);
        let mut guard = None;
        let mut matched = pattern;
        if let Some(pattern) = pattern {
            let inner = self.kids(pattern);
            guard = Self::field(&inner, Field::Condition);
            matched = inner.first().map(|child| child.node);
            self.done(inner);
        }
        let place = matched.map_or(Place::of(node).start(), Place::of);
        let block = self.open_block(Slot::role(control, Role::TrueBody), Place::of(node));
        let takes_all = matched.is_some_and(|matched| self.takes_all(matched));
        let name = if takes_all { "default" } else { "case" };
        self.b.named(Slot::child(block), NodeKind::JumpTarget, place, name);
        if let Some(matched) = matched.filter(|one| self.binds(*one)) {
            let (call, argument) =
                self.destructure(matched, Slot::child(block), place, Home::Next(block));
            let slot = Slot::argument(call, argument);
            match subject {
                Subject::Kept(local) => {
                    self.use_of(slot, place.start(), local);
                }
                Subject::Variable(name, declaration) => {
                    let index = self.b.add(slot, NodeKind::Identifier, place.start());
                    self.b.node_mut(index).name = name;
                    self.b.node_mut(index).reference = declaration;
                }
            }
            self.push_bound();
        }
        if let Some(guard) = guard {
            self.work.push(Item::Expression(guard, Slot::role(block, Role::Condition)));
        }
        if let Some(value) = value {
            match Kind::of(value) {
                Kind::Block => self.statements(value, block),
                _ => self.work.push(Item::Statement(value, block, (0, 0))),
            }
        }
        self.work.push(Item::BlockEnd);
    }

    /// A variable of our own, that no name in the text means.
    pub(super) fn temporary(&mut self, place: Place, name: &str) -> NodeIndex {
        let block = self.current_block();
        let name = self.b.intern(name);
        let index = self.b.add_front(Slot::child(block), NodeKind::Local, place);
        self.b.node_mut(index).name = name;
        index
    }
}

/// Whether a kind is a word with a block behind it.
fn is_block(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::UnsafeBlock | Kind::AsyncBlock | Kind::GenBlock | Kind::TryBlock | Kind::ConstBlock
    )
}
