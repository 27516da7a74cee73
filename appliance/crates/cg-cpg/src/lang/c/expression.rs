//! Expressions: operators are CALLs, names are IDENTIFIERs, functions used as values are METHOD_REFs.

use cg_types::{NodeKind, StrId};
use tree_sitter::Node as Syntax;

use super::{C, Field, Item, Kind};
use crate::builder::{Operator, Place, Slot};
use crate::syntax::Child;

impl<'t> C<'_, 't> {
    /// Lowers an expression.
    pub(super) fn expression(&mut self, node: Syntax<'t>, slot: Slot) {
        match Kind::of(node) {
            Kind::Identifier | Kind::This => self.name(node, slot),
            Kind::NumberLiteral => {
                let type_full_name = number_type(self.text(node));
                self.b.literal(slot, Place::of(node), type_full_name);
            }
            Kind::StringLiteral => {
                self.b.literal(slot, Place::of(node), "char*");
            }
            Kind::ConcatenatedString | Kind::RawStringLiteral | Kind::UserDefinedLiteral => {
                self.b.literal(slot, Place::of(node), "char*");
            }
            Kind::CharLiteral => {
                self.b.literal(slot, Place::of(node), "char");
            }
            Kind::True | Kind::False => {
                self.b.literal(slot, Place::of(node), "bool");
            }
            Kind::Null => {
                self.b.literal(slot, Place::of(node), "void*");
            }
            Kind::CallExpression => self.call(node, slot),
            Kind::FieldExpression => self.field_access(node, slot),
            Kind::BinaryExpression => self.operands(node, slot, binary_operator),
            Kind::AssignmentExpression => self.operands(node, slot, assignment_operator),
            Kind::UnaryExpression => self.operands(node, slot, unary_operator),
            Kind::PointerExpression => self.operands(node, slot, pointer_operator),
            Kind::UpdateExpression => self.update(node, slot),
            Kind::SubscriptExpression => self.subscript(node, slot),
            Kind::ParenthesizedExpression
            | Kind::ExtensionExpression
            | Kind::ParameterPackExpansion => self.inner(node, slot),
            Kind::ConditionClause => self.condition(node, slot),
            Kind::CommaExpression => self.comma(node, slot),
            Kind::ConditionalExpression => self.conditional(node, slot),
            Kind::CompoundLiteralExpression if self.is_cpp => self.made_of(node, slot),
            Kind::CastExpression | Kind::CompoundLiteralExpression => {
                self.fixed(node, slot, Operator::Cast)
            }
            Kind::NewExpression => self.new_object(node, slot),
            Kind::DeleteExpression => self.fixed(node, slot, Operator::Delete),
            Kind::LambdaExpression => self.lambda(node, slot),
            Kind::CoAwaitExpression => self.fixed(node, slot, Operator::Await),
            Kind::CoYieldStatement => self.fixed(node, slot, Operator::Yield),
            Kind::QualifiedIdentifier | Kind::TemplateFunction => self.path(node, slot),
            Kind::SizeofExpression => self.fixed(node, slot, Operator::SizeOf),
            Kind::AlignofExpression => self.fixed(node, slot, Operator::AlignOf),
            Kind::OffsetofExpression => self.fixed(node, slot, Operator::OffsetOf),
            Kind::GenericExpression => self.fixed(node, slot, Operator::GenericSelection),
            Kind::InitializerList => self.fixed(node, slot, Operator::ArrayInitializer),
            Kind::InitializerPair => self.initializer_pair(node, slot),
            Kind::GnuAsmExpression => self.asm(node, slot),
            Kind::TypeDescriptor => self.type_ref(node, slot),
            Kind::FieldIdentifier => {
                self.b.named(slot, NodeKind::FieldIdentifier, Place::of(node), self.text(node));
            }
            Kind::TemplateMethod | Kind::DestructorName | Kind::DependentName => {
                let text = self.plain_name(node);
                self.b.named(slot, NodeKind::FieldIdentifier, Place::of(node), &text);
            }
            Kind::CompoundStatement | Kind::Declaration => self.statement(node, slot),
            _ => self.unknown(node, slot),
        }
    }

    /// A name: a METHOD_REF if it is a function declared earlier in the file.
    fn name(&mut self, node: Syntax<'t>, slot: Slot) {
        let text = self.text(node);
        let index = self.b.identifier(slot, Place::of(node), text);
        let reference = self.b.node(index).reference;
        if reference.is_some() && self.b.node(reference).kind == NodeKind::Method {
            let full_name = self.b.node(reference).full_name;
            let entry = self.b.node_mut(index);
            entry.kind = NodeKind::MethodRef;
            entry.full_name = full_name;
            entry.type_full_name = StrId::EMPTY;
        }
    }

    /// `a::b`, `f<T>`: an IDENTIFIER with the path as its name.
    fn path(&mut self, node: Syntax<'t>, slot: Slot) {
        let path = self.plain_name(node);
        self.b.identifier(slot, Place::of(node), &path);
    }

    /// `a[i]`; in C++ the indices stand in a list.
    fn subscript(&mut self, node: Syntax<'t>, slot: Slot) {
        if !self.is_cpp {
            return self.fixed(node, slot, Operator::IndirectIndexAccess);
        }
        let call = self.b.operator(slot, Operator::IndirectIndexAccess, Place::of(node));
        let children = self.children(node);
        for child in &children {
            match Field::of(child) {
                Field::Argument => {
                    self.work.push(Item::Expression(child.node, Slot::argument(call, 1)));
                }
                Field::Indices => self.push_arguments(call, child.node, 2),
                _ => {}
            }
        }
        self.done(children);
    }

    /// The one expression inside parentheses, with the slot of the parentheses.
    fn inner(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let mut named = children.iter().filter(|child| child.node.is_named());
        match (named.next(), named.next()) {
            (Some(only), None) => self.work.push(Item::Expression(only.node, slot)),
            _ => self.unknown(node, slot),
        }
        self.done(children);
    }

    /// A CALL of an operator that a token among the children tells, with the operands as arguments.
    fn operands(
        &mut self,
        node: Syntax<'t>,
        slot: Slot,
        operator_of: fn(Kind) -> Option<Operator>,
    ) {
        let children = self.children(node);
        let token = children.iter().find(|child| Field::of(child) == Field::Operator);
        match token.and_then(|token| operator_of(Kind::of(token.node))) {
            Some(operator) => self.arguments(node, slot, operator, &children),
            None => self.unknown(node, slot),
        }
        self.done(children);
    }

    /// A CALL of one operator with all named children as arguments.
    fn fixed(&mut self, node: Syntax<'t>, slot: Slot, operator: Operator) {
        let children = self.children(node);
        self.arguments(node, slot, operator, &children);
        self.done(children);
    }

    fn arguments(
        &mut self,
        node: Syntax<'t>,
        slot: Slot,
        operator: Operator,
        children: &[Child<'t>],
    ) {
        let call = self.b.operator(slot, operator, Place::of(node));
        let named = children.iter().filter(|child| child.node.is_named());
        for (index, child) in named.enumerate() {
            self.work.push(Item::Expression(child.node, Slot::argument(call, index as i32 + 1)));
        }
    }

    fn update(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let at = children.iter().position(|child| Field::of(child) == Field::Operator);
        let operator = at.map(|at| (at, Kind::of(children[at].node)));
        let operator = match operator {
            Some((0, Kind::PlusPlus)) => Operator::PreIncrement,
            Some((0, _)) => Operator::PreDecrement,
            Some((_, Kind::PlusPlus)) => Operator::PostIncrement,
            _ => Operator::PostDecrement,
        };
        self.arguments(node, slot, operator, &children);
        self.done(children);
    }

    fn field_access(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let is_arrow = children.iter().any(|child| Kind::of(child.node) == Kind::Arrow);
        let operator = if is_arrow { Operator::IndirectFieldAccess } else { Operator::FieldAccess };
        self.arguments(node, slot, operator, &children);
        self.done(children);
    }

    /// `a, b, c`: one CALL with three arguments.
    fn comma(&mut self, node: Syntax<'t>, slot: Slot) {
        let call = self.b.operator(slot, Operator::ExpressionList, Place::of(node));
        let mut index = 1;
        let mut at = Some(node);
        while let Some(list) = at.take() {
            let children = self.children(list);
            for child in children.iter().filter(|child| child.node.is_named()) {
                if Kind::of(child.node) == Kind::CommaExpression {
                    at = Some(child.node);
                } else {
                    self.work.push(Item::Expression(child.node, Slot::argument(call, index)));
                    index += 1;
                }
            }
            self.done(children);
        }
    }

    /// `a ? b : c`; the GNU form `a ?: c` has arguments 1 and 3.
    fn conditional(&mut self, node: Syntax<'t>, slot: Slot) {
        let call = self.b.operator(slot, Operator::Conditional, Place::of(node));
        let children = self.children(node);
        for child in &children {
            let index = match Field::of(child) {
                Field::Condition => 1,
                Field::Consequence => 2,
                Field::Alternative => 3,
                _ => continue,
            };
            self.work.push(Item::Expression(child.node, Slot::argument(call, index)));
        }
        self.done(children);
    }

    /// `.x = v`, `[i] = v`, `x: v`: an assignment to a FIELD_IDENTIFIER or an index access.
    fn initializer_pair(&mut self, node: Syntax<'t>, slot: Slot) {
        let call = self.b.operator(slot, Operator::Assignment, Place::of(node));
        let children = self.children(node);
        let mut designators = children.iter().filter(|child| Field::of(child) == Field::Designator);
        let target = Slot::argument(call, 1);
        match (designators.next(), designators.next_back()) {
            (Some(only), None) => self.work.push(Item::Designator(only.node, target)),
            // `.a.b = v`, `.a[1] = v`: the whole path by its text.
            (Some(first), Some(last)) => {
                let place = Place::of(first.node).to(Place::of(last.node));
                let text = self.b.slice(place.span).trim_start_matches('.');
                self.b.named(target, NodeKind::FieldIdentifier, place, text);
            }
            (None, _) => {}
        }
        for child in children.iter().filter(|child| Field::of(child) == Field::Value) {
            self.work.push(Item::Expression(child.node, Slot::argument(call, 2)));
        }
        self.done(children);
    }

    /// What is initialised, at the left of an [`Kind::InitializerPair`].
    pub(super) fn designator(&mut self, node: Syntax<'t>, slot: Slot) {
        match Kind::of(node) {
            Kind::FieldDesignator | Kind::FieldIdentifier => {
                let text = self.text(node).trim_start_matches('.').trim_start();
                self.b.named(slot, NodeKind::FieldIdentifier, Place::of(node), text);
            }
            _ => {
                let call = self.b.operator(slot, Operator::IndexAccess, Place::of(node));
                let children = self.children(node);
                for (index, child) in
                    children.iter().filter(|child| child.node.is_named()).enumerate()
                {
                    self.work
                        .push(Item::Expression(child.node, Slot::argument(call, index as i32 + 2)));
                }
                self.done(children);
            }
        }
    }

    /// `asm("…" : "=r"(a) : "r"(b))`: the code, then the operands' expressions.
    fn asm(&mut self, node: Syntax<'t>, slot: Slot) {
        let call = self.b.operator(slot, Operator::Asm, Place::of(node));
        let mut index = 1;
        let children = self.children(node);
        for child in &children {
            match Kind::of(child.node) {
                _ if Field::of(child) == Field::AssemblyCode => {
                    self.work.push(Item::Expression(child.node, Slot::argument(call, index)));
                    index += 1;
                }
                Kind::GnuAsmOutputOperandList | Kind::GnuAsmInputOperandList => {
                    let operands = self.children(child.node);
                    for operand in &operands {
                        let parts = self.children(operand.node);
                        for part in parts.iter().filter(|part| Field::of(part) == Field::Value) {
                            self.work
                                .push(Item::Expression(part.node, Slot::argument(call, index)));
                            index += 1;
                        }
                        self.done(parts);
                    }
                    self.done(operands);
                }
                _ => {}
            }
        }
        self.done(children);
    }
}

