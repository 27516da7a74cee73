//! Unary, binary and assigning operators.

use cg_types::NodeIndex;
use tree_sitter::Node;

use super::binding::{Declare, From};
use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::name::Naming;
use crate::builder::{Operator, Place, Slot};

/// Targets of `&&=` that are longer are not written twice.
const MAX_TARGET_BYTES: usize = 120;

impl<'t> Front<'_, 't> {
    /// `a + b` and so on.
    pub(super) fn binary(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let token = kids.iter().find(|kid| kid.field == Field::Operator).map(|kid| kid.kind);
        let operator = token.map_or(Operator::ExpressionList, binary);
        let call = self.b.operator(slot, operator, Place::of(node));
        for (index, field) in (1..).zip([Field::Left, Field::Right]) {
            if let Some(operand) = Self::field(&kids, field) {
                self.work.push(Item::Expression(operand, Slot::argument(call, index)));
            }
        }
        self.done(kids);
        call
    }

    /// `!a`, `typeof a` and so on.
    pub(super) fn unary(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let token = kids.iter().find(|kid| kid.field == Field::Operator).map(|kid| kid.kind);
        let operator = match token {
            Some(Kind::Minus) => Operator::Minus,
            Some(Kind::Plus) => Operator::Plus,
            Some(Kind::Tilde) => Operator::Not,
            Some(Kind::TypeofWord) => Operator::TypeOf,
            Some(Kind::VoidWord) => Operator::Void,
            Some(Kind::DeleteWord) => Operator::Delete,
            _ => Operator::LogicalNot,
        };
        let call = self.b.operator(slot, operator, Place::of(node));
        if let Some(operand) = Self::field(&kids, Field::Argument) {
            self.work.push(Item::Expression(operand, Slot::argument(call, 1)));
        }
        self.done(kids);
        call
    }

    /// `a++`, `--a`.
    pub(super) fn update(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let is_prefix = kids.first().is_some_and(|kid| kid.kind.is_token());
        let is_plus = kids.iter().any(|kid| kid.kind == Kind::PlusPlus);
        let operator = match (is_prefix, is_plus) {
            (true, true) => Operator::PreIncrement,
            (true, false) => Operator::PreDecrement,
            (false, true) => Operator::PostIncrement,
            (false, false) => Operator::PostDecrement,
        };
        let call = self.b.operator(slot, operator, Place::of(node));
        if let Some(operand) = Self::field(&kids, Field::Argument) {
            self.work.push(Item::Expression(operand, Slot::argument(call, 1)));
        }
        self.done(kids);
        call
    }

    /// `a += b`; `a &&= b`, `a ||= b`, `a ??= b` evaluate and assign `b` only where `a` asks for it.
    pub(super) fn augmented(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let token = kids.iter().find(|kid| kid.field == Field::Operator).map(|kid| kid.kind);
        let left = Self::field(&kids, Field::Left);
        let right = Self::field(&kids, Field::Right);
        self.done(kids);
        let (Some(left), Some(right)) = (left, right) else { return self.unknown(node, slot) };
        let place = Place::of(node);
        let choice = match token {
            Some(Kind::AndAndAssign) => Some(Operator::LogicalAnd),
            Some(Kind::OrOrAssign) => Some(Operator::LogicalOr),
            Some(Kind::NullishAssign) => Some(Operator::Elvis),
            _ => None,
        };
        let naming = self.naming_of(left);
        if let Some(choice) = choice.filter(|_| self.is_plain_target(left)) {
            let call = self.b.operator(slot, choice, place);
            self.work.push(Item::Expression(left, Slot::argument(call, 1)));
            self.work.push(Item::Bind(
                left,
                From::Node(right),
                None,
                Slot::argument(call, 2),
                Declare::NOTHING,
            ));
            return call;
        }
        let operator = token.map_or(Operator::Assignment, assigning);
        let call = self.b.operator(slot, operator, place);
        self.work.push(Item::Expression(left, Slot::argument(call, 1)));
        let naming = if choice.is_some() { naming } else { Naming::NONE };
        self.work.push(Item::Value(right, Slot::argument(call, 2), naming));
        call
    }

    /// A name or names with dots: evaluating it twice is the same as once.
    fn is_plain_target(&self, target: Node<'t>) -> bool {
        let text = self.text(target);
        matches!(self.kind(target), Kind::Identifier | Kind::MemberExpression)
            && text.len() <= MAX_TARGET_BYTES
            && !text.contains(['(', '[', '=', '{', '`', '\n'])
    }
}

fn binary(token: Kind) -> Operator {
    match token {
        Kind::Plus => Operator::Addition,
        Kind::Minus => Operator::Subtraction,
        Kind::Star => Operator::Multiplication,
        Kind::Slash => Operator::Division,
        Kind::Percent => Operator::Modulo,
        Kind::StarStar => Operator::Exponentiation,
        Kind::Ampersand => Operator::And,
        Kind::Bar => Operator::Or,
        Kind::Caret => Operator::Xor,
        Kind::ShiftLeft => Operator::ShiftLeft,
        Kind::ShiftRight => Operator::ArithmeticShiftRight,
        Kind::ShiftRightUnsigned => Operator::LogicalShiftRight,
        Kind::AndAnd => Operator::LogicalAnd,
        Kind::OrOr => Operator::LogicalOr,
        Kind::Nullish => Operator::Elvis,
        Kind::Less => Operator::LessThan,
        Kind::LessEqual => Operator::LessEqualsThan,
        Kind::Greater => Operator::GreaterThan,
        Kind::GreaterEqual => Operator::GreaterEqualsThan,
        Kind::Equal | Kind::EqualStrict => Operator::Equals,
        Kind::NotEqual | Kind::NotEqualStrict => Operator::NotEquals,
        Kind::InWord => Operator::In,
        Kind::InstanceofWord => Operator::InstanceOf,
        _ => Operator::ExpressionList,
    }
}

fn assigning(token: Kind) -> Operator {
    match token {
        Kind::PlusAssign => Operator::AssignmentPlus,
        Kind::MinusAssign => Operator::AssignmentMinus,
        Kind::StarAssign => Operator::AssignmentMultiplication,
        Kind::SlashAssign => Operator::AssignmentDivision,
        Kind::PercentAssign => Operator::AssignmentModulo,
        Kind::StarStarAssign => Operator::AssignmentExponentiation,
        Kind::ShiftLeftAssign => Operator::AssignmentShiftLeft,
        Kind::ShiftRightAssign => Operator::AssignmentArithmeticShiftRight,
        Kind::ShiftRightUnsignedAssign => Operator::AssignmentLogicalShiftRight,
        Kind::AmpersandAssign | Kind::AndAndAssign => Operator::AssignmentAnd,
        Kind::BarAssign | Kind::OrOrAssign | Kind::NullishAssign => Operator::AssignmentOr,
        Kind::CaretAssign => Operator::AssignmentXor,
        _ => Operator::Assignment,
    }
}
