//! `use` declarations: one IMPORT for each name of the tree.

use cg_types::{Modifiers, NodeIndex, NodeKind};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, join};
use crate::builder::{Place, Slot};

/// Paths of `use` trees longer than this are not followed (a hostile file could make them grow with the
/// square of the nesting).
const MAX_PATH_BYTES: usize = 1000;

impl<'s> Front<'_, '_, 's> {
    /// `use a::{b, c as d, e::*};`.
    pub(super) fn use_declaration(&mut self, node: Node<'s>, parent: NodeIndex) {
        let kids = self.kids(node);
        let modifiers = self.visibility(&kids);
        let tree = Self::field(&kids, Field::Argument);
        self.done(kids);
        let mut open: Vec<(Node<'s>, String)> =
            tree.into_iter().map(|tree| (tree, String::new())).collect();
        while let Some((node, prefix)) = open.pop() {
            match Kind::of(node) {
                Kind::ScopedUseList => {
                    let kids = self.kids(node);
                    let path = Self::field(&kids, Field::Path).map_or("", |path| self.text(path));
                    let list = Self::field(&kids, Field::List);
                    self.done(kids);
                    let whole = join(&prefix, path);
                    if let Some(list) = list.filter(|_| whole.len() <= MAX_PATH_BYTES) {
                        open.push((list, whole));
                    }
                }
                Kind::UseList => {
                    let kids = self.kids(node);
                    open.extend(kids.iter().rev().map(|child| (child.node, prefix.clone())));
                    self.done(kids);
                }
                Kind::UseAsClause => {
                    let kids = self.kids(node);
                    let path = Self::field(&kids, Field::Path).map_or("", |path| self.text(path));
                    let alias =
                        Self::field(&kids, Field::Alias).map_or("", |alias| self.text(alias));
                    self.done(kids);
                    let entity = entity(&prefix, path);
                    self.import(node, parent, alias, &entity, modifiers);
                }
                Kind::UseWildcard => {
                    let path =
                        self.text(node).trim_end_matches('*').trim_end().trim_end_matches("::");
                    let entity = join(&join(&prefix, path), "*").replace("::::", "::");
                    self.import(node, parent, "*", &entity, modifiers.with(Modifiers::WILDCARD));
                }
                Kind::Identifier
                | Kind::ScopedIdentifier
                | Kind::SelfName
                | Kind::CrateName
                | Kind::SuperName
                | Kind::Metavariable => {
                    let entity = entity(&prefix, self.text(node));
                    let name = entity.rsplit("::").next().unwrap_or(&entity).to_owned();
                    self.import(node, parent, &name, &entity, modifiers);
                }
                _ => {}
            }
        }
    }

    fn import(
        &mut self,
        node: Node<'s>,
        parent: NodeIndex,
        name: &str,
        entity: &str,
        modifiers: Modifiers,
    ) {
        let entity: String = entity.split_whitespace().collect();
        let full_name = self.b.intern(&entity);
        let made = self.b.named(Slot::child(parent), NodeKind::Import, Place::of(node), name);
        let import = self.b.node_mut(made);
        import.full_name = full_name;
        import.modifiers = modifiers;
    }

    /// `extern crate a as b;`.
    pub(super) fn extern_crate(&mut self, node: Node<'s>, parent: NodeIndex) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let alias = Self::field(&kids, Field::Alias).map_or(name, |alias| self.text(alias));
        let modifiers = self.visibility(&kids);
        self.done(kids);
        self.import(node, parent, alias, name, modifiers);
    }
}

/// `path` in the tree below `prefix`; `self` there is the prefix itself.
fn entity(prefix: &str, path: &str) -> String {
    if path == "self" && !prefix.is_empty() { prefix.to_owned() } else { join(prefix, path) }
}
