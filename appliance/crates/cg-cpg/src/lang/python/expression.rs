//! Expressions.

use cg_types::{Modifiers, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item, Iterated, Scope, Where};
use crate::builder::{Operator, Place, ScopeKind, Slot};

impl<'t> Front<'_, 't> {
    /// Adds the node of an expression and leaves what is below it to the work list. `NONE` if there is
    /// nothing to add (a pair of parentheses around a syntax error).
    pub(super) fn expression(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let Some(node) = self.unwrap(node) else { return NodeIndex::NONE };
        let place = Place::of(node);
        match Kind::of(node) {
            Kind::Identifier => {
                let text = self.text(node);
                self.b.identifier_late(slot, place, text)
            }
            Kind::DottedName => self.dotted(node, slot),
            Kind::Integer => self.b.literal(slot, place, "int"),
            Kind::Float => self.b.literal(slot, place, "float"),
            Kind::True | Kind::False => self.b.literal(slot, place, "bool"),
            Kind::NoneValue => self.b.literal(slot, place, "None"),
            Kind::Ellipsis => self.b.literal(slot, place, "ellipsis"),
            Kind::String | Kind::ConcatenatedString => self.string(node, slot),
            Kind::Attribute => self.attribute(node, slot),
            Kind::Subscript => self.arguments_of(node, Operator::IndexAccess, slot),
            Kind::Slice => self.slice(node, slot),
            Kind::Call => self.call(node, slot),
            Kind::List | Kind::ListPattern => self.arguments_of(node, Operator::ListLiteral, slot),
            Kind::Tuple | Kind::TuplePattern | Kind::PatternList | Kind::ExpressionList => {
                self.arguments_of(node, Operator::TupleLiteral, slot)
            }
            Kind::Set => self.arguments_of(node, Operator::SetLiteral, slot),
            Kind::Dictionary => self.dictionary(node, slot),
            Kind::ListSplat
            | Kind::ListSplatPattern
            | Kind::DictionarySplat
            | Kind::DictionarySplatPattern => {
                self.arguments_of(node, Operator::StarredUnpack, slot)
            }
            Kind::UnaryOperator
            | Kind::BinaryOperator
            | Kind::BooleanOperator
            | Kind::NotOperator => self.operation(node, slot),
            Kind::ComparisonOperator => self.comparison(node, slot),
            Kind::ConditionalExpression => self.conditional(node, slot),
            Kind::NamedExpression | Kind::Assignment => self.assignment(node, slot),
            Kind::AugmentedAssignment => self.operation(node, slot),
            Kind::AsPattern => self.as_pattern(node, slot),
            Kind::Await => self.arguments_of(node, Operator::Await, slot),
            Kind::Yield => self.yield_value(node, slot),
            Kind::Lambda => self.lambda(node, slot),
            Kind::ListComprehension
            | Kind::SetComprehension
            | Kind::DictionaryComprehension
            | Kind::GeneratorExpression => self.comprehension(node, slot),
            _ => self.unknown(node, slot),
        }
    }

    /// The expression inside parentheses and wrappers.
    fn unwrap(&mut self, mut node: Node<'t>) -> Option<Node<'t>> {
        while matches!(
            Kind::of(node),
            Kind::ParenthesizedExpression
                | Kind::AsPatternTarget
                | Kind::ExpressionStatement
                | Kind::TypeExpression
        ) {
            let kids = self.kids(node);
            let inner = kids.first().map(|child| child.node);
            self.done(kids);
            node = inner?;
        }
        Some(node)
    }

    /// An operator over all children, in order.
    fn arguments_of(&mut self, node: Node<'t>, operator: Operator, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, operator, Place::of(node));
        let kids = self.kids(node);
        let operands = kids.iter().filter(|child| !is_token(Kind::of(child.node)));
        for (index, child) in operands.enumerate() {
            self.work.push(Item::Expression(child.node, Slot::argument(call, index as i32 + 1)));
        }
        self.done(kids);
        call
    }

    /// `a.b.c` written as a dotted name (in patterns and decorators).
    fn dotted(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let mut slot = slot;
        let mut root = NodeIndex::NONE;
        for (at, child) in kids.iter().enumerate().rev() {
            let place = Place::of(kids[0].node).to(Place::of(child.node));
            if at == 0 {
                let text = self.text(child.node);
                let first = self.b.identifier_late(slot, place, text);
                root = if root.is_some() { root } else { first };
            } else {
                let access = self.b.operator(slot, Operator::FieldAccess, place);
                root = if root.is_some() { root } else { access };
                slot = Slot::argument(access, 1);
            }
        }
        // The fields come behind what they are fields of.
        let mut access = root;
        for child in kids.iter().skip(1).rev() {
            let text = self.text(child.node);
            let field = Slot::argument(access, 2);
            self.b.named(field, NodeKind::FieldIdentifier, Place::of(child.node), text);
            access = NodeIndex(access.0 + 1);
        }
        self.done(kids);
        root
    }

    fn attribute(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let access = self.b.operator(slot, Operator::FieldAccess, Place::of(node));
        let kids = self.kids(node);
        if let Some(object) = Self::field(&kids, Field::Object) {
            self.work.push(Item::Expression(object, Slot::argument(access, 1)));
        }
        if let Some(name) = Self::field(&kids, Field::Attribute) {
            self.work.push(Item::Field(name, Slot::argument(access, 2)));
        }
        self.done(kids);
        access
    }

    /// `a:b:c`; argument 1 is the start, 2 the stop, 3 the step, absent ones left out.
    fn slice(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Slice, Place::of(node));
        let kids = self.kids(node);
        let mut index = 1;
        for child in &kids {
            match Kind::of(child.node) {
                Kind::Colon => index += 1,
                _ => self.work.push(Item::Expression(child.node, Slot::argument(call, index))),
            }
        }
        self.done(kids);
        call
    }

    /// `{k: v, **m}`: keys and values are arguments in turn.
    fn dictionary(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::DictLiteral, Place::of(node));
        let kids = self.kids(node);
        let mut index = 1;
        for child in &kids {
            self.element(child.node, call, &mut index);
        }
        self.done(kids);
        call
    }

    /// An element of a display or comprehension: a pair is two arguments.
    fn element(&mut self, node: Node<'t>, call: NodeIndex, index: &mut i32) {
        if Kind::of(node) != Kind::Pair {
            self.work.push(Item::Expression(node, Slot::argument(call, *index)));
            *index += 1;
            return;
        }
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| Kind::of(child.node) != Kind::Colon) {
            self.work.push(Item::Expression(child.node, Slot::argument(call, *index)));
            *index += 1;
        }
        self.done(kids);
    }

    /// Text, or a call that formats it: the values put in are its arguments.
    fn string(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let place = Place::of(node);
        let mut values: Vec<Node<'t>> = Vec::new();
        let mut bytes = is_bytes(self.text(node));
        let mut formatted = false;
        if Kind::of(node) == Kind::ConcatenatedString {
            let kids = self.kids(node);
            for part in &kids {
                bytes |= is_bytes(self.text(part.node));
                if is_formatted(self.text(part.node)) {
                    formatted = true;
                    self.interpolations(part.node, &mut values);
                }
            }
            self.done(kids);
        } else if is_formatted(self.text(node)) {
            formatted = true;
            self.interpolations(node, &mut values);
        }
        if !formatted {
            return self.b.literal(slot, place, if bytes { "bytes" } else { "str" });
        }
        let call = self.b.operator(slot, Operator::FormatString, place);
        let text_type = self.b.intern("str");
        self.b.node_mut(call).type_full_name = text_type;
        for (index, value) in values.into_iter().enumerate() {
            self.work.push(Item::Expression(value, Slot::argument(call, index as i32 + 1)));
        }
        call
    }

    /// The expressions inside `{}` of a string, those of format specifications included.
    fn interpolations(&mut self, string: Node<'t>, values: &mut Vec<Node<'t>>) {
        let mut open = vec![string];
        while let Some(node) = open.pop() {
            let kids = self.kids(node);
            let below = open.len();
            for child in &kids {
                match Kind::of(child.node) {
                    Kind::Interpolation | Kind::FormatSpecifier | Kind::FormatExpression => {
                        open.push(child.node)
                    }
                    _ if Field::of(child) == Field::Expression => values.push(child.node),
                    _ => {}
                }
            }
            open[below..].reverse();
            self.done(kids);
        }
    }

    /// Unary, binary and boolean operators, augmented assignments.
    fn operation(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let is_unary = matches!(Kind::of(node), Kind::UnaryOperator | Kind::NotOperator);
        let token = kids.iter().map(|child| Kind::of(child.node)).find(|kind| is_token(*kind));
        let operator = match token {
            _ if Kind::of(node) == Kind::NotOperator => Operator::LogicalNot,
            Some(kind) if is_unary => unary(kind),
            Some(kind) => binary(kind),
            None => Operator::ExpressionList,
        };
        let call = self.b.operator(slot, operator, Place::of(node));
        let target =
            Self::field(&kids, Field::Left).filter(|_| Kind::of(node) == Kind::AugmentedAssignment);
        if let Some(target) = target {
            self.bind_target(target);
        }
        let operands = kids.iter().filter(|child| !is_token(Kind::of(child.node)));
        for (index, child) in operands.enumerate() {
            self.work.push(Item::Expression(child.node, Slot::argument(call, index as i32 + 1)));
        }
        self.done(kids);
        call
    }

    /// `a < b`; a chain `a < b < c` is one `<operator>.compare` over all operands.
    fn comparison(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let mut tokens =
            kids.iter().map(|child| Kind::of(child.node)).filter(|kind| is_token(*kind));
        let operator = match (tokens.next(), tokens.next()) {
            (Some(kind), None) => binary(kind),
            _ => Operator::Compare,
        };
        let call = self.b.operator(slot, operator, Place::of(node));
        let operands = kids.iter().filter(|child| !is_token(Kind::of(child.node)));
        for (index, child) in operands.enumerate() {
            self.work.push(Item::Expression(child.node, Slot::argument(call, index as i32 + 1)));
        }
        self.done(kids);
        call
    }

    /// `a if c else b`: the condition is argument 1.
    fn conditional(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Conditional, Place::of(node));
        let kids = self.kids(node);
        let order: &[usize] = if kids.len() >= 3 { &[1, 0, 2] } else { &[0, 1] };
        for (index, at) in order.iter().enumerate() {
            if let Some(child) = kids.get(*at) {
                self.work
                    .push(Item::Expression(child.node, Slot::argument(call, index as i32 + 1)));
            }
        }
        self.done(kids);
        call
    }

    /// `value as target` of a `with` statement.
    fn as_pattern(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let (source, target) = match kids.as_slice() {
            [source, .., target] => (source.node, target.node),
            _ => {
                self.done(kids);
                return self.unknown(node, slot);
            }
        };
        self.done(kids);
        let call = self.assign(slot, Place::of(node), target);
        self.work.push(Item::Expression(source, Slot::argument(call, 2)));
        call
    }

    fn yield_value(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let is_from = kids.iter().any(|child| Kind::of(child.node) == Kind::FromWord);
        let operator = if is_from { Operator::YieldFrom } else { Operator::Yield };
        let call = self.b.operator(slot, operator, Place::of(node));
        for child in kids.iter().filter(|child| Kind::of(child.node) != Kind::FromWord) {
            self.work.push(Item::Expression(child.node, Slot::argument(call, 1)));
        }
        self.done(kids);
        let method = self.frame().method;
        if method.is_some() && self.frame().place == Where::Function {
            let node = self.b.node_mut(method);
            node.modifiers = node.modifiers.with(Modifiers::GENERATOR);
        }
        call
    }

    /// Comprehensions and generator expressions.
    fn comprehension(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Comprehension, Place::of(node));
        let frame = self.frame();
        let (method, block) = (frame.method, frame.block);
        self.open(
            ScopeKind::Nested,
            Scope {
                place: Where::Comprehension,
                id: 0,
                method,
                block,
                home: call,
                full_name: StrId::EMPTY,
                receiver: StrId::EMPTY,
                lambdas: 0,
            },
        );
        let kids = self.kids(node);
        let mut index = 1;
        for child in &kids {
            match Kind::of(child.node) {
                Kind::ForInClause => {
                    self.clause(child.node, Slot::argument(call, index));
                    index += 1;
                }
                Kind::IfClause => {
                    let inner = self.kids(child.node);
                    for condition in &inner {
                        self.work
                            .push(Item::Expression(condition.node, Slot::argument(call, index)));
                        index += 1;
                    }
                    self.done(inner);
                }
                _ => {}
            }
        }
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.element(body, call, &mut index);
        }
        self.done(kids);
        self.work.push(Item::EndComprehension);
        call
    }

    fn clause(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let source = Self::field(&kids, Field::Right);
        if let (Some(target), Some(source)) = (Self::field(&kids, Field::Left), source) {
            self.bind_target(target);
            self.work.push(Item::Next(target, Iterated::Expression(source), slot));
        }
        self.done(kids);
    }

    /// `target = iteratorNext(source)`.
    pub(super) fn next_value(&mut self, target: Node<'t>, source: Iterated<'t>, slot: Slot) {
        let call = self.assign(slot, Place::of(target), target);
        self.work.push(Item::Advance(source, Place::of(target).start(), Slot::argument(call, 2)));
    }

    /// `iteratorNext(source)`.
    pub(super) fn advance(&mut self, source: Iterated<'t>, place: Place, slot: Slot) {
        match source {
            Iterated::Expression(node) => {
                let next = self.b.operator(slot, Operator::IteratorNext, Place::of(node));
                self.work.push(Item::Expression(node, Slot::argument(next, 1)));
            }
            Iterated::Local(local) => {
                let next = self.b.operator(slot, Operator::IteratorNext, place);
                self.temporary_use(Slot::argument(next, 1), place, local);
            }
        }
    }

    /// A node for what has no rule: the parser's name, and the parts as children.
    pub(super) fn unknown(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let index = self.b.named(slot, NodeKind::Unknown, Place::of(node), node.kind());
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| !is_token(Kind::of(child.node))) {
            self.work.push(Item::Expression(child.node, Slot::role(index, Role::Child)));
        }
        self.done(kids);
        index
    }
}

