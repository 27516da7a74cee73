//! Calls, lambdas and assignments.

use cg_types::{DispatchType, Modifiers, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item, Scope, Where};
use crate::builder::{Place, ScopeKind, Slot};

impl<'t> Front<'_, 't> {
    /// `f(x)`, `o.m(x)`, `(expression)(x)`.
    pub(super) fn call(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.call(slot, DispatchType::Dynamic, Place::of(node), "");
        let kids = self.kids(node);
        if let Some(function) = Self::field(&kids, Field::Function) {
            let called = Slot { parent: call, role: Role::Receiver, argument_index: -1 };
            match Kind::of(function) {
                Kind::Attribute => self.method_call(call, function),
                kind => {
                    if kind == Kind::Identifier {
                        let name = self.name(function);
                        self.b.node_mut(call).name = name;
                    }
                    self.work.push(Item::Expression(function, called));
                }
            }
        }
        match Self::field(&kids, Field::Arguments) {
            Some(list) if Kind::of(list) == Kind::ArgumentList => self.arguments(list, call),
            Some(generator) => self.work.push(Item::Expression(generator, Slot::argument(call, 1))),
            None => {}
        }
        self.done(kids);
        call
    }

    fn method_call(&mut self, call: NodeIndex, attribute: Node<'t>) {
        let kids = self.kids(attribute);
        if let Some(name) = Self::field(&kids, Field::Attribute) {
            let name = self.name(name);
            self.b.node_mut(call).name = name;
        }
        if let Some(object) = Self::field(&kids, Field::Object) {
            self.work.push(Item::Expression(object, Slot::receiver(call)));
        }
        self.done(kids);
    }

    /// The arguments of a call, numbered from 1; those with a keyword keep it as their signature.
    pub(super) fn arguments(&mut self, list: Node<'t>, call: NodeIndex) {
        let kids = self.kids(list);
        for (index, child) in kids.iter().enumerate() {
            let slot = Slot::argument(call, index as i32 + 1);
            if Kind::of(child.node) == Kind::KeywordArgument {
                self.keyword_argument(child.node, slot);
            } else {
                self.work.push(Item::Expression(child.node, slot));
            }
        }
        self.done(kids);
    }

    fn keyword_argument(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let keyword = Self::field(&kids, Field::Name).map_or(StrId::EMPTY, |name| self.name(name));
        if let Some(value) = Self::field(&kids, Field::Value) {
            self.work.push(Item::Keyword(value, slot, keyword));
        }
        self.done(kids);
    }

    /// A METHOD in the block around, and a METHOD_REF where the lambda stands.
    pub(super) fn lambda(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let place = Place::of(node);
        let frame =
            self.scopes.iter().rposition(|scope| scope.place != Where::Comprehension).unwrap_or(0);
        self.scopes[frame].lambdas += 1;
        let short = format!("<lambda{}>", self.scopes[frame].lambdas);
        let full_name = self.full_name(&short);
        let around = self.statement_block();
        let method = self.b.named(Slot::child(around), NodeKind::Method, place, &short);
        self.b.node_mut(method).full_name = full_name;
        self.b.node_mut(method).modifiers = Modifiers::LAMBDA;
        let reference = self.b.named(slot, NodeKind::MethodRef, place, &short);
        self.b.node_mut(reference).full_name = full_name;
        self.b.node_mut(reference).reference = method;
        let kids = self.kids(node);
        let parameters = Self::field(&kids, Field::Parameters);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        if let Some(list) = parameters {
            self.default_values(list, around);
        }
        self.work.push(Item::LambdaBody(method, parameters, body));
        reference
    }

    /// The inside of a lambda, once the defaults of its parameters are done.
    pub(super) fn lambda_body(
        &mut self,
        method: NodeIndex,
        parameters: Option<Node<'t>>,
        body: Option<Node<'t>>,
    ) {
        self.open(
            ScopeKind::Nested,
            Scope {
                place: Where::Function,
                id: 0,
                method,
                block: NodeIndex::NONE,
                home: NodeIndex::NONE,
                full_name: self.b.node(method).full_name,
                receiver: StrId::EMPTY,
                lambdas: 0,
            },
        );
        if let Some(list) = parameters {
            self.parameters(list, method, 1);
        }
        // Broken text can have a lambda without a body: an empty one where it begins.
        let place = body.map_or_else(|| self.b.place(method).start(), Place::of);
        let block = self.b.add(Slot::child(method), NodeKind::Block, place);
        if let Some(scope) = self.scopes.last_mut() {
            scope.block = block;
            scope.home = block;
        }
        if let Some(body) = body {
            let value = self.b.add(Slot::child(block), NodeKind::Return, place);
            self.work.push(Item::Expression(body, Slot::argument(value, 1)));
        }
        self.work.push(Item::End(StrId::EMPTY));
    }

    /// `x = v`, `x: T = v`, `x := v`; `x: T` alone declares without an assignment.
    pub(super) fn assignment(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let target = Self::field(&kids, Field::Left).or_else(|| Self::field(&kids, Field::Name));
        let value = Self::field(&kids, Field::Right).or_else(|| Self::field(&kids, Field::Value));
        let annotation = Self::field(&kids, Field::Type);
        self.done(kids);
        let Some(target) = target else { return self.unknown(node, slot) };
        let declared = self.bind_target(target);
        if let Some(annotation) = annotation {
            let name = self.annotated(annotation);
            self.settle(declared, name);
            let block = self.statement_block();
            self.calls_in_type(annotation, block);
        }
        let Some(value) = value else { return NodeIndex::NONE };
        if declared.is_some() {
            let hint = self.type_of_value(value);
            self.hint(declared, hint);
        }
        let call = self.assign(slot, Place::of(node), target);
        self.work.push(Item::Expression(value, Slot::argument(call, 2)));
        call
    }

    /// Declares every name that a target binds; the declaration, if the target is a single name or a
    /// member of `self`.
    pub(super) fn bind_target(&mut self, target: Node<'t>) -> NodeIndex {
        match Kind::of(target) {
            Kind::Identifier => return self.variable(target),
            Kind::Attribute => return self.member_of_self(target),
            Kind::Subscript | Kind::Call => return NodeIndex::NONE,
            _ => {}
        }
        let mut open = vec![target];
        while let Some(node) = open.pop() {
            match Kind::of(node) {
                Kind::Identifier => {
                    self.variable(node);
                }
                Kind::Attribute => {
                    self.member_of_self(node);
                }
                Kind::PatternList
                | Kind::TuplePattern
                | Kind::ListPattern
                | Kind::ListSplatPattern
                | Kind::ListSplat
                | Kind::Tuple
                | Kind::List
                | Kind::ExpressionList
                | Kind::ParenthesizedExpression
                | Kind::AsPatternTarget => {
                    let kids = self.kids(node);
                    let below = open.len();
                    open.extend(kids.iter().map(|child| child.node));
                    open[below..].reverse();
                    self.done(kids);
                }
                _ => {}
            }
        }
        NodeIndex::NONE
    }

    /// `self.x` as a target: the MEMBER of the class, made now if it is new.
    fn member_of_self(&mut self, attribute: Node<'t>) -> NodeIndex {
        let frame =
            self.scopes.iter().rposition(|scope| scope.place != Where::Comprehension).unwrap_or(0);
        let receiver = self.scopes[frame].receiver;
        if receiver == StrId::EMPTY {
            return NodeIndex::NONE;
        }
        let Some(class) = frame.checked_sub(1).map(|at| self.scopes[at].home) else {
            return NodeIndex::NONE;
        };
        let kids = self.kids(attribute);
        let object = Self::field(&kids, Field::Object);
        let name = Self::field(&kids, Field::Attribute);
        self.done(kids);
        let (Some(object), Some(name_node)) = (object, name) else { return NodeIndex::NONE };
        if Kind::of(object) != Kind::Identifier || self.name(object) != receiver {
            return NodeIndex::NONE;
        }
        let name = self.name(name_node);
        if let Some(known) = self.members.get(&(class, name)) {
            return *known;
        }
        let member = self.b.add_front(Slot::child(class), NodeKind::Member, Place::of(name_node));
        self.b.node_mut(member).name = name;
        self.members.insert((class, name), member);
        member
    }
}
