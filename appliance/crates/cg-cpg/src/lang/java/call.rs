//! Calls of methods and constructors.

use cg_types::{DispatchType, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind, is_token};
use super::lower::{Front, Item};
use crate::builder::{Place, Slot};

impl<'t> Front<'_, 't> {
    /// `f(x)`, `o.f(x)`, `T.f(x)`, `super.f(x)`.
    pub(super) fn invocation(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let object = Self::field(&kids, Field::Object);
        let arguments = Self::field(&kids, Field::Arguments);
        let is_super = kids
            .iter()
            .any(|child| Field::of(child) == Field::None && Kind::of(child.node) == Kind::Super);
        self.done(kids);
        let place = Place::of(node);
        let call = self.b.call(slot, DispatchType::Static, place, name);
        let receiver = Slot::receiver(call);
        match object {
            Some(object) if is_super => self.outer_super(object, receiver),
            Some(object) if Kind::of(object) == Kind::Super => {
                self.receiver_name(object, receiver);
            }
            Some(object) => {
                if !self.looks_like_a_type(object) {
                    self.b.node_mut(call).dispatch = DispatchType::Dynamic;
                }
                self.work.push(Item::Expression(object, receiver));
            }
            None => self.implicit_receiver(call, place),
        }
        if let Some(arguments) = arguments {
            self.arguments(arguments, call);
        }
        call
    }

    /// The object that a plain call is made on, if it has one.
    fn implicit_receiver(&mut self, call: NodeIndex, place: Place) {
        let name = self.b.node(call).name;
        let found = self
            .types
            .iter()
            .rposition(|frame| frame.methods.contains_key(&name))
            .map(|at| (at, self.types[at].methods[&name], self.types[at].decl));
        let innermost = self.types.len().wrapping_sub(1);
        let receiver = Slot::receiver(call);
        match found {
            Some((_, false, _)) => return,
            Some((at, true, _)) if at == innermost => {
                self.this_use(receiver, place);
            }
            Some((_, true, decl)) => self.outer_this(receiver, place, decl),
            None => {
                let this = self.b.intern("this");
                let has_this = self.methods.last().is_some_and(|frame| !frame.is_static);
                if !has_this || self.b.resolve(this).is_none() {
                    return;
                }
                self.this_use(receiver, place);
            }
        }
        self.b.node_mut(call).dispatch = DispatchType::Dynamic;
    }

    /// Whether what stands before the dot names a type, by its capital.
    fn looks_like_a_type(&mut self, object: Node<'t>) -> bool {
        let is_name = |text: &str| {
            text.starts_with(char::is_uppercase)
                && (text.len() < 4 || text.contains(char::is_lowercase))
        };
        match Kind::of(object) {
            Kind::Identifier => {
                let name = self.name(object);
                is_name(self.text(object))
                    && self
                        .b
                        .resolve(name)
                        .is_none_or(|found| self.b.node(found).kind == NodeKind::TypeDecl)
            }
            Kind::FieldAccess => {
                let kids = self.kids(object);
                let field = Self::field(&kids, Field::Selector);
                self.done(kids);
                field.is_some_and(|field| is_name(self.text(field)))
            }
            _ => false,
        }
    }

    /// The arguments of a call.
    pub(super) fn arguments(&mut self, list: Node<'t>, call: NodeIndex) {
        let kids = self.kids(list);
        self.push_operands(&kids, call);
        self.done(kids);
    }

    /// `new T(x) { … }`, `outer.new T(x)`.
    pub(super) fn new_object(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let call = self.b.call(slot, DispatchType::Static, Place::of(node), "<init>");
        let mut base = StrId::EMPTY;
        if let Some(type_node) = Self::field(&kids, Field::Type) {
            let written = self.written_type(type_node);
            self.b.node_mut(call).type_full_name = written;
            base = self.erased(written);
        }
        if let Some(outer) = kids.first().filter(|child| {
            Field::of(child) == Field::None
                && !is_token(Kind::of(child.node))
                && !matches!(
                    Kind::of(child.node),
                    Kind::ClassBody | Kind::Annotation | Kind::MarkerAnnotation
                )
        }) {
            self.work.push(Item::Expression(outer.node, Slot::child(call)));
        }
        if let Some(arguments) = Self::field(&kids, Field::Arguments) {
            self.arguments(arguments, call);
        }
        let body = Self::of_kind(&kids, Kind::ClassBody);
        self.done(kids);
        if let Some(body) = body {
            self.anonymous_class(body, base, call);
        }
        call
    }

    /// `this(x);`, `super(x);`, `outer.super(x);`.
    pub(super) fn constructor_call(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let call = self.b.call(slot, DispatchType::Static, Place::of(node), "<init>");
        if let Some(object) = Self::field(&kids, Field::Object) {
            self.work.push(Item::Expression(object, Slot::child(call)));
        }
        if let Some(constructor) = Self::field(&kids, Field::Constructor) {
            let made = self.receiver_name(constructor, Slot::receiver(call));
            let type_name = self.b.node(made).type_full_name;
            self.b.node_mut(call).type_full_name = type_name;
        }
        if let Some(arguments) = Self::field(&kids, Field::Arguments) {
            self.arguments(arguments, call);
        }
        self.done(kids);
        call
    }
}
