//! Expressions without control flow of their own.

use cg_types::{ControlKind, NodeIndex, NodeKind};
use tree_sitter::Node;

use super::kind::{Field, Kind, is_token, is_type};
use super::lower::{Front, Item};
use super::types::literal_type;
use crate::builder::{Operator, Place, Slot};
use crate::syntax::Child;

impl<'t> Front<'_, 't> {
    /// Adds the node of an expression and leaves what is below it to the work list. `NONE` if there is
    /// nothing to add.
    pub(super) fn expression(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let Some(node) = self.unwrap(node) else { return NodeIndex::NONE };
        let place = Place::of(node);
        match Kind::of(node) {
            Kind::Identifier => self.plain_name(node, slot),
            Kind::This | Kind::Super => self.receiver_name(node, slot),
            Kind::StringLiteral => self.string(node, slot),
            Kind::DecimalIntegerLiteral
            | Kind::HexIntegerLiteral
            | Kind::OctalIntegerLiteral
            | Kind::BinaryIntegerLiteral
            | Kind::DecimalFloatingPointLiteral
            | Kind::HexFloatingPointLiteral
            | Kind::CharacterLiteral
            | Kind::TrueLiteral
            | Kind::FalseLiteral
            | Kind::NullLiteral => {
                let name = literal_type(Kind::of(node), self.text(node));
                self.b.literal(slot, place, name)
            }
            Kind::UnaryExpression | Kind::BinaryExpression | Kind::AssignmentExpression => {
                self.operation(node, slot)
            }
            Kind::UpdateExpression => self.update(node, slot),
            Kind::TernaryExpression => self.operands(node, Operator::Conditional, slot),
            Kind::ArrayAccess => self.operands(node, Operator::IndexAccess, slot),
            Kind::ArrayInitializer | Kind::ElementValueArrayInitializer => {
                self.operands(node, Operator::ArrayInitializer, slot)
            }
            Kind::ArrayCreationExpression => self.new_array(node, slot),
            Kind::TemplateExpression => self.template(node, slot),
            Kind::CastExpression => self.cast(node, slot),
            Kind::InstanceofExpression => self.instance_of(node, slot),
            Kind::ClassLiteral => self.class_literal(node, slot),
            Kind::FieldAccess => self.field_access(node, slot),
            Kind::ScopedIdentifier => self.unknown(node, slot),
            Kind::MethodInvocation => self.invocation(node, slot),
            Kind::ObjectCreationExpression => self.new_object(node, slot),
            Kind::ExplicitConstructorInvocation => self.constructor_call(node, slot),
            Kind::LambdaExpression => self.lambda(node, slot),
            Kind::MethodReference => self.method_reference(node, slot),
            Kind::SwitchExpression => self.switch(node, slot, true),
            Kind::Block => self.body(node, slot),
            Kind::Annotation | Kind::MarkerAnnotation => self.annotation(node, slot.parent),
            kind if is_type(kind) => self.type_ref(node, slot),
            _ => self.unknown(node, slot),
        }
    }

    /// The expression inside parentheses and statements.
    pub(super) fn unwrap(&mut self, mut node: Node<'t>) -> Option<Node<'t>> {
        while matches!(Kind::of(node), Kind::ParenthesizedExpression | Kind::ExpressionStatement) {
            let kids = self.kids(node);
            let inner = kids.iter().map(|child| child.node).find(|one| !is_token(Kind::of(*one)));
            self.done(kids);
            node = inner?;
        }
        Some(node)
    }

    /// A variable, a field of a type around, or a type.
    fn plain_name(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let text = self.text(node);
        let place = Place::of(node);
        let name = self.b.intern(text);
        match self.b.resolve(name) {
            Some(found) if self.b.node(found).kind == NodeKind::Member => {
                self.field_use(slot, place, found)
            }
            None if text.starts_with(char::is_uppercase) => {
                self.b.identifier_late(slot, place, text)
            }
            _ => self.b.identifier(slot, place, text),
        }
    }

    /// `this`; `super`, which is the same object.
    pub(super) fn receiver_name(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let index = self.b.identifier(slot, Place::of(node), "this");
        if Kind::of(node) == Kind::Super {
            let name = self.b.intern("super");
            let superclass = self.types.last().map(|frame| frame.superclass);
            let made = self.b.node_mut(index);
            made.name = name;
            if let Some(superclass) = superclass {
                made.type_full_name = superclass;
            }
        }
        index
    }

    /// An operator over all operands, in order.
    pub(super) fn operands(&mut self, node: Node<'t>, operator: Operator, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, operator, Place::of(node));
        let kids = self.kids(node);
        self.push_operands(&kids, call);
        self.done(kids);
        call
    }

    /// The operands among the children, as arguments.
    pub(super) fn push_operands(&mut self, kids: &[Child<'t>], parent: NodeIndex) {
        let operands = kids.iter().filter(|child| !is_token(Kind::of(child.node)));
        for (index, child) in (1..).zip(operands) {
            self.work.push(Item::Expression(child.node, Slot::argument(parent, index)));
        }
    }

    fn operation(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
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

    fn update(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let is_prefix = kids.first().is_some_and(|first| is_token(Kind::of(first.node)));
        let is_plus = Self::of_kind(&kids, Kind::Increment).is_some();
        let operator = match (is_prefix, is_plus) {
            (true, true) => Operator::PreIncrement,
            (true, false) => Operator::PreDecrement,
            (false, true) => Operator::PostIncrement,
            (false, false) => Operator::PostDecrement,
        };
        let call = self.b.operator(slot, operator, Place::of(node));
        self.push_operands(&kids, call);
        self.done(kids);
        call
    }

    /// A literal; with interpolations a formatString.
    fn string(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let has_parts = Self::of_kind(&kids, Kind::StringInterpolation).is_some();
        let made = if has_parts {
            let call = self.b.operator(slot, Operator::FormatString, Place::of(node));
            self.interpolations(&kids, call, 1);
            call
        } else {
            self.b.literal(slot, Place::of(node), "java.lang.String")
        };
        self.done(kids);
        made
    }

    /// `STR."a \{x}"`: a formatString over the processor and the values.
    fn template(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::FormatString, Place::of(node));
        let kids = self.kids(node);
        let mut index = 1;
        for child in &kids {
            if Kind::of(child.node) == Kind::StringLiteral && index > 1 {
                let parts = self.kids(child.node);
                index = self.interpolations(&parts, call, index);
                self.done(parts);
            } else if !is_token(Kind::of(child.node)) {
                self.work.push(Item::Expression(child.node, Slot::argument(call, index)));
                index += 1;
            }
        }
        self.done(kids);
        call
    }

    fn interpolations(&mut self, parts: &[Child<'t>], call: NodeIndex, first: i32) -> i32 {
        let mut index = first;
        for part in parts.iter().filter(|part| Kind::of(part.node) == Kind::StringInterpolation) {
            let inner = self.kids(part.node);
            for value in inner.iter().filter(|one| !is_token(Kind::of(one.node))) {
                self.work.push(Item::Expression(value.node, Slot::argument(call, index)));
                index += 1;
            }
            self.done(inner);
        }
        index
    }

    /// `new T[n][]` is `<operator>.alloc` over the sizes; `new T[] { … }` an arrayInitializer.
    fn new_array(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let type_name = self.created_array(node);
        let kids = self.kids(node);
        let call = match Self::field(&kids, Field::Value) {
            Some(value) => self.operands(value, Operator::ArrayInitializer, slot),
            None => {
                let call = self.b.operator(slot, Operator::Alloc, Place::of(node));
                let sizes =
                    kids.iter().filter(|child| Kind::of(child.node) == Kind::DimensionsExpr);
                for (index, child) in (1..).zip(sizes) {
                    let inner = self.kids(child.node);
                    let size = inner.iter().rev().map(|one| one.node).find(|one| {
                        !is_token(Kind::of(*one))
                            && !matches!(Kind::of(*one), Kind::Annotation | Kind::MarkerAnnotation)
                    });
                    self.done(inner);
                    if let Some(size) = size {
                        self.work.push(Item::Expression(size, Slot::argument(call, index)));
                    }
                }
                call
            }
        };
        self.done(kids);
        self.b.node_mut(call).type_full_name = type_name;
        call
    }

    /// `(Type) value`: argument 1 is the type, 2 the value.
    fn cast(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Cast, Place::of(node));
        let kids = self.kids(node);
        if let Some(target) = Self::field(&kids, Field::Type) {
            let made = self.type_ref(target, Slot::argument(call, 1));
            let written = self.b.node(made).type_full_name;
            self.b.node_mut(call).type_full_name = written;
        }
        if let Some(value) = Self::field(&kids, Field::Value) {
            self.work.push(Item::Expression(value, Slot::argument(call, 2)));
        }
        self.done(kids);
        call
    }

    /// `T.class`: a field access on a TYPE_REF.
    fn class_literal(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::FieldAccess, Place::of(node));
        let class = self.b.intern("java.lang.Class");
        self.b.node_mut(call).type_full_name = class;
        let kids = self.kids(node);
        if let Some(of) = kids.first() {
            self.type_ref(of.node, Slot::argument(call, 1));
        }
        self.done(kids);
        let mut place = Place::of(node);
        if self.text(node).ends_with("class") {
            place.span.start = place.span.end - 5;
        }
        let end = node.end_position();
        place.line = end.row as u32 + 1;
        place.column = (end.column.saturating_sub(5)) as u32 + 1;
        place.line_end = place.line;
        self.b.named(Slot::argument(call, 2), NodeKind::FieldIdentifier, place, "class");
        call
    }

    fn field_access(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let access = self.b.operator(slot, Operator::FieldAccess, Place::of(node));
        let kids = self.kids(node);
        let object = Self::field(&kids, Field::Object);
        let field = Self::field(&kids, Field::Selector);
        // `Outer.super.x`.
        let is_super = kids
            .iter()
            .any(|child| Field::of(child) == Field::None && Kind::of(child.node) == Kind::Super);
        self.done(kids);
        if let Some(object) = object {
            let first = Slot::argument(access, 1);
            if is_super {
                self.outer_super(object, first);
            } else {
                self.work.push(Item::Expression(object, first));
            }
        }
        if let Some(field) = field {
            let of_this = object.is_some_and(|object| Kind::of(object) == Kind::This);
            self.work.push(Item::Field(field, Slot::argument(access, 2), of_this));
        }
        access
    }

    /// The field of a field access; what it names is known where it is one of `this`.
    pub(super) fn selected_field(&mut self, node: Node<'t>, slot: Slot, of_this: bool) {
        let text = self.text(node);
        let made = self.b.named(slot, NodeKind::FieldIdentifier, Place::of(node), text);
        let name = self.b.node(made).name;
        let frame = self.types.last().filter(|_| of_this);
        let Some(member) = frame.and_then(|frame| frame.fields.get(&name)).copied() else { return };
        let type_name = self.b.node(member).type_full_name;
        self.b.node_mut(made).reference = member;
        self.b.node_mut(slot.parent).type_full_name = type_name;
    }

    /// `Outer.super`.
    pub(super) fn outer_super(&mut self, outer: Node<'t>, slot: Slot) {
        let place = Place::of(outer);
        let access = self.b.operator(slot, Operator::FieldAccess, place);
        self.expression(outer, Slot::argument(access, 1));
        self.b.named(Slot::argument(access, 2), NodeKind::FieldIdentifier, place, "super");
    }

    /// A node for what has no rule: the parser's name, and the parts as children.
    pub(super) fn unknown(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let index = self.b.named(slot, NodeKind::Unknown, Place::of(node), node.kind());
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| !is_token(Kind::of(child.node))) {
            self.work.push(Item::Expression(child.node, Slot::child(index)));
        }
        self.done(kids);
        index
    }

    /// `return`, `throw`, `assert` with their values.
    pub(super) fn simple_statement(&mut self, node: Node<'t>, slot: Slot) {
        let made = match Kind::of(node) {
            Kind::ReturnStatement => self.b.add(slot, NodeKind::Return, Place::of(node)),
            Kind::ThrowStatement => self.control(slot, ControlKind::Throw, node),
            _ => self.b.operator(slot, Operator::Assert, Place::of(node)),
        };
        let kids = self.kids(node);
        self.push_operands(&kids, made);
        self.done(kids);
    }
}

fn unary(token: Kind) -> Operator {
    match token {
        Kind::Plus => Operator::Plus,
        Kind::Minus => Operator::Minus,
        Kind::Tilde => Operator::Not,
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
        Kind::ShiftRightLogical => Operator::LogicalShiftRight,
        Kind::AndAnd => Operator::LogicalAnd,
        Kind::OrOr => Operator::LogicalOr,
        Kind::Less => Operator::LessThan,
        Kind::LessEqual => Operator::LessEqualsThan,
        Kind::Equal => Operator::Equals,
        Kind::NotEqual => Operator::NotEquals,
        Kind::GreaterEqual => Operator::GreaterEqualsThan,
        Kind::Greater => Operator::GreaterThan,
        Kind::Assign => Operator::Assignment,
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
        Kind::ShiftRightLogicalAssign => Operator::AssignmentLogicalShiftRight,
        _ => Operator::ExpressionList,
    }
}
