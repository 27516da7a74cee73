//! Modules, types, impl blocks, constants, attributes.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::types::strip_generics;
use crate::builder::{Operator, Place, Slot};
use crate::syntax::Child;

impl<'s> Front<'_, '_, 's> {
    /// PUBLIC if there is a `pub`.
    pub(super) fn visibility(&self, kids: &[Child<'s>]) -> Modifiers {
        if Self::has(kids, Kind::VisibilityModifier) {
            Modifiers::PUBLIC
        } else {
            Modifiers::default()
        }
    }

    /// `mod m { … }`; `mod m;` is an IMPORT of `self::m`.
    pub(super) fn module(&mut self, node: Node<'s>, parent: NodeIndex, attributes: (u32, u32)) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let body = Self::field(&kids, Field::Body);
        let modifiers = self.visibility(&kids);
        self.done(kids);
        let slot = Slot::child(parent);
        let Some(body) = body else {
            let import = self.b.named(slot, NodeKind::Import, Place::of(node), name);
            let entity = self.b.intern(&format!("self::{name}"));
            let made = self.b.node_mut(import);
            made.full_name = entity;
            made.modifiers = modifiers;
            return;
        };
        let full_name = self.full_name(name);
        let module = self.b.named(slot, NodeKind::NamespaceBlock, Place::of(node), name);
        let made = self.b.node_mut(module);
        made.full_name = full_name;
        made.modifiers = modifiers;
        self.annotations(attributes, module);
        self.open(full_name, StrId::EMPTY, NodeIndex::NONE);
        self.statements(body, module);
        self.work.push(Item::ContainerEnd);
    }

    /// `extern "C" { … }`: the declarations stand where the block does.
    pub(super) fn foreign_module(&mut self, node: Node<'s>, parent: NodeIndex) {
        let kids = self.kids(node);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        if let Some(body) = body {
            self.statements(body, parent);
        }
    }

    /// A TYPE_DECL with name, type parameters and annotations.
    fn type_decl(
        &mut self,
        node: Node<'s>,
        parent: NodeIndex,
        kids: &[Child<'s>],
        attributes: (u32, u32),
    ) -> NodeIndex {
        let name = Self::field(kids, Field::Name).map_or("", |name| self.text(name));
        let full_name = self.full_name(name);
        let made = self.b.named(Slot::child(parent), NodeKind::TypeDecl, Place::of(node), name);
        let modifiers = self.visibility(kids);
        let decl = self.b.node_mut(made);
        decl.full_name = full_name;
        decl.modifiers = modifiers;
        self.annotations(attributes, made);
        if let Some(generics) = Self::field(kids, Field::TypeParameters) {
            self.type_parameters(generics, made);
        }
        made
    }

    /// `struct`, `union`.
    pub(super) fn structure(&mut self, node: Node<'s>, parent: NodeIndex, attributes: (u32, u32)) {
        let kids = self.kids(node);
        let decl = self.type_decl(node, parent, &kids, attributes);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let Some(body) = body else { return };
        let fields = self.kids(body);
        let mut position = 0;
        let mut notes: Vec<Node<'s>> = Vec::new();
        for child in &fields {
            match Kind::of(child.node) {
                Kind::AttributeItem => notes.push(child.node),
                Kind::FieldDeclaration => {
                    let member = self.member(child.node, decl);
                    notes.drain(..).for_each(|note| self.annotation(note, member));
                }
                _ if Field::of(child) == Field::Type => {
                    let written = self.written_type(child.node);
                    let name = position.to_string();
                    let member = self.b.named(
                        Slot::child(decl),
                        NodeKind::Member,
                        Place::of(child.node),
                        &name,
                    );
                    self.b.node_mut(member).type_full_name = written;
                    position += 1;
                    notes.drain(..).for_each(|note| self.annotation(note, member));
                }
                _ => {}
            }
        }
        self.done(fields);
    }

    fn member(&mut self, node: Node<'s>, decl: NodeIndex) -> NodeIndex {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let written = Self::field(&kids, Field::Type)
            .map_or(StrId::EMPTY, |written| self.written_type(written));
        let modifiers = self.visibility(&kids);
        self.done(kids);
        let member = self.b.named(Slot::child(decl), NodeKind::Member, Place::of(node), name);
        let made = self.b.node_mut(member);
        made.type_full_name = written;
        made.modifiers = modifiers;
        member
    }

    /// `enum`: the variants are MEMBERs.
    pub(super) fn enumeration(
        &mut self,
        node: Node<'s>,
        parent: NodeIndex,
        attributes: (u32, u32),
    ) {
        let kids = self.kids(node);
        let decl = self.type_decl(node, parent, &kids, attributes);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let Some(body) = body else { return };
        let variants = self.kids(body);
        let mut notes: Vec<Node<'s>> = Vec::new();
        for child in &variants {
            match Kind::of(child.node) {
                Kind::AttributeItem => notes.push(child.node),
                Kind::EnumVariant => {
                    let inner = self.kids(child.node);
                    let name = Self::field(&inner, Field::Name).map_or("", |name| self.text(name));
                    let slot = Slot::child(decl);
                    let member = self.b.named(slot, NodeKind::Member, Place::of(child.node), name);
                    if let Some(fields) = Self::field(&inner, Field::Body) {
                        let signature = self.written_type(fields);
                        self.b.node_mut(member).signature = signature;
                    }
                    if let Some(value) = Self::field(&inner, Field::Value) {
                        self.work.push(Item::Expression(value, Slot::child(member)));
                    }
                    self.done(inner);
                    notes.drain(..).for_each(|note| self.annotation(note, member));
                }
                _ => {}
            }
        }
        self.done(variants);
    }

    /// `trait`: ABSTRACT, with its supertraits.
    pub(super) fn trait_item(&mut self, node: Node<'s>, parent: NodeIndex, attributes: (u32, u32)) {
        let kids = self.kids(node);
        let decl = self.type_decl(node, parent, &kids, attributes);
        let bounds = Self::field(&kids, Field::Bounds);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let bases = bounds.map_or(StrId::EMPTY, |bounds| self.bounds(bounds));
        let made = self.b.node_mut(decl);
        made.modifiers = made.modifiers.with(Modifiers::ABSTRACT);
        made.type_full_name = bases;
        let (full_name, name) = (made.full_name, made.name);
        self.open(full_name, name, NodeIndex::NONE);
        if let Some(body) = body {
            self.statements(body, decl);
        }
        self.work.push(Item::ContainerEnd);
    }

    /// The traits of `: A + B<T>`, joined by `|`.
    fn bounds(&mut self, node: Node<'s>) -> StrId {
        let kids = self.kids(node);
        let mut names = String::new();
        for child in kids.iter().filter(|child| {
            matches!(
                Kind::of(child.node),
                Kind::TypeIdentifier | Kind::ScopedTypeIdentifier | Kind::GenericType
            )
        }) {
            let path = self.plain_path(child.node);
            if !names.is_empty() {
                names.push('|');
            }
            names.push_str(self.b.string(path));
        }
        self.done(kids);
        self.b.intern(&names)
    }

    /// `impl T { … }`, `impl Trait for T { … }`: a TYPE_DECL of the type's name.
    pub(super) fn impl_item(&mut self, node: Node<'s>, parent: NodeIndex, attributes: (u32, u32)) {
        let kids = self.kids(node);
        let of = Self::field(&kids, Field::Type);
        let base = Self::field(&kids, Field::Trait);
        let body = Self::field(&kids, Field::Body);
        let generics = Self::field(&kids, Field::TypeParameters);
        self.done(kids);
        let written = of.map_or("", |of| self.text(of));
        let mut name = String::new();
        strip_generics(written.trim_start_matches('&'), &mut name);
        let base = base.map_or(StrId::EMPTY, |base| self.plain_path(base));
        let full_name = self.full_name(&name);
        let decl = self.b.named(Slot::child(parent), NodeKind::TypeDecl, Place::of(node), &name);
        let name = self.b.node(decl).name;
        let made = self.b.node_mut(decl);
        made.full_name = full_name;
        made.type_full_name = base;
        made.modifiers = Modifiers::DECLARATION;
        self.annotations(attributes, decl);
        if let Some(generics) = generics {
            self.type_parameters(generics, decl);
        }
        self.open(full_name, name, NodeIndex::NONE);
        if let Some(body) = body {
            self.statements(body, decl);
        }
        self.work.push(Item::ContainerEnd);
    }

    /// `type A = B;`, `type Item;`.
    pub(super) fn type_item(&mut self, node: Node<'s>, parent: NodeIndex, attributes: (u32, u32)) {
        let kids = self.kids(node);
        let decl = self.type_decl(node, parent, &kids, attributes);
        let target = Self::field(&kids, Field::Type);
        self.done(kids);
        match target {
            Some(target) => {
                let written = self.written_type(target);
                self.b.node_mut(decl).type_full_name = written;
            }
            None => {
                let made = self.b.node_mut(decl);
                made.modifiers = made.modifiers.with(Modifiers::DECLARATION);
            }
        }
    }

    /// `const`, `static`: a MEMBER of an impl or trait, else a LOCAL with an assignment.
    pub(super) fn constant(&mut self, node: Node<'s>, parent: NodeIndex, attributes: (u32, u32)) {
        let kids = self.kids(node);
        let name_node = Self::field(&kids, Field::Name);
        let written = Self::field(&kids, Field::Type)
            .map_or(StrId::EMPTY, |written| self.written_type(written));
        let value = Self::field(&kids, Field::Value);
        let is_static = Kind::of(node) == Kind::StaticItem;
        let modifiers = self.visibility(&kids).with(if is_static {
            Modifiers::STATIC
        } else {
            Modifiers::FINAL
        });
        self.done(kids);
        let Some(name_node) = name_node else { return };
        let name = self.text(name_node);
        let in_type = self.b.node(parent).kind == NodeKind::TypeDecl;
        let kind = if in_type { NodeKind::Member } else { NodeKind::Local };
        let place = Place::of(node);
        let made = self.b.declare(Slot::child(parent), kind, Place::of(name_node), name, "");
        let decl = self.b.node_mut(made);
        decl.type_full_name = written;
        decl.modifiers = modifiers;
        self.annotations(attributes, made);
        let Some(value) = value else { return };
        if in_type {
            self.work.push(Item::Expression(value, Slot::child(made)));
            return;
        }
        let call = self.b.operator(Slot::child(parent), Operator::Assignment, place);
        self.use_of(Slot::argument(call, 1), Place::of(name_node), made);
        self.work.push(Item::Expression(value, Slot::argument(call, 2)));
    }

    /// Type and const parameters, with their bounds.
    pub(super) fn type_parameters(&mut self, node: Node<'s>, parent: NodeIndex) {
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| {
            matches!(Kind::of(child.node), Kind::TypeParameter | Kind::ConstParameter)
        }) {
            let inner = self.kids(child.node);
            let name = Self::field(&inner, Field::Name).map_or("", |name| self.text(name));
            let bounds =
                Self::field(&inner, Field::Bounds).or_else(|| Self::field(&inner, Field::Type));
            let written =
                bounds.map_or("", |bounds| self.text(bounds)).trim_start_matches(':').trim_start();
            let written = self.b.intern(written);
            let slot = Slot::child(parent);
            let made = self.b.named(slot, NodeKind::TypeParameter, Place::of(child.node), name);
            self.b.node_mut(made).type_full_name = written;
            self.done(inner);
        }
        self.done(kids);
    }

    /// The ANNOTATIONs of an item.
    pub(super) fn annotations(&mut self, range: (u32, u32), of: NodeIndex) {
        for at in range.0..range.1 {
            if let Some(node) = self.attributes.get(at as usize).copied() {
                self.annotation(node, of);
            }
        }
    }

    /// `#[path(…)]`: the name is the path's last part, the full name all of it.
    pub(super) fn annotation(&mut self, node: Node<'s>, of: NodeIndex) {
        let kids = self.kids(node);
        let attribute =
            kids.iter().map(|child| child.node).find(|one| Kind::of(*one) == Kind::Attribute);
        self.done(kids);
        let Some(attribute) = attribute else { return };
        let full_name = self.written_type(attribute);
        let written = self.text(attribute);
        let path = written.split(['(', '[', '{', '=', ' ']).next().unwrap_or("");
        let name = path.rsplit("::").next().unwrap_or(path);
        let made = self.b.named(Slot::child(of), NodeKind::Annotation, Place::of(node), name);
        self.b.node_mut(made).full_name = full_name;
    }
}
