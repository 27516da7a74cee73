//! Declarations: variables, prototypes, and the specifiers before them.

use cg_types::{Modifiers, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node as Syntax;

use super::{C, Field, Item, Kind};
use crate::builder::{Operator, Place, Slot};
use crate::syntax::Child;

/// Types without constructors.
const PLAIN: &[&str] = &[
    "auto", "bool", "char", "double", "float", "int", "int16_t", "int32_t", "int64_t", "int8_t",
    "long", "short", "signed", "size_t", "uint16_t", "uint32_t", "uint64_t", "uint8_t", "unsigned",
];

/// What stands before the declarators.
#[derive(Clone, Copy)]
pub(super) struct Specifiers {
    pub(super) base: StrId,
    pub(super) modifiers: Modifiers,
}

impl<'t> C<'_, 't> {
    /// `int a = 1, *b, f(void);`
    pub(super) fn declaration(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let specifiers = self.specifiers(&children, slot.parent);
        for child in &children {
            if Field::of(child) == Field::Declarator {
                self.work.push(Item::Declarator(child.node, specifiers, slot.parent, slot.role));
            }
        }
        self.done(children);
    }

    /// Reads storage classes and the type among the children of a declaration.
    pub(super) fn specifiers(&mut self, children: &[Child<'t>], parent: NodeIndex) -> Specifiers {
        let mut specifiers = Specifiers { base: StrId::EMPTY, modifiers: Modifiers::default() };
        for child in children {
            match (Field::of(child), Kind::of(child.node)) {
                (Field::Type, _) => specifiers.base = self.type_specifier(child.node, parent, None),
                (_, Kind::StorageClassSpecifier) => match self.text(child.node) {
                    "static" => specifiers.modifiers = specifiers.modifiers.with(Modifiers::STATIC),
                    "extern" => {
                        specifiers.modifiers = specifiers.modifiers.with(Modifiers::DECLARATION)
                    }
                    _ => {}
                },
                (_, Kind::Virtual) => {
                    specifiers.modifiers = specifiers.modifiers.with(Modifiers::VIRTUAL)
                }
                _ => {}
            }
        }
        specifiers
    }

    /// One declarator: a METHOD without body for a prototype, else a LOCAL and, with a value, the
    /// assignment to it.
    pub(super) fn declarator(&mut self, node: Syntax<'t>, specifiers: Specifiers, slot: Slot) {
        let declared = self.declared(node);
        let Some(name_node) = declared.name else { return };
        if let Some(parameters) = declared.function() {
            let child = Slot::child(slot.parent);
            let method = self.method(node, child, specifiers, &declared, parameters);
            self.b.node_mut(method).modifiers =
                self.b.node(method).modifiers.with(Modifiers::DECLARATION);
            self.work.push(Item::MethodEnd(method, self.b.node(method).type_full_name));
            return;
        }
        let type_full_name = self.type_text(specifiers.base, &declared.parts);
        let name = self.text(name_node);
        let place = match declared.value {
            // The declarator alone, without its value.
            Some(_) => self.declarator_place(node),
            None => Place::of(node),
        };
        let local = self.b.declare(Slot::child(slot.parent), NodeKind::Local, place, name, "");
        let local_node = self.b.node_mut(local);
        local_node.type_full_name = type_full_name;
        local_node.modifiers = specifiers.modifiers;
        let Some(value) = declared.value else { return };
        self.b.node_mut(local).modifiers.0 &= !Modifiers::DECLARATION.0;
        let role = match slot.role {
            Role::ForInit | Role::Condition => slot,
            _ => Slot::child(slot.parent),
        };
        let assignment = self.b.operator(role, Operator::Assignment, Place::of(node));
        let void = self.b.intern("void");
        self.b.node_mut(assignment).type_full_name = void;
        self.b.identifier(Slot::argument(assignment, 1), Place::of(name_node), name);
        let slot = Slot::argument(assignment, 2);
        if Kind::of(value) == Kind::ArgumentList {
            return self.initial(value, type_full_name, slot, Place::of(node));
        }
        self.work.push(Item::Expression(value, slot));
    }

    /// `T x(a, b)`: the call of the constructor; of what has none the value itself.
    fn initial(&mut self, values: Syntax<'t>, type_name: StrId, slot: Slot, place: Place) {
        let text = self.b.string(type_name);
        let head = text.split([' ', '<', ':']).next().unwrap_or("");
        let has_none = text.ends_with(['*', '&', ']']) || PLAIN.contains(&head);
        let children = self.children(values);
        let mut named = children.iter().filter(|child| child.node.is_named());
        match (named.next(), named.next()) {
            (Some(only), None) if has_none => {
                self.work.push(Item::Expression(only.node, slot));
            }
            _ => self.construct(slot, place, type_name, Some(values)),
        }
        self.done(children);
    }

    fn declarator_place(&mut self, init: Syntax<'t>) -> Place {
        let children = self.children(init);
        let place = children.iter().find(|child| Field::of(child) == Field::Declarator);
        let place = place.map_or_else(|| Place::of(init), |child| Place::of(child.node));
        self.done(children);
        place
    }
}
