//! Members of classes: methods, fields, initialisers.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::function::Body;
use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::name::{Naming, Owner};
use super::scope::Scope;
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// A method or field with the decorators before it; `fields` are what a constructor initialises.
    pub(super) fn member(
        &mut self,
        node: Node<'t>,
        class: NodeIndex,
        notes: (usize, usize),
        fields: (usize, usize),
    ) {
        let kind = self.kind(node);
        let kids = self.kids(node);
        let key = Self::field(&kids, Field::Name).or_else(|| Self::field(&kids, Field::Property));
        let annotation = Self::field(&kids, Field::Type);
        let value = Self::field(&kids, Field::Value);
        let own_notes: Vec<Node<'t>> =
            kids.iter().filter(|kid| kid.kind == Kind::Decorator).map(|kid| kid.node).collect();
        let mut modifiers = Modifiers::default();
        for kid in &kids {
            modifiers = modifiers.with(self.modifier(kid));
        }
        self.done(kids);
        let Some(key) = key else { return };
        let (name, computed) = self.property_name(key);
        if let Some(computed) = computed {
            let block = self.scope().block;
            self.work.push(Item::Expression(computed, Slot::child(block)));
        }
        let member = if matches!(kind, Kind::FieldDefinition | Kind::PublicField) {
            let member = self.member_named(class, name, Place::of(node));
            self.b.node_mut(member).modifiers = modifiers;
            if let Some(annotation) = annotation {
                let written = self.annotation(annotation);
                self.settle(member, written);
            } else if let Some(value) = value {
                let hint = self.type_of_value(value);
                self.hint(member, hint);
            }
            member
        } else {
            self.method(node, class, name, fields)
        };
        for note in own_notes {
            self.annotate(note, member);
            self.decorator_value(note);
        }
        for at in notes.0..notes.1 {
            let note = self.decorators[at];
            self.annotate(note, member);
        }
    }

    fn method(
        &mut self,
        node: Node<'t>,
        class: NodeIndex,
        name: StrId,
        fields: (usize, usize),
    ) -> NodeIndex {
        let is_constructor = self.b.string(name) == "constructor";
        let text = if is_constructor { "<init>" } else { self.b.string(name) }.to_owned();
        let around = self.b.node(class).full_name;
        let full_name = self.within(around, &text);
        let method = self.b.named(Slot::child(class), NodeKind::Method, Place::of(node), &text);
        self.b.node_mut(method).full_name = full_name;
        let mut modifiers = Modifiers::default();
        if is_constructor {
            modifiers = modifiers.with(Modifiers::CONSTRUCTOR);
        }
        if self.kind(node) == Kind::AbstractMethodSignature {
            modifiers = modifiers.with(Modifiers::ABSTRACT);
        }
        if text.starts_with('#') {
            modifiers = modifiers.with(Modifiers::PRIVATE);
        }
        self.describe(method, node, modifiers);
        self.work.push(Item::Body(Body {
            method,
            node,
            class,
            own_name: StrId::EMPTY,
            initialisers: fields,
        }));
        method
    }

    /// A METHOD for initialisers that no constructor runs: `<clinit>`, or `<init>` of a class without one.
    pub(super) fn initialisers(
        &mut self,
        class: NodeIndex,
        range: (usize, usize),
        is_static: bool,
    ) {
        let place = self.b.place(class).start();
        let name = if is_static { "<clinit>" } else { "<init>" };
        let around = self.b.node(class).full_name;
        let full_name = self.within(around, name);
        let method = self.b.named(Slot::child(class), NodeKind::Method, place, name);
        let made = self.b.node_mut(method);
        made.full_name = full_name;
        made.modifiers = if is_static { Modifiers::STATIC } else { Modifiers::CONSTRUCTOR };
        let this = if is_static { NodeIndex::NONE } else { class };
        let scope = *self.scope();
        self.open(Scope { method, block: NodeIndex::NONE, full_name, this, ..scope });
        self.this_parameter(method, this, place);
        let block = self.b.add(Slot::child(method), NodeKind::Block, place);
        if let Some(scope) = self.scopes.last_mut() {
            scope.block = block;
        }
        for at in range.0..range.1 {
            let node = self.initialisers[at];
            self.work.push(Item::Initialiser(node, class, block));
        }
        self.work.push(Item::EndFunction(StrId::EMPTY, false));
    }

    /// `this.field = value`, or the statements of a static block.
    pub(super) fn initialiser(&mut self, node: Node<'t>, class: NodeIndex, block: NodeIndex) {
        let kids = self.kids(node);
        let key = Self::field(&kids, Field::Name).or_else(|| Self::field(&kids, Field::Property));
        let value = Self::field(&kids, Field::Value);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        if let Some(body) = body {
            self.work.push(Item::Block(body, Slot::child(block)));
            return;
        }
        let (Some(key), Some(value)) = (key, value) else { return };
        let set = self.b.operator(Slot::child(block), Operator::Assignment, Place::of(node));
        let place = Place::of(key);
        let (name, computed) = self.property_name(key);
        let operator = match computed {
            Some(_) => Operator::IndexAccess,
            None => Operator::FieldAccess,
        };
        let access = self.b.operator(Slot::argument(set, 1), operator, place);
        self.b.identifier_late(Slot::argument(access, 1), place.start(), "this");
        // A computed name runs once, where the class is defined.
        self.field_named(Slot::argument(access, 2), place, name);
        let naming = Naming { name, owner: Owner::Class(class) };
        self.work.push(Item::Value(value, Slot::argument(set, 2), naming));
    }

    /// The MEMBER of a class with this name, made now if it is new.
    pub(super) fn member_named(
        &mut self,
        class: NodeIndex,
        name: StrId,
        place: Place,
    ) -> NodeIndex {
        if let Some(known) = self.members.get(&(class, name)) {
            return *known;
        }
        let member = self.b.add_front(Slot::child(class), NodeKind::Member, place);
        self.b.node_mut(member).name = name;
        self.members.insert((class, name), member);
        member
    }

    /// `this.x = value` in a method: `x` is a MEMBER of the class.
    pub(super) fn member_of_this(&mut self, target: Node<'t>, value: Node<'t>) {
        let class = self.scope().this;
        if class == NodeIndex::NONE {
            return;
        }
        let kids = self.kids(target);
        let object = Self::field(&kids, Field::Object);
        let property = Self::field(&kids, Field::Property);
        self.done(kids);
        let (Some(object), Some(property)) = (object, property) else { return };
        if self.kind(object) != Kind::This {
            return;
        }
        let name = self.name(property);
        let member = self.member_named(class, name, Place::of(property));
        let hint = self.type_of_value(value);
        self.hint(member, hint);
    }
}
