//! Declarations of variables, assignments, and the targets of `range`.

use cg_types::{Modifiers, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// A LOCAL of a declaration; seen in a function only once it is bound.
    fn local(&mut self, name: Node<'t>, parent: NodeIndex, modifiers: Modifiers) -> NodeIndex {
        let text = self.text(name);
        let slot = Slot::child(parent);
        let local = self.b.named(slot, NodeKind::Local, Place::of(name), text);
        let id = self.b.node(local).name;
        let mut modifiers = modifiers;
        if self.is_top() && self.frames.len() == 1 {
            modifiers = modifiers.with(Self::visibility(text));
            self.package.entry(id).or_insert(local);
        }
        self.b.node_mut(local).modifiers = modifiers;
        local
    }

    /// Makes a declared name visible behind what is on the work list now.
    fn push_bind(&mut self, local: NodeIndex) {
        if !self.is_top() {
            self.work.push(Item::Bind(self.b.node(local).name, local));
        }
    }

    /// `var a, b T = x, y`, `const a = x`.
    pub(super) fn declare_all(
        &mut self,
        node: Node<'t>,
        names: &[Node<'t>],
        values: Option<Node<'t>>,
        slot: Slot,
        type_name: StrId,
        modifiers: Modifiers,
    ) {
        let Some(list) = values else {
            for name in names {
                if self.text(*name) == "_" {
                    continue;
                }
                let local = self.local(*name, slot.parent, modifiers);
                self.b.node_mut(local).type_full_name = type_name;
                self.push_bind(local);
            }
            return;
        };
        let kids = self.kids(list);
        let given: Vec<Node<'t>> = kids.iter().map(|one| one.node).collect();
        self.done(kids);
        let mut targets = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            let mut of_name = type_name;
            if of_name == StrId::EMPTY && (given.len() == names.len() || at == 0) {
                of_name = given.get(at).map_or(StrId::EMPTY, |value| self.type_of_value(*value));
            }
            targets.push(match self.text(*name) {
                "_" => Target::Blank(*name),
                _ => Target::New(*name, of_name),
            });
        }
        self.assign_new(node, &targets, list, &given, slot, modifiers);
    }

    /// `a, b := x, y`: names that this scope does not have yet are new.
    pub(super) fn define(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let left = Self::field(&kids, Field::Left);
        let right = Self::field(&kids, Field::Right);
        self.done(kids);
        let (Some(left), Some(right)) = (left, right) else { return };
        let given: Vec<Node<'t>> = match Kind::of(right) {
            Kind::ExpressionList => {
                let kids = self.kids(right);
                let given = kids.iter().map(|one| one.node).collect();
                self.done(kids);
                given
            }
            _ => vec![right],
        };
        let targets = self.targets(left, &given);
        self.assign_new(node, &targets, right, &given, slot, Modifiers::default());
    }

    fn targets(&mut self, left: Node<'t>, given: &[Node<'t>]) -> Vec<Target<'t>> {
        let kids = self.kids(left);
        let mut targets = Vec::with_capacity(kids.len());
        for (at, child) in kids.iter().enumerate() {
            let name = self.name(child.node);
            targets.push(match Kind::of(child.node) {
                Kind::Identifier if self.text(child.node) == "_" => Target::Blank(child.node),
                Kind::Identifier if self.b.resolve_here(name).is_none() => {
                    let is_known = given.len() == kids.len() || at == 0;
                    let value = given.get(at).filter(|_| is_known);
                    let of = value.map_or(StrId::EMPTY, |value| self.type_of_value(*value));
                    Target::New(child.node, of)
                }
                _ => Target::Old(child.node),
            });
        }
        self.done(kids);
        targets
    }

    /// Declares the new targets and assigns to all.
    fn assign_new(
        &mut self,
        node: Node<'t>,
        targets: &[Target<'t>],
        list: Node<'t>,
        given: &[Node<'t>],
        slot: Slot,
        modifiers: Modifiers,
    ) {
        let place = Place::of(node);
        let all_new = !targets.iter().any(|target| matches!(target, Target::Old(_)));
        let mut locals: Vec<NodeIndex> = Vec::new();
        if all_new && given.len() == targets.len() {
            // The values cannot read the names, so that the order of assignment does not matter. All nodes of
            // one assignment stand before those of the next.
            for (target, value) in targets.iter().zip(given) {
                let local = self.declared(target, slot.parent, modifiers);
                locals.extend(local);
                let own = match targets {
                    [_] => place,
                    _ => Place::of(target.node()).to(Place::of(*value)),
                };
                let call = self.b.operator(slot, Operator::Assignment, own);
                self.target(target, local, Slot::argument(call, 1));
                self.work.push(Item::Expression(*value, Slot::argument(call, 2)));
            }
        } else {
            let declared: Vec<Option<NodeIndex>> = targets
                .iter()
                .map(|target| self.declared(target, slot.parent, modifiers))
                .collect();
            let call = self.b.operator(slot, Operator::Assignment, place);
            let mut to = Slot::argument(call, 1);
            if targets.len() != 1 {
                let last = targets.last().map_or(place, |last| Place::of(last.node()));
                let whole = targets.first().map_or(place, |first| Place::of(first.node()).to(last));
                let tuple = self.b.operator(to, Operator::TupleLiteral, whole);
                to = Slot::argument(tuple, 1);
            }
            for (target, local) in targets.iter().zip(&declared) {
                self.target(target, *local, to);
                to.argument_index += 1;
            }
            self.work.push(Item::Expression(list, Slot::argument(call, 2)));
            locals.extend(declared.into_iter().flatten());
        }
        for local in locals {
            self.push_bind(local);
        }
    }

    fn declared(
        &mut self,
        target: &Target<'t>,
        parent: NodeIndex,
        modifiers: Modifiers,
    ) -> Option<NodeIndex> {
        let Target::New(name, of) = target else { return None };
        let local = self.local(*name, parent, modifiers);
        self.b.node_mut(local).type_full_name = *of;
        Some(local)
    }

    fn target(&mut self, target: &Target<'t>, local: Option<NodeIndex>, slot: Slot) {
        let node = target.node();
        match (target, local) {
            (Target::New(..), Some(local)) => {
                self.use_of(slot, Place::of(node), local);
            }
            (Target::Old(_), _) if Kind::of(node) != Kind::Identifier => {
                self.work.push(Item::Expression(node, slot));
            }
            _ => {
                let text = self.text(node);
                self.value_of_name(slot, Place::of(node), text);
            }
        }
    }

    /// `a, b = x, y` and `a += x`.
    pub(super) fn assignment(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let token = Self::field(&kids, Field::Operator).map_or(Kind::Assign, Kind::of);
        let call = self.b.operator(slot, assignment_operator(token), Place::of(node));
        if let Some(left) = Self::field(&kids, Field::Left) {
            self.work.push(Item::Expression(left, Slot::argument(call, 1)));
        }
        if let Some(right) = Self::field(&kids, Field::Right) {
            let to = Slot::argument(call, 2);
            match token {
                Kind::AndNotAssign => self.work.push(Item::Inverted(right, to)),
                _ => self.work.push(Item::Expression(right, to)),
            }
        }
        self.done(kids);
    }

    /// `x <- …` of a case of `select`: a declaration, an assignment, or the value alone.
    pub(super) fn receive(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let left = Self::field(&kids, Field::Left);
        let right = Self::field(&kids, Field::Right);
        let is_new = Self::of_kind(&kids, Kind::Define).is_some();
        self.done(kids);
        match (left, right) {
            (Some(_), Some(_)) if is_new => self.define(node, slot),
            (Some(_), Some(_)) => self.assignment(node, slot),
            (_, Some(right)) => self.work.push(Item::Expression(right, slot)),
            _ => {}
        }
    }

    /// The condition of a FOR over `range`: what the iterator gives, into the targets.
    pub(super) fn next_value(&mut self, node: Node<'t>, control: NodeIndex, iterator: NodeIndex) {
        let condition = Slot::role(control, Role::Condition);
        let kids = self.kids(node);
        let left = Self::field(&kids, Field::Left);
        let is_new = Self::of_kind(&kids, Kind::Define).is_some();
        self.done(kids);
        let place = Place::of(node);
        let Some(left) = left else {
            self.work.push(Item::Ask(condition, iterator, place));
            return;
        };
        if !is_new {
            let call = self.b.operator(condition, Operator::Assignment, place);
            self.work.push(Item::Expression(left, Slot::argument(call, 1)));
            self.work.push(Item::Ask(Slot::argument(call, 2), iterator, place));
            return;
        }
        let targets = self.targets(left, &[]);
        let declared: Vec<Option<NodeIndex>> = targets
            .iter()
            .map(|target| self.declared(target, control, Modifiers::default()))
            .collect();
        let call = self.b.operator(condition, Operator::Assignment, place);
        let mut to = Slot::argument(call, 1);
        if targets.len() != 1 {
            let tuple = self.b.operator(to, Operator::TupleLiteral, Place::of(left));
            to = Slot::argument(tuple, 1);
        }
        for (target, local) in targets.iter().zip(&declared) {
            self.target(target, *local, to);
            to.argument_index += 1;
        }
        self.work.push(Item::Ask(Slot::argument(call, 2), iterator, place));
        for local in declared.into_iter().flatten() {
            self.push_bind(local);
        }
    }
}

/// What a declaration gives a value to.
enum Target<'t> {
    /// A new name with the type that is known of it.
    New(Node<'t>, StrId),
    /// A variable that is there already.
    Old(Node<'t>),
    /// `_`.
    Blank(Node<'t>),
}

impl<'t> Target<'t> {
    fn node(&self) -> Node<'t> {
        match self {
            Self::New(node, _) | Self::Old(node) | Self::Blank(node) => *node,
        }
    }
}

fn assignment_operator(token: Kind) -> Operator {
    match token {
        Kind::PlusAssign => Operator::AssignmentPlus,
        Kind::MinusAssign => Operator::AssignmentMinus,
        Kind::StarAssign => Operator::AssignmentMultiplication,
        Kind::SlashAssign => Operator::AssignmentDivision,
        Kind::PercentAssign => Operator::AssignmentModulo,
        Kind::AndAssign | Kind::AndNotAssign => Operator::AssignmentAnd,
        Kind::OrAssign => Operator::AssignmentOr,
        Kind::CaretAssign => Operator::AssignmentXor,
        Kind::ShiftLeftAssign => Operator::AssignmentShiftLeft,
        Kind::ShiftRightAssign => Operator::AssignmentArithmeticShiftRight,
        _ => Operator::Assignment,
    }
}
