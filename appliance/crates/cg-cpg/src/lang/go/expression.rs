//! Expressions without control flow of their own.

use cg_types::{NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::types::literal_type;
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// Adds the node of an expression and leaves what is below it to the work list. `NONE` if there is
    /// nothing to add.
    pub(super) fn expression(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let Some(node) = self.unwrap(node) else { return NodeIndex::NONE };
        let place = Place::of(node);
        match Kind::of(node) {
            Kind::Identifier
            | Kind::TypeIdentifier
            | Kind::FieldIdentifier
            | Kind::PackageIdentifier
            | Kind::BlankIdentifier => {
                let text = self.text(node);
                self.value_of_name(slot, place, text)
            }
            Kind::IntLiteral
            | Kind::FloatLiteral
            | Kind::ImaginaryLiteral
            | Kind::RuneLiteral
            | Kind::RawStringLiteral
            | Kind::InterpretedStringLiteral
            | Kind::True
            | Kind::False
            | Kind::Iota => self.b.literal(slot, place, literal_type(Kind::of(node))),
            Kind::Nil => self.b.literal(slot, place, "nil"),
            Kind::UnaryExpression | Kind::BinaryExpression => self.operation(node, slot),
            Kind::SelectorExpression => self.selector(node, slot),
            Kind::IndexExpression => self.operands(node, Operator::IndexAccess, slot),
            Kind::SliceExpression => self.slice(node, slot),
            Kind::VariadicArgument => self.operands(node, Operator::StarredUnpack, slot),
            Kind::ExpressionList => self.operands(node, Operator::TupleLiteral, slot),
            Kind::CallExpression => self.call(node, slot),
            Kind::TypeAssertionExpression => self.cast(node, slot),
            Kind::TypeConversionExpression => self.converted(node, slot),
            Kind::CompositeLiteral => self.composite(node, slot),
            Kind::FuncLiteral => self.closure(node, slot),
            Kind::TypeInstantiationExpression => self.instance(node, slot),
            Kind::LiteralValue => self.element(node, slot, StrId::EMPTY),
            kind if kind.is_type() => self.type_ref(node, slot),
            _ => self.unknown(node, slot),
        }
    }

    /// The expression inside parentheses, statements, and lists of one.
    pub(super) fn unwrap(&mut self, mut node: Node<'t>) -> Option<Node<'t>> {
        loop {
            match Kind::of(node) {
                Kind::ParenthesizedExpression
                | Kind::ExpressionStatement
                | Kind::LiteralElement
                | Kind::ExpressionList => {}
                _ => return Some(node),
            }
            let kids = self.kids(node);
            let inner = kids.first().map(|one| one.node);
            let is_list = Kind::of(node) == Kind::ExpressionList && kids.len() > 1;
            self.done(kids);
            if is_list {
                return Some(node);
            }
            node = inner?;
        }
    }

    /// An operator over all operands, in order.
    fn operands(&mut self, node: Node<'t>, operator: Operator, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, operator, Place::of(node));
        let kids = self.kids(node);
        let operands = kids.iter().filter(|one| !Kind::of(one.node).is_token());
        for (index, child) in (1..).zip(operands) {
            self.work.push(Item::Expression(child.node, Slot::argument(call, index)));
        }
        self.done(kids);
        call
    }

    fn operation(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let token = kids.iter().map(|one| Kind::of(one.node)).find(|kind| kind.is_token());
        let operator = match token {
            Some(kind) if Kind::of(node) == Kind::UnaryExpression => unary(kind),
            Some(kind) => binary(kind),
            None => Operator::ExpressionList,
        };
        let call = self.b.operator(slot, operator, Place::of(node));
        let operands = kids.iter().filter(|one| !Kind::of(one.node).is_token());
        for (index, child) in (1..).zip(operands) {
            let to = Slot::argument(call, index);
            match token {
                Some(Kind::AndNot) if index == 2 => self.work.push(Item::Inverted(child.node, to)),
                _ => self.work.push(Item::Expression(child.node, to)),
            }
        }
        self.done(kids);
        call
    }

    /// The right side of `&^`: `x &^ y` is `x & ^y`.
    pub(super) fn inverted(&mut self, node: Node<'t>, slot: Slot) {
        let call = self.b.operator(slot, Operator::Not, Place::of(node));
        self.work.push(Item::Expression(node, Slot::argument(call, 1)));
    }

    fn selector(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let access = self.b.operator(slot, Operator::FieldAccess, Place::of(node));
        let kids = self.kids(node);
        if let Some(operand) = Self::field(&kids, Field::Operand) {
            self.work.push(Item::Expression(operand, Slot::argument(access, 1)));
        }
        if let Some(field) = Self::field(&kids, Field::Selected) {
            self.work.push(Item::Field(field, Slot::argument(access, 2)));
        }
        self.done(kids);
        access
    }

    /// `x[a:b:c]`: arguments 2, 3 and 4 are start, end and capacity, absent ones left out.
    fn slice(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Slice, Place::of(node));
        let kids = self.kids(node);
        for child in &kids {
            let index = match Field::of(child) {
                Field::Operand => 1,
                Field::Start => 2,
                Field::End => 3,
                Field::Capacity => 4,
                _ => continue,
            };
            self.work.push(Item::Expression(child.node, Slot::argument(call, index)));
        }
        self.done(kids);
        call
    }

    /// `F[A, B]` as a value: `F`.
    fn instance(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let of = Self::field(&kids, Field::Type);
        self.done(kids);
        match of {
            Some(of) if Kind::of(of) == Kind::TypeIdentifier => {
                let text = self.text(of);
                self.value_of_name(slot, Place::of(of), text)
            }
            Some(of) => self.type_ref(of, slot),
            None => self.unknown(node, slot),
        }
    }

    /// A node for what has no rule: the parser's name, and the parts as children.
    pub(super) fn unknown(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let index = self.b.named(slot, NodeKind::Unknown, Place::of(node), node.kind());
        let kids = self.kids(node);
        for child in kids.iter().filter(|one| !Kind::of(one.node).is_token()) {
            self.work.push(Item::Expression(child.node, Slot::child(index)));
        }
        self.done(kids);
        index
    }
}

