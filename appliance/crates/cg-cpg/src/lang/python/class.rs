//! Classes and type aliases.

use cg_types::{DispatchType, Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item, Scope, Where};
use crate::builder::{Operator, Place, ScopeKind, Slot};

impl<'t> Front<'_, 't> {
    /// `class C(Base): …`.
    pub(super) fn class(&mut self, node: Node<'t>, block: NodeIndex, decorated: Option<Node<'t>>) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let bases = Self::field(&kids, Field::Superclasses);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);

        let parent = if self.scope().place == Where::Class { self.scope().home } else { block };
        let full_name = self.full_name(name);
        let class = self.b.named(Slot::child(parent), NodeKind::TypeDecl, Place::of(node), name);
        self.b.node_mut(class).full_name = full_name;
        if let Some(decorated) = decorated {
            let modifiers = self.annotations(decorated, class);
            self.b.node_mut(class).modifiers = modifiers;
        }
        if let Some(bases) = bases {
            let names = self.base_names(bases);
            self.b.node_mut(class).type_full_name = names;
        }
        let name_id = self.b.node(class).name;
        self.b.bind(name_id, class);
        self.open(
            ScopeKind::Own,
            Scope {
                place: Where::Class,
                id: 0,
                method: NodeIndex::NONE,
                block: NodeIndex::NONE,
                home: class,
                full_name,
                receiver: StrId::EMPTY,
                lambdas: 0,
            },
        );
        if let Some(body) = body {
            self.work.push(Item::Suite(body, NodeIndex::NONE));
        }
        self.work.push(Item::End(StrId::EMPTY));
    }

    /// The bases that are names, joined by `|`.
    fn base_names(&mut self, list: Node<'t>) -> StrId {
        let kids = self.kids(list);
        let mut names: Vec<StrId> = Vec::new();
        for child in &kids {
            let mut base = child.node;
            while Kind::of(base) == Kind::Subscript {
                let inner = self.kids(base);
                let value = Self::field(&inner, Field::Value);
                self.done(inner);
                match value {
                    Some(value) => base = value,
                    None => break,
                }
            }
            if matches!(Kind::of(base), Kind::Identifier | Kind::Attribute) {
                names.push(self.type_named(self.text(base)));
            }
        }
        self.done(kids);
        let texts: Vec<&str> =
            names.iter().map(|id| self.b.string(*id)).filter(|text| !text.is_empty()).collect();
        let joined = texts.join("|");
        self.b.intern(&joined)
    }

    /// Base expressions that are more than a name run in the block around the class.
    pub(super) fn base_values(&mut self, class: Node<'t>) {
        let kids = self.kids(class);
        let bases = Self::field(&kids, Field::Superclasses);
        self.done(kids);
        let Some(bases) = bases else { return };
        let kids = self.kids(bases);
        for child in &kids {
            let mut value = child.node;
            if Kind::of(value) == Kind::KeywordArgument {
                let inner = self.kids(value);
                value = Self::field(&inner, Field::Value).unwrap_or(value);
                self.done(inner);
            }
            if !matches!(
                Kind::of(value),
                Kind::Identifier | Kind::Attribute | Kind::KeywordArgument
            ) {
                let around = self.statement_block();
                self.work.push(Item::Expression(value, Slot::child(around)));
            }
        }
        self.done(kids);
    }

    /// `type Alias = …`.
    pub(super) fn type_alias(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        let left = Self::field(&kids, Field::Left);
        let right = Self::field(&kids, Field::Right);
        self.done(kids);
        let Some(left) = left else { return };
        if self.text(left).starts_with('(') {
            self.type_call_target(node, left, right);
            return;
        }
        let written = self.text(left).split('[').next().unwrap_or("").trim();
        let full_name = self.full_name(written);
        let parent = if self.scope().place == Where::Class { self.scope().home } else { block };
        let alias = self.b.named(Slot::child(parent), NodeKind::TypeDecl, Place::of(node), written);
        let target = right.map_or(StrId::EMPTY, |right| self.annotated(right));
        let made = self.b.node_mut(alias);
        made.full_name = full_name;
        made.type_full_name = target;
        made.modifiers = Modifiers::FINAL;
        let name = made.name;
        self.b.bind(name, alias);
        if let Some(right) = right {
            let around = self.statement_block();
            self.calls_in_type(right, around);
        }
    }

    /// `type(x).a = v`, which the grammar takes for a type alias: an assignment to a call's attribute.
    fn type_call_target(&mut self, node: Node<'t>, left: Node<'t>, right: Option<Node<'t>>) {
        let around = self.statement_block();
        let set = self.b.operator(Slot::child(around), Operator::Assignment, Place::of(node));
        let place = Place::of(left);
        let call = self.b.call(Slot::argument(set, 1), DispatchType::Dynamic, place, "type");
        self.work.push(Item::Expression(left, Slot::argument(call, 1)));
        if let Some(right) = right {
            self.work.push(Item::Expression(right, Slot::argument(set, 2)));
        }
    }
}
