//! Patterns: `instanceof` and the labels of a `switch`.

use cg_types::{NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind, is_type};
use super::lower::{Front, Item, Subject};
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// `x instanceof T`, `x instanceof T t`, `x instanceof P(T a, var b)`.
    pub(super) fn instance_of(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let value = Self::field(&kids, Field::Left);
        let type_node = Self::field(&kids, Field::Right);
        let name = Self::field(&kids, Field::Name);
        let pattern = Self::field(&kids, Field::Pattern);
        self.done(kids);
        let place = Place::of(node);
        let value = value.and_then(|value| self.unwrap(value));
        let binds = name.is_some() || pattern.is_some();
        if !binds {
            let test = self.b.operator(slot, Operator::InstanceOf, place);
            if let Some(value) = value {
                self.work.push(Item::Expression(value, Slot::argument(test, 1)));
            }
            if let Some(type_node) = type_node {
                self.work.push(Item::TypeRef(type_node, Slot::argument(test, 2)));
            }
            return test;
        }
        let both = self.b.operator(slot, Operator::LogicalAnd, place);
        let test = self.b.operator(Slot::argument(both, 1), Operator::InstanceOf, place);
        let first = Slot::argument(test, 1);
        let subject = match value {
            Some(value) if matches!(Kind::of(value), Kind::Identifier | Kind::This) => {
                self.work.push(Item::Expression(value, first));
                Subject::Plain(value)
            }
            Some(value) => {
                let kept = self.temporary(Place::of(value), "<subject>");
                let set = self.b.operator(first, Operator::Assignment, Place::of(value));
                self.use_of(Slot::argument(set, 1), Place::of(value), kept);
                self.work.push(Item::Expression(value, Slot::argument(set, 2)));
                Subject::Kept(kept)
            }
            None => Subject::Nothing,
        };
        let second = Slot::argument(test, 2);
        let target = Slot::argument(both, 2);
        match (type_node, name, pattern) {
            (Some(type_node), Some(name), _) => {
                self.work.push(Item::TypeRef(type_node, second));
                self.bind_whole(type_node, name, target, place, subject);
            }
            (_, _, Some(pattern)) => {
                let inner = self.kids(pattern);
                if let Some(head) = inner.first() {
                    self.work.push(Item::TypeRef(head.node, second));
                }
                self.done(inner);
                self.matched(pattern, target, subject);
            }
            _ => {}
        }
        both
    }

    /// The names of a pattern get their values.
    pub(super) fn matched(&mut self, pattern: Node<'t>, slot: Slot, subject: Subject<'t>) {
        let mut pattern = pattern;
        if Kind::of(pattern) == Kind::Pattern {
            let kids = self.kids(pattern);
            let inner = kids.first().map(|child| child.node);
            self.done(kids);
            let Some(inner) = inner else { return };
            pattern = inner;
        }
        let place = Place::of(pattern);
        if Kind::of(pattern) == Kind::TypePattern {
            let kids = self.kids(pattern);
            let type_node = kids.iter().map(|child| child.node).find(|one| is_type(Kind::of(*one)));
            let name = Self::of_kind(&kids, Kind::Identifier);
            self.done(kids);
            if let (Some(type_node), Some(name)) = (type_node, name) {
                self.bind_whole(type_node, name, slot, place, subject);
            }
            return;
        }
        let names = self.component_names(pattern);
        let set = self.b.operator(slot, Operator::Assignment, place);
        let tuple = self.b.operator(Slot::argument(set, 1), Operator::TupleLiteral, place);
        for (index, (name, type_name)) in (1..).zip(names) {
            let local = self.pattern_local(name, type_name);
            self.use_of(Slot::argument(tuple, index), Place::of(name), local);
        }
        self.subject_use(subject, Slot::argument(set, 2), place);
    }

    /// `t = (T) x`.
    fn bind_whole(
        &mut self,
        type_node: Node<'t>,
        name: Node<'t>,
        slot: Slot,
        place: Place,
        subject: Subject<'t>,
    ) {
        let written = self.written_type(type_node);
        let local = self.pattern_local(name, written);
        let set = self.b.operator(slot, Operator::Assignment, place);
        self.use_of(Slot::argument(set, 1), Place::of(name), local);
        let cast = self.b.operator(Slot::argument(set, 2), Operator::Cast, place);
        self.b.node_mut(cast).type_full_name = written;
        self.type_ref(type_node, Slot::argument(cast, 1));
        self.subject_use(subject, Slot::argument(cast, 2), place);
    }

    fn subject_use(&mut self, subject: Subject<'t>, slot: Slot, place: Place) {
        match subject {
            Subject::Kept(local) => {
                self.use_of(slot, place.start(), local);
            }
            Subject::Plain(node) => {
                self.expression(node, slot);
            }
            Subject::Nothing => {}
        }
    }

    fn pattern_local(&mut self, name: Node<'t>, type_name: StrId) -> NodeIndex {
        let block = self.current_block();
        let text = self.name(name);
        let slot = Slot::child(block);
        let local = self.b.add_front(slot, NodeKind::Local, Place::of(name));
        let is_var = self.b.string(type_name) == "var";
        let made = self.b.node_mut(local);
        made.name = text;
        made.type_full_name = if is_var { StrId::EMPTY } else { type_name };
        self.b.bind(text, local);
        local
    }

    /// The names in a record pattern, those of patterns inside it too, in the order of the text.
    fn component_names(&mut self, pattern: Node<'t>) -> Vec<(Node<'t>, StrId)> {
        let mut found = Vec::new();
        let mut open = vec![pattern];
        while let Some(node) = open.pop() {
            let kids = self.kids(node);
            if Kind::of(node) == Kind::RecordPatternComponent {
                let type_node =
                    kids.iter().map(|child| child.node).find(|one| is_type(Kind::of(*one)));
                let written = type_node.map_or(StrId::EMPTY, |one| self.written_type(one));
                if let Some(name) = Self::of_kind(&kids, Kind::Identifier) {
                    found.push((name, written));
                }
            } else {
                let below = open.len();
                open.extend(kids.iter().map(|child| child.node).filter(|one| {
                    matches!(
                        Kind::of(*one),
                        Kind::RecordPatternBody
                            | Kind::RecordPatternComponent
                            | Kind::RecordPattern
                            | Kind::Error
                    )
                }));
                open[below..].reverse();
            }
            self.done(kids);
        }
        found
    }
}
