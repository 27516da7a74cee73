//! Import statements: one IMPORT for each name.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::Front;
use crate::builder::{Place, Slot};

impl<'t> Front<'_, 't> {
    /// `import a.b`, `import a.b as c`.
    pub(super) fn import(&mut self, node: Node<'t>, block: NodeIndex) {
        self.imports(node, block, "");
    }

    /// `from __future__ import x`.
    pub(super) fn import_future(&mut self, node: Node<'t>, block: NodeIndex) {
        self.imports(node, block, "__future__");
    }

    /// `from a.b import c as d`, `from . import x`, `from a import *`.
    pub(super) fn import_from(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        let module = Self::field(&kids, Field::ModuleName).map_or("", |module| self.text(module));
        let has_wildcard = kids.iter().any(|child| Kind::of(child.node) == Kind::WildcardImport);
        self.done(kids);
        let module: String = module.split_whitespace().collect();
        if has_wildcard {
            let index = self.import_node(Place::of(node), block, "*", &module);
            self.b.node_mut(index).modifiers = Modifiers::WILDCARD;
        } else {
            self.imports(node, block, &module);
        }
    }

    fn imports(&mut self, node: Node<'t>, block: NodeIndex, module: &str) {
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| Field::of(child) == Field::Name) {
            let (entity, alias) = self.entity(child.node);
            let entity: String = entity.split_whitespace().collect();
            let full = match module {
                "" => entity.clone(),
                _ if module.ends_with('.') => format!("{module}{entity}"),
                _ => format!("{module}.{entity}"),
            };
            let name = alias.unwrap_or(&entity);
            let index = self.import_node(Place::of(node), block, name, &full);
            // `import a.b` binds `a`.
            let bound = name.split('.').next().unwrap_or(name);
            let bound = self.b.intern(bound);
            self.bind_import(bound, index);
        }
        self.done(kids);
    }

    fn bind_import(&mut self, name: StrId, index: NodeIndex) {
        let known = self.b.resolve_here(name);
        let keeps = known.is_some_and(|known| self.b.node(known).kind == NodeKind::Import);
        if !keeps {
            self.b.bind(name, index);
        }
    }

    fn import_node(&mut self, place: Place, block: NodeIndex, name: &str, full: &str) -> NodeIndex {
        let full = self.b.intern(full);
        let index = self.b.named(Slot::child(block), NodeKind::Import, place, name);
        self.b.node_mut(index).full_name = full;
        index
    }

    fn entity(&mut self, node: Node<'t>) -> (&'t str, Option<&'t str>) {
        if Kind::of(node) != Kind::AliasedImport {
            return (self.text(node), None);
        }
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let alias = Self::field(&kids, Field::Alias).map(|alias| self.text(alias));
        self.done(kids);
        (name, alias)
    }
}