fn binary_operator(token: Kind) -> Option<Operator> {
    Some(match token {
        Kind::Plus => Operator::Addition,
        Kind::Minus => Operator::Subtraction,
        Kind::Star => Operator::Multiplication,
        Kind::Slash => Operator::Division,
        Kind::Percent => Operator::Modulo,
        Kind::PipePipe | Kind::Or => Operator::LogicalOr,
        Kind::AmpAmp | Kind::And => Operator::LogicalAnd,
        Kind::Pipe => Operator::Or,
        Kind::Caret => Operator::Xor,
        Kind::Amp => Operator::And,
        Kind::EqEq => Operator::Equals,
        Kind::BangEq => Operator::NotEquals,
        Kind::Gt => Operator::GreaterThan,
        Kind::GtEq => Operator::GreaterEqualsThan,
        Kind::LtEq => Operator::LessEqualsThan,
        Kind::Lt => Operator::LessThan,
        Kind::LtLt => Operator::ShiftLeft,
        Kind::GtGt => Operator::ArithmeticShiftRight,
        _ => return None,
    })
}

fn assignment_operator(token: Kind) -> Option<Operator> {
    Some(match token {
        Kind::Eq => Operator::Assignment,
        Kind::StarEq => Operator::AssignmentMultiplication,
        Kind::SlashEq => Operator::AssignmentDivision,
        Kind::PercentEq => Operator::AssignmentModulo,
        Kind::PlusEq => Operator::AssignmentPlus,
        Kind::MinusEq => Operator::AssignmentMinus,
        Kind::LtLtEq => Operator::AssignmentShiftLeft,
        Kind::GtGtEq => Operator::AssignmentArithmeticShiftRight,
        Kind::AmpEq => Operator::AssignmentAnd,
        Kind::CaretEq => Operator::AssignmentXor,
        Kind::PipeEq => Operator::AssignmentOr,
        _ => return None,
    })
}

