//! Package clause, imports, variables, constants, types.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Global};
use super::package::import_name;
use super::types::base_name;
use crate::builder::{Place, Slot};

impl<'t> Front<'_, 't> {
    /// Reads what the package declares before anything is lowered; gives the name in the package clause.
    pub(super) fn survey(&mut self, root: Node<'t>) -> &'t str {
        let mut clause = "main";
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            let kids = self.all_kids(node);
            for child in &kids {
                let found = match Kind::of(child.node) {
                    Kind::PackageIdentifier if Kind::of(node) == Kind::PackageClause => {
                        clause = self.text(child.node);
                        continue;
                    }
                    Kind::PackageClause
                    | Kind::ImportDeclaration
                    | Kind::ImportSpecList
                    | Kind::VarDeclaration
                    | Kind::VarSpecList
                    | Kind::ConstDeclaration
                    | Kind::TypeDeclaration => {
                        open.push(child.node);
                        continue;
                    }
                    Kind::VarSpec | Kind::ConstSpec => Global::Variable,
                    Kind::TypeSpec | Kind::TypeAlias => Global::Type,
                    Kind::FunctionDeclaration => Global::Function,
                    Kind::ImportSpec => Global::Import,
                    _ => continue,
                };
                let inner = self.all_kids(child.node);
                if found == Global::Import {
                    let name = self.imported_as(&inner);
                    let name = self.b.intern(name);
                    self.globals.insert(name, found);
                } else {
                    for name in inner.iter().filter(|one| Field::of(one) == Field::Name) {
                        if !Kind::of(name.node).is_token() && Kind::of(name.node) != Kind::Other {
                            let name = self.name(name.node);
                            self.globals.insert(name, found);
                        }
                    }
                }
                self.done(inner);
            }
            self.done(kids);
        }
        clause
    }

    /// Comments before the package clause that say something about the file: ANNOTATIONs.
    pub(super) fn header(&mut self, root: Node<'t>) {
        let block = self.b.top_block();
        let kids = self.all_kids(root);
        for child in &kids {
            if Kind::of(child.node) != Kind::Comment {
                break;
            }
            let (text, place) = (self.text(child.node), Place::of(child.node));
            let constraint =
                text.strip_prefix("//go:build ").or_else(|| text.strip_prefix("// +build "));
            if let Some(constraint) = constraint {
                self.annotation(block, place, "go:build", constraint.trim());
            } else if text.starts_with("// Code generated ") && text.ends_with("DO NOT EDIT.") {
                self.annotation(block, place, "generated", text);
            }
        }
        self.done(kids);
    }

    /// The name that an import binds.
    fn imported_as(&self, kids: &[crate::syntax::Child<'t>]) -> &'t str {
        match (Self::field(kids, Field::Name), Self::field(kids, Field::Path)) {
            (Some(name), _) => self.text(name),
            (None, Some(path)) => import_name(self.text(path).trim_matches(['"', '`'])),
            (None, None) => "",
        }
    }

    pub(super) fn import(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        for child in &kids {
            match Kind::of(child.node) {
                Kind::ImportSpecList => {
                    let specs = self.kids(child.node);
                    for spec in specs.iter().filter(|one| Kind::of(one.node) == Kind::ImportSpec) {
                        self.import_spec(spec.node, parent);
                    }
                    self.done(specs);
                }
                Kind::ImportSpec => self.import_spec(child.node, parent),
                _ => {}
            }
        }
        self.done(kids);
    }

    fn import_spec(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        let name = self.imported_as(&kids);
        let path = Self::field(&kids, Field::Path).map_or("", |path| self.text(path));
        self.done(kids);
        let entity = self.b.intern(path.trim_matches(['"', '`']));
        let import = self.b.named(Slot::child(parent), NodeKind::Import, Place::of(node), name);
        let made = self.b.node_mut(import);
        made.full_name = entity;
        if name == "." {
            made.modifiers = Modifiers::WILDCARD;
        }
    }

    /// `var`, `const`, with one spec or a list.
    pub(super) fn variables(&mut self, node: Node<'t>, slot: Slot) {
        let is_const = Kind::of(node) == Kind::ConstDeclaration;
        let kids = self.kids(node);
        let mut before = StrId::EMPTY;
        for child in &kids {
            match Kind::of(child.node) {
                Kind::VarSpecList => {
                    let specs = self.kids(child.node);
                    for spec in specs.iter().filter(|one| Kind::of(one.node) == Kind::VarSpec) {
                        self.variable_spec(spec.node, slot, false, &mut before);
                    }
                    self.done(specs);
                }
                Kind::VarSpec | Kind::ConstSpec => {
                    self.variable_spec(child.node, slot, is_const, &mut before);
                }
                _ => {}
            }
        }
        self.done(kids);
    }

    /// `a, b T = x, y`. A constant without a value has the type of the one before.
    fn variable_spec(&mut self, node: Node<'t>, slot: Slot, is_const: bool, before: &mut StrId) {
        let kids = self.kids(node);
        let written = Self::field(&kids, Field::Type);
        let values = Self::field(&kids, Field::Value);
        let mut type_name = written.map_or(StrId::EMPTY, |written| self.written_type(written));
        if is_const {
            match values {
                Some(_) => *before = type_name,
                None => type_name = *before,
            }
        }
        let names: Vec<Node<'t>> = kids
            .iter()
            .filter(|one| Field::of(one) == Field::Name && Kind::of(one.node) == Kind::Identifier)
            .map(|one| one.node)
            .collect();
        self.done(kids);
        let modifiers = if is_const { Modifiers::FINAL } else { Modifiers::default() };
        self.declare_all(node, &names, values, slot, type_name, modifiers);
    }

    /// `type`, with one spec or several.
    pub(super) fn types(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        for child in &kids {
            if matches!(Kind::of(child.node), Kind::TypeSpec | Kind::TypeAlias) {
                self.type_spec(child.node, parent);
            }
        }
        self.done(kids);
    }

    fn type_spec(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let written = Self::field(&kids, Field::Type);
        let generics = Self::field(&kids, Field::TypeParameters);
        self.done(kids);
        let full_name = self.full_name(name);
        let decl = self.b.named(Slot::child(parent), NodeKind::TypeDecl, Place::of(node), name);
        let id = self.b.node(decl).name;
        if self.is_top() {
            self.package.entry(id).or_insert(decl);
        } else {
            self.b.bind(id, decl);
        }
        let form = match written.map(Kind::of) {
            _ if Kind::of(node) == Kind::TypeAlias => "alias",
            Some(Kind::StructType) => "struct",
            Some(Kind::InterfaceType) => "interface",
            _ => "type",
        };
        let signature = self.b.intern(form);
        let made = self.b.node_mut(decl);
        made.full_name = full_name;
        made.signature = signature;
        made.modifiers = Self::visibility(name);
        if let Some(generics) = generics {
            self.type_parameters(generics, decl);
        }
        let Some(written) = written else { return };
        let bases = match Kind::of(written) {
            Kind::StructType => self.fields(written, decl),
            Kind::InterfaceType => {
                let made = self.b.node_mut(decl);
                made.modifiers = made.modifiers.with(Modifiers::ABSTRACT);
                self.interface(written, decl, full_name)
            }
            _ => self.written_type(written),
        };
        self.b.node_mut(decl).type_full_name = bases;
    }

    /// The MEMBERs of a struct; gives the embedded types.
    fn fields(&mut self, node: Node<'t>, decl: NodeIndex) -> StrId {
        let mut bases = String::new();
        let kids = self.kids(node);
        let list = Self::of_kind(&kids, Kind::FieldDeclarationList);
        self.done(kids);
        let Some(list) = list else { return StrId::EMPTY };
        let fields = self.kids(list);
        for child in fields.iter().filter(|one| Kind::of(one.node) == Kind::FieldDeclaration) {
            let parts = self.kids(child.node);
            let written = Self::field(&parts, Field::Type);
            let type_name = written.map_or(StrId::EMPTY, |written| self.written_type(written));
            let tag = Self::field(&parts, Field::Tag);
            let mut named = false;
            for name in parts.iter().filter(|one| Kind::of(one.node) == Kind::FieldIdentifier) {
                named = true;
                self.member(name.node, child.node, decl, type_name, tag);
            }
            if let Some(written) = written.filter(|_| !named) {
                let base = base_name(self.text(written)).to_owned();
                let is_pointer = Self::of_kind(&parts, Kind::Star).is_some();
                let whole =
                    if is_pointer { format!("*{}", self.text(written)) } else { String::new() };
                let type_name = if is_pointer { self.b.intern(&whole) } else { type_name };
                let short = base.rsplit('.').next().unwrap_or(&base);
                let slot = Slot::child(decl);
                let member = self.b.named(slot, NodeKind::Member, Place::of(child.node), short);
                let made = self.b.node_mut(member);
                made.type_full_name = type_name;
                made.modifiers = Self::visibility(short);
                self.tag(tag, member);
                push_base(&mut bases, &base);
            }
            self.done(parts);
        }
        self.done(fields);
        self.b.intern(&bases)
    }

    fn member(
        &mut self,
        name: Node<'t>,
        whole: Node<'t>,
        decl: NodeIndex,
        type_name: StrId,
        tag: Option<Node<'t>>,
    ) {
        let text = self.text(name);
        let place = Place::of(name).to(Place::of(whole));
        let member = self.b.named(Slot::child(decl), NodeKind::Member, place, text);
        let made = self.b.node_mut(member);
        made.type_full_name = type_name;
        made.modifiers = Self::visibility(text);
        self.tag(tag, member);
    }

    fn tag(&mut self, tag: Option<Node<'t>>, member: NodeIndex) {
        if let Some(tag) = tag {
            let text = self.text(tag).trim_matches(['"', '`']);
            self.annotation(member, Place::of(tag), "tag", text);
        }
    }

    /// The methods of an interface; gives the embedded types.
    fn interface(&mut self, node: Node<'t>, decl: NodeIndex, full_name: StrId) -> StrId {
        let mut bases = String::new();
        let kids = self.kids(node);
        for child in &kids {
            match Kind::of(child.node) {
                Kind::MethodElem => self.interface_method(child.node, decl, full_name),
                Kind::TypeElem => {
                    let text = self.text(child.node);
                    if !text.contains(['|', '~', '{']) {
                        push_base(&mut bases, base_name(text));
                    }
                }
                _ => {}
            }
        }
        self.done(kids);
        self.b.intern(&bases)
    }

    /// TYPE_PARAMETERs with their constraints.
    pub(super) fn type_parameters(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        for child in kids.iter().filter(|one| Kind::of(one.node) == Kind::TypeParameterDeclaration)
        {
            let parts = self.kids(child.node);
            let written = Self::field(&parts, Field::Type)
                .map_or(StrId::EMPTY, |written| self.written_type(written));
            for name in parts.iter().filter(|one| Kind::of(one.node) == Kind::Identifier) {
                let (text, place) = (self.text(name.node), Place::of(name.node));
                let slot = Slot::child(parent);
                let made = self.b.named(slot, NodeKind::TypeParameter, place, text);
                self.b.node_mut(made).type_full_name = written;
                if self.b.node(parent).kind == NodeKind::Method {
                    let id = self.b.node(made).name;
                    self.b.bind(id, made);
                }
            }
            self.done(parts);
        }
        self.done(kids);
    }
}

fn push_base(bases: &mut String, base: &str) {
    if !bases.is_empty() {
        bases.push('|');
    }
    bases.push_str(base);
}
