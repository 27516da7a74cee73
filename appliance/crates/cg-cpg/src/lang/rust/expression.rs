//! Expressions without control flow of their own.

use cg_types::{ControlKind, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::types::literal_type;
use crate::builder::{Operator, Place, Slot};

impl<'s> Front<'_, '_, 's> {
    /// Adds the node of an expression and leaves what is below it to the work list. `NONE` if there is
    /// nothing to add.
    pub(super) fn expression(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let Some(node) = self.unwrap(node) else { return NodeIndex::NONE };
        let place = Place::of(node);
        match Kind::of(node) {
            Kind::Identifier
            | Kind::SelfName
            | Kind::FieldIdentifier
            | Kind::TypeIdentifier
            | Kind::ShorthandFieldIdentifier => {
                let text = self.text(node);
                self.b.identifier(slot, place, text)
            }
            Kind::ScopedIdentifier | Kind::GenericFunction | Kind::ScopedTypeIdentifier => {
                self.path(node, slot)
            }
            Kind::IntegerLiteral
            | Kind::FloatLiteral
            | Kind::StringLiteral
            | Kind::RawStringLiteral
            | Kind::CharLiteral
            | Kind::BooleanLiteral
            | Kind::NegativeLiteral
            | Kind::UnitExpression => {
                let name = literal_type(Kind::of(node), self.text(node));
                self.b.literal(slot, place, name)
            }
            Kind::UnaryExpression | Kind::BinaryExpression | Kind::CompoundAssignmentExpr => {
                self.operation(node, slot)
            }
            Kind::AssignmentExpression => self.operands(node, Operator::Assignment, slot),
            Kind::ReferenceExpression => self.operands(node, Operator::AddressOf, slot),
            Kind::TryExpression => self.operands(node, Operator::Try, slot),
            Kind::AwaitExpression => self.operands(node, Operator::Await, slot),
            Kind::YieldExpression => self.operands(node, Operator::Yield, slot),
            Kind::IndexExpression => self.operands(node, Operator::IndexAccess, slot),
            Kind::TupleExpression => self.operands(node, Operator::TupleLiteral, slot),
            Kind::ArrayExpression => self.operands(node, Operator::ArrayInitializer, slot),
            Kind::RangeExpression => self.range(node, slot),
            Kind::TypeCastExpression => self.cast(node, slot),
            Kind::FieldExpression => self.field_access(node, slot),
            Kind::StructExpression => self.struct_expression(node, slot),
            Kind::CallExpression => self.call(node, slot),
            Kind::MacroInvocation => self.macro_call(node, slot),
            Kind::ClosureExpression => self.closure(node, slot),
            Kind::LetCondition => self.let_condition(node, slot),
            Kind::LetChain => self.let_chain(node, slot),
            Kind::ReturnExpression => self.return_value(node, slot),
            Kind::BreakExpression => self.jump(node, ControlKind::Break, slot),
            Kind::ContinueExpression => self.jump(node, ControlKind::Continue, slot),
            Kind::IfExpression => self.if_expression(node, slot),
            Kind::MatchExpression => self.match_expression(node, slot),
            Kind::WhileExpression => self.while_expression(node, slot),
            Kind::LoopExpression => self.loop_expression(node, slot),
            Kind::ForExpression => self.for_expression(node, slot),
            Kind::Block
            | Kind::UnsafeBlock
            | Kind::AsyncBlock
            | Kind::GenBlock
            | Kind::TryBlock
            | Kind::ConstBlock => self.block(node, slot),
            _ => self.unknown(node, slot),
        }
    }

    /// The expression inside parentheses and statements.
    fn unwrap(&mut self, mut node: Node<'s>) -> Option<Node<'s>> {
        while matches!(Kind::of(node), Kind::ParenthesizedExpression | Kind::ExpressionStatement) {
            let kids = self.kids(node);
            let inner = kids.iter().map(|child| child.node).find(|one| !is_token(Kind::of(*one)));
            self.done(kids);
            node = inner?;
        }
        Some(node)
    }

    /// An operator over all operands, in order.
    pub(super) fn operands(&mut self, node: Node<'s>, operator: Operator, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, operator, Place::of(node));
        let kids = self.kids(node);
        self.push_operands(&kids, call);
        self.done(kids);
        call
    }

    fn push_operands(&mut self, kids: &[crate::syntax::Child<'s>], call: NodeIndex) {
        let operands = kids.iter().filter(|child| is_operand(Kind::of(child.node)));
        for (index, child) in (1..).zip(operands) {
            self.work.push(Item::Expression(child.node, Slot::argument(call, index)));
        }
    }

    /// Unary and binary operators, compound assignments.
    fn operation(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let token = kids.iter().map(|child| Kind::of(child.node)).find(|kind| is_token(*kind));
        let operator = match token {
            Some(kind) if Kind::of(node) == Kind::UnaryExpression => unary(kind),
            Some(kind) => binary(kind),
            None => Operator::ExpressionList,
        };
        let call = self.b.operator(slot, operator, Place::of(node));
        self.push_operands(&kids, call);
        self.done(kids);
        call
    }

    /// `a..b`; argument 1 is the start, 2 the end, absent ones left out.
    fn range(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Range, Place::of(node));
        let kids = self.kids(node);
        let mut index = 1;
        for child in &kids {
            match Kind::of(child.node) {
                Kind::DotDot | Kind::DotDotEqual | Kind::DotDotDot => index = 2,
                _ => self.work.push(Item::Expression(child.node, Slot::argument(call, index))),
            }
        }
        self.done(kids);
        call
    }

    /// `value as Type`: argument 1 is the type, 2 the value.
    fn cast(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Cast, Place::of(node));
        let kids = self.kids(node);
        if let Some(target) = Self::field(&kids, Field::Type) {
            let written = self.written_type(target);
            let text = self.text(target);
            let type_ref =
                self.b.named(Slot::argument(call, 1), NodeKind::TypeRef, Place::of(target), text);
            self.b.node_mut(type_ref).full_name = written;
            self.b.node_mut(type_ref).type_full_name = written;
            self.b.node_mut(call).type_full_name = written;
        }
        if let Some(value) = Self::field(&kids, Field::Value) {
            self.work.push(Item::Expression(value, Slot::argument(call, 2)));
        }
        self.done(kids);
        call
    }

    fn field_access(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let access = self.b.operator(slot, Operator::FieldAccess, Place::of(node));
        let kids = self.kids(node);
        if let Some(value) = Self::field(&kids, Field::Value) {
            self.work.push(Item::Expression(value, Slot::argument(access, 1)));
        }
        if let Some(field) = Self::field(&kids, Field::Selector) {
            self.work.push(Item::Field(field, Slot::argument(access, 2)));
        }
        self.done(kids);
        access
    }

    /// `Type { field: value, ..base }`: the values are arguments that carry the field's name.
    fn struct_expression(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::StructInitializer, Place::of(node));
        let kids = self.kids(node);
        if let Some(name) = Self::field(&kids, Field::Name) {
            let written = self.plain_path(name);
            self.b.node_mut(call).type_full_name = written;
        }
        if let Some(body) = Self::field(&kids, Field::Body) {
            let fields = self.kids(body);
            let mut index = 1;
            for child in &fields {
                let slot = Slot::argument(call, index);
                let inner = self.kids(child.node);
                match Kind::of(child.node) {
                    Kind::FieldInitializer => {
                        let name = Self::field(&inner, Field::Selector)
                            .map_or(StrId::EMPTY, |name| self.name(name));
                        if let Some(value) = Self::field(&inner, Field::Value) {
                            self.work.push(Item::Named(value, slot, name));
                            index += 1;
                        }
                    }
                    Kind::ShorthandFieldInitializer => {
                        if let Some(value) =
                            inner.iter().find(|one| Kind::of(one.node) == Kind::Identifier)
                        {
                            let name = self.name(value.node);
                            self.work.push(Item::Named(value.node, slot, name));
                            index += 1;
                        }
                    }
                    Kind::BaseFieldInitializer => {
                        if let Some(base) = inner.iter().find(|one| is_operand(Kind::of(one.node)))
                        {
                            self.work.push(Item::Expression(base.node, slot));
                            index += 1;
                        }
                    }
                    _ => {}
                }
                self.done(inner);
            }
            self.done(fields);
        }
        self.done(kids);
        call
    }

    /// `a::b::C` as a value: an IDENTIFIER named by the whole path, generics stripped.
    fn path(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let name = self.plain_path(node);
        let index = self.b.add(slot, NodeKind::Identifier, Place::of(node));
        self.b.node_mut(index).name = name;
        index
    }

    fn return_value(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let value = self.b.add(slot, NodeKind::Return, Place::of(node));
        let kids = self.kids(node);
        self.push_operands(&kids, value);
        self.done(kids);
        value
    }

    /// `break 'a value`, `continue 'a`.
    fn jump(&mut self, node: Node<'s>, control: ControlKind, slot: Slot) -> NodeIndex {
        let jump = self.control(slot, control, node);
        let kids = self.kids(node);
        for child in &kids {
            match Kind::of(child.node) {
                Kind::Label => self.label(child.node, Slot::role(jump, Role::JumpArgument)),
                kind if is_operand(kind) => {
                    self.work.push(Item::Expression(child.node, Slot::argument(jump, 1)));
                }
                _ => {}
            }
        }
        self.done(kids);
        jump
    }

    /// A JUMP_LABEL, named without the quote.
    pub(super) fn label(&mut self, node: Node<'s>, slot: Slot) {
        let text = self.text(node).trim_start_matches('\'');
        self.b.named(slot, NodeKind::JumpLabel, Place::of(node), text);
    }

    /// A node for what has no rule: the parser's name, and the parts as children.
    pub(super) fn unknown(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let index = self.b.named(slot, NodeKind::Unknown, Place::of(node), node.kind());
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| is_operand(Kind::of(child.node))) {
            self.work.push(Item::Expression(child.node, Slot::child(index)));
        }
        self.done(kids);
        index
    }
}

