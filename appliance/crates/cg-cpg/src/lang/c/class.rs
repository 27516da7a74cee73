//! C++: what a class adds to a struct: bases, access, member functions.

use cg_types::{Modifiers, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node as Syntax;

use super::declaration::Specifiers;
use super::declarator::squeezed;
use super::names::{Around, last_part};
use super::{C, Field, Item, Kind};
use crate::builder::{Place, Slot};

impl<'t> C<'_, 't> {
    /// Opens a class: its members are declared within it until [`Item::Leave`].
    pub(super) fn enter_class(&mut self, class: NodeIndex, node: Syntax<'t>) {
        let bases = self.bases(node);
        let access = match Kind::of(node) {
            Kind::ClassSpecifier => Modifiers::PRIVATE,
            _ => Modifiers::PUBLIC,
        };
        let entry = self.b.node_mut(class);
        entry.type_full_name = bases;
        let prefix = entry.full_name;
        self.enter(Around { prefix, access, is_internal: self.around.is_internal });
    }

    /// The bases as written, joined by `|`.
    fn bases(&mut self, node: Syntax<'t>) -> StrId {
        let mut bases: Vec<String> = Vec::new();
        let children = self.children(node);
        for child in children.iter().filter(|c| Kind::of(c.node) == Kind::BaseClassClause) {
            let named = self.children(child.node);
            for base in &named {
                if matches!(
                    Kind::of(base.node),
                    Kind::TypeIdentifier | Kind::QualifiedIdentifier | Kind::TemplateType
                ) {
                    bases.push(squeezed(self.text(base.node)));
                }
            }
            self.done(named);
        }
        self.done(children);
        self.b.intern(&bases.join("|"))
    }

    /// `public:` and its kin.
    pub(super) fn access(&mut self, node: Syntax<'t>) {
        self.around.access = match self.text(node) {
            "public" => Modifiers::PUBLIC,
            "protected" => Modifiers::PROTECTED,
            _ => Modifiers::PRIVATE,
        };
    }

    /// `template <…>` and `friend` stand before what they are said of.
    pub(super) fn templated_member(&mut self, node: Syntax<'t>, parent: NodeIndex) {
        let children = self.children(node);
        for child in children.iter().filter(|child| child.node.is_named()) {
            if Kind::of(child.node) != Kind::TemplateParameterList {
                self.work.push(Item::Member(child.node, parent));
            }
        }
        self.done(children);
    }

    /// A friend that is defined here is a function of the namespace around.
    pub(super) fn friend(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let defined = children.iter().find(|c| Kind::of(c.node) == Kind::FunctionDefinition);
        if let Some(defined) = defined {
            let before = self.around;
            let full = self.b.string(before.prefix).to_owned();
            let outer = self.b.intern(last_part(&full).0);
            self.enter(Around { prefix: outer, access: Modifiers(0), ..before });
            self.work.push(Item::Statement(defined.node, slot));
            self.work.push(Item::Leave);
        }
        self.done(children);
    }

    /// `using A = T;`: a TYPE_DECL like that of a typedef.
    pub(super) fn alias_declaration(&mut self, node: Syntax<'t>, parent: NodeIndex) {
        let children = self.children(node);
        let (mut name, mut target) = (None, None);
        for child in &children {
            match Field::of(child) {
                Field::Name => name = Some(child.node),
                Field::Type => target = Some(child.node),
                _ => {}
            }
        }
        self.done(children);
        let (Some(name), Some(target)) = (name, target) else { return };
        let target = self.type_descriptor(target, parent);
        let name = self.b.intern(self.text(name));
        let index = self.type_decl(Place::of(node), name, "typedef", parent);
        self.b.node_mut(index).type_full_name = target;
    }

    /// What a METHOD of C++ is called, and `this` if it has one: the class that a name like `A::f` or the
    /// place tells. Gives the class's full name for the time of the body.
    pub(super) fn place_method(
        &mut self,
        method: NodeIndex,
        path: &str,
        specifiers: Specifiers,
        is_override: bool,
    ) -> StrId {
        let (owner, name) = last_part(path);
        let parent = self.b.node(method).parent;
        let in_class = self.b.node(parent).kind == NodeKind::TypeDecl;
        let owner = match owner {
            "" => self.around.prefix,
            owner => self.qualified(owner),
        };
        let full = match self.b.string(owner) {
            "" => name.to_owned(),
            owner => format!("{owner}::{name}"),
        };
        let is_member = in_class || path.contains("::");
        let is_static = specifiers.modifiers.has(Modifiers::STATIC);
        let only_here = (is_static && !is_member) || self.around.is_internal;
        let full = if only_here { format!("{}:{full}", self.b.path()) } else { full };
        let class = last_part(self.b.string(owner)).1.to_owned();
        let mut modifiers = specifiers.modifiers;
        if in_class {
            modifiers = modifiers.with(self.around.access);
        } else if only_here {
            modifiers = modifiers.with(Modifiers::STATIC);
        }
        if is_member && name == class {
            modifiers = modifiers.with(Modifiers::CONSTRUCTOR);
        }
        if is_override {
            modifiers = modifiers.with(Modifiers::VIRTUAL);
        }
        let full_name = self.b.intern(&full);
        let name = self.b.intern(name);
        let entry = self.b.node_mut(method);
        entry.name = name;
        entry.full_name = full_name;
        entry.modifiers = modifiers;
        if is_member && !is_static {
            let type_name = format!("{}*", self.b.string(owner));
            let slot = Slot { argument_index: 0, ..Slot::role(method, Role::Child) };
            let place = self.b.place(method).start();
            self.b.declare(slot, NodeKind::MethodParameterIn, place, "this", &type_name);
        }
        owner
    }
}
