//! `switch`, as a statement or with a value.

use cg_types::{ControlKind, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind, is_token};
use super::lower::{Breakable, Front, Item, Subject};
use crate::builder::{Operator, Place, Slot};

/// What the labels of a `switch` look like.
#[derive(Default)]
struct Shape {
    has_arrows: bool,
    has_patterns: bool,
    /// Something may leave it by `break` or `yield`.
    may_leave: bool,
}

impl<'t> Front<'_, 't> {
    /// A MATCH where there are arrows or patterns, else a SWITCH.
    pub(super) fn switch(&mut self, node: Node<'t>, slot: Slot, has_value: bool) -> NodeIndex {
        let kids = self.kids(node);
        let condition = Self::field(&kids, Field::Condition);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let groups: Vec<Node<'t>> = match body {
            Some(body) => {
                let kids = self.kids(body);
                let groups = kids.iter().map(|child| child.node).collect();
                self.done(kids);
                groups
            }
            None => Vec::new(),
        };
        let shape = self.shape(&groups);
        let is_match = shape.has_arrows || shape.has_patterns;
        let place = Place::of(node);
        let mut slot = slot;
        let mut outer = NodeIndex::NONE;
        let mut label = StrId::EMPTY;
        if shape.may_leave && (is_match || has_value) {
            let number = self.methods.last_mut().map_or(0, |frame| {
                frame.switches += 1;
                frame.switches
            });
            label = self.b.intern(&format!("<switch{number}>"));
            outer = self.b.add(slot, NodeKind::Block, place);
            self.switch_label(label, Slot::child(outer), place.start());
            slot = Slot::child(outer);
        }
        let kind = if is_match { ControlKind::Match } else { ControlKind::Switch };
        let control = self.control(slot, kind, node);
        let subject = match condition {
            Some(condition) => self.subject(condition, control, shape.has_patterns),
            None => Subject::Nothing,
        };
        self.work.push(Item::Breakable(match (is_match, has_value) {
            (_, true) => Breakable::Value(label),
            (true, false) => Breakable::Statement(label),
            (false, false) => Breakable::Known,
        }));
        if is_match {
            for group in groups {
                self.work.push(Item::Arm(group, control, subject));
            }
        } else {
            let slot = Slot::role(control, Role::TrueBody);
            self.work.push(Item::Body(body.unwrap_or(node), slot));
        }
        self.work.push(Item::BreakableEnd);
        if outer.is_some() { outer } else { control }
    }

    fn shape(&mut self, groups: &[Node<'t>]) -> Shape {
        let mut shape = Shape::default();
        for group in groups {
            let kids = self.kids(*group);
            shape.has_arrows |= Kind::of(*group) == Kind::SwitchRule;
            shape.may_leave |=
                Kind::of(*group) != Kind::SwitchRule || Self::of_kind(&kids, Kind::Block).is_some();
            for child in kids.iter().filter(|child| Kind::of(child.node) == Kind::SwitchLabel) {
                let inner = self.kids(child.node);
                shape.has_patterns |= inner.iter().any(|one| {
                    matches!(
                        Kind::of(one.node),
                        Kind::Pattern | Kind::TypePattern | Kind::RecordPattern | Kind::Guard
                    )
                });
                self.done(inner);
            }
            self.done(kids);
        }
        shape
    }

    /// What is decided on: a plain name stands for itself where patterns look at it, any other value is kept.
    fn subject(&mut self, condition: Node<'t>, control: NodeIndex, is_kept: bool) -> Subject<'t> {
        let slot = Slot::role(control, Role::Condition);
        let Some(value) = self.unwrap(condition).filter(|_| is_kept) else {
            self.work.push(Item::Expression(condition, slot));
            return Subject::Nothing;
        };
        if matches!(Kind::of(value), Kind::Identifier | Kind::This) {
            self.work.push(Item::Expression(value, slot));
            return Subject::Plain(value);
        }
        let place = Place::of(value);
        let kept = self.temporary(place, "<subject>");
        let set = self.b.operator(slot, Operator::Assignment, place);
        self.use_of(Slot::argument(set, 1), place, kept);
        self.work.push(Item::Expression(value, Slot::argument(set, 2)));
        Subject::Kept(kept)
    }

    /// `case 1: case 2: statements` among the statements of a SWITCH.
    pub(super) fn group(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| !is_token(Kind::of(child.node))) {
            if Kind::of(child.node) != Kind::SwitchLabel {
                self.work.push(Item::Statement(child.node, block));
                continue;
            }
            let values = self.kids(child.node);
            let is_default = Self::of_kind(&values, Kind::DefaultWord).is_some();
            let name = if is_default { "default" } else { "case" };
            let place = Place::of(child.node);
            self.b.named(Slot::child(block), NodeKind::JumpTarget, place, name);
            for value in values.iter().filter(|value| !is_token(Kind::of(value.node))) {
                self.work.push(Item::Expression(value.node, Slot::child(block)));
            }
            self.done(values);
        }
        self.done(kids);
    }

    /// An arm: JUMP_TARGET, constants, the names bound, the guard, the value or statements.
    pub(super) fn arm(&mut self, node: Node<'t>, control: NodeIndex, subject: Subject<'t>) {
        let kids = self.kids(node);
        let block = self.open_block(Slot::role(control, Role::TrueBody), Place::of(node));
        let target_place =
            Self::of_kind(&kids, Kind::SwitchLabel).map_or(Place::of(node).start(), Place::of);
        let target = self.b.named(Slot::child(block), NodeKind::JumpTarget, target_place, "case");
        for child in kids.iter().filter(|child| !is_token(Kind::of(child.node))) {
            match Kind::of(child.node) {
                Kind::SwitchLabel => {
                    let parts = self.kids(child.node);
                    if Self::of_kind(&parts, Kind::DefaultWord).is_some() {
                        let default = self.b.intern("default");
                        self.b.node_mut(target).name = default;
                    }
                    for part in parts.iter().filter(|part| !is_token(Kind::of(part.node))) {
                        self.label_part(part.node, block, subject);
                    }
                    self.done(parts);
                }
                Kind::Block => self.statements(child.node, block),
                _ => self.work.push(Item::Statement(child.node, block)),
            }
        }
        self.done(kids);
        self.work.push(Item::BlockEnd);
    }

    fn label_part(&mut self, part: Node<'t>, block: NodeIndex, subject: Subject<'t>) {
        match Kind::of(part) {
            Kind::Pattern | Kind::TypePattern | Kind::RecordPattern => {
                self.matched(part, Slot::child(block), subject)
            }
            Kind::Guard => {
                let kids = self.kids(part);
                if let Some(guard) = kids.iter().find(|one| !is_token(Kind::of(one.node))) {
                    let slot = Slot::role(block, Role::Condition);
                    self.work.push(Item::Expression(guard.node, slot));
                }
                self.done(kids);
            }
            _ => self.work.push(Item::Expression(part, Slot::child(block))),
        }
    }
}
