//! C++: exceptions, loops over ranges, conditions that declare.

use cg_types::{ControlKind, Modifiers, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node as Syntax;

use super::{C, Field, Item, Kind};
use crate::builder::{Operator, Place, ScopeKind, Slot};

impl<'t> C<'_, 't> {
    /// `try { … } catch (T& e) { … }`, also as the body of a function.
    pub(super) fn try_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let control = self.b.control(slot, ControlKind::Try, Place::of(node));
        let children = self.children(node);
        for child in &children {
            match (Field::of(child), Kind::of(child.node)) {
                (Field::Body, _) => {
                    self.work.push(Item::Body(child.node, Slot::role(control, Role::TryBody)));
                }
                (_, Kind::CatchClause) => self.work.push(Item::Catch(child.node, control)),
                _ => {}
            }
        }
        self.done(children);
    }

    /// One handler.
    pub(super) fn catch_clause(&mut self, node: Syntax<'t>, around: NodeIndex) {
        let slot = Slot::role(around, Role::CatchBody);
        let control = self.b.control(slot, ControlKind::Catch, Place::of(node));
        self.b.push_scope(ScopeKind::Nested);
        let children = self.children(node);
        for child in &children {
            match Field::of(child) {
                Field::Parameters => self.caught(child.node, control),
                Field::Body => self.work.push(Item::Body(child.node, Slot::child(control))),
                _ => {}
            }
        }
        self.done(children);
        self.work.push(Item::ScopeEnd);
    }

    fn caught(&mut self, list: Syntax<'t>, control: NodeIndex) {
        let children = self.children(list);
        for child in &children {
            match Kind::of(child.node) {
                Kind::ParameterDeclaration => {
                    let parts = self.children(child.node);
                    let specifiers = self.specifiers(&parts, control);
                    let declarator =
                        parts.iter().find(|c| Field::of(c) == Field::Declarator).map(|c| c.node);
                    self.done(parts);
                    let Some(declarator) = declarator else { continue };
                    let declared = self.declared(declarator);
                    let Some(name) = declared.name else { continue };
                    let type_name = self.type_text(specifiers.base, &declared.parts);
                    let (slot, name) = (Slot::child(control), self.text(name));
                    let local =
                        self.b.declare(slot, NodeKind::Local, Place::of(child.node), name, "");
                    self.b.node_mut(local).type_full_name = type_name;
                }
                Kind::Ellipsis => self.b.node_mut(control).modifiers = Modifiers::WILDCARD,
                _ => {}
            }
        }
        self.done(children);
    }

    pub(super) fn throw(&mut self, node: Syntax<'t>, slot: Slot) {
        let control = self.b.control(slot, ControlKind::Throw, Place::of(node));
        self.push_arguments(control, node, 1);
    }

    /// `for (T x : xs)`: an iterator is made once, and asked before each round.
    pub(super) fn range_for(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let control =
            self.b.control(slot, ControlKind::For, super::statement::header(node, &children));
        self.b.push_scope(ScopeKind::Nested);
        let specifiers = self.specifiers(&children, control);
        let field = |wanted| children.iter().find(|c| Field::of(c) == wanted).map(|c| c.node);
        let (declarator, source) = (field(Field::Declarator), field(Field::Right));
        let (initializer, body) = (field(Field::Initializer), field(Field::Body));
        self.done(children);
        if let Some(initializer) = initializer {
            self.work.push(Item::Statement(initializer, Slot::role(control, Role::ForInit)));
        }
        if let Some(source) = source {
            let place = Place::of(source);
            let name = "<iterator>";
            self.b.declare(Slot::child(control), NodeKind::Local, place, name, "");
            let set =
                self.b.operator(Slot::role(control, Role::ForInit), Operator::Assignment, place);
            self.b.identifier(Slot::argument(set, 1), place, name);
            let made = self.b.operator(Slot::argument(set, 2), Operator::Iterator, place);
            self.work.push(Item::Expression(source, Slot::argument(made, 1)));
        }
        if let Some(declarator) = declarator {
            self.work.push(Item::Next(declarator, specifiers.base, control));
        }
        if let Some(body) = body {
            self.work.push(Item::Body(body, Slot::role(control, Role::ForBody)));
        }
        self.work.push(Item::ScopeEnd);
    }

    /// `x = iteratorNext(it)`, and `x` from now on; `[a, b]` are LOCALs of one value.
    pub(super) fn next_value(&mut self, declarator: Syntax<'t>, base: StrId, control: NodeIndex) {
        let declared = self.declared(declarator);
        let type_name = self.type_text(base, &declared.parts);
        let place = Place::of(declarator);
        let set =
            self.b.operator(Slot::role(control, Role::Condition), Operator::Assignment, place);
        match declared.name {
            Some(name) => {
                let text = self.text(name);
                let local = self.b.declare(Slot::child(control), NodeKind::Local, place, text, "");
                self.b.node_mut(local).type_full_name = type_name;
                self.b.identifier(Slot::argument(set, 1), place, text);
            }
            None => {
                self.b.named(Slot::argument(set, 1), NodeKind::Unknown, place, declarator.kind());
                let children = self.children(declarator);
                for child in children.iter().filter(|c| Kind::of(c.node) == Kind::Identifier) {
                    let (text, place) = (self.text(child.node), Place::of(child.node));
                    self.b.declare(Slot::child(control), NodeKind::Local, place, text, "");
                }
                self.done(children);
            }
        }
        let next = self.b.operator(Slot::argument(set, 2), Operator::IteratorNext, place.start());
        self.b.identifier(Slot::argument(next, 1), place.start(), "<iterator>");
    }

    /// `if (T* p = f())`: a LOCAL, and its assignment as the condition.
    fn declared_condition(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let specifiers = self.specifiers(&children, slot.parent);
        let field = |wanted| children.iter().find(|c| Field::of(c) == wanted).map(|c| c.node);
        let (declarator, value) = (field(Field::Declarator), field(Field::Value));
        self.done(children);
        let (Some(declarator), Some(value)) = (declarator, value) else {
            return self.work.push(Item::Statement(node, slot));
        };
        let declared = self.declared(declarator);
        let type_name = self.type_text(specifiers.base, &declared.parts);
        let name = declared.name.map_or("", |name| self.text(name));
        let place = Place::of(declarator);
        let local = self.b.declare(Slot::child(slot.parent), NodeKind::Local, place, name, "");
        self.b.node_mut(local).type_full_name = type_name;
        let set = self.b.operator(slot, Operator::Assignment, Place::of(node));
        self.b.identifier(Slot::argument(set, 1), place, name);
        self.work.push(Item::Expression(value, Slot::argument(set, 2)));
    }

    /// `(init; value)` of an `if`, `while` or `switch`.
    pub(super) fn condition(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        for child in &children {
            match Field::of(child) {
                Field::Initializer => {
                    self.work.push(Item::Statement(child.node, Slot::child(slot.parent)));
                }
                Field::Value if Kind::of(child.node) == Kind::Declaration => {
                    self.declared_condition(child.node, slot);
                }
                Field::Value => self.work.push(Item::Expression(child.node, slot)),
                _ => {}
            }
        }
        self.done(children);
    }
}
