//! Functions, methods, parameters, closures.

use cg_types::{Evaluation, Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::expression::{is_operand, is_token};
use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::pattern::Home;
use crate::builder::{Place, Slot};

impl<'s> Front<'_, '_, 's> {
    /// `fn f(…) { … }`, or `fn f(…);` of a trait or an `extern` block.
    pub(super) fn function(&mut self, node: Node<'s>, parent: NodeIndex, attributes: (u32, u32)) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let parameters = Self::field(&kids, Field::Parameters);
        let result = Self::field(&kids, Field::ReturnType);
        let body = Self::field(&kids, Field::Body);
        let generics = Self::field(&kids, Field::TypeParameters);
        let words = kids.iter().find(|child| Kind::of(child.node) == Kind::FunctionModifiers);
        let mut modifiers = self.visibility(&kids);
        if let Some(words) = words {
            let inner = self.kids(words.node);
            if Self::has(&inner, Kind::AsyncWord) {
                modifiers = modifiers.with(Modifiers::ASYNC);
            }
            self.done(inner);
        }
        self.done(kids);

        let full_name = self.full_name(name);
        let method = self.b.named(Slot::child(parent), NodeKind::Method, Place::of(node), name);
        let name_id = self.b.node(method).name;
        if self.b.resolve_here(name_id).is_none() {
            self.b.bind(name_id, method);
        }
        let around = self.b.node(parent);
        if around.kind == NodeKind::TypeDecl {
            let is_trait = around.modifiers.has(Modifiers::ABSTRACT);
            if is_trait && body.is_none() {
                modifiers = modifiers.with(Modifiers::ABSTRACT);
            }
            let list = parameters.map_or(Vec::new(), |list| self.kids(list));
            if !Self::has(&list, Kind::SelfParameter)
                && !list.iter().any(|one| self.is_self(one.node))
            {
                modifiers = modifiers.with(Modifiers::STATIC);
            }
            self.done(list);
        }
        if body.is_none() {
            modifiers = modifiers.with(Modifiers::DECLARATION);
        }
        let return_type = result.map_or(StrId::EMPTY, |result| self.written_type(result));
        let signature = parameters.map_or(StrId::EMPTY, |list| self.written_type(list));
        let signature = match self.b.string(return_type) {
            "" => signature,
            result => {
                let whole = format!("{} -> {result}", self.b.string(signature));
                self.b.intern(&whole)
            }
        };
        let made = self.b.node_mut(method);
        made.full_name = full_name;
        made.signature = signature;
        made.modifiers = modifiers;
        self.annotations(attributes, method);

        let self_type = self.frame().self_type;
        self.open(full_name, self_type, method);
        if let Some(generics) = generics {
            self.type_parameters(generics, method);
        }
        let mut patterns = Vec::new();
        if let Some(list) = parameters {
            self.parameters(list, method, &mut patterns);
        }
        if let Some(body) = body {
            let block = self.open_block(Slot::child(method), Place::of(body));
            self.take_apart(&patterns, block);
            self.work.push(Item::Function(body, method));
        }
        self.work.push(Item::FunctionEnd(return_type));
    }

    /// `self: Type` among the parameters.
    fn is_self(&mut self, parameter: Node<'s>) -> bool {
        let kids = self.kids(parameter);
        let is_self =
            Self::field(&kids, Field::Pattern).is_some_and(|one| Kind::of(one) == Kind::SelfName);
        self.done(kids);
        is_self
    }

    /// The METHOD_PARAMETER_INs; patterns that take an argument apart are left in `patterns`.
    fn parameters(
        &mut self,
        list: Node<'s>,
        method: NodeIndex,
        patterns: &mut Vec<(Node<'s>, NodeIndex)>,
    ) {
        let kids = self.kids(list);
        let mut index = 1;
        for child in &kids {
            let mut node = child.node;
            let place = Place::of(node);
            let mut type_name = StrId::EMPTY;
            let mut variadic = false;
            match Kind::of(node) {
                Kind::SelfParameter => {
                    self.self_parameter(node, method);
                    continue;
                }
                Kind::Parameter | Kind::VariadicParameter => {
                    variadic = Kind::of(node) == Kind::VariadicParameter;
                    let inner = self.kids(node);
                    if let Some(written) = Self::field(&inner, Field::Type) {
                        type_name = self.written_type(written);
                    }
                    node = Self::field(&inner, Field::Pattern).unwrap_or(node);
                    self.done(inner);
                }
                Kind::AttributeItem => continue,
                Kind::Underscore => {}
                kind if is_token(kind) => continue,
                _ => {}
            }
            let is_whole =
                matches!(Kind::of(node), Kind::Identifier | Kind::SelfName | Kind::MutPattern);
            let name = match Kind::of(node) {
                Kind::MutPattern => self.names(node).first().map_or("_", |name| self.text(*name)),
                _ if is_whole => self.text(node),
                Kind::Underscore => "_",
                Kind::VariadicParameter => "...",
                _ => "",
            };
            let is_self = Kind::of(node) == Kind::SelfName;
            let made = match name {
                "" => {
                    let name = format!("<parameter{index}>");
                    self.b.declare(
                        Slot::child(method),
                        NodeKind::MethodParameterIn,
                        place,
                        &name,
                        "",
                    )
                }
                name => self.b.declare(
                    Slot::child(method),
                    NodeKind::MethodParameterIn,
                    place,
                    name,
                    "",
                ),
            };
            let written = self.b.string(type_name);
            let by_reference = written.starts_with('&') || written.starts_with('*');
            let parameter = self.b.node_mut(made);
            parameter.type_full_name = type_name;
            parameter.argument_index = if is_self { 0 } else { index };
            parameter.evaluation =
                if by_reference { Evaluation::ByReference } else { Evaluation::ByValue };
            if variadic {
                parameter.modifiers = Modifiers::VARIADIC;
            }
            if name.is_empty() {
                patterns.push((node, made));
            }
            if !is_self {
                index += 1;
            }
        }
        self.done(kids);
    }

    fn self_parameter(&mut self, node: Node<'s>, method: NodeIndex) {
        let slot = Slot::child(method);
        let text = self.text(node);
        let made = self.b.declare(slot, NodeKind::MethodParameterIn, Place::of(node), "self", "");
        let self_type = self.frame().self_type;
        let parameter = self.b.node_mut(made);
        parameter.type_full_name = self_type;
        parameter.argument_index = 0;
        parameter.evaluation =
            if text.starts_with('&') { Evaluation::ByReference } else { Evaluation::ByValue };
    }

    /// Patterns among the parameters, as assignments at the start of the body.
    fn take_apart(&mut self, patterns: &[(Node<'s>, NodeIndex)], block: NodeIndex) {
        for (pattern, parameter) in patterns {
            let place = Place::of(*pattern);
            if self.names(*pattern).is_empty() {
                continue;
            }
            let (call, argument) =
                self.destructure(*pattern, Slot::child(block), place, Home::Next(block));
            self.use_of(Slot::argument(call, argument), place, *parameter);
            self.push_bound();
        }
    }

    /// The inside of a body whose BLOCK stands: the last expression is returned if there is a type to it.
    pub(super) fn function_body(&mut self, body: Node<'s>, method: NodeIndex) {
        let block = self.current_block();
        if Kind::of(body) != Kind::Block {
            let value = self.b.add(Slot::child(block), NodeKind::Return, Place::of(body));
            self.work.push(Item::Expression(body, Slot::argument(value, 1)));
        } else if self.b.node(method).modifiers.has(Modifiers::LAMBDA) || self.returns(method) {
            self.statements_with_value(body, block);
        } else {
            self.statements(body, block);
        }
        self.work.push(Item::BlockEnd);
    }

    fn returns(&self, method: NodeIndex) -> bool {
        self.b.string(self.b.node(method).signature).contains(") -> ")
    }

    /// A METHOD in the innermost BLOCK, and a METHOD_REF where the closure stands.
    pub(super) fn closure(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let place = Place::of(node);
        let frame = self.frame();
        frame.closures += 1;
        let short = format!("<closure{}>", frame.closures);
        let self_type = frame.self_type;
        let full_name = self.full_name(&short);
        let around = self.current_block();
        let reference = self.b.named(slot, NodeKind::MethodRef, place, &short);
        let method = self.b.named(Slot::child(around), NodeKind::Method, place, &short);
        self.b.node_mut(reference).full_name = full_name;
        self.b.node_mut(reference).reference = method;
        let kids = self.kids(node);
        let mut modifiers = Modifiers::LAMBDA;
        if Self::has(&kids, Kind::AsyncWord) {
            modifiers = modifiers.with(Modifiers::ASYNC);
        }
        let made = self.b.node_mut(method);
        made.full_name = full_name;
        made.modifiers = modifiers;
        let result = Self::field(&kids, Field::ReturnType);
        let return_type = result.map_or(StrId::EMPTY, |result| self.written_type(result));
        let parameters = Self::field(&kids, Field::Parameters);
        let body = Self::field(&kids, Field::Body).filter(|body| is_operand(Kind::of(*body)));
        self.done(kids);

        self.open(full_name, self_type, method);
        let mut patterns = Vec::new();
        if let Some(list) = parameters {
            self.parameters(list, method, &mut patterns);
        }
        let block = self.open_block(Slot::child(method), body.map_or(place, Place::of));
        self.take_apart(&patterns, block);
        match body {
            Some(body) => self.work.push(Item::Function(body, method)),
            None => self.work.push(Item::BlockEnd),
        }
        self.work.push(Item::FunctionEnd(return_type));
        reference
    }
}
