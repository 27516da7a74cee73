//! C++: how objects are made and given back, lambdas, casts that look like calls.

use cg_types::{DispatchType, Modifiers, NodeKind, Role, StrId};
use tree_sitter::Node as Syntax;

use super::names::last_part;
use super::{C, Field, Item, Kind};
use crate::builder::{Operator, Place, Slot};

/// Casts that are written like calls of templates.
const CASTS: &[&str] = &["static_cast", "dynamic_cast", "reinterpret_cast", "const_cast"];

impl<'t> C<'_, 't> {
    /// A call of a constructor: a CALL with the class's last name, its path in `signature` and the class as
    /// its type.
    pub(super) fn construct(
        &mut self,
        slot: Slot,
        place: Place,
        class: StrId,
        arguments: Option<Syntax<'t>>,
    ) {
        let written = self.b.string(class).to_owned();
        let path: String =
            written.split('<').next().unwrap_or("").trim_end_matches(['*', '&']).into();
        let path = path.trim_start_matches("const ").to_owned();
        let name = last_part(&path).1.to_owned();
        let call = self.b.call(slot, DispatchType::Static, place, &name);
        let signature = if path == name { StrId::EMPTY } else { self.b.intern(&path) };
        let entry = self.b.node_mut(call);
        entry.signature = signature;
        entry.type_full_name = class;
        if let Some(arguments) = arguments {
            self.push_arguments(call, arguments, 1);
        }
    }

    /// Leaves the named children of a list to do as arguments from a number on.
    pub(super) fn push_arguments(
        &mut self,
        call: cg_types::NodeIndex,
        list: Syntax<'t>,
        first: i32,
    ) {
        let children = self.children(list);
        for (index, child) in children.iter().filter(|child| child.node.is_named()).enumerate() {
            self.work
                .push(Item::Expression(child.node, Slot::argument(call, first + index as i32)));
        }
        self.done(children);
    }

    /// `T{…}`, `int(x)`.
    pub(super) fn made_of(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let (mut class, mut list) = (None, None);
        for child in &children {
            match Field::of(child) {
                Field::Type | Field::Function => class = Some(child.node),
                Field::Value | Field::Arguments => list = Some(child.node),
                _ => {}
            }
        }
        self.done(children);
        let Some(class) = class else { return self.unknown(node, slot) };
        if matches!(Kind::of(class), Kind::PrimitiveType | Kind::SizedTypeSpecifier) {
            return self.cast_to(node, class, list, slot);
        }
        let class = self.type_specifier(class, slot.parent, None);
        self.construct(slot, Place::of(node), class, list);
    }

    fn cast_to(&mut self, node: Syntax<'t>, to: Syntax<'t>, list: Option<Syntax<'t>>, slot: Slot) {
        let call = self.b.operator(slot, Operator::Cast, Place::of(node));
        let type_ref = self.b.add(Slot::argument(call, 1), NodeKind::TypeRef, Place::of(to));
        let name = match Kind::of(to) {
            Kind::TypeDescriptor => self.type_descriptor(to, type_ref),
            _ => self.type_specifier(to, type_ref, None),
        };
        let entry = self.b.node_mut(type_ref);
        entry.name = name;
        entry.full_name = name;
        entry.type_full_name = name;
        if let Some(list) = list {
            self.push_arguments(call, list, 2);
        }
    }

    /// `static_cast<T>(x)`; false if it is another template.
    pub(super) fn is_cast(&mut self, node: Syntax<'t>, function: Syntax<'t>, slot: Slot) -> bool {
        if Kind::of(function) != Kind::TemplateFunction {
            return false;
        }
        let children = self.children(function);
        let is_cast = children
            .iter()
            .any(|c| Field::of(c) == Field::Name && CASTS.contains(&self.text(c.node)));
        let list = children.iter().find(|c| Field::of(c) == Field::Arguments).map(|c| c.node);
        self.done(children);
        let Some(list) = list.filter(|_| is_cast) else { return false };
        let children = self.children(list);
        let to = children.iter().find(|c| c.node.is_named()).map(|c| c.node);
        self.done(children);
        let Some(to) = to else { return false };
        let children = self.children(node);
        let values = children.iter().find(|c| Field::of(c) == Field::Arguments).map(|c| c.node);
        self.done(children);
        self.cast_to(node, to, values, slot);
        true
    }

    /// `new T(…)`: `<operator>.alloc` around the call of the constructor; of an array the type and the length.
    pub(super) fn new_object(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let (mut class, mut list, mut length) = (None, None, None);
        for child in &children {
            match Field::of(child) {
                Field::Type => class = Some(child.node),
                Field::Arguments => list = Some(child.node),
                Field::Declarator => length = Some(child.node),
                _ => {}
            }
        }
        self.done(children);
        let alloc = self.b.operator(slot, Operator::Alloc, Place::of(node));
        let Some(class) = class else { return };
        let name = self.type_specifier(class, alloc, None);
        let pointer = format!("{}*", self.b.string(name));
        let pointer = self.b.intern(&pointer);
        self.b.node_mut(alloc).type_full_name = pointer;
        if list.is_some() && length.is_none() {
            return self.construct(Slot::argument(alloc, 1), Place::of(node), name, list);
        }
        let type_ref = self.b.add(Slot::argument(alloc, 1), NodeKind::TypeRef, Place::of(class));
        let entry = self.b.node_mut(type_ref);
        entry.name = name;
        entry.full_name = name;
        entry.type_full_name = name;
        if let Some(length) = length {
            self.push_arguments(alloc, length, 2);
        }
    }

    /// `: a_(x), Base(y)` before a constructor's body: what looks like a type is a call of its constructor,
    /// anything else an assignment to a member.
    pub(super) fn initializers(&mut self, node: Syntax<'t>, slot: Slot) {
        let list = self.children(node);
        for one in list.iter().filter(|one| Kind::of(one.node) == Kind::FieldInitializer) {
            let parts = self.children(one.node);
            let mut named = parts.iter().filter(|part| part.node.is_named()).map(|part| part.node);
            let (name, values) = (named.next(), named.next());
            self.done(parts);
            if let Some(name) = name {
                self.initializer(one.node, name, values, slot);
            }
        }
        self.done(list);
    }

    fn initializer(
        &mut self,
        node: Syntax<'t>,
        name: Syntax<'t>,
        values: Option<Syntax<'t>>,
        slot: Slot,
    ) {
        let place = Place::of(node);
        let text = self.plain_name(name);
        let is_type = Kind::of(name) != Kind::FieldIdentifier
            || (text.starts_with(char::is_uppercase) && !text.ends_with('_'));
        if is_type {
            let class = self.b.intern(&text);
            return self.construct(slot, place, class, values);
        }
        let set = self.b.operator(slot, Operator::Assignment, place);
        let field =
            self.b.operator(Slot::argument(set, 1), Operator::IndirectFieldAccess, Place::of(name));
        self.b.identifier(Slot::argument(field, 1), Place::of(name).start(), "this");
        self.b.named(Slot::argument(field, 2), NodeKind::FieldIdentifier, Place::of(name), &text);
        let Some(values) = values else { return };
        let children = self.children(values);
        let mut named = children.iter().filter(|child| child.node.is_named());
        match (named.next(), named.next()) {
            (Some(only), None) => {
                self.work.push(Item::Expression(only.node, Slot::argument(set, 2)));
            }
            _ => {
                let all = self.b.operator(
                    Slot::argument(set, 2),
                    Operator::ArrayInitializer,
                    Place::of(values),
                );
                self.push_arguments(all, values, 1);
            }
        }
        self.done(children);
    }

    /// `[x](int a) { … }`: a METHOD in the block around, a METHOD_REF where it stands.
    pub(super) fn lambda(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let (mut declarator, mut body, mut captures) = (None, None, None);
        for child in &children {
            match Field::of(child) {
                Field::Declarator => declarator = Some(child.node),
                Field::Body => body = Some(child.node),
                Field::Captures => captures = Some(child.node),
                _ => {}
            }
        }
        self.done(children);
        let mut block = slot.parent;
        while !matches!(
            self.b.node(block).kind,
            NodeKind::Block | NodeKind::NamespaceBlock | NodeKind::TypeDecl | NodeKind::Method
        ) {
            block = self.b.node(block).parent;
        }
        let text = format!("<lambda>{}", self.anonymous);
        self.anonymous += 1;
        let (name, full_name) = (self.b.intern(&text), self.qualified(&text));
        let method = self.b.add(Slot::child(block), NodeKind::Method, Place::of(node));
        let reference = self.b.add(slot, NodeKind::MethodRef, Place::of(node));
        for index in [method, reference] {
            let entry = self.b.node_mut(index);
            entry.name = name;
            entry.full_name = full_name;
        }
        self.b.node_mut(reference).reference = method;
        self.b.node_mut(method).modifiers = Modifiers::LAMBDA;
        self.enter(self.around);
        let declared = declarator.map(|declarator| self.declared(declarator));
        let parameters = declared.as_ref().and_then(|declared| declared.parameters());
        let returns = declared.as_ref().and_then(|declared| declared.trailing);
        let returns = match returns {
            Some(returns) => self.type_descriptor(returns, method),
            None => StrId::EMPTY,
        };
        if let Some(parameters) = parameters {
            self.parameters(parameters, method, returns);
        }
        let place = body.map_or_else(|| Place::of(node).start(), Place::of);
        let inner = self.b.add(Slot::child(method), NodeKind::Block, place);
        if let Some(captures) = captures {
            self.captured_values(captures, Slot::child(inner));
        }
        if let Some(body) = body {
            self.statements_of(body, Slot::child(inner));
        }
        self.work.push(Item::MethodEnd(method, returns));
    }

    /// `[x = f()]`: a LOCAL of the lambda.
    fn captured_values(&mut self, captures: Syntax<'t>, slot: Slot) {
        let children = self.children(captures);
        for child in &children {
            let parts = self.children(child.node);
            let left = parts.iter().find(|c| Field::of(c) == Field::Left).map(|c| c.node);
            let right = parts.iter().find(|c| Field::of(c) == Field::Right).map(|c| c.node);
            self.done(parts);
            if let (Some(left), Some(right)) = (left, right) {
                let (name, place) = (self.text(left), Place::of(left));
                let local = Slot::role(slot.parent, Role::Child);
                self.b.declare(local, NodeKind::Local, place, name, "auto");
                let set = self.b.operator(slot, Operator::Assignment, Place::of(child.node));
                self.b.identifier(Slot::argument(set, 1), place, name);
                self.work.push(Item::Expression(right, Slot::argument(set, 2)));
            }
        }
        self.done(children);
    }
}
