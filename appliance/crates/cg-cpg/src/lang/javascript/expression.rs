//! Expressions.

use cg_types::{NodeIndex, NodeKind, Role};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::name::Naming;
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// Adds the node of an expression and leaves what is below it to the work list. `NONE` if there is
    /// nothing to add (a pair of parentheses around a syntax error).
    pub(super) fn expression(&mut self, node: Node<'t>, slot: Slot, naming: Naming) -> NodeIndex {
        let Some(node) = self.unwrap(node) else { return NodeIndex::NONE };
        let place = Place::of(node);
        match self.kind(node) {
            Kind::Identifier
            | Kind::This
            | Kind::Super
            | Kind::ShorthandProperty
            | Kind::ShorthandPattern
            | Kind::MetaProperty
            | Kind::ImportWord
            | Kind::TypeIdentifier
            | Kind::StatementIdentifier => self.identifier(slot, node),
            Kind::Number => {
                let is_big = self.text(node).ends_with('n');
                self.b.literal(slot, place, if is_big { "bigint" } else { "number" })
            }
            Kind::String | Kind::JsxText => self.b.literal(slot, place, "string"),
            Kind::True | Kind::False => self.b.literal(slot, place, "boolean"),
            Kind::Null => self.b.literal(slot, place, "null"),
            Kind::Undefined => self.b.literal(slot, place, "undefined"),
            Kind::Regex => self.b.literal(slot, place, "RegExp"),
            Kind::Template => self.template(node, slot),
            Kind::MemberExpression | Kind::NestedIdentifier => self.member_access(node, slot),
            Kind::Subscript => self.subscript(node, slot),
            Kind::Call => self.call(node, slot),
            Kind::New => self.new_object(node, slot),
            Kind::Object | Kind::ObjectPattern => self.object(node, slot, naming),
            Kind::Array | Kind::ArrayPattern => {
                self.arguments_of(node, Operator::ArrayInitializer, slot)
            }
            Kind::Spread | Kind::RestPattern => {
                self.arguments_of(node, Operator::StarredUnpack, slot)
            }
            Kind::Sequence => self.arguments_of(node, Operator::ExpressionList, slot),
            Kind::Await => self.arguments_of(node, Operator::Await, slot),
            Kind::Yield => self.yield_value(node, slot),
            Kind::Binary => self.binary(node, slot),
            Kind::Unary => self.unary(node, slot),
            Kind::Update => self.update(node, slot),
            Kind::Ternary => self.ternary(node, slot),
            Kind::AssignmentExpression | Kind::AssignmentPattern => self.assignment(node, slot),
            Kind::AugmentedAssignment => self.augmented(node, slot),
            Kind::ArrowFunction | Kind::FunctionExpression | Kind::GeneratorFunction => {
                self.function_value(node, slot, naming)
            }
            Kind::Class => self.class_value(node, slot, naming),
            Kind::AsExpression | Kind::TypeAssertion => self.cast(node, slot),
            Kind::JsxElement | Kind::JsxSelfClosingElement => self.jsx(node, slot),
            Kind::InternalModule if slot.argument_index < 0 => {
                self.namespace(node, slot.parent);
                NodeIndex::NONE
            }
            _ => self.unknown(node, slot),
        }
    }

    /// The expression inside of parentheses and of what only types see.
    pub(super) fn unwrap(&mut self, mut node: Node<'t>) -> Option<Node<'t>> {
        loop {
            match self.kind(node) {
                Kind::Parenthesized
                | Kind::NonNull
                | Kind::Satisfies
                | Kind::InstantiationExpression
                | Kind::JsxExpression
                | Kind::ExpressionStatement
                | Kind::ComputedPropertyName
                | Kind::TemplateSubstitution => node = self.first(node)?,
                Kind::AsExpression => {
                    // `x as const`.
                    let kids = self.kids(node);
                    let inner = match kids.as_slice() {
                        [value, only] if only.kind == Kind::ConstWord => Some(value.node),
                        _ => None,
                    };
                    self.done(kids);
                    match inner {
                        Some(inner) => node = inner,
                        None => return Some(node),
                    }
                }
                _ => return Some(node),
            }
        }
    }

    /// An operator over all children, in order.
    pub(super) fn arguments_of(
        &mut self,
        node: Node<'t>,
        operator: Operator,
        slot: Slot,
    ) -> NodeIndex {
        let call = self.b.operator(slot, operator, Place::of(node));
        let kids = self.kids(node);
        for (index, kid) in (1..).zip(kids.iter().filter(|kid| !kid.kind.is_token())) {
            self.work.push(Item::Expression(kid.node, Slot::argument(call, index)));
        }
        self.done(kids);
        call
    }

    /// `a.b`, `a?.b`.
    fn member_access(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let access = self.b.operator(slot, Operator::FieldAccess, Place::of(node));
        let kids = self.kids(node);
        if let Some(object) = Self::field(&kids, Field::Object) {
            self.work.push(Item::Expression(object, Slot::argument(access, 1)));
        }
        if let Some(property) = Self::field(&kids, Field::Property) {
            self.work.push(Item::Field(property, Slot::argument(access, 2)));
        }
        self.done(kids);
        access
    }

    /// `a[b]`.
    fn subscript(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let access = self.b.operator(slot, Operator::IndexAccess, Place::of(node));
        let kids = self.kids(node);
        if let Some(object) = Self::field(&kids, Field::Object) {
            self.work.push(Item::Expression(object, Slot::argument(access, 1)));
        }
        if let Some(index) = Self::field(&kids, Field::Index) {
            self.work.push(Item::Expression(index, Slot::argument(access, 2)));
        }
        self.done(kids);
        access
    }

    /// Text, or a call that formats it: the values put in are its arguments.
    pub(super) fn template(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let place = Place::of(node);
        let kids = self.kids(node);
        let mut values =
            kids.iter().filter(|kid| kid.kind == Kind::TemplateSubstitution).peekable();
        if values.peek().is_none() {
            drop(values);
            self.done(kids);
            return self.b.literal(slot, place, "string");
        }
        let call = self.b.operator(slot, Operator::FormatString, place);
        let text_type = self.b.intern("string");
        self.b.node_mut(call).type_full_name = text_type;
        for (index, value) in (1..).zip(values) {
            self.work.push(Item::Expression(value.node, Slot::argument(call, index)));
        }
        self.done(kids);
        call
    }

    /// `c ? a : b`.
    fn ternary(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Conditional, Place::of(node));
        let kids = self.kids(node);
        for (index, field) in (1..).zip([Field::Condition, Field::Consequence, Field::Alternative])
        {
            if let Some(part) = Self::field(&kids, field) {
                self.work.push(Item::Expression(part, Slot::argument(call, index)));
            }
        }
        self.done(kids);
        call
    }

    fn yield_value(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let is_all = kids.iter().any(|kid| kid.kind == Kind::Star);
        let operator = if is_all { Operator::YieldFrom } else { Operator::Yield };
        self.done(kids);
        self.arguments_of(node, operator, slot)
    }

    /// `x as T`, `<T>x`: the type as argument 1, the value as argument 2.
    fn cast(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let operands: Vec<Node<'t>> =
            kids.iter().filter(|kid| !kid.kind.is_token()).map(|kid| kid.node).collect();
        self.done(kids);
        let is_prefix = self.kind(node) == Kind::TypeAssertion;
        // A type that has no rule of its own is no child that is kept: take it from the text.
        let value = match operands.as_slice() {
            [_, value] if is_prefix => *value,
            [value, ..] => *value,
            [] => return self.unknown(node, slot),
        };
        let (place, inner) = (Place::of(node), Place::of(value));
        let mut type_place = place;
        if is_prefix {
            type_place.span.end = inner.span.start;
        } else {
            type_place.span.start = inner.span.end;
        }
        let written = self.b.slice(type_place.span).trim();
        let written = match is_prefix {
            true => written.trim_start_matches('<').trim_end_matches('>'),
            false => written.strip_prefix("as").unwrap_or(written),
        };
        let name = self.written_type(written);
        let call = self.b.operator(slot, Operator::Cast, place);
        self.b.node_mut(call).type_full_name = name;
        let start = if is_prefix { place.start() } else { inner };
        let type_ref = self.b.add(Slot::argument(call, 1), NodeKind::TypeRef, start);
        self.b.node_mut(type_ref).full_name = name;
        self.b.node_mut(type_ref).name = name;
        self.work.push(Item::Expression(value, Slot::argument(call, 2)));
        call
    }

    /// A node for what has no rule: the parser's name, and the parts as children.
    pub(super) fn unknown(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let index = self.b.named(slot, NodeKind::Unknown, Place::of(node), node.kind());
        let kids = self.kids(node);
        for kid in kids.iter().filter(|kid| !kid.kind.is_token()) {
            self.work.push(Item::Expression(kid.node, Slot::role(index, Role::Child)));
        }
        self.done(kids);
        index
    }
}
