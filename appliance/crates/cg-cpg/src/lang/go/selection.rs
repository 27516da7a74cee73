//! `if`, `switch`, type switch, `select`.

use cg_types::{ControlKind, Modifiers, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::statement::{SWITCH, last_statement};
use crate::builder::{Operator, Place, Slot};

/// The value that a type switch looks at, kept under a name for each case.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    kept: NodeIndex,
    alias: StrId,
}

const NO_SUBJECT: Subject = Subject { kept: NodeIndex::NONE, alias: StrId::EMPTY };

impl<'t> Front<'_, 't> {
    /// An `if`; with a statement before the condition, in a BLOCK.
    pub(super) fn if_statement(&mut self, node: Node<'t>, slot: Slot) {
        match self.initializer(node) {
            Some(initializer) => {
                self.open_block(slot, Place::of(node));
                self.work.push(Item::Statement(initializer));
                self.work.push(Item::If(node));
                self.work.push(Item::BlockEnd);
            }
            None => self.bare_if(node, slot),
        }
    }

    fn initializer(&mut self, node: Node<'t>) -> Option<Node<'t>> {
        let kids = self.kids(node);
        let initializer = Self::field(&kids, Field::Initializer);
        self.done(kids);
        initializer
    }

    pub(super) fn bare_if(&mut self, node: Node<'t>, slot: Slot) {
        let control = self.b.control(slot, ControlKind::If, Place::of(node));
        let kids = self.kids(node);
        if let Some(condition) = Self::field(&kids, Field::Condition) {
            self.work.push(Item::Expression(condition, Slot::role(control, Role::Condition)));
        }
        if let Some(body) = Self::field(&kids, Field::Consequence) {
            self.work.push(Item::Block(body, Slot::role(control, Role::TrueBody)));
        }
        if let Some(alternative) = Self::field(&kids, Field::Alternative) {
            self.work.push(Item::Else(alternative, control));
        }
        self.done(kids);
    }

    /// `else`: a CONTROL_STRUCTURE ELSE around a BLOCK.
    pub(super) fn else_branch(&mut self, node: Node<'t>, around: NodeIndex) {
        let slot = Slot::role(around, Role::FalseBody);
        let control = self.b.control(slot, ControlKind::Else, Place::of(node));
        if Kind::of(node) == Kind::Block {
            return self.block(node, Slot::child(control));
        }
        self.open_block(Slot::child(control), Place::of(node));
        self.work.push(Item::Statement(node));
        self.work.push(Item::BlockEnd);
    }

    /// A `switch`; with a statement before the value, in a BLOCK.
    pub(super) fn switch_statement(&mut self, node: Node<'t>, slot: Slot) {
        match self.initializer(node) {
            Some(initializer) => {
                self.open_block(slot, Place::of(node));
                self.work.push(Item::Statement(initializer));
                self.work.push(Item::Switch(node));
                self.work.push(Item::BlockEnd);
            }
            None => self.bare_switch(node, slot),
        }
    }

    /// A `switch` or `select` without what stands before.
    pub(super) fn bare_switch(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let value = Self::field(&kids, Field::Value);
        let alias = Self::field(&kids, Field::Alias);
        let clauses: Vec<Node<'t>> =
            kids.iter().map(|one| one.node).filter(|one| is_clause(Kind::of(*one))).collect();
        self.done(kids);
        if Kind::of(node) == Kind::ExpressionSwitchStatement
            && value.is_none()
            && !clauses.iter().any(|one| self.last_of(*one) == Some(Kind::FallthroughStatement))
        {
            return self.chain_of(node, &clauses, slot);
        }
        let place = Place::of(node);
        let header = match (value, clauses.first()) {
            (Some(value), _) => place.to(Place::of(value)),
            (None, Some(first)) => place.to(Place::of(*first).start()),
            (None, None) => place,
        };
        let control = self.b.control(slot, ControlKind::Switch, header);
        if Kind::of(node) == Kind::SelectStatement {
            // It waits until one of its cases can be taken.
            let name = self.b.intern("select_statement");
            let made = self.b.node_mut(control);
            made.name = name;
            made.modifiers = Modifiers::WILDCARD;
        }
        let mut subject = NO_SUBJECT;
        let condition = Slot::role(control, Role::Condition);
        match (value, alias) {
            (Some(value), Some(alias)) => {
                let alias = self.unwrap(alias).unwrap_or(alias);
                let at = Place::of(value);
                let kept = self.b.named(Slot::child(control), NodeKind::Local, at, "<subject>");
                subject = Subject { kept, alias: self.name(alias) };
                let set = self.b.operator(condition, Operator::Assignment, at);
                self.use_of(Slot::argument(set, 1), at, kept);
                self.work.push(Item::Expression(value, Slot::argument(set, 2)));
            }
            (Some(value), None) => self.work.push(Item::Expression(value, condition)),
            _ => {}
        }
        self.breaks.push(false);
        self.work.push(Item::Cases(node, control, subject));
        self.work.push(Item::BreakEnd);
    }

    /// The BLOCK of a SWITCH.
    pub(super) fn cases(&mut self, node: Node<'t>, control: NodeIndex, subject: Subject) {
        let kids = self.kids(node);
        let clauses = || kids.iter().filter(|one| is_clause(Kind::of(one.node)));
        let whole = Place::of(node);
        let place = match (clauses().next(), clauses().next_back()) {
            (Some(first), Some(last)) => Place::of(first.node).to(Place::of(last.node)),
            _ => Place { line: whole.line, ..whole },
        };
        let block = self.b.add(Slot::role(control, Role::TrueBody), NodeKind::Block, place);
        for child in clauses() {
            self.work.push(Item::Case(child.node, block, subject));
        }
        self.done(kids);
    }

    /// JUMP_TARGET, the values or types, and the statements.
    pub(super) fn case(&mut self, node: Node<'t>, block: NodeIndex, subject: Subject) {
        let slot = Slot::child(block);
        let is_default = Kind::of(node) == Kind::DefaultCase;
        let name = if is_default { "default" } else { "case" };
        let whole = self.all_kids(node);
        let of_head = |one: &&crate::syntax::Child<'t>| {
            matches!(Field::of(one), Field::Value | Field::Type | Field::Communication)
        };
        let last = whole.iter().rfind(of_head).or(whole.first());
        let head = last.map_or(Place::of(node), |last| Place::of(node).to(Place::of(last.node)));
        self.done(whole);
        self.b.named(slot, NodeKind::JumpTarget, head, name);
        let kids = self.kids(node);
        for child in &kids {
            match (Field::of(child), Kind::of(child.node)) {
                (Field::Value, Kind::ExpressionList) => {
                    let values = self.kids(child.node);
                    for value in &values {
                        self.work.push(Item::Expression(value.node, slot));
                    }
                    self.done(values);
                }
                (Field::Value, _) => self.work.push(Item::Expression(child.node, slot)),
                (Field::Type, kind) if !kind.is_token() => {
                    self.type_ref(child.node, slot);
                }
                _ => {}
            }
        }
        self.done(kids);
        self.work.push(Item::CaseBody(node, block, subject));
    }

    pub(super) fn case_body(&mut self, node: Node<'t>, block: NodeIndex, subject: Subject) {
        let kids = self.kids(node);
        let communication = Self::field(&kids, Field::Communication);
        let mut types = kids.iter().filter(|one| Field::of(one) == Field::Type);
        let only = match (types.next(), types.next()) {
            (Some(only), None) => Some(only.node),
            _ => None,
        };
        let list = Self::of_kind(&kids, Kind::StatementList);
        self.done(kids);
        let place = list.map_or(end_of(node), Place::of);
        let own = self.open_block(Slot::child(block), place);
        if subject.kept.is_some() {
            self.named_subject(subject, only, own, place);
        }
        if let Some(communication) = communication {
            self.work.push(Item::Statement(communication));
        }
        if let Some(list) = list {
            self.statements(list);
        }
        self.work.push(Item::BlockEnd);
        let leaves = matches!(
            self.last_of(node),
            Some(
                Kind::FallthroughStatement
                    | Kind::ReturnStatement
                    | Kind::BreakStatement
                    | Kind::ContinueStatement
                    | Kind::GotoStatement
            )
        );
        if !leaves {
            self.work.push(Item::CaseEnd(end_of(node), block));
        }
    }

    /// `v := x.(type)`: in each case a LOCAL of the case's type.
    fn named_subject(
        &mut self,
        subject: Subject,
        only: Option<Node<'t>>,
        block: NodeIndex,
        place: Place,
    ) {
        let at = place.start();
        let only = only.filter(|one| !matches!(Kind::of(*one), Kind::Nil));
        let only = only.filter(|one| self.text(*one) != "nil");
        let of = only.map_or(StrId::EMPTY, |one| self.written_type(one));
        let alias = self.b.string(subject.alias).to_owned();
        let local = self.b.declare(Slot::child(block), NodeKind::Local, at, &alias, "");
        self.b.node_mut(local).type_full_name = of;
        let set = self.b.operator(Slot::child(block), Operator::Assignment, at);
        self.use_of(Slot::argument(set, 1), at, local);
        let mut value = Slot::argument(set, 2);
        if let Some(only) = only {
            let cast = self.b.operator(value, Operator::Cast, at);
            self.b.node_mut(cast).type_full_name = of;
            self.type_ref(only, Slot::argument(cast, 1));
            value = Slot::argument(cast, 2);
        }
        self.use_of(value, at, subject.kept);
    }

    /// The kind of the last statement of a clause.
    fn last_of(&mut self, clause: Node<'t>) -> Option<Kind> {
        let kids = self.kids(clause);
        let list = Self::of_kind(&kids, Kind::StatementList);
        self.done(kids);
        let statements = self.kids(list?);
        let last = last_statement(&statements);
        self.done(statements);
        last.map(Kind::of)
    }

    /// `switch` without a value: a chain of IFs in a labelled BLOCK.
    fn chain_of(&mut self, node: Node<'t>, clauses: &[Node<'t>], slot: Slot) {
        let place = Place::of(node);
        let block = self.open_block(slot, place);
        self.b.named(Slot::child(block), NodeKind::JumpLabel, place.start(), SWITCH);
        let from = self.kept.len() as u32;
        let is_default = |one: &&Node<'t>| Kind::of(**one) == Kind::DefaultCase;
        self.kept.extend(clauses.iter().filter(|one| !is_default(one)));
        // The default clause is the last one to be asked, wherever it stands.
        self.kept.extend(clauses.iter().filter(is_default));
        self.breaks.push(true);
        self.work.push(Item::Chain(from, self.kept.len() as u32, Slot::child(block)));
        self.work.push(Item::BreakEnd);
        self.work.push(Item::BlockEnd);
    }

    pub(super) fn chain(&mut self, from: u32, to: u32, slot: Slot) {
        let Some(node) = self.kept.get(from as usize).copied().filter(|_| from < to) else {
            return;
        };
        let mut slot = slot;
        if slot.role == Role::FalseBody {
            let control = self.b.control(slot, ControlKind::Else, Place::of(node));
            slot = Slot::child(control);
        }
        if Kind::of(node) == Kind::DefaultCase {
            return self.clause(node, slot);
        }
        let is_nested = self.b.node(slot.parent).control == ControlKind::Else;
        if is_nested {
            let block = self.b.add(slot, NodeKind::Block, Place::of(node));
            slot = Slot::child(block);
        }
        let control = self.b.control(slot, ControlKind::If, Place::of(node));
        let kids = self.kids(node);
        let value = Self::field(&kids, Field::Value);
        self.done(kids);
        if let Some(value) = value {
            self.work.push(Item::AnyOf(value, Slot::role(control, Role::Condition)));
        }
        self.work.push(Item::Clause(node, Slot::role(control, Role::TrueBody)));
        self.work.push(Item::Chain(from + 1, to, Slot::role(control, Role::FalseBody)));
    }

    /// `case a, b`: `a || b`.
    pub(super) fn any_of(&mut self, list: Node<'t>, slot: Slot) {
        let kids = self.kids(list);
        let values: Vec<Node<'t>> = match Kind::of(list) {
            Kind::ExpressionList => kids.iter().map(|one| one.node).collect(),
            _ => vec![list],
        };
        self.done(kids);
        let from = self.kept.len() as u32;
        self.kept.extend(values);
        self.any(from, self.kept.len() as u32, slot);
    }

    /// From the right: `a || (b || c)`, which decides the same.
    pub(super) fn any(&mut self, from: u32, to: u32, slot: Slot) {
        let values = self.kept.get(from as usize..to as usize).unwrap_or(&[]);
        let (Some(first), Some(last)) = (values.first().copied(), values.last().copied()) else {
            return;
        };
        if from + 1 == to {
            self.work.push(Item::Expression(first, slot));
            return;
        }
        let place = Place::of(first).to(Place::of(last));
        let call = self.b.operator(slot, Operator::LogicalOr, place);
        self.work.push(Item::Expression(first, Slot::argument(call, 1)));
        self.work.push(Item::Any(from + 1, to, Slot::argument(call, 2)));
    }

    /// The statements of a clause as a BLOCK.
    pub(super) fn clause(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let list = Self::of_kind(&kids, Kind::StatementList);
        self.done(kids);
        self.open_block(slot, list.map_or(end_of(node), Place::of));
        if let Some(list) = list {
            self.statements(list);
        }
        self.work.push(Item::BlockEnd);
    }
}

fn is_clause(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ExpressionCase | Kind::TypeCase | Kind::CommunicationCase | Kind::DefaultCase
    )
}

/// The empty place at the end of a node.
fn end_of(node: Node<'_>) -> Place {
    let place = Place::of(node);
    let end = node.end_position();
    let span = cg_types::Span { start: place.span.end, end: place.span.end };
    let line = end.row as u32 + 1;
    Place { span, line, column: end.column as u32 + 1, line_end: line }
}
