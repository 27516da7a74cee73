//! Calls of functions, methods and values; conversions, `new` and `make`.

use cg_types::{DispatchType, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Global, Item};
use super::types::is_predeclared;
use crate::builder::{Operator, Place, Slot};

/// What a name in front of brackets means.
pub(super) enum Called {
    Function,
    Value,
    Type,
}

impl<'t> Front<'_, 't> {
    pub(super) fn call(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let function = Self::field(&kids, Field::Function);
        let list = Self::field(&kids, Field::Arguments);
        let types = Self::field(&kids, Field::TypeArguments);
        self.done(kids);
        let Some(function) = function else { return self.unknown(node, slot) };
        if let Some(types) = types {
            return self.called_instance(node, function, types, list, slot);
        }
        if Kind::of(function) == Kind::TypeInstantiationExpression {
            return self.called_instantiation(node, function, list, slot);
        }
        if Kind::of(function) == Kind::Identifier {
            let name = self.name(function);
            let is_plain = self.b.resolve(name).is_none() && self.global(name).is_none();
            if is_plain && matches!(self.text(function), "new" | "make") {
                return self.allocation(node, list, slot);
            }
            match self.called_name(name) {
                Called::Type => return self.conversion(node, function, list, slot),
                Called::Value => {}
                Called::Function => {
                    let text = self.text(function);
                    let call = self.b.call(slot, DispatchType::Static, Place::of(node), text);
                    self.arguments(list, call, 1);
                    return call;
                }
            }
        }
        let call = self.b.call(slot, DispatchType::Dynamic, Place::of(node), "");
        match Kind::of(function) {
            Kind::SelectorExpression => self.selected(call, function),
            kind => {
                if kind == Kind::Identifier {
                    let name = self.name(function);
                    self.b.node_mut(call).name = name;
                }
                let slot = Slot { parent: call, role: Role::Receiver, argument_index: -1 };
                self.work.push(Item::Expression(function, slot));
            }
        }
        self.arguments(list, call, 1);
        call
    }

    pub(super) fn called_name(&mut self, name: StrId) -> Called {
        if let Some(found) = self.b.resolve(name) {
            return match self.b.node(found).kind {
                NodeKind::TypeDecl | NodeKind::TypeParameter => Called::Type,
                _ => Called::Value,
            };
        }
        match self.global(name) {
            Some(Global::Variable) => Called::Value,
            Some(Global::Type) => Called::Type,
            Some(Global::Function) => Called::Function,
            Some(Global::Import) | None if is_predeclared(self.b.string(name)) => Called::Type,
            Some(Global::Import) | None => Called::Function,
        }
    }

    /// `pkg.F(…)`: a static call; `x.m(…)`: the object is argument 0.
    pub(super) fn selected(&mut self, call: NodeIndex, function: Node<'t>) {
        let kids = self.kids(function);
        let operand = Self::field(&kids, Field::Operand).or(Self::field(&kids, Field::Package));
        let field = Self::field(&kids, Field::Selected).or(Self::field(&kids, Field::Name));
        self.done(kids);
        if let Some(field) = field {
            let name = self.name(field);
            self.b.node_mut(call).name = name;
        }
        let Some(operand) = operand else { return };
        if self.is_import(operand) {
            let path = format!("{}.{}", self.text(operand), field.map_or("", |f| self.text(f)));
            let path = self.b.intern(&path);
            let made = self.b.node_mut(call);
            made.dispatch = DispatchType::Static;
            made.signature = path;
            return;
        }
        self.work.push(Item::Expression(operand, Slot::receiver(call)));
    }

    /// Whether a node is the name of an imported package.
    pub(super) fn is_import(&mut self, node: Node<'t>) -> bool {
        if !matches!(Kind::of(node), Kind::Identifier | Kind::PackageIdentifier) {
            return false;
        }
        let name = self.name(node);
        self.global(name) == Some(Global::Import) && self.b.resolve(name).is_none()
    }

    pub(super) fn arguments(&mut self, list: Option<Node<'t>>, call: NodeIndex, first: i32) {
        let Some(list) = list else { return };
        let kids = self.kids(list);
        for (index, child) in (first..).zip(&kids) {
            self.work.push(Item::Expression(child.node, Slot::argument(call, index)));
        }
        self.done(kids);
    }

    /// `T(x)`: argument 1 is the type, 2 the value.
    fn conversion(
        &mut self,
        node: Node<'t>,
        of: Node<'t>,
        list: Option<Node<'t>>,
        slot: Slot,
    ) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Cast, Place::of(node));
        let written = self.name(of);
        self.b.node_mut(call).type_full_name = written;
        self.type_ref(of, Slot::argument(call, 1));
        self.arguments(list, call, 2);
        call
    }

    /// `x.(T)`, `[]T(x)`: casts.
    pub(super) fn cast(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Cast, Place::of(node));
        let kids = self.kids(node);
        if let Some(of) = Self::field(&kids, Field::Type) {
            let written = self.written_type(of);
            self.b.node_mut(call).type_full_name = written;
            self.type_ref(of, Slot::argument(call, 1));
        }
        if let Some(operand) = Self::field(&kids, Field::Operand) {
            self.work.push(Item::Expression(operand, Slot::argument(call, 2)));
        }
        self.done(kids);
        call
    }

    /// `new(T)`, `make(T, n)`: argument 1 is the type.
    fn allocation(&mut self, node: Node<'t>, list: Option<Node<'t>>, slot: Slot) -> NodeIndex {
        let of = self.type_of_value(node);
        let call = self.b.operator(slot, Operator::Alloc, Place::of(node));
        self.b.node_mut(call).type_full_name = of;
        let Some(list) = list else { return call };
        let kids = self.kids(list);
        for (index, child) in (1..).zip(&kids) {
            let to = Slot::argument(call, index);
            match index {
                1 => {
                    self.type_ref(child.node, to);
                }
                _ => self.work.push(Item::Expression(child.node, to)),
            }
        }
        self.done(kids);
        call
    }

    /// Whether a statement is a call of the builtin `panic`.
    pub(super) fn is_panic(&mut self, node: Node<'t>) -> bool {
        if Kind::of(node) != Kind::CallExpression {
            return false;
        }
        let kids = self.kids(node);
        let function = Self::field(&kids, Field::Function);
        self.done(kids);
        let Some(function) = function.filter(|one| Kind::of(*one) == Kind::Identifier) else {
            return false;
        };
        let name = self.name(function);
        let is_free = self.b.resolve(name).is_none() && self.global(name).is_none();
        is_free && self.text(function) == "panic"
    }
}
