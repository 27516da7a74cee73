//! Control structures: if, loops, switch, try.

use cg_types::{ControlKind, Modifiers, NodeIndex, NodeKind, Role};
use tree_sitter::Node;

use super::binding::{Declare, From, Lives, Source};
use super::kind::{Field, Kind};
use super::lower::{Front, Item, Kid};
use super::name::Naming;
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    fn loop_control(&mut self, slot: Slot, control: ControlKind, node: Node<'t>) -> NodeIndex {
        let control = self.control(slot, control, node);
        if let Some(label) = self.label.take() {
            self.label_of(control, label);
        }
        control
    }

    fn condition(&mut self, control: NodeIndex, kids: &[Kid<'t>]) {
        if let Some(condition) = Self::field(kids, Field::Condition) {
            self.work.push(Item::Expression(condition, Slot::role(control, Role::Condition)));
        }
    }

    /// `if (c) a else b`.
    pub(super) fn if_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.control(slot, ControlKind::If, node);
        self.condition(control, &kids);
        if let Some(body) = Self::field(&kids, Field::Consequence) {
            self.work.push(Item::Block(body, Slot::role(control, Role::TrueBody)));
        }
        if let Some(alternative) = Self::field(&kids, Field::Alternative) {
            self.work.push(Item::Else(alternative, control));
        }
        self.done(kids);
    }

    /// `else …`.
    pub(super) fn else_clause(&mut self, node: Node<'t>, around: NodeIndex) {
        let control = self.control(Slot::role(around, Role::FalseBody), ControlKind::Else, node);
        if let Some(body) = self.first(node) {
            self.work.push(Item::Block(body, Slot::child(control)));
        }
    }

    pub(super) fn while_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.loop_control(slot, ControlKind::While, node);
        self.condition(control, &kids);
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Block(body, Slot::role(control, Role::TrueBody)));
        }
        self.done(kids);
    }

    pub(super) fn do_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.loop_control(slot, ControlKind::Do, node);
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Block(body, Slot::role(control, Role::DoBody)));
        }
        self.condition(control, &kids);
        self.done(kids);
    }

    /// `for (a; b; c) {}`; a BLOCK around it holds what `let` declares.
    pub(super) fn for_statement(&mut self, node: Node<'t>, slot: Slot) {
        let label = self.label.take();
        let kids = self.kids(node);
        let initializer = kids.iter().find(|kid| {
            kid.field == Field::Initializer
                && !kid.kind.is_token()
                && kid.kind != Kind::EmptyStatement
        });
        let has_scope = initializer.is_some_and(|kid| kid.kind == Kind::LexicalDeclaration);
        let slot = if has_scope { self.loop_block(node, slot) } else { slot };
        let control = self.control(slot, ControlKind::For, node);
        if let Some(label) = label {
            self.label_of(control, label);
        }
        if let Some(kid) = initializer {
            let slot = Slot::role(control, Role::ForInit);
            match kid.kind {
                Kind::LexicalDeclaration | Kind::VariableDeclaration => {
                    self.work.push(Item::Declarators(kid.node, slot));
                }
                _ => self.work.push(Item::Expression(kid.node, slot)),
            }
        }
        let condition = kids
            .iter()
            .find(|kid| kid.field == Field::Condition && kid.kind != Kind::EmptyStatement);
        if let Some(kid) = condition {
            self.work.push(Item::Expression(kid.node, Slot::role(control, Role::Condition)));
        }
        if let Some(increment) = Self::field(&kids, Field::Increment) {
            self.work.push(Item::Expression(increment, Slot::role(control, Role::ForUpdate)));
        }
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Block(body, Slot::role(control, Role::ForBody)));
        }
        self.done(kids);
        if has_scope {
            self.work.push(Item::EndBlock);
        }
    }

    fn loop_block(&mut self, node: Node<'t>, slot: Slot) -> Slot {
        let block = self.b.add(slot, NodeKind::Block, Place::of(node));
        self.open_block(block);
        Slot::child(block)
    }

    /// `for (x of xs)`, `for (k in o)`: an iterator is made once, and asked before each round.
    pub(super) fn for_in_statement(&mut self, node: Node<'t>, slot: Slot) {
        let label = self.label.take();
        let kids = self.kids(node);
        let left = Self::field(&kids, Field::Left);
        let right = Self::field(&kids, Field::Right);
        let body = Self::field(&kids, Field::Body);
        let declared = kids.iter().find(|kid| kid.field == Field::Keyword).map(|kid| kid.kind);
        let is_awaited = kids.iter().any(|kid| kid.kind == Kind::AwaitWord);
        let text = self.b.slice(Place::of(node).span);
        self.done(kids);
        let (Some(left), Some(right)) = (left, right) else { return };
        // `var` has no token kind of its own: it is a declaration without scope.
        let between = &text[..(left.start_byte() - node.start_byte()).min(text.len())];
        let declare = match declared {
            Some(kind) => Declare {
                lives: Lives::Block,
                modifiers: match kind {
                    Kind::ConstWord => Modifiers::FINAL,
                    _ => Modifiers::default(),
                },
            },
            None if has_word(between, "var") => {
                Declare { lives: Lives::Function, modifiers: Modifiers::default() }
            }
            None if has_word(between, "let") || has_word(between, "using") => Declare::BLOCK,
            None => Declare::NOTHING,
        };
        let has_scope = declare.lives == Lives::Block;
        let slot = if has_scope { self.loop_block(node, slot) } else { slot };
        let control = self.control(slot, ControlKind::For, node);
        if let Some(label) = label {
            self.label_of(control, label);
        }
        let place = Place::of(right);
        let iterator = self.temporary(place);
        let set = self.b.operator(Slot::role(control, Role::ForInit), Operator::Assignment, place);
        self.use_of(Slot::argument(set, 1), place, iterator);
        let made = self.b.operator(Slot::argument(set, 2), Operator::Iterator, place);
        self.work.push(Item::Expression(right, Slot::argument(made, 1)));
        self.next_round(left, iterator, control, declare, is_awaited, body);
        if has_scope {
            self.work.push(Item::EndBlock);
        }
    }

    /// `target = iteratorNext(iterator)` as the condition; a pattern is taken apart in the body.
    fn next_round(
        &mut self,
        target: Node<'t>,
        iterator: NodeIndex,
        control: NodeIndex,
        declare: Declare,
        is_awaited: bool,
        body: Option<Node<'t>>,
    ) {
        let place = Place::of(target);
        let slot = Slot::role(control, Role::Condition);
        let call = self.b.operator(slot, Operator::Assignment, place);
        let is_pattern = matches!(
            self.kind(target),
            Kind::ObjectPattern | Kind::ArrayPattern | Kind::Object | Kind::Array
        );
        let mut held = None;
        let one = Slot::argument(call, 1);
        if is_pattern {
            let local = self.temporary(place);
            self.use_of(one, place, local);
            held = Some(local);
        } else if self.kind(target) == Kind::Identifier {
            let text = self.text(target);
            let local = self.variable(text, place, declare);
            if local.is_some() {
                self.use_of(one, place, local);
            } else {
                self.identifier(one, target);
            }
        } else {
            self.work.push(Item::Expression(target, one));
        }
        let next = From::Next(iterator);
        let two = Slot::argument(call, 2);
        if is_awaited {
            let wait = self.b.operator(two, Operator::Await, place);
            let inner = Slot::argument(wait, 1);
            self.work.push(Item::Read(next, None, place.start(), inner, Naming::NONE));
        } else {
            self.work.push(Item::Read(next, None, place.start(), two, Naming::NONE));
        }
        let Some(body) = body else { return };
        let slot = Slot::role(control, Role::ForBody);
        let Some(held) = held else { return self.work.push(Item::Block(body, slot)) };
        let block = self.b.add(slot, NodeKind::Block, Place::of(body));
        let inside = Slot::child(block);
        let from = From::Whole(Source::of(held));
        self.work.push(Item::Bind(target, from, None, inside, declare));
        self.work.push(Item::Block(body, inside));
    }

    /// `switch (v) { case 1: … }`.
    pub(super) fn switch_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.control(slot, ControlKind::Switch, node);
        if let Some(value) = Self::field(&kids, Field::Value) {
            self.work.push(Item::Expression(value, Slot::role(control, Role::Condition)));
        }
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Block(body, Slot::role(control, Role::TrueBody)));
        }
        self.done(kids);
    }

    /// `case v:` with the statements behind it.
    pub(super) fn case(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        let value = Self::field(&kids, Field::Value);
        let is_default = self.kind(node) == Kind::SwitchDefault;
        let start = Place::of(node);
        let place = value.map_or(start.start(), |value| start.to(Place::of(value)));
        let name = if is_default { "default" } else { "case" };
        let slot = Slot::child(block);
        self.b.named(slot, NodeKind::JumpTarget, place, name);
        if let Some(value) = value {
            self.work.push(Item::Expression(value, slot));
        }
        for kid in kids.iter().filter(|kid| kid.field != Field::Value && !kid.kind.is_token()) {
            self.work.push(Item::Statement(kid.node, block));
        }
        self.done(kids);
    }

    /// `try {} catch (e) {} finally {}`.
    pub(super) fn try_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.control(slot, ControlKind::Try, node);
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Block(body, Slot::role(control, Role::TryBody)));
        }
        if let Some(handler) = Self::field(&kids, Field::Handler) {
            self.work.push(Item::Catch(handler, control));
        }
        if let Some(finalizer) = Self::field(&kids, Field::Finalizer) {
            self.work.push(Item::Finally(finalizer, control));
        }
        self.done(kids);
    }

    /// `catch (e) {}` takes every exception; the names it binds are LOCALs of a BLOCK in it.
    pub(super) fn catch_clause(&mut self, node: Node<'t>, around: NodeIndex) {
        let control = self.control(Slot::role(around, Role::CatchBody), ControlKind::Catch, node);
        self.b.node_mut(control).modifiers = Modifiers::WILDCARD;
        let kids = self.kids(node);
        let parameter = Self::field(&kids, Field::Parameter);
        let annotation = Self::field(&kids, Field::Type);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let place = body.map_or(Place::of(node), Place::of);
        let block = self.b.add(Slot::child(control), NodeKind::Block, place);
        self.open_block(block);
        if let Some(parameter) = parameter {
            let place = Place::of(parameter);
            if self.kind(parameter) == Kind::Identifier {
                let text = self.text(parameter);
                let local = self.variable(text, place, Declare::BLOCK);
                if let Some(annotation) = annotation {
                    let written = self.annotation(annotation);
                    self.settle(local, written);
                }
            } else {
                let held = self.temporary(place);
                let from = From::Whole(Source::of(held));
                let slot = Slot::child(block);
                self.work.push(Item::Bind(parameter, from, None, slot, Declare::BLOCK));
            }
        }
        if let Some(body) = body {
            self.work.push(Item::Suite(body, block));
        }
        self.work.push(Item::EndBlock);
    }

    /// `finally {}`.
    pub(super) fn finally_clause(&mut self, node: Node<'t>, around: NodeIndex) {
        let control =
            self.control(Slot::role(around, Role::FinallyBody), ControlKind::Finally, node);
        if let Some(body) = self.child(node, Field::Body) {
            self.work.push(Item::Block(body, Slot::child(control)));
        }
    }
}

/// Whether a word stands in a text.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|one| one == word)
}