fn unary_operator(token: Kind) -> Option<Operator> {
    Some(match token {
        Kind::Bang | Kind::Not => Operator::LogicalNot,
        Kind::Tilde => Operator::Not,
        Kind::Minus => Operator::Minus,
        Kind::Plus => Operator::Plus,
        _ => return None,
    })
}

fn pointer_operator(token: Kind) -> Option<Operator> {
    Some(match token {
        Kind::Star => Operator::Indirection,
        Kind::Amp => Operator::AddressOf,
        _ => return None,
    })
}

/// The type of a number by its suffix and form.
fn number_type(text: &str) -> &'static str {
    let lower = text.to_ascii_lowercase();
    let is_hex = lower.contains("0x");
    let is_float = lower.contains('.') || (lower.contains('e') && !is_hex) || lower.contains('p');
    if is_float {
        return match lower.as_bytes().last() {
            Some(b'f') if !is_hex || lower.contains('p') => "float",
            Some(b'l') => "long double",
            _ => "double",
        };
    }
    let suffix = lower.trim_start_matches(|c: char| !matches!(c, 'u' | 'l'));
    match (suffix.contains('u'), suffix.matches('l').count()) {
        (false, 0) => "int",
        (true, 0) => "unsigned int",
        (false, 1) => "long",
        (true, 1) => "unsigned long",
        (false, _) => "long long",
        (true, _) => "unsigned long long",
    }
}
