//! Patterns: the names they bind, and the assignments that stand for them.

use cg_types::{NodeIndex, NodeKind};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, Slot};

/// Where the LOCALs of a pattern go.
#[derive(Clone, Copy)]
pub(super) enum Home {
    /// Behind the children that a BLOCK has so far.
    Next(NodeIndex),
    /// Before the children of a BLOCK that is being filled elsewhere.
    Front(NodeIndex),
}

impl<'s> Front<'_, '_, 's> {
    /// The assignment that a pattern is: its CALL, and the argument index that the value gets. A pattern
    /// that takes its value apart assigns to a tuple of its names; one without names is a `let`.
    /// The names become visible with [`Front::push_bound`].
    pub(super) fn destructure(
        &mut self,
        pattern: Node<'s>,
        slot: Slot,
        place: Place,
        home: Home,
    ) -> (NodeIndex, i32) {
        let names = self.names(pattern);
        if names.is_empty() {
            return (self.b.operator(slot, Operator::Let, place), 1);
        }
        let is_whole = names.len() == 1 && self.is_whole(pattern);
        let locals: Vec<NodeIndex> = names.iter().map(|name| self.local(*name, home)).collect();
        let call = self.b.operator(slot, Operator::Assignment, place);
        let target = if is_whole {
            Slot::argument(call, 1)
        } else {
            let tuple = Slot::argument(call, 1);
            Slot::child(self.b.operator(tuple, Operator::TupleLiteral, Place::of(pattern)))
        };
        for (index, (name, local)) in names.into_iter().zip(locals).enumerate() {
            let slot =
                if is_whole { target } else { Slot::argument(target.parent, index as i32 + 1) };
            let target_use = self.use_of(slot, Place::of(name), local);
            let id = self.b.node(local).name;
            self.state.bound.push((id, local, target_use));
        }
        (call, 2)
    }

    /// A LOCAL that is not visible yet.
    pub(super) fn local(&mut self, name: Node<'s>, home: Home) -> NodeIndex {
        let id = self.name(name);
        let place = Place::of(name);
        let local = match home {
            Home::Next(block) => self.b.add(Slot::child(block), NodeKind::Local, place),
            Home::Front(block) => self.b.add_front(Slot::child(block), NodeKind::Local, place),
        };
        self.b.node_mut(local).name = id;
        local
    }

    /// Makes the names of the pattern at hand visible to what comes behind on the work list.
    pub(super) fn push_bound(&mut self) {
        let mut bound = std::mem::take(&mut self.state.bound);
        for (name, local, _) in bound.drain(..) {
            self.work.push(Item::Bind(name, local));
        }
        self.state.bound = bound;
    }

    /// Whether a pattern binds any name.
    pub(super) fn binds(&mut self, pattern: Node<'s>) -> bool {
        !self.names(pattern).is_empty()
    }

    /// Whether a pattern is `_` or a single name.
    pub(super) fn takes_all(&mut self, pattern: Node<'s>) -> bool {
        match Kind::of(pattern) {
            Kind::Underscore => true,
            Kind::Identifier => is_binding(self.text(pattern)),
            _ => false,
        }
    }

    /// Whether the pattern is a name for the whole value.
    fn is_whole(&mut self, mut pattern: Node<'s>) -> bool {
        loop {
            match Kind::of(pattern) {
                Kind::Identifier => return true,
                Kind::MutPattern | Kind::RefPattern | Kind::ReferencePattern => {}
                _ => return false,
            }
            let kids = self.kids(pattern);
            let inner = kids.iter().map(|child| child.node).find(|one| is_part(Kind::of(*one)));
            self.done(kids);
            match inner {
                Some(inner) => pattern = inner,
                None => return false,
            }
        }
    }

    /// The names that a pattern binds, each once, in order.
    pub(super) fn names(&mut self, pattern: Node<'s>) -> Vec<Node<'s>> {
        let mut names: Vec<Node<'s>> = Vec::new();
        let mut open = vec![pattern];
        let mut has_alternatives = false;
        while let Some(node) = open.pop() {
            match Kind::of(node) {
                Kind::Identifier if is_binding(self.text(node)) => names.push(node),
                Kind::ShorthandFieldIdentifier => names.push(node),
                Kind::OrPattern => has_alternatives = true,
                _ => {}
            }
            if !is_compound(Kind::of(node)) {
                continue;
            }
            let kids = self.kids(node);
            let below = open.len();
            for child in &kids {
                let is_name_of = matches!(
                    (Kind::of(node), Field::of(child)),
                    (Kind::TupleStructPattern | Kind::StructPattern, Field::Type)
                ) || (Kind::of(node) == Kind::FieldPattern
                    && Kind::of(child.node) == Kind::FieldIdentifier);
                if !is_name_of {
                    open.push(child.node);
                }
            }
            open[below..].reverse();
            self.done(kids);
        }
        if has_alternatives {
            let mut seen = rustc_hash::FxHashSet::default();
            names.retain(|name| seen.insert(self.b.slice(Place::of(*name).span)));
        }
        names
    }

    /// `let pattern = value` as a condition.
    pub(super) fn let_condition(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let pattern = Self::field(&kids, Field::Pattern);
        let value = Self::field(&kids, Field::Value);
        self.done(kids);
        let Some(pattern) = pattern else { return self.unknown(node, slot) };
        let home = Home::Front(self.current_block());
        let (call, argument) = self.destructure(pattern, slot, Place::of(node), home);
        if let Some(value) = value {
            self.work.push(Item::Expression(value, Slot::argument(call, argument)));
        }
        self.push_bound();
        call
    }

    /// `a && let p = b && c`: `<operator>.logicalAnd`, left to right.
    pub(super) fn let_chain(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let parts: Vec<Node<'s>> = kids
            .iter()
            .map(|child| child.node)
            .filter(|one| Kind::of(*one) != Kind::AndAnd)
            .collect();
        self.done(kids);
        let Some((first, rest)) = parts.split_first() else { return self.unknown(node, slot) };
        let mut slots = Vec::with_capacity(parts.len());
        let mut root = NodeIndex::NONE;
        let mut at = slot;
        for part in rest.iter().rev() {
            let place = Place::of(*first).to(Place::of(*part));
            let call = self.b.operator(at, Operator::LogicalAnd, place);
            root = if root.is_some() { root } else { call };
            slots.push(Slot::argument(call, 2));
            at = Slot::argument(call, 1);
        }
        if rest.is_empty() {
            return self.unknown(node, slot);
        }
        slots.push(at);
        for (part, slot) in parts.iter().zip(slots.into_iter().rev()) {
            self.work.push(Item::Expression(*part, slot));
        }
        root
    }
}

/// Whether a name in a pattern is bound there; a capital letter means a constant or variant.
pub(super) fn is_binding(name: &str) -> bool {
    let name = name.strip_prefix("r#").unwrap_or(name);
    !name.trim_start_matches('_').starts_with(char::is_uppercase) && name != "_"
}

fn is_part(kind: Kind) -> bool {
    !matches!(kind, Kind::MutableSpecifier | Kind::RefWord | Kind::Ampersand)
}

fn is_compound(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TuplePattern
            | Kind::TupleStructPattern
            | Kind::StructPattern
            | Kind::FieldPattern
            | Kind::RefPattern
            | Kind::MutPattern
            | Kind::ReferencePattern
            | Kind::SlicePattern
            | Kind::CapturedPattern
            | Kind::OrPattern
            | Kind::MatchPattern
            | Kind::Error
    )
}