fn unary(token: Kind) -> Operator {
    match token {
        Kind::Minus => Operator::Minus,
        Kind::Plus => Operator::Plus,
        Kind::Not => Operator::LogicalNot,
        Kind::Caret => Operator::Not,
        Kind::Star => Operator::Indirection,
        Kind::Ampersand => Operator::AddressOf,
        Kind::Arrow => Operator::Receive,
        _ => Operator::ExpressionList,
    }
}

fn binary(token: Kind) -> Operator {
    match token {
        Kind::Plus => Operator::Addition,
        Kind::Minus => Operator::Subtraction,
        Kind::Star => Operator::Multiplication,
        Kind::Slash => Operator::Division,
        Kind::Percent => Operator::Modulo,
        Kind::Ampersand | Kind::AndNot => Operator::And,
        Kind::Bar => Operator::Or,
        Kind::Caret => Operator::Xor,
        Kind::ShiftLeft => Operator::ShiftLeft,
        Kind::ShiftRight => Operator::ArithmeticShiftRight,
        Kind::AndAnd => Operator::LogicalAnd,
        Kind::OrOr => Operator::LogicalOr,
        Kind::Less => Operator::LessThan,
        Kind::LessEqual => Operator::LessEqualsThan,
        Kind::Equal => Operator::Equals,
        Kind::NotEqual => Operator::NotEquals,
        Kind::GreaterEqual => Operator::GreaterEqualsThan,
        Kind::Greater => Operator::GreaterThan,
        _ => Operator::ExpressionList,
    }
}
