//! Type specifiers, struct, union and enum bodies, typedefs.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node as Syntax;

use super::declaration::Specifiers;
use super::declarator::squeezed;
use super::{C, Field, Item, Kind};
use crate::builder::{Place, Slot};

impl<'t> C<'_, 't> {
    /// The name of the type that a type specifier stands for. If it has a body, the TYPE_DECL for it is
    /// left to do in `parent`; one without a name is called `preferred`, or `<anonymous>N`.
    pub(super) fn type_specifier(
        &mut self,
        node: Syntax<'t>,
        parent: NodeIndex,
        preferred: Option<Syntax<'t>>,
    ) -> StrId {
        match Kind::of(node) {
            Kind::PrimitiveType | Kind::TypeIdentifier | Kind::Identifier => {
                self.b.intern(self.text(node))
            }
            Kind::StructSpecifier
            | Kind::UnionSpecifier
            | Kind::EnumSpecifier
            | Kind::ClassSpecifier => {
                let children = self.children(node);
                let (mut name, mut body) = (None, None);
                for child in &children {
                    match Field::of(child) {
                        Field::Name => name = Some(child.node),
                        Field::Body => body = Some(child.node),
                        _ => {}
                    }
                }
                self.done(children);
                let name = match name.or(preferred) {
                    Some(name) if self.is_cpp => {
                        let name = self.plain_name(name);
                        self.b.intern(&name)
                    }
                    Some(name) => self.b.intern(self.text(name)),
                    None => {
                        let text = format!("<anonymous>{}", self.anonymous);
                        self.anonymous += 1;
                        self.b.intern(&text)
                    }
                };
                if body.is_some() {
                    self.work.push(Item::TypeBody(node, name, parent));
                }
                name
            }
            _ => {
                let text = squeezed(self.text(node));
                self.b.intern(&text)
            }
        }
    }

    /// The text of a `type_descriptor` (cast, sizeof): base type and abstract declarator.
    pub(super) fn type_descriptor(&mut self, node: Syntax<'t>, parent: NodeIndex) -> StrId {
        let children = self.children(node);
        let mut base = StrId::EMPTY;
        let mut declarator = None;
        for child in &children {
            match Field::of(child) {
                Field::Type => base = self.type_specifier(child.node, parent, None),
                Field::Declarator => declarator = Some(child.node),
                _ => {}
            }
        }
        self.done(children);
        match declarator {
            Some(declarator) => {
                let declared = self.declared(declarator);
                self.type_text(base, &declared.parts)
            }
            None => base,
        }
    }

    /// TYPE_REF for a `type_descriptor`.
    pub(super) fn type_ref(&mut self, node: Syntax<'t>, slot: Slot) {
        let index = self.b.add(slot, NodeKind::TypeRef, Place::of(node));
        let text = self.type_descriptor(node, index);
        let target =
            self.b.resolve(text).filter(|target| self.b.node(*target).kind == NodeKind::TypeDecl);
        let node = self.b.node_mut(index);
        node.name = text;
        node.full_name = text;
        node.type_full_name = text;
        node.reference = target.unwrap_or(NodeIndex::NONE);
    }

    /// The TYPE_DECL of a struct, union or enum with a body.
    pub(super) fn type_body(&mut self, node: Syntax<'t>, name: StrId, parent: NodeIndex) {
        let kind = match Kind::of(node) {
            Kind::UnionSpecifier => "union",
            Kind::EnumSpecifier => "enum",
            Kind::ClassSpecifier => "class",
            _ => "struct",
        };
        let index = self.type_decl(Place::of(node), name, kind, parent);
        if self.is_cpp {
            self.enter_class(index, node);
        }
        let children = self.children(node);
        for child in &children {
            if Field::of(child) == Field::Body {
                self.members_of(child.node, index);
            }
        }
        self.done(children);
        if self.is_cpp {
            self.work.push(Item::Leave);
        }
    }

    pub(super) fn type_decl(
        &mut self,
        place: Place,
        name: StrId,
        kind: &str,
        parent: NodeIndex,
    ) -> NodeIndex {
        let full_name = if self.b.string(name).starts_with('<') {
            let text = format!("{}:{}", self.b.path(), self.b.string(name));
            self.b.intern(&text)
        } else {
            let text = self.b.string(name).to_owned();
            if self.is_cpp { self.qualified(&text) } else { name }
        };
        let signature = self.b.intern(kind);
        let index = self.b.add(Slot::child(parent), NodeKind::TypeDecl, place);
        let node = self.b.node_mut(index);
        node.name = name;
        node.full_name = full_name;
        node.signature = signature;
        index
    }

    fn members_of(&mut self, body: Syntax<'t>, parent: NodeIndex) {
        let children = self.children(body);
        for child in &children {
            if child.node.is_named() {
                self.work.push(Item::Member(child.node, parent));
            }
        }
        self.done(children);
    }

    /// What may stand in a type's body.
    pub(super) fn member(&mut self, node: Syntax<'t>, parent: NodeIndex) {
        match Kind::of(node) {
            Kind::FieldDeclaration => {
                let children = self.children(node);
                let mut specifiers = self.specifiers(&children, parent);
                let is_pure = children.iter().any(|child| {
                    Field::of(child) == Field::DefaultValue && self.text(child.node) == "0"
                });
                if is_pure && specifiers.modifiers.has(Modifiers::VIRTUAL) {
                    specifiers.modifiers = specifiers.modifiers.with(Modifiers::ABSTRACT);
                }
                for child in children.iter().filter(|c| Field::of(c) == Field::Declarator) {
                    self.work.push(Item::MemberDeclarator(child.node, specifiers, parent));
                }
                self.done(children);
            }
            Kind::Enumerator => {
                let children = self.children(node);
                let mut index = NodeIndex::NONE;
                for child in &children {
                    match Field::of(child) {
                        Field::Name => {
                            let name = self.text(child.node);
                            index = self.b.named(
                                Slot::child(parent),
                                NodeKind::Member,
                                Place::of(node),
                                name,
                            );
                            let int = self.b.intern("int");
                            self.b.node_mut(index).type_full_name = int;
                        }
                        Field::Value if index.is_some() => {
                            self.work.push(Item::Expression(child.node, Slot::child(index)));
                        }
                        _ => {}
                    }
                }
                self.done(children);
            }
            Kind::PreprocIf
            | Kind::PreprocIfdef
            | Kind::PreprocElse
            | Kind::PreprocElif
            | Kind::PreprocElifdef
            | Kind::Error => {
                let children = self.children(node);
                for child in &children {
                    if child.node.is_named()
                        && !matches!(Field::of(child), Field::Condition | Field::Name)
                    {
                        self.work.push(Item::Member(child.node, parent));
                    }
                }
                self.done(children);
            }
            Kind::PreprocFunctionDef => self.macro_function(node, Slot::child(parent)),
            Kind::AccessSpecifier => self.access(node),
            Kind::FunctionDefinition => self.function_definition(node, Slot::child(parent)),
            Kind::Declaration => self.declaration(node, Slot::child(parent)),
            Kind::TemplateDeclaration => self.templated_member(node, parent),
            Kind::FriendDeclaration => self.friend(node, Slot::child(parent)),
            Kind::AliasDeclaration => self.alias_declaration(node, parent),
            Kind::TypeDefinition => self.typedef(node, parent),
            Kind::UsingDeclaration => self.using(node, Slot::child(parent)),
            Kind::ClassSpecifier
            | Kind::StructSpecifier
            | Kind::UnionSpecifier
            | Kind::EnumSpecifier => {
                self.type_specifier(node, parent, None);
            }
            _ => {}
        }
    }

    /// One MEMBER.
    pub(super) fn member_declarator(
        &mut self,
        node: Syntax<'t>,
        specifiers: Specifiers,
        parent: NodeIndex,
    ) {
        let declared = self.declared(node);
        let Some(name) = declared.name else { return };
        if self.is_cpp && declared.function().is_some() {
            return self.declarator(node, specifiers, Slot::child(parent));
        }
        let type_full_name = self.type_text(specifiers.base, &declared.parts);
        let index =
            self.b.named(Slot::child(parent), NodeKind::Member, Place::of(node), self.text(name));
        self.b.node_mut(index).type_full_name = type_full_name;
    }

    /// `typedef T a, *b;`
    pub(super) fn typedef(&mut self, node: Syntax<'t>, parent: NodeIndex) {
        let children = self.children(node);
        let plain_name = children.iter().find_map(|child| {
            let is_plain = Field::of(child) == Field::Declarator
                && Kind::of(child.node) == Kind::TypeIdentifier;
            is_plain.then_some(child.node)
        });
        let mut base = StrId::EMPTY;
        for child in &children {
            match Field::of(child) {
                Field::Type => base = self.type_specifier(child.node, parent, plain_name),
                Field::Declarator => self.work.push(Item::Alias(child.node, base, parent)),
                _ => {}
            }
        }
        self.done(children);
    }

    /// One typedef name: a TYPE_DECL whose base type is what it stands for. Nothing is made where struct
    /// and typedef have the same name.
    pub(super) fn alias(&mut self, node: Syntax<'t>, base: StrId, parent: NodeIndex) {
        let declared = self.declared(node);
        let Some(name_node) = declared.name else { return };
        let name = self.b.intern(self.text(name_node));
        let target = self.type_text(base, &declared.parts);
        if target == name {
            return;
        }
        let index = self.type_decl(Place::of(node), name, "typedef", parent);
        self.b.node_mut(index).type_full_name = target;
    }
}
