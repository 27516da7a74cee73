//! Composite literals.

use cg_types::{NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, Slot};
use crate::syntax::Child;

/// What a composite literal makes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Struct,
    Array,
    Map,
}

impl<'t> Front<'_, 't> {
    /// `T{…}`.
    pub(super) fn composite(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let of = Self::field(&kids, Field::Type);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let form = match of.map(Kind::of) {
            Some(Kind::MapType) => Form::Map,
            Some(Kind::SliceType | Kind::ArrayType | Kind::ImplicitLengthArrayType) => Form::Array,
            _ => Form::Struct,
        };
        let written = of.map_or(StrId::EMPTY, |of| self.written_type(of));
        self.literal_value(body.unwrap_or(node), Place::of(node), slot, written, form)
    }

    /// An element: an expression, or a literal whose type is left out.
    pub(super) fn element(&mut self, node: Node<'t>, slot: Slot, of: StrId) -> NodeIndex {
        let Some(node) = self.inside(node) else { return NodeIndex::NONE };
        if Kind::of(node) != Kind::LiteralValue {
            return self.expression(node, slot);
        }
        let form = match self.b.string(of) {
            text if text.starts_with("map[") => Form::Map,
            text if text.starts_with('[') => Form::Array,
            _ => Form::Struct,
        };
        self.literal_value(node, Place::of(node), slot, of, form)
    }

    /// What a LITERAL_ELEMENT holds.
    fn inside(&mut self, node: Node<'t>) -> Option<Node<'t>> {
        if Kind::of(node) != Kind::LiteralElement {
            return Some(node);
        }
        let kids = self.kids(node);
        let inner = kids.first().map(|one| one.node);
        self.done(kids);
        inner
    }

    fn literal_value(
        &mut self,
        body: Node<'t>,
        place: Place,
        slot: Slot,
        of: StrId,
        form: Form,
    ) -> NodeIndex {
        let elements = self.kids(body);
        // A name may stand for a map or a slice too; the keys tell.
        let form = match form {
            Form::Struct if self.has_other_keys(&elements) => Form::Map,
            form => form,
        };
        let operator = match form {
            Form::Struct => Operator::StructInitializer,
            Form::Array => Operator::ArrayInitializer,
            Form::Map => Operator::DictLiteral,
        };
        let call = self.b.operator(slot, operator, place);
        self.b.node_mut(call).type_full_name = of;
        let (key_type, element_type) = match form {
            Form::Struct => (StrId::EMPTY, StrId::EMPTY),
            _ => self.element_types(of),
        };
        let mut index = 1;
        for child in &elements {
            let to = Slot::argument(call, index);
            index += 1;
            match Kind::of(child.node) {
                Kind::KeyedElement => {
                    let pair = self.kids(child.node);
                    let key = Self::field(&pair, Field::Key);
                    let value = Self::field(&pair, Field::Value);
                    self.done(pair);
                    let (Some(key), Some(value)) = (key, value) else { continue };
                    match form {
                        Form::Struct => {
                            let name = self.name(key);
                            self.work.push(Item::NamedElement(value, to, name));
                        }
                        Form::Map => {
                            self.work.push(Item::Element(key, to, key_type));
                            self.work.push(Item::Element(
                                value,
                                Slot::argument(call, index),
                                element_type,
                            ));
                            index += 1;
                        }
                        Form::Array => self.work.push(Item::Indexed(key, value, to, element_type)),
                    }
                }
                kind if kind.is_token() => index -= 1,
                _ => self.work.push(Item::Element(child.node, to, element_type)),
            }
        }
        self.done(elements);
        call
    }

    /// Whether a key is anything but a name.
    fn has_other_keys(&mut self, elements: &[Child<'t>]) -> bool {
        let Some(first) = elements.iter().find(|one| Kind::of(one.node) == Kind::KeyedElement)
        else {
            return false;
        };
        let pair = self.kids(first.node);
        let key = Self::field(&pair, Field::Key);
        self.done(pair);
        let key = key.and_then(|key| self.inside(key));
        key.is_some_and(|key| {
            !matches!(
                Kind::of(key),
                Kind::Identifier | Kind::FieldIdentifier | Kind::TypeIdentifier
            )
        })
    }

    /// `5: x` in an array: an assignment to the element.
    pub(super) fn indexed_element(
        &mut self,
        key: Node<'t>,
        value: Node<'t>,
        slot: Slot,
        of: StrId,
    ) {
        let place = Place::of(key).to(Place::of(value));
        let call = self.b.operator(slot, Operator::Assignment, place);
        let target =
            self.b.operator(Slot::argument(call, 1), Operator::IndexAccess, Place::of(key));
        self.work.push(Item::Element(key, Slot::argument(target, 2), StrId::EMPTY));
        self.work.push(Item::Element(value, Slot::argument(call, 2), of));
    }

    /// A TYPE_REF.
    pub(super) fn type_ref(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let written = self.written_type(node);
        let index = self.b.add(slot, NodeKind::TypeRef, Place::of(node));
        let made = self.b.node_mut(index);
        made.name = written;
        made.full_name = written;
        made.type_full_name = written;
        index
    }
}
