//! `match` statements.

use cg_types::{ControlKind, NodeIndex, NodeKind, Role};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// `match subject: case …`: the subject is kept in a LOCAL, from which patterns take their names.
    pub(super) fn match_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let control = self.control(slot, ControlKind::Match, node);
        let subjects: Vec<Node<'t>> = kids
            .iter()
            .filter(|child| Field::of(child) == Field::Subject)
            .map(|child| child.node)
            .collect();
        let Some((first, last)) = subjects.first().zip(subjects.last()) else {
            self.done(kids);
            return;
        };
        let place = Place::of(*first).to(Place::of(*last));
        let kept = self.temporary(place, "<subject>");
        let set =
            self.b.operator(Slot::role(control, Role::Condition), Operator::Assignment, place);
        self.temporary_use(Slot::argument(set, 1), place, kept);
        if subjects.len() == 1 {
            self.work.push(Item::Expression(*first, Slot::argument(set, 2)));
        } else {
            let tuple = self.b.operator(Slot::argument(set, 2), Operator::TupleLiteral, place);
            for (index, subject) in subjects.iter().enumerate() {
                self.work.push(Item::Expression(*subject, Slot::argument(tuple, index as i32 + 1)));
            }
        }
        if let Some(body) = Self::field(&kids, Field::Body) {
            let cases = self.kids(body);
            for case in cases.iter().filter(|child| Kind::of(child.node) == Kind::CaseClause) {
                self.work.push(Item::Case(case.node, control, kept));
            }
            self.done(cases);
        }
        self.done(kids);
    }

    /// One `case`: JUMP_TARGET, the captured names, the guard, the body.
    pub(super) fn case_clause(&mut self, node: Node<'t>, control: NodeIndex, subject: NodeIndex) {
        let block =
            self.b.add(Slot::role(control, Role::TrueBody), NodeKind::Block, Place::of(node));
        let kids = self.kids(node);
        let patterns: Vec<Node<'t>> = kids
            .iter()
            .filter(|child| Kind::of(child.node) == Kind::CasePattern)
            .map(|child| child.node)
            .collect();
        let mut captures = Vec::new();
        let takes_all = self.captures(&patterns, &mut captures);
        let place = match (patterns.first(), patterns.last()) {
            (Some(first), Some(last)) => Place::of(*first).to(Place::of(*last)),
            _ => Place::of(node).start(),
        };
        let name = if takes_all { "default" } else { "case" };
        self.b.named(Slot::child(block), NodeKind::JumpTarget, place, name);
        for name in captures {
            self.variable(name);
            self.work.push(Item::Capture(name, subject, block));
        }
        if let Some(guard) = Self::field(&kids, Field::Guard) {
            let inner = self.kids(guard);
            for condition in &inner {
                self.work
                    .push(Item::Expression(condition.node, Slot::role(block, Role::Condition)));
            }
            self.done(inner);
        }
        if let Some(body) = Self::field(&kids, Field::Consequence) {
            self.work.push(Item::Suite(body, block));
        }
        self.done(kids);
    }

    /// `name = subject`.
    pub(super) fn capture(&mut self, name: Node<'t>, subject: NodeIndex, block: NodeIndex) {
        let place = Place::of(name);
        let call = self.b.operator(Slot::child(block), Operator::Assignment, place);
        let text = self.text(name);
        self.b.identifier_late(Slot::argument(call, 1), place, text);
        self.temporary_use(Slot::argument(call, 2), place.start(), subject);
    }

    /// The names that patterns capture, in order; whether they match everything.
    fn captures(&mut self, patterns: &[Node<'t>], names: &mut Vec<Node<'t>>) -> bool {
        let takes_all = match patterns {
            [only] => {
                let kids = self.kids(*only);
                let is_bare = match kids.as_slice() {
                    [one] if Kind::of(one.node) == Kind::Underscore => true,
                    [one] if Kind::of(one.node) == Kind::DottedName => {
                        !self.text(one.node).contains('.')
                    }
                    _ => false,
                };
                self.done(kids);
                is_bare
            }
            _ => false,
        };
        let mut open: Vec<Node<'t>> = patterns.iter().rev().copied().collect();
        while let Some(node) = open.pop() {
            let kind = Kind::of(node);
            match kind {
                Kind::DottedName => {
                    let kids = self.kids(node);
                    if let [only] = kids.as_slice() {
                        names.push(only.node);
                    }
                    self.done(kids);
                    continue;
                }
                Kind::Identifier => {
                    if self.text(node) != "_" {
                        names.push(node);
                    }
                    continue;
                }
                _ => {}
            }
            let kids = self.kids(node);
            let below = open.len();
            for (at, child) in kids.iter().enumerate() {
                // `Point(…)` and `x=…` name a class and an attribute, not a capture.
                let is_label = at == 0
                    && matches!(
                        (kind, Kind::of(child.node)),
                        (Kind::ClassPattern, Kind::DottedName)
                            | (Kind::KeywordPattern, Kind::Identifier)
                    );
                if !is_label {
                    open.push(child.node);
                }
            }
            open[below..].reverse();
            self.done(kids);
        }
        takes_all
    }
}