/// Whether text of a string literal has values put in (`f"…"`, `t"…"`).
pub(super) fn is_formatted(text: &str) -> bool {
    prefix(text).any(|byte| matches!(byte, b'f' | b'F' | b't' | b'T'))
}

fn is_bytes(text: &str) -> bool {
    prefix(text).any(|byte| matches!(byte, b'b' | b'B'))
}

fn prefix(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.bytes().take(3).take_while(|byte| !matches!(byte, b'"' | b'\''))
}

/// Whether a kind is an operator or keyword rather than an operand.
pub(super) fn is_token(kind: Kind) -> bool {
    kind as u8 >= Kind::AsyncWord as u8
}

fn unary(token: Kind) -> Operator {
    match token {
        Kind::Minus => Operator::Minus,
        Kind::Tilde => Operator::Not,
        _ => Operator::Plus,
    }
}

fn binary(token: Kind) -> Operator {
    match token {
        Kind::Plus => Operator::Addition,
        Kind::Minus => Operator::Subtraction,
        Kind::Star => Operator::Multiplication,
        Kind::Slash => Operator::Division,
        Kind::SlashSlash => Operator::FloorDiv,
        Kind::Percent => Operator::Modulo,
        Kind::StarStar => Operator::Exponentiation,
        Kind::At => Operator::MatMult,
        Kind::Ampersand => Operator::And,
        Kind::Bar => Operator::Or,
        Kind::Caret => Operator::Xor,
        Kind::ShiftLeft => Operator::ShiftLeft,
        Kind::ShiftRight => Operator::ArithmeticShiftRight,
        Kind::AndWord => Operator::LogicalAnd,
        Kind::OrWord => Operator::LogicalOr,
        Kind::Less => Operator::LessThan,
        Kind::LessEqual => Operator::LessEqualsThan,
        Kind::Equal => Operator::Equals,
        Kind::NotEqual | Kind::Diamond => Operator::NotEquals,
        Kind::GreaterEqual => Operator::GreaterEqualsThan,
        Kind::Greater => Operator::GreaterThan,
        Kind::InWord => Operator::In,
        Kind::NotIn => Operator::NotIn,
        Kind::IsWord => Operator::Is,
        Kind::IsNot => Operator::IsNot,
        Kind::PlusAssign => Operator::AssignmentPlus,
        Kind::MinusAssign => Operator::AssignmentMinus,
        Kind::StarAssign => Operator::AssignmentMultiplication,
        Kind::SlashAssign => Operator::AssignmentDivision,
        Kind::AtAssign => Operator::AssignmentMatMult,
        Kind::SlashSlashAssign => Operator::AssignmentFloorDiv,
        Kind::PercentAssign => Operator::AssignmentModulo,
        Kind::StarStarAssign => Operator::AssignmentExponentiation,
        Kind::ShiftRightAssign => Operator::AssignmentArithmeticShiftRight,
        Kind::ShiftLeftAssign => Operator::AssignmentShiftLeft,
        Kind::AndAssign => Operator::AssignmentAnd,
        Kind::CaretAssign => Operator::AssignmentXor,
        Kind::OrAssign => Operator::AssignmentOr,
        _ => Operator::ExpressionList,
    }
}
