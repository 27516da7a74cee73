//! JSX elements.

use cg_types::{DispatchType, NodeIndex, NodeKind, Role};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::name::{Naming, Owner};
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// `<A b={c}>d</A>`: a call of the component, with the attributes as argument 1 and the children from 2
    /// on; plain elements and fragments are `<operator>.jsx` over the same.
    pub(super) fn jsx(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let place = Place::of(node);
        let kids = self.kids(node);
        let tag = match self.kind(node) {
            Kind::JsxSelfClosingElement => Some(node),
            _ => Self::field(&kids, Field::OpenTag).or_else(|| {
                kids.iter().find(|kid| kid.kind == Kind::JsxOpeningElement).map(|kid| kid.node)
            }),
        };
        let tag_kids = tag.map(|tag| self.kids(tag)).unwrap_or_default();
        let name = Self::field(&tag_kids, Field::Name);
        let component = name.filter(|name| self.is_component(*name));
        let call = match component {
            Some(name) => {
                let text = self.text(name);
                let last = text.rsplit('.').next().unwrap_or(text);
                let call = self.b.call(slot, DispatchType::Dynamic, place, last);
                let called = Slot { parent: call, role: Role::Receiver, argument_index: -1 };
                self.work.push(Item::Expression(name, called));
                call
            }
            None => self.b.operator(slot, Operator::Jsx, place),
        };
        let attributes: Vec<Node<'t>> = tag_kids
            .iter()
            .filter(|kid| {
                kid.field == Field::Attribute
                    || matches!(kid.kind, Kind::JsxAttribute | Kind::JsxExpression)
            })
            .map(|kid| kid.node)
            .collect();
        self.done(tag_kids);
        if let (Some(first), Some(last)) = (attributes.first(), attributes.last()) {
            let place = Place::of(*first).to(Place::of(*last));
            self.work.push(Item::Attributes(place, Slot::argument(call, 1), self.attributes.len()));
            self.attributes.extend(attributes.iter().copied().map(Some));
            self.attributes.push(None);
        }
        let mut index = 2;
        for kid in &kids {
            let is_child = match kid.kind {
                Kind::JsxText => !self.text(kid.node).trim().is_empty(),
                Kind::JsxExpression => self.first(kid.node).is_some(),
                Kind::JsxElement | Kind::JsxSelfClosingElement => true,
                _ => false,
            };
            if is_child && kid.field != Field::Attribute && tag != Some(node) {
                self.work.push(Item::Expression(kid.node, Slot::argument(call, index)));
                index += 1;
            }
        }
        self.done(kids);
        call
    }

    fn is_component(&self, name: Node<'t>) -> bool {
        match self.kind(name) {
            Kind::MemberExpression => true,
            Kind::Identifier => self.text(name).starts_with(|c: char| c.is_uppercase()),
            _ => false,
        }
    }

    /// The attributes from a number on, as one object.
    pub(super) fn attribute_object(&mut self, place: Place, slot: Slot, start: usize) {
        let call = self.b.operator(slot, Operator::StructInitializer, place);
        let object = self.object_frame(call, Naming::NONE);
        let mut index = 1;
        let mut at = start;
        while let Some(Some(attribute)) = self.attributes.get(at).copied() {
            self.work.push(Item::Attribute(attribute, object, index));
            index += 1;
            at += 1;
        }
    }

    /// `name="text"`, `name={value}`, `name`, `{...spread}`.
    pub(super) fn attribute(&mut self, node: Node<'t>, object: u32, index: i32) {
        let slot = Slot::argument(self.objects[object as usize].call, index);
        let place = Place::of(node);
        if self.kind(node) != Kind::JsxAttribute {
            self.work.push(Item::Expression(node, slot));
            return;
        }
        let kids = self.kids(node);
        let mut parts = kids.iter().filter(|kid| !kid.kind.is_token()).map(|kid| kid.node);
        let (name, value) = (parts.next(), parts.next());
        drop(parts);
        self.done(kids);
        let Some(name) = name else { return };
        let set = self.b.operator(slot, Operator::Assignment, place);
        let text = self.text(name);
        let field = Slot::argument(set, 1);
        let field = self.b.named(field, NodeKind::FieldIdentifier, Place::of(name), text);
        let naming = Naming { name: self.b.node(field).name, owner: Owner::Object(object) };
        match value {
            Some(value) => self.work.push(Item::Value(value, Slot::argument(set, 2), naming)),
            None => {
                self.b.literal(Slot::argument(set, 2), place, "boolean");
            }
        }
    }
}
