//! Functions, methods, parameters, decorators.

use cg_types::{Evaluation, Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::expression::is_formatted;
use super::kind::{Field, Kind};
use super::lower::{Front, Item, Scope, Where};
use crate::builder::{Place, ScopeKind, Slot};

impl<'t> Front<'_, 't> {
    /// `@decorator` lines with the function or class behind them.
    pub(super) fn decorated(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| Kind::of(child.node) == Kind::Decorator) {
            let inner = self.kids(child.node);
            if let Some(expression) = inner.iter().find(|one| Kind::of(one.node) != Kind::At) {
                let around = self.statement_block();
                self.work.push(Item::Expression(expression.node, Slot::child(around)));
            }
            self.done(inner);
        }
        match Self::field(&kids, Field::Definition) {
            Some(definition) => self.definition(definition, block, Some(node)),
            None => {
                for child in kids.iter().filter(|child| Kind::of(child.node) != Kind::Decorator) {
                    self.work.push(Item::Statement(child.node, block));
                }
            }
        }
        self.done(kids);
    }

    /// Puts the values that a definition needs before it, and then the definition, on the work list.
    pub(super) fn definition(
        &mut self,
        node: Node<'t>,
        block: NodeIndex,
        decorated: Option<Node<'t>>,
    ) {
        if Kind::of(node) == Kind::ClassDefinition {
            self.base_values(node);
        } else {
            let kids = self.kids(node);
            let parameters = Self::field(&kids, Field::Parameters);
            let result = Self::field(&kids, Field::ReturnType);
            self.done(kids);
            if let Some(list) = parameters {
                self.default_values(list, NodeIndex::NONE);
            }
            if let Some(annotation) = result {
                self.calls_in_annotation(annotation);
            }
        }
        self.work.push(Item::Definition(node, block, decorated));
    }

    fn calls_in_annotation(&mut self, annotation: Node<'t>) {
        if memchr::memchr(b'(', self.text(annotation).as_bytes()).is_some() {
            let around = self.statement_block();
            self.calls_in_type(annotation, around);
        }
    }

    /// Defaults of parameters that are more than a literal or a name, into the block around (`NONE`: the
    /// innermost one, made if need be).
    pub(super) fn default_values(&mut self, list: Node<'t>, around: NodeIndex) {
        let kids = self.kids(list);
        for parameter in &kids {
            let inner = self.kids(parameter.node);
            if let Some(annotation) = Self::field(&inner, Field::Type) {
                self.calls_in_annotation(annotation);
            }
            if let Some(value) = Self::field(&inner, Field::Value) {
                let is_plain = matches!(
                    Kind::of(value),
                    Kind::Integer
                        | Kind::Float
                        | Kind::True
                        | Kind::False
                        | Kind::NoneValue
                        | Kind::Identifier
                        | Kind::Ellipsis
                ) || (Kind::of(value) == Kind::String
                    && !is_formatted(self.text(value)));
                if !is_plain {
                    let block = if around.is_some() { around } else { self.statement_block() };
                    self.work.push(Item::Expression(value, Slot::child(block)));
                }
            }
            self.done(inner);
        }
        self.done(kids);
    }

    /// `def f(…): …`.
    pub(super) fn function(
        &mut self,
        node: Node<'t>,
        block: NodeIndex,
        decorated: Option<Node<'t>>,
    ) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let parameters = Self::field(&kids, Field::Parameters);
        let result = Self::field(&kids, Field::ReturnType);
        let body = Self::field(&kids, Field::Body);
        let is_async = kids.iter().any(|child| Kind::of(child.node) == Kind::AsyncWord);
        self.done(kids);

        let class = (self.scope().place == Where::Class).then(|| self.scope().home);
        let parent = class.unwrap_or(block);
        let place = Place::of(node);
        let full_name = self.full_name(name);
        let method = self.b.named(Slot::child(parent), NodeKind::Method, place, name);
        let name_id = self.b.node(method).name;
        self.b.bind(name_id, method);
        let mut modifiers = Modifiers::default();
        if is_async {
            modifiers = modifiers.with(Modifiers::ASYNC);
        }
        if class.is_some() && matches!(name, "__init__" | "__new__") {
            modifiers = modifiers.with(Modifiers::CONSTRUCTOR);
        }
        if let Some(decorated) = decorated {
            modifiers = modifiers.with(self.annotations(decorated, method));
        }
        let return_type = result.map_or(StrId::EMPTY, |result| self.annotated(result));
        let signature = match (parameters, result) {
            (Some(list), Some(result)) => {
                format!("{} -> {}", one_line(self.text(list)), one_line(self.text(result)))
            }
            (Some(list), None) => one_line(self.text(list)),
            _ => String::new(),
        };
        let signature = self.b.intern(&signature);
        let made = self.b.node_mut(method);
        made.full_name = full_name;
        made.signature = signature;
        made.modifiers = modifiers;

        self.open(
            ScopeKind::Nested,
            Scope {
                place: Where::Function,
                id: 0,
                method,
                block: NodeIndex::NONE,
                home: NodeIndex::NONE,
                full_name,
                receiver: StrId::EMPTY,
                lambdas: 0,
            },
        );
        let has_receiver = class.is_some() && !modifiers.has(Modifiers::STATIC);
        if let Some(list) = parameters {
            let first = self.parameters(list, method, if has_receiver { 0 } else { 1 });
            if let (Some(class), true, Some(first)) = (class, has_receiver, first) {
                let type_name = self.b.node(class).full_name;
                self.settle(first, type_name);
                let receiver = self.b.node(first).name;
                if let Some(scope) = self.scopes.last_mut() {
                    scope.receiver = receiver;
                }
            }
        }
        let block = self.b.add(Slot::child(method), NodeKind::Block, body.map_or(place, Place::of));
        if let Some(scope) = self.scopes.last_mut() {
            scope.block = block;
            scope.home = block;
        }
        if let Some(body) = body {
            self.work.push(Item::Suite(body, block));
        }
        self.work.push(Item::End(return_type));
    }

    /// The METHOD_PARAMETER_INs, numbered from `first`; the first of them.
    pub(super) fn parameters(
        &mut self,
        list: Node<'t>,
        method: NodeIndex,
        first: i32,
    ) -> Option<NodeIndex> {
        let kids = self.kids(list);
        let mut index = first;
        let mut made = None;
        for child in &kids {
            let parameter = self.parameter(child.node, method, index);
            if parameter.is_some() {
                index += 1;
                made = made.or(Some(parameter));
            }
        }
        self.done(kids);
        made
    }

    fn parameter(&mut self, node: Node<'t>, method: NodeIndex, index: i32) -> NodeIndex {
        let mut name = node;
        let mut annotation = None;
        let mut variadic = false;
        loop {
            match Kind::of(name) {
                Kind::Identifier | Kind::TuplePattern => break,
                Kind::ListSplatPattern | Kind::DictionarySplatPattern => variadic = true,
                Kind::TypedParameter | Kind::DefaultParameter | Kind::TypedDefaultParameter => {}
                _ => return NodeIndex::NONE,
            }
            let kids = self.kids(name);
            annotation = annotation.or(Self::field(&kids, Field::Type));
            let inner = Self::field(&kids, Field::Name).or_else(|| {
                kids.iter().map(|child| child.node).find(|one| is_name(Kind::of(*one)))
            });
            self.done(kids);
            match inner {
                Some(inner) => name = inner,
                None => return NodeIndex::NONE,
            }
        }
        let type_name = annotation.map_or(StrId::EMPTY, |annotation| self.annotated(annotation));
        let text = self.text(name);
        let type_text = self.b.string(type_name).to_owned();
        let slot = Slot::child(method);
        let made =
            self.b.declare(slot, NodeKind::MethodParameterIn, Place::of(node), text, &type_text);
        let parameter = self.b.node_mut(made);
        parameter.argument_index = index;
        parameter.evaluation = Evaluation::BySharing;
        if variadic {
            parameter.modifiers = Modifiers::VARIADIC;
        }
        if type_name != StrId::EMPTY {
            self.settled.insert(made);
        }
        made
    }

    /// The ANNOTATIONs of a definition, and what well-known decorators say about it.
    pub(super) fn annotations(&mut self, decorated: Node<'t>, definition: NodeIndex) -> Modifiers {
        let mut modifiers = Modifiers::default();
        let kids = self.kids(decorated);
        for child in kids.iter().filter(|child| Kind::of(child.node) == Kind::Decorator) {
            let written = self.text(child.node).trim_start_matches('@').trim();
            let dotted = written.split(['(', '[', '\n', '#', ' ']).next().unwrap_or("");
            let last = dotted.rsplit('.').next().unwrap_or(dotted);
            modifiers = match last {
                "staticmethod" => modifiers.with(Modifiers::STATIC),
                "abstractmethod" | "abstractproperty" => modifiers.with(Modifiers::ABSTRACT),
                "final" => modifiers.with(Modifiers::FINAL),
                _ => modifiers,
            };
            let slot = Slot::child(definition);
            let annotation = self.b.named(slot, NodeKind::Annotation, Place::of(child.node), last);
            let full_name = self.b.intern(dotted);
            self.b.node_mut(annotation).full_name = full_name;
        }
        self.done(kids);
        modifiers
    }
}

fn is_name(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Identifier
            | Kind::TuplePattern
            | Kind::ListSplatPattern
            | Kind::DictionarySplatPattern
    )
}

/// Text with every run of white space as one blank.
fn one_line(text: &str) -> String {
    if !text.contains(['\n', '\t', '\r']) {
        return text.to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
