//! `f[x](y)`: a call of a generic function, a conversion to a generic type, or a call of an element. The
//! parser cannot know, so it takes the first two for granted.

use cg_types::{DispatchType, NodeIndex, Role};
use tree_sitter::Node;

use super::call::Called;
use super::kind::{Field, Kind};
use super::lower::{Front, Global, Item};
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// `T(x)`, where the parser took `T` for a type.
    pub(super) fn converted(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let of = Self::field(&kids, Field::Type);
        self.done(kids);
        let Some(of) = of.filter(|of| Kind::of(*of) == Kind::GenericType) else {
            return self.cast(node, slot);
        };
        let parts = self.kids(of);
        let name = Self::field(&parts, Field::Type);
        let types = Self::field(&parts, Field::TypeArguments);
        self.done(parts);
        match (name, types) {
            (Some(name), Some(types)) => self.called_instance(node, name, types, Some(node), slot),
            _ => self.cast(node, slot),
        }
    }

    /// `f[A, B](x)`, where the parser knew that `A, B` is no index.
    pub(super) fn called_instantiation(
        &mut self,
        node: Node<'t>,
        function: Node<'t>,
        list: Option<Node<'t>>,
        slot: Slot,
    ) -> NodeIndex {
        let kids = self.kids(function);
        let name = Self::field(&kids, Field::Type);
        self.done(kids);
        self.called_instance(node, name.unwrap_or(function), function, list, slot)
    }

    /// `name[types](list)`; `list` may be the node of a conversion with its operand.
    pub(super) fn called_instance(
        &mut self,
        node: Node<'t>,
        name: Node<'t>,
        types: Node<'t>,
        list: Option<Node<'t>>,
        slot: Slot,
    ) -> NodeIndex {
        let place = Place::of(node);
        let is_plain = matches!(Kind::of(name), Kind::Identifier | Kind::TypeIdentifier);
        let is_function = match is_plain {
            true => {
                let id = self.name(name);
                let global = self.global(id);
                match self.called_name(id) {
                    Called::Type if Kind::of(node) == Kind::TypeConversionExpression => {
                        return self.cast(node, slot);
                    }
                    Called::Type | Called::Value => false,
                    Called::Function => {
                        global == Some(Global::Function) || self.is_type_list(types)
                    }
                }
            }
            false => {
                let kids = self.kids(name);
                let package = kids.first().map(|one| one.node);
                self.done(kids);
                package.is_some_and(|package| self.is_import(package))
            }
        };
        let dispatch = if is_function { DispatchType::Static } else { DispatchType::Dynamic };
        let text = if is_function && is_plain { self.text(name) } else { "" };
        let call = self.b.call(slot, dispatch, place, text);
        if is_function && !is_plain {
            self.selected(call, name);
        } else if !is_function {
            let slot = Slot { parent: call, role: Role::Receiver, argument_index: -1 };
            let place = Place::of(name).to(Place::of(types));
            let access = self.b.operator(slot, Operator::IndexAccess, place);
            self.work.push(Item::Value(name, Slot::argument(access, 1)));
            let kids = self.kids(types);
            let indices = kids.iter().map(|one| one.node).filter(|one| *one != name);
            for (index, one) in (2..).zip(indices) {
                self.work.push(Item::Value(one, Slot::argument(access, index)));
            }
            self.done(kids);
        }
        if Kind::of(node) != Kind::TypeConversionExpression {
            self.arguments(list, call, 1);
            return call;
        }
        let kids = self.kids(node);
        if let Some(operand) = Self::field(&kids, Field::Operand) {
            self.work.push(Item::Expression(operand, Slot::argument(call, 1)));
        }
        self.done(kids);
        call
    }

    /// Whether what stands in the brackets can only be types.
    fn is_type_list(&mut self, types: Node<'t>) -> bool {
        let kids = self.kids(types);
        let first = kids.first().map(|one| one.node);
        let mut is_list = kids.len() > 1;
        self.done(kids);
        if let Some(first) = first {
            let inner = self.inside_type(first);
            is_list |= match Kind::of(inner) {
                Kind::TypeIdentifier => {
                    let id = self.name(inner);
                    matches!(self.called_name(id), Called::Type)
                        || self.text(inner).starts_with(char::is_uppercase)
                }
                Kind::QualifiedType => {
                    let parts = self.kids(inner);
                    let package = Self::field(&parts, Field::Package);
                    self.done(parts);
                    package.is_some_and(|package| self.is_import(package))
                }
                kind => kind.is_type(),
            };
        }
        is_list
    }

    fn inside_type(&mut self, node: Node<'t>) -> Node<'t> {
        if Kind::of(node) != Kind::TypeElem {
            return node;
        }
        let kids = self.kids(node);
        let inner = kids.first().map_or(node, |one| one.node);
        self.done(kids);
        inner
    }

    /// A name, `a.b` or `*p` that the parser took for a type.
    pub(super) fn type_as_value(&mut self, node: Node<'t>, slot: Slot) {
        let node = self.inside_type(node);
        match Kind::of(node) {
            Kind::QualifiedType => {
                let access = self.b.operator(slot, Operator::FieldAccess, Place::of(node));
                let kids = self.kids(node);
                if let Some(package) = Self::field(&kids, Field::Package) {
                    self.work.push(Item::Expression(package, Slot::argument(access, 1)));
                }
                if let Some(name) = Self::field(&kids, Field::Name) {
                    self.work.push(Item::Field(name, Slot::argument(access, 2)));
                }
                self.done(kids);
            }
            Kind::PointerType => {
                let call = self.b.operator(slot, Operator::Indirection, Place::of(node));
                let kids = self.kids(node);
                let inner = kids.iter().find(|one| !Kind::of(one.node).is_token());
                if let Some(inner) = inner {
                    self.work.push(Item::Value(inner.node, Slot::argument(call, 1)));
                }
                self.done(kids);
            }
            _ => {
                self.expression(node, slot);
            }
        }
    }
}
