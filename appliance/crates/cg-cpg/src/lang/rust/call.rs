//! Calls of functions and methods.

use cg_types::{DispatchType, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::expression::is_operand;
use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Place, Slot};

impl<'s> Front<'_, '_, 's> {
    /// `f(x)`, `a::f(x)`, `o.m(x)`, `(expression)(x)`.
    pub(super) fn call(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let call = self.b.call(slot, DispatchType::Static, Place::of(node), "");
        let kids = self.kids(node);
        if let Some(function) = Self::field(&kids, Field::Function) {
            self.called(call, function);
        }
        if let Some(list) = Self::field(&kids, Field::Arguments) {
            let arguments = self.kids(list);
            let values = arguments.iter().filter(|child| is_operand(Kind::of(child.node)));
            for (index, child) in (1..).zip(values) {
                self.work.push(Item::Expression(child.node, Slot::argument(call, index)));
            }
            self.done(arguments);
        }
        self.done(kids);
        call
    }

    fn called(&mut self, call: NodeIndex, function: Node<'s>) {
        let mut function = function;
        if Kind::of(function) == Kind::GenericFunction {
            let kids = self.kids(function);
            let inner = Self::field(&kids, Field::Function);
            self.done(kids);
            function = inner.unwrap_or(function);
        }
        match Kind::of(function) {
            Kind::FieldExpression => {
                let kids = self.kids(function);
                if let Some(name) = Self::field(&kids, Field::Selector) {
                    let name = self.name(name);
                    self.b.node_mut(call).name = name;
                }
                self.b.node_mut(call).dispatch = DispatchType::Dynamic;
                if let Some(value) = Self::field(&kids, Field::Value) {
                    self.work.push(Item::Expression(value, Slot::receiver(call)));
                }
                self.done(kids);
            }
            Kind::Identifier => {
                let name = self.name(function);
                self.b.node_mut(call).name = name;
                if self.is_variable(name) {
                    self.called_value(call, function);
                }
            }
            Kind::ScopedIdentifier => {
                let path = self.plain_path(function);
                self.set_path(call, path);
            }
            _ => self.called_value(call, function),
        }
    }

    fn called_value(&mut self, call: NodeIndex, function: Node<'s>) {
        self.b.node_mut(call).dispatch = DispatchType::Dynamic;
        let slot = Slot { parent: call, role: Role::Receiver, argument_index: -1 };
        self.work.push(Item::Expression(function, slot));
    }

    /// Name and path of a CALL.
    pub(super) fn set_path(&mut self, call: NodeIndex, path: StrId) {
        let text = self.b.string(path);
        let last = text.rsplit("::").next().unwrap_or(text).to_owned();
        let has_parts = last.len() < text.len();
        let name = self.b.intern(&last);
        let node = self.b.node_mut(call);
        node.name = name;
        if has_parts {
            node.signature = path;
        }
    }

    /// Whether a name means a local variable or parameter here.
    pub(super) fn is_variable(&self, name: StrId) -> bool {
        self.b.resolve(name).is_some_and(|found| {
            matches!(self.b.node(found).kind, NodeKind::Local | NodeKind::MethodParameterIn)
        })
    }
}
