//! Declarations of variables, assignments, destructuring with defaults and rests.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::name::Naming;
use crate::builder::{Operator, Place, Slot};

/// Where a name that is bound is declared.
#[derive(Clone, Copy)]
pub(super) struct Declare {
    pub(super) lives: Lives,
    pub(super) modifiers: Modifiers,
}

/// What a declared name is seen in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lives {
    /// Not declared: an assignment.
    Nowhere,
    /// `let`, `const`.
    Block,
    /// `var`.
    Function,
}

impl Declare {
    /// An assignment to what is declared elsewhere.
    pub(super) const NOTHING: Self = Self { lives: Lives::Nowhere, modifiers: Modifiers(0) };
    /// A `let`.
    pub(super) const BLOCK: Self = Self { lives: Lives::Block, modifiers: Modifiers(0) };
}

/// Where a bound value comes from.
#[derive(Clone, Copy)]
pub(super) enum From<'t> {
    /// An expression.
    Node(Node<'t>),
    /// A variable.
    Whole(Source),
    /// A field of it.
    Field(Source, StrId),
    /// A field with a computed name.
    Computed(Source, Node<'t>),
    /// What is left of it.
    Rest(Source),
    /// The next value of an iterator.
    Next(NodeIndex),
}

/// A variable that is taken apart: its declaration, or its name where that may follow later.
#[derive(Clone, Copy)]
pub(super) struct Source {
    name: StrId,
    declaration: NodeIndex,
}

impl Source {
    /// A LOCAL or parameter.
    pub(super) fn of(declaration: NodeIndex) -> Self {
        Self { name: StrId::EMPTY, declaration }
    }
}

impl<'t> Front<'_, 't> {
    /// `const a = 1, {b} = c`: each as a child with this slot.
    pub(super) fn declarators(&mut self, node: Node<'t>, slot: Slot) {
        let lives = match self.kind(node) {
            Kind::VariableDeclaration => Lives::Function,
            _ => Lives::Block,
        };
        let kids = self.kids(node);
        let is_const = kids.iter().any(|kid| kid.kind == Kind::ConstWord);
        let modifiers = if is_const { self.exported.with(Modifiers::FINAL) } else { self.exported };
        for kid in kids.iter().filter(|kid| kid.kind == Kind::VariableDeclarator) {
            self.declarator(kid.node, slot, Declare { lives, modifiers });
        }
        self.done(kids);
    }

    fn declarator(&mut self, node: Node<'t>, slot: Slot, declare: Declare) {
        let kids = self.kids(node);
        let target = Self::field(&kids, Field::Name);
        let annotation = Self::field(&kids, Field::Type);
        let value = Self::field(&kids, Field::Value);
        self.done(kids);
        let Some(target) = target else { return };
        if let Some(value) = value {
            self.required(target, value, slot);
        }
        if self.kind(target) != Kind::Identifier {
            if let Some(value) = value {
                self.work.push(Item::Bind(target, From::Node(value), None, slot, declare));
            } else {
                self.declare_names(target, declare);
            }
            return;
        }
        let text = self.text(target);
        let local = self.variable(text, Place::of(target), declare);
        if let Some(annotation) = annotation {
            let written = self.annotation(annotation);
            self.settle(local, written);
        }
        let Some(value) = value else { return };
        let hint = self.type_of_value(value);
        self.hint(local, hint);
        let call = self.b.operator(slot, Operator::Assignment, Place::of(node));
        self.use_of(Slot::argument(call, 1), Place::of(target), local);
        let naming = Naming::plain(self.b.node(local).name);
        self.work.push(Item::Value(value, Slot::argument(call, 2), naming));
    }

    /// Declares the names of a pattern that is given no value.
    pub(super) fn declare_names(&mut self, pattern: Node<'t>, declare: Declare) {
        let mut open = vec![pattern];
        while let Some(node) = open.pop() {
            match self.kind(node) {
                Kind::Identifier | Kind::ShorthandPattern => {
                    let text = self.text(node);
                    self.variable(text, Place::of(node), declare);
                }
                Kind::ObjectPattern
                | Kind::ArrayPattern
                | Kind::PairPattern
                | Kind::RestPattern
                | Kind::AssignmentPattern
                | Kind::ObjectAssignmentPattern => {
                    let kids = self.kids(node);
                    let names = kids.iter().filter(|kid| {
                        !matches!(kid.field, Field::Right | Field::Key) && !kid.kind.is_token()
                    });
                    open.extend(names.map(|kid| kid.node));
                    self.done(kids);
                }
                _ => {}
            }
        }
    }

    /// `target = from`, and for a pattern one assignment for each of its names. `slot` must take several
    /// nodes (a child of a BLOCK) if the target is a pattern.
    pub(super) fn bind(
        &mut self,
        target: Node<'t>,
        from: From<'t>,
        default: Option<Node<'t>>,
        slot: Slot,
        declare: Declare,
    ) {
        let (mut target, mut default) = (target, default);
        loop {
            match self.kind(target) {
                Kind::AssignmentPattern
                | Kind::ObjectAssignmentPattern
                | Kind::AssignmentExpression => {
                    let kids = self.kids(target);
                    let left = Self::field(&kids, Field::Left);
                    default = default.or(Self::field(&kids, Field::Right));
                    self.done(kids);
                    match left {
                        Some(left) => target = left,
                        None => return,
                    }
                }
                Kind::Parenthesized | Kind::NonNull => match self.first(target) {
                    Some(inner) => target = inner,
                    None => return,
                },
                _ => break,
            }
        }
        let place = Place::of(target);
        match self.kind(target) {
            Kind::ObjectPattern | Kind::Object | Kind::ArrayPattern | Kind::Array => {
                self.take_apart(target, from, default, slot, declare);
            }
            Kind::Identifier | Kind::ShorthandPattern | Kind::ShorthandProperty => {
                let text = self.text(target);
                let local = self.variable(text, place, declare);
                let call = self.b.operator(slot, Operator::Assignment, place);
                if local.is_some() {
                    self.use_of(Slot::argument(call, 1), place, local);
                } else {
                    self.identifier(Slot::argument(call, 1), target);
                }
                let naming = Naming::plain(self.b.intern(text));
                self.work.push(Item::Read(from, default, place, Slot::argument(call, 2), naming));
            }
            Kind::RestPattern | Kind::Spread => {
                if let Some(inner) = self.first(target) {
                    self.work.push(Item::Bind(inner, from, default, slot, declare));
                }
            }
            _ => {
                let call = self.b.operator(slot, Operator::Assignment, place);
                self.work.push(Item::Expression(target, Slot::argument(call, 1)));
                let value = Slot::argument(call, 2);
                self.work.push(Item::Read(from, default, place, value, Naming::NONE));
            }
        }
    }

    /// The variable that the parts of a pattern are read from; made if the value is more than a name.
    fn source(
        &mut self,
        pattern: Node<'t>,
        from: From<'t>,
        default: Option<Node<'t>>,
        slot: Slot,
    ) -> Source {
        match (from, default) {
            (From::Whole(source), None) => return source,
            (From::Node(node), None)
                if matches!(self.kind(node), Kind::Identifier | Kind::This) =>
            {
                return Source { name: self.name(node), declaration: NodeIndex::NONE };
            }
            _ => {}
        }
        let place = Place::of(pattern);
        let local = self.temporary(place);
        let call = self.b.operator(slot, Operator::Assignment, place);
        self.use_of(Slot::argument(call, 1), place, local);
        self.work.push(Item::Read(from, default, place, Slot::argument(call, 2), Naming::NONE));
        Source::of(local)
    }

    fn take_apart(
        &mut self,
        pattern: Node<'t>,
        from: From<'t>,
        default: Option<Node<'t>>,
        slot: Slot,
        declare: Declare,
    ) {
        let source = self.source(pattern, from, default, slot);
        let is_list = matches!(self.kind(pattern), Kind::ArrayPattern | Kind::Array);
        let kids = self.kids_and_commas(pattern);
        let mut position = 0;
        for kid in &kids {
            let (target, from) = match kid.kind {
                Kind::Comma => {
                    position += 1;
                    continue;
                }
                Kind::RestPattern | Kind::Spread => (kid.node, From::Rest(source)),
                _ if is_list => {
                    let name = self.b.intern(&format!("{position}"));
                    (kid.node, From::Field(source, name))
                }
                Kind::ShorthandPattern | Kind::ShorthandProperty => {
                    (kid.node, From::Field(source, self.name(kid.node)))
                }
                Kind::ObjectAssignmentPattern | Kind::AssignmentExpression => {
                    let Some(left) = self.child(kid.node, Field::Left) else { continue };
                    (kid.node, From::Field(source, self.name(left)))
                }
                Kind::PairPattern | Kind::Pair => {
                    let inner = self.kids(kid.node);
                    let key = Self::field(&inner, Field::Key);
                    let value = Self::field(&inner, Field::Value);
                    self.done(inner);
                    let (Some(key), Some(value)) = (key, value) else { continue };
                    match self.property_name(key) {
                        (_, Some(computed)) => (value, From::Computed(source, computed)),
                        (name, None) => (value, From::Field(source, name)),
                    }
                }
                kind if kind.is_token() => continue,
                _ => (kid.node, From::Whole(source)),
            };
            self.work.push(Item::Bind(target, from, None, slot, declare));
        }
        self.done(kids);
    }

    /// The value that is bound: `v === undefined ? default : v` if there is a default.
    pub(super) fn read(
        &mut self,
        from: From<'t>,
        default: Option<Node<'t>>,
        place: Place,
        slot: Slot,
        naming: Naming,
    ) {
        let Some(default) = default else { return self.read_plain(from, place, slot, naming) };
        // What has to be computed is computed once.
        if matches!(from, From::Computed(..) | From::Node(_) | From::Next(_)) {
            let call = self.b.operator(slot, Operator::Elvis, place);
            self.work.push(Item::Read(from, None, place, Slot::argument(call, 1), naming));
            self.work.push(Item::Value(default, Slot::argument(call, 2), naming));
            return;
        }
        let choice = self.b.operator(slot, Operator::Conditional, place.to(Place::of(default)));
        let test = self.b.operator(Slot::argument(choice, 1), Operator::Equals, place);
        self.read_plain(from, place, Slot::argument(test, 1), naming);
        self.b.literal(Slot::argument(test, 2), place.start(), "undefined");
        self.work.push(Item::Value(default, Slot::argument(choice, 2), naming));
        self.work.push(Item::Read(from, None, place, Slot::argument(choice, 3), naming));
    }

    fn read_plain(&mut self, from: From<'t>, place: Place, slot: Slot, naming: Naming) {
        match from {
            From::Node(node) => self.work.push(Item::Value(node, slot, naming)),
            From::Whole(source) => {
                self.read_source(source, place, slot);
            }
            From::Field(source, name) => {
                let access = self.b.operator(slot, Operator::FieldAccess, place);
                self.read_source(source, place, Slot::argument(access, 1));
                self.field_named(Slot::argument(access, 2), place, name);
            }
            From::Computed(source, key) => {
                let access = self.b.operator(slot, Operator::IndexAccess, place);
                self.read_source(source, place, Slot::argument(access, 1));
                self.work.push(Item::Expression(key, Slot::argument(access, 2)));
            }
            From::Rest(source) => {
                let rest = self.b.operator(slot, Operator::StarredUnpack, place);
                self.read_source(source, place, Slot::argument(rest, 1));
            }
            From::Next(iterator) => {
                let next = self.b.operator(slot, Operator::IteratorNext, place);
                self.use_of(Slot::argument(next, 1), place, iterator);
            }
        }
    }

    fn read_source(&mut self, source: Source, place: Place, slot: Slot) -> NodeIndex {
        if source.declaration.is_some() {
            return self.use_of(slot, place, source.declaration);
        }
        let name = self.b.string(source.name).to_owned();
        self.b.identifier_late(slot, place, &name)
    }

    /// `a = b` as an expression; a pattern inside of another expression is a BLOCK whose value is the last
    /// node in it.
    pub(super) fn assignment(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let left = Self::field(&kids, Field::Left);
        let right = Self::field(&kids, Field::Right);
        self.done(kids);
        let (Some(mut left), Some(right)) = (left, right) else { return self.unknown(node, slot) };
        while matches!(self.kind(left), Kind::Parenthesized | Kind::NonNull) {
            match self.first(left) {
                Some(inner) => left = inner,
                None => return self.unknown(node, slot),
            }
        }
        let place = Place::of(node);
        match self.kind(left) {
            Kind::ObjectPattern | Kind::Object | Kind::ArrayPattern | Kind::Array => {
                let is_statement =
                    slot.argument_index < 0 && self.b.node(slot.parent).kind == NodeKind::Block;
                if is_statement {
                    self.bind(left, From::Node(right), None, slot, Declare::NOTHING);
                    return NodeIndex::NONE;
                }
                let block = self.b.add(slot, NodeKind::Block, place);
                let local = self.temporary(place);
                let call = self.b.operator(Slot::child(block), Operator::Assignment, place);
                self.use_of(Slot::argument(call, 1), Place::of(left), local);
                self.work.push(Item::Expression(right, Slot::argument(call, 2)));
                let from = From::Whole(Source::of(local));
                let inside = Slot::child(block);
                self.work.push(Item::Bind(left, from, None, inside, Declare::NOTHING));
                self.work.push(Item::Use(local, place, inside));
                block
            }
            kind => {
                let call = self.b.operator(slot, Operator::Assignment, place);
                let naming = self.naming_of(left);
                if kind == Kind::MemberExpression {
                    self.member_of_this(left, right);
                } else if kind == Kind::Identifier {
                    let name = self.name(left);
                    if let Some(declared) = self.declared(name) {
                        let hint = self.type_of_value(right);
                        self.hint(declared, hint);
                    }
                }
                self.work.push(Item::Expression(left, Slot::argument(call, 1)));
                self.work.push(Item::Value(right, Slot::argument(call, 2), naming));
                call
            }
        }
    }
}
