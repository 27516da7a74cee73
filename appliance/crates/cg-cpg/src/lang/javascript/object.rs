//! Object literals.

use cg_types::{NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::name::{Naming, ObjectFrame, Owner};
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// `{ a: 1, b, f() {}, ...rest }`: each property an assignment to its name, spreads as they are.
    pub(super) fn object(&mut self, node: Node<'t>, slot: Slot, naming: Naming) -> NodeIndex {
        let call = self.b.operator(slot, Operator::StructInitializer, Place::of(node));
        let object = self.object_frame(call, naming);
        let kids = self.kids(node);
        for (index, kid) in (1..).zip(kids.iter().filter(|kid| !kid.kind.is_token())) {
            self.work.push(Item::Property(kid.node, object, index));
        }
        self.done(kids);
        call
    }

    /// The number of an object literal.
    pub(super) fn object_frame(&mut self, call: NodeIndex, naming: Naming) -> u32 {
        let around = self.scope().full_name;
        self.objects.push(ObjectFrame { call, naming, around, full_name: StrId::EMPTY });
        self.objects.len() as u32 - 1
    }

    /// One property; argument `index` of the literal.
    pub(super) fn property(&mut self, node: Node<'t>, object: u32, index: i32) {
        let call = self.objects[object as usize].call;
        let slot = Slot::argument(call, index);
        let place = Place::of(node);
        match self.kind(node) {
            Kind::Pair | Kind::PairPattern => {
                let kids = self.kids(node);
                let key = Self::field(&kids, Field::Key);
                let value = Self::field(&kids, Field::Value);
                self.done(kids);
                let Some(key) = key else { return };
                let set = self.b.operator(slot, Operator::Assignment, place);
                let name = self.key(key, Slot::argument(set, 1));
                let Some(value) = value else { return };
                let naming = Naming { name, owner: Owner::Object(object) };
                self.work.push(Item::Value(value, Slot::argument(set, 2), naming));
            }
            Kind::ShorthandProperty | Kind::ShorthandPattern => {
                let set = self.b.operator(slot, Operator::Assignment, place);
                let name = self.name(node);
                self.field_named(Slot::argument(set, 1), place, name);
                self.identifier(Slot::argument(set, 2), node);
            }
            Kind::MethodDefinition => {
                let Some(key) = self.child(node, Field::Name) else { return };
                let set = self.b.operator(slot, Operator::Assignment, place);
                let name = self.key(key, Slot::argument(set, 1));
                let naming = Naming { name, owner: Owner::Object(object) };
                self.function_value(node, Slot::argument(set, 2), naming);
            }
            _ => self.work.push(Item::Expression(node, slot)),
        }
    }

    /// The name of a property as a FIELD_IDENTIFIER; a computed one is an UNKNOWN around what computes it.
    fn key(&mut self, key: Node<'t>, slot: Slot) -> StrId {
        let (name, computed) = self.property_name(key);
        let place = Place::of(key);
        match computed {
            None => {
                self.field_named(slot, place, name);
            }
            Some(computed) => {
                let unknown = self.b.named(slot, NodeKind::Unknown, place, key.kind());
                self.work.push(Item::Expression(computed, Slot::child(unknown)));
            }
        }
        name
    }
}
