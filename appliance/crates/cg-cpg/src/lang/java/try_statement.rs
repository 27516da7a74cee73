//! `try`, with resources too.

use cg_types::{ControlKind, DispatchType, Modifiers, NodeIndex, NodeKind, Role};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, ScopeKind, Slot};

impl<'t> Front<'_, 't> {
    /// A TRY with its handlers; resources are BLOCKs within it, or alone where there are no handlers.
    pub(super) fn try_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let body = Self::field(&kids, Field::Body);
        let resources = Self::field(&kids, Field::Resources);
        let has_handlers = kids
            .iter()
            .any(|child| matches!(Kind::of(child.node), Kind::CatchClause | Kind::FinallyClause));
        let mut slot = slot;
        let mut control = NodeIndex::NONE;
        if has_handlers || resources.is_none() {
            control = self.control(slot, ControlKind::Try, node);
            slot = Slot::role(control, Role::TryBody);
        }
        match (resources, body) {
            (Some(list), Some(body)) => {
                self.open_block(slot, Place::of(list).to(Place::of(body)));
                let first = self.resources.len() as u32;
                let inner = self.kids(list);
                let only = inner.iter().filter(|one| Kind::of(one.node) == Kind::Resource);
                self.resources.extend(only.map(|one| one.node));
                self.done(inner);
                self.work.push(Item::Resources(first, self.resources.len() as u32, body));
                self.work.push(Item::BlockEnd);
            }
            (_, Some(body)) => self.work.push(Item::Body(body, slot)),
            _ => {}
        }
        for child in &kids {
            match Kind::of(child.node) {
                Kind::CatchClause => self.work.push(Item::Catch(child.node, control)),
                Kind::FinallyClause => self.work.push(Item::Finally(child.node, control)),
                _ => {}
            }
        }
        self.done(kids);
    }

    /// The first of the resources, in the innermost BLOCK; the others lie in its TRY.
    pub(super) fn resource(&mut self, from: u32, to: u32, body: Node<'t>) {
        let block = self.current_block();
        if from >= to {
            return self.statements(body, block);
        }
        let node = self.resources[from as usize];
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name);
        let value = Self::field(&kids, Field::Value);
        let mut type_name = self
            .written_with(Self::field(&kids, Field::Type), Self::field(&kids, Field::Dimensions));
        self.done(kids);
        if let (Some(name), Some(value)) = (name, value) {
            if self.b.string(type_name) == "var" {
                type_name = self.type_of_value(value);
            }
            let place = Place::of(node);
            let local = self.local(name, place, block, type_name);
            let set = self.b.operator(Slot::child(block), Operator::Assignment, place);
            self.use_of(Slot::argument(set, 1), Place::of(name), local);
            self.work.push(Item::Expression(value, Slot::argument(set, 2)));
        }
        self.work.push(Item::Guarded(from, to, body));
    }

    /// What happens while a resource is open, and its end.
    pub(super) fn guarded(&mut self, from: u32, to: u32, body: Node<'t>) {
        let block = self.current_block();
        let control = self.control(Slot::child(block), ControlKind::Try, body);
        let slot = Slot::role(control, Role::TryBody);
        self.open_block(slot, Place::of(body));
        self.work.push(Item::Resources(from + 1, to, body));
        self.work.push(Item::BlockEnd);
        self.work.push(Item::Close(from, control));
    }

    /// `r.close()`.
    pub(super) fn close(&mut self, at: u32, control: NodeIndex) {
        let node = self.resources[at as usize];
        let place = Place::of(node).start();
        let finally =
            self.b.control(Slot::role(control, Role::FinallyBody), ControlKind::Finally, place);
        let block = self.b.add(Slot::child(finally), NodeKind::Block, place);
        let call = self.b.call(Slot::child(block), DispatchType::Dynamic, place, "close");
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name);
        let other = kids.first().map(|child| child.node);
        self.done(kids);
        let receiver = Slot::receiver(call);
        match (name, other) {
            (Some(name), _) => {
                let text = self.text(name);
                self.b.identifier(receiver, place, text);
            }
            (None, Some(other)) => self.work.push(Item::Expression(other, receiver)),
            (None, None) => {}
        }
    }

    /// `catch (A | B e) { … }`.
    pub(super) fn catch_clause(&mut self, node: Node<'t>, around: NodeIndex) {
        let control = self.control(Slot::role(around, Role::CatchBody), ControlKind::Catch, node);
        self.b.push_scope(ScopeKind::Nested);
        let kids = self.kids(node);
        if let Some(parameter) = Self::of_kind(&kids, Kind::CatchFormalParameter) {
            let inner = self.kids(parameter);
            let name = Self::field(&inner, Field::Name);
            let written = self.modifiers(&inner);
            let type_node = Self::of_kind(&inner, Kind::CatchType);
            self.done(inner);
            if let (Some(name), Some(type_node)) = (name, type_node) {
                let type_name = self.written_type(type_node);
                let local = self.local(name, Place::of(parameter), control, type_name);
                self.b.node_mut(local).modifiers = written.flags;
                if matches!(self.b.string(type_name), "Throwable" | "java.lang.Throwable") {
                    self.b.node_mut(control).modifiers = Modifiers::WILDCARD;
                }
            }
        }
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Body(body, Slot::child(control)));
        }
        self.done(kids);
        self.work.push(Item::ScopeEnd);
    }

    /// `finally { … }`.
    pub(super) fn finally_clause(&mut self, node: Node<'t>, around: NodeIndex) {
        let slot = Slot::role(around, Role::FinallyBody);
        let control = self.control(slot, ControlKind::Finally, node);
        let kids = self.kids(node);
        if let Some(body) = Self::of_kind(&kids, Kind::Block) {
            self.work.push(Item::Body(body, Slot::child(control)));
        }
        self.done(kids);
    }
}
