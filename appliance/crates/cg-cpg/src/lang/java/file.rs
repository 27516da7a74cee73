//! The file: package, imports, names of the top-level types; modules.

use cg_types::{Modifiers, NodeIndex, NodeKind};
use tree_sitter::Node;

use super::kind::{Field, Kind, declares_type};
use super::lower::{Front, Item};
use super::types::binary_name;
use crate::builder::{Place, Slot};

impl<'t> Front<'_, 't> {
    /// Everything in the file: names first, then the declarations.
    pub(super) fn file(&mut self, root: Node<'t>) {
        let top = self.b.top_block();
        let kids = self.kids(root);
        if let Some(package) = Self::of_kind(&kids, Kind::PackageDeclaration) {
            self.package = self.name_in(package).map_or("", |name| self.text(name));
            if !self.package.contains(char::is_whitespace) && !self.package.is_empty() {
                let name = self.b.intern(self.package);
                let namespace = self.b.node(self.b.top_method()).parent;
                self.b.node_mut(namespace).name = name;
                self.b.node_mut(namespace).full_name = name;
            } else {
                self.package = "";
            }
        }
        for child in &kids {
            if Kind::of(child.node) == Kind::ImportDeclaration {
                self.import(child.node, top);
            }
        }
        for child in kids.iter().filter(|child| declares_type(Kind::of(child.node))) {
            let inner = self.kids(child.node);
            let name = Self::field(&inner, Field::Name).map(|name| self.name(name));
            self.done(inner);
            if let Some(name) = name {
                let full_name = self.in_package(name);
                self.names.declare(name, full_name);
            }
        }
        for child in &kids {
            if Kind::of(child.node) != Kind::ImportDeclaration {
                self.work.push(Item::Statement(child.node, top));
            }
        }
        self.done(kids);
    }

    fn name_in(&mut self, node: Node<'t>) -> Option<Node<'t>> {
        let kids = self.kids(node);
        let name = kids
            .iter()
            .map(|child| child.node)
            .find(|one| matches!(Kind::of(*one), Kind::Identifier | Kind::ScopedIdentifier));
        self.done(kids);
        name
    }

    /// `import static a.b.C.*;`.
    pub(super) fn import(&mut self, node: Node<'t>, parent: NodeIndex) {
        let Some(written) = self.name_in(node) else { return };
        let kids = self.kids(node);
        let is_static = kids.iter().any(|child| Kind::of(child.node) == Kind::StaticWord);
        let is_all = kids.iter().any(|child| Kind::of(child.node) == Kind::Asterisk);
        self.done(kids);
        let entity: String = self.text(written).split_whitespace().collect();
        let last = entity.rsplit('.').next().unwrap_or(&entity).to_owned();
        let mut modifiers = if is_static { Modifiers::STATIC } else { Modifiers::default() };
        let (name, full) = if is_all {
            modifiers = modifiers.with(Modifiers::WILDCARD);
            self.names.has_wildcards = true;
            ("*".to_owned(), format!("{entity}.*"))
        } else {
            (last, entity)
        };
        let full_name = self.b.intern(&full);
        let made = self.b.named(Slot::child(parent), NodeKind::Import, Place::of(node), &name);
        let import = self.b.node_mut(made);
        import.full_name = full_name;
        import.modifiers = modifiers;
        let name_id = import.name;
        // What is imported statically may be a type, but a capital alone is no proof of that.
        if !is_all && !is_static {
            let binary = binary_name(&full);
            let binary = self.b.intern(&binary);
            self.names.declare(name_id, binary);
        }
    }

    /// `module m { requires x; }`: each required module is an IMPORT.
    pub(super) fn module(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let Some(body) = body else { return };
        let directives = self.kids(body);
        for child in &directives {
            if Kind::of(child.node) != Kind::RequiresModuleDirective {
                continue;
            }
            let inner = self.kids(child.node);
            if let Some(module) = Self::field(&inner, Field::Module) {
                let name = self.text(module);
                let slot = Slot::child(parent);
                let made = self.b.named(slot, NodeKind::Import, Place::of(child.node), name);
                let import = self.b.node_mut(made);
                import.full_name = import.name;
                import.modifiers = Modifiers::MODULE;
            }
            self.done(inner);
        }
        self.done(directives);
    }
}
