//! Imports, exports and namespaces.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item, Kid};
use super::name::Naming;
use super::scope::Scope;
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// `import a, { b as c } from "m"`, `import * as ns from "m"`, `import "m"`, `import a = require("m")`.
    pub(super) fn import(&mut self, node: Node<'t>, block: NodeIndex) {
        let place = Place::of(node);
        let kids = self.kids(node);
        let source = Self::field(&kids, Field::Source);
        let clause = kids
            .iter()
            .find(|kid| matches!(kid.kind, Kind::ImportClause | Kind::ImportRequireClause));
        let clause = clause.map(|kid| (kid.node, kid.kind));
        self.done(kids);
        let module = source.map_or("", |source| self.content(source));
        let Some((clause, kind)) = clause else {
            self.import_node(place, block, "", module);
            return;
        };
        let kids = self.kids(clause);
        if kind == Kind::ImportRequireClause {
            let source = Self::field(&kids, Field::Source);
            let module = source.map_or("", |source| self.content(source));
            if let Some(name) = kids.iter().find(|kid| kid.kind == Kind::Identifier) {
                self.bound_import(name.node, place, block, module);
            }
        } else {
            for kid in &kids {
                match kid.kind {
                    Kind::Identifier => {
                        let entity = format!("{module}:default");
                        self.bound_import(kid.node, place, block, &entity);
                    }
                    Kind::NamespaceImport => {
                        if let Some(name) = self.first(kid.node) {
                            self.bound_import(name, place, block, module);
                        }
                    }
                    Kind::NamedImports => self.named_imports(kid, module, block),
                    _ => {}
                }
            }
        }
        self.done(kids);
    }

    fn named_imports(&mut self, list: &Kid<'t>, module: &str, block: NodeIndex) {
        let kids = self.kids(list.node);
        for kid in kids.iter().filter(|kid| kid.kind == Kind::ImportSpecifier) {
            let inner = self.kids(kid.node);
            let name = Self::field(&inner, Field::Name);
            let alias = Self::field(&inner, Field::Alias);
            self.done(inner);
            let Some(name) = name else { continue };
            let entity = format!("{module}:{}", self.content(name));
            self.bound_import(alias.unwrap_or(name), Place::of(kid.node), block, &entity);
        }
        self.done(kids);
    }

    fn bound_import(&mut self, name: Node<'t>, place: Place, block: NodeIndex, entity: &str) {
        let text = self.text(name);
        let index = self.import_node(place, block, text, entity);
        let name = self.b.intern(text);
        self.b.bind(name, index);
    }

    fn import_node(&mut self, place: Place, block: NodeIndex, name: &str, full: &str) -> NodeIndex {
        let full = self.b.intern(full);
        let index = self.b.named(Slot::child(block), NodeKind::Import, place, name);
        self.b.node_mut(index).full_name = full;
        index
    }

    /// IMPORTs for `const a = require("m")`, `const { b, c: d } = require("m")`.
    pub(super) fn required(&mut self, target: Node<'t>, value: Node<'t>, slot: Slot) {
        let Some((module, taken)) = self.required_module(value) else { return };
        let block = match self.b.node(slot.parent).kind {
            NodeKind::Block => slot.parent,
            _ => self.scope().block,
        };
        let place = Place::of(target);
        let mut module = self.b.string(module).to_owned();
        if let Some(taken) = taken {
            module = format!("{module}:{}", self.b.string(taken));
        }
        match self.kind(target) {
            Kind::Identifier => {
                let text = self.text(target);
                self.import_node(place, block, text, &module);
            }
            Kind::ObjectPattern => {
                let kids = self.kids(target);
                for kid in &kids {
                    let (key, name) = match kid.kind {
                        Kind::ShorthandPattern => (kid.node, kid.node),
                        Kind::ObjectAssignmentPattern => {
                            let Some(left) = self.child(kid.node, Field::Left) else { continue };
                            (left, left)
                        }
                        Kind::PairPattern => {
                            let inner = self.kids(kid.node);
                            let key = Self::field(&inner, Field::Key);
                            let name = Self::field(&inner, Field::Value);
                            self.done(inner);
                            let (Some(key), Some(name)) = (key, name) else { continue };
                            (key, name)
                        }
                        _ => continue,
                    };
                    let entity = format!("{module}:{}", self.content(key));
                    let text = self.text(name);
                    self.import_node(Place::of(kid.node), block, text, &entity);
                }
                self.done(kids);
            }
            _ => {}
        }
    }

    /// `export …`.
    pub(super) fn export(&mut self, node: Node<'t>, block: NodeIndex) {
        let place = Place::of(node);
        let kids = self.kids(node);
        let declaration = Self::field(&kids, Field::Declaration);
        let value = Self::field(&kids, Field::Value);
        let source = Self::field(&kids, Field::Source).map(|source| self.content(source));
        let is_default = kids.iter().any(|kid| kid.kind == Kind::DefaultWord);
        for kid in kids.iter().filter(|kid| kid.kind == Kind::Decorator) {
            self.decorator_value(kid.node);
            self.class_notes.push(kid.node);
        }
        if let Some(declaration) = declaration {
            if is_default {
                self.work.push(Item::Statement(declaration, block));
                self.export_default_name(declaration, block);
            } else {
                self.work.push(Item::Exported(declaration, block));
            }
        } else if let Some(value) = value {
            let name = self.b.intern("default");
            let set = self.export_slot(place, block, name);
            self.work.push(Item::Value(value, Slot::argument(set, 2), Naming::plain(name)));
        } else {
            self.export_list(&kids, place, block, source);
        }
        self.done(kids);
    }

    fn export_list(
        &mut self,
        kids: &[Kid<'t>],
        place: Place,
        block: NodeIndex,
        source: Option<&'t str>,
    ) {
        for kid in kids {
            match (kid.kind, source) {
                (Kind::ExportClause, _) => self.export_clause(kid.node, block, source),
                (Kind::NamespaceExport, Some(source)) => {
                    let name = self.first(kid.node).map_or("", |name| self.content(name));
                    let index = self.import_node(place, block, name, source);
                    self.b.node_mut(index).modifiers = Modifiers::PUBLIC;
                }
                (Kind::Star, Some(source)) => {
                    let index = self.import_node(place, block, "*", source);
                    self.b.node_mut(index).modifiers = Modifiers::PUBLIC.with(Modifiers::WILDCARD);
                }
                (Kind::Assign, _) => {
                    // `export = value`.
                    let value = kids.iter().find(|kid| !kid.kind.is_token());
                    let Some(value) = value else { continue };
                    let set = self.b.operator(Slot::child(block), Operator::Assignment, place);
                    let access =
                        self.b.operator(Slot::argument(set, 1), Operator::FieldAccess, place);
                    self.free_name(Slot::argument(access, 1), place.start(), "module");
                    let name = self.b.intern("exports");
                    self.field_named(Slot::argument(access, 2), place.start(), name);
                    self.work.push(Item::Expression(value.node, Slot::argument(set, 2)));
                }
                _ => {}
            }
        }
    }

    /// `exports.name = …`; the value is the caller's to add as argument 2.
    fn export_slot(&mut self, place: Place, block: NodeIndex, name: StrId) -> NodeIndex {
        let set = self.b.operator(Slot::child(block), Operator::Assignment, place);
        let access = self.b.operator(Slot::argument(set, 1), Operator::FieldAccess, place);
        self.free_name(Slot::argument(access, 1), place.start(), "exports");
        self.field_named(Slot::argument(access, 2), place.start(), name);
        set
    }

    fn export_default_name(&mut self, declaration: Node<'t>, block: NodeIndex) {
        let Some(name) = self.child(declaration, Field::Name) else { return };
        let default = self.b.intern("default");
        let set = self.export_slot(Place::of(name), block, default);
        self.work.push(Item::Expression(name, Slot::argument(set, 2)));
    }

    fn export_clause(&mut self, clause: Node<'t>, block: NodeIndex, source: Option<&'t str>) {
        let kids = self.kids(clause);
        for kid in kids.iter().filter(|kid| kid.kind == Kind::ExportSpecifier) {
            let inner = self.kids(kid.node);
            let name = Self::field(&inner, Field::Name);
            let alias = Self::field(&inner, Field::Alias);
            self.done(inner);
            let Some(name) = name else { continue };
            let place = Place::of(kid.node);
            let exported = self.content(alias.unwrap_or(name));
            if let Some(source) = source {
                let entity = format!("{source}:{}", self.content(name));
                let index = self.import_node(place, block, exported, &entity);
                self.b.node_mut(index).modifiers = Modifiers::PUBLIC;
                continue;
            }
            let exported = self.b.intern(exported);
            let set = self.export_slot(place, block, exported);
            self.work.push(Item::Expression(name, Slot::argument(set, 2)));
        }
        self.done(kids);
    }

    /// `namespace A.B {}`, `declare module "m" {}`: a NAMESPACE_BLOCK with a METHOD for its statements.
    pub(super) fn namespace(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let Some(name_node) = name else { return };
        let written = self.content(name_node);
        let full_name = self.full_name(&written.replace('.', ":"));
        let place = Place::of(node);
        let namespace = self.b.named(Slot::child(block), NodeKind::NamespaceBlock, place, written);
        let made = self.b.node_mut(namespace);
        made.full_name = full_name;
        made.modifiers = self.exported;
        let first = written.split('.').next().unwrap_or(written);
        let first = self.b.intern(first);
        self.b.bind(first, namespace);
        if let Some(body) = body {
            self.work.push(Item::Namespace(namespace, body));
        }
    }

    /// The statements of a namespace.
    pub(super) fn namespace_body(&mut self, namespace: NodeIndex, body: Node<'t>) {
        let place = Place::of(body);
        let full_name = self.b.node(namespace).full_name;
        let method_name = self.within(full_name, "<body>");
        let method = self.b.named(Slot::child(namespace), NodeKind::Method, place, "<body>");
        let made = self.b.node_mut(method);
        made.full_name = method_name;
        made.modifiers = Modifiers::MODULE;
        let block = self.b.add(Slot::child(method), NodeKind::Block, place);
        let around = *self.scope();
        self.open(Scope { method, block, full_name, this: NodeIndex::NONE, ..around });
        self.work.push(Item::Suite(body, block));
        self.work.push(Item::EndFunction(StrId::EMPTY, false));
    }
}