/// Whether a kind is an operator or keyword rather than an operand.
pub(super) fn is_token(kind: Kind) -> bool {
    kind as u8 >= Kind::AsyncWord as u8
}

/// Whether a child of an expression is one of its operands.
pub(super) fn is_operand(kind: Kind) -> bool {
    !is_token(kind)
        && !matches!(
            kind,
            Kind::MutableSpecifier
                | Kind::AttributeItem
                | Kind::InnerAttributeItem
                | Kind::Label
                | Kind::TypeArguments
                | Kind::Lifetime
        )
}

fn unary(token: Kind) -> Operator {
    match token {
        Kind::Minus => Operator::Minus,
        Kind::Star => Operator::Indirection,
        _ => Operator::LogicalNot,
    }
}

fn binary(token: Kind) -> Operator {
    match token {
        Kind::Plus => Operator::Addition,
        Kind::Minus => Operator::Subtraction,
        Kind::Star => Operator::Multiplication,
        Kind::Slash => Operator::Division,
        Kind::Percent => Operator::Modulo,
        Kind::Ampersand => Operator::And,
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
        Kind::PlusAssign => Operator::AssignmentPlus,
        Kind::MinusAssign => Operator::AssignmentMinus,
        Kind::StarAssign => Operator::AssignmentMultiplication,
        Kind::SlashAssign => Operator::AssignmentDivision,
        Kind::PercentAssign => Operator::AssignmentModulo,
        Kind::AndAssign => Operator::AssignmentAnd,
        Kind::OrAssign => Operator::AssignmentOr,
        Kind::CaretAssign => Operator::AssignmentXor,
        Kind::ShiftLeftAssign => Operator::AssignmentShiftLeft,
        Kind::ShiftRightAssign => Operator::AssignmentArithmeticShiftRight,
        _ => Operator::ExpressionList,
    }
}
