//! Lambdas and method references.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind, is_token, is_type};
use super::lower::{Front, Item};
use crate::builder::{Place, Slot};

impl<'t> Front<'_, 't> {
    /// A METHOD in the innermost BLOCK, and a METHOD_REF where the lambda stands.
    pub(super) fn lambda(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let place = Place::of(node);
        let number = self.types.last_mut().map_or(1, |frame| {
            frame.lambdas += 1;
            frame.lambdas
        });
        let owner = match self.types.last() {
            Some(frame) => frame.full_name,
            None => self.b.intern(self.package),
        };
        let short = format!("<lambda{number}>");
        let full_name = self.in_type(owner, '.', &short);
        let around = self.current_block();
        let reference = self.b.named(slot, NodeKind::MethodRef, place, &short);
        let method = self.b.named(Slot::child(around), NodeKind::Method, place, &short);
        self.b.node_mut(reference).full_name = full_name;
        self.b.node_mut(reference).reference = method;
        self.b.node_mut(method).full_name = full_name;
        self.b.node_mut(method).modifiers = Modifiers::LAMBDA;
        let kids = self.kids(node);
        let parameters = Self::field(&kids, Field::Parameters);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let list = match parameters {
            Some(one) if Kind::of(one) == Kind::Identifier => self.single_parameter(one),
            Some(list) => self.parameter_list(list),
            None => Vec::new(),
        };
        let is_static = self.methods.last().is_some_and(|frame| frame.is_static);
        let type_mark = self.names.mark();
        self.open_function(method, is_static, type_mark);
        self.parameters(&list, method);
        let block = self.open_block(Slot::child(method), body.map_or(place, Place::of));
        match body {
            Some(body) if Kind::of(body) == Kind::Block => self.statements(body, block),
            Some(body) => {
                let value = self.b.add(Slot::child(block), NodeKind::Return, Place::of(body));
                self.work.push(Item::Expression(body, Slot::argument(value, 1)));
            }
            None => {}
        }
        self.work.push(Item::BlockEnd);
        self.work.push(Item::FunctionEnd(StrId::EMPTY));
        reference
    }

    fn single_parameter(&mut self, name: Node<'t>) -> Vec<super::record::Parameter<'t>> {
        vec![super::record::Parameter {
            node: name,
            name: Some(name),
            type_name: StrId::EMPTY,
            is_variadic: false,
            flags: Modifiers::default(),
            annotations: Vec::new(),
        }]
    }

    /// `a::f`, `T::new`.
    pub(super) fn method_reference(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let object = kids.iter().map(|child| child.node).find(|one| !is_token(Kind::of(*one)));
        let is_new = kids.iter().any(|child| Kind::of(child.node) == Kind::NewWord);
        let last = kids
            .iter()
            .skip(1)
            .map(|child| child.node)
            .rfind(|one| Kind::of(*one) == Kind::Identifier);
        self.done(kids);
        let name = if is_new { "<init>" } else { last.map_or("", |last| self.text(last)) };
        let reference = self.b.named(slot, NodeKind::MethodRef, Place::of(node), name);
        let text = self.text(node);
        if text.len() <= 200 {
            let written: String = text.split_whitespace().collect();
            let full_name = self.b.intern(&written);
            self.b.node_mut(reference).full_name = full_name;
        }
        if let Some(object) = object {
            let receiver = Slot::receiver(reference);
            if is_type(Kind::of(object)) {
                self.type_ref(object, receiver);
            } else {
                self.work.push(Item::Expression(object, receiver));
            }
        }
        reference
    }
}
