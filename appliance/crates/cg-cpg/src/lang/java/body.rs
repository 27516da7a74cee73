//! The body of a type: what it declares is known before any of it is lowered.

use cg_types::{Modifiers, NodeIndex};
use tree_sitter::Node;

use super::initial::Initial;
use super::kind::{Field, Kind, declares_type, is_token};
use super::lower::{Front, Item, TypeFrame};
use crate::builder::ScopeKind;

impl<'t> Front<'_, 't> {
    /// Lowers the body of a type: fields first, since methods before them know their names.
    pub(super) fn open_type(&mut self, frame: TypeFrame<'t>, body: Option<Node<'t>>) {
        let (decl, components) = (frame.decl, frame.components);
        self.types.push(frame);
        self.b.push_scope(ScopeKind::Nested);
        if let Some(components) = components {
            self.component_members(components, decl);
        }
        let members = body.map_or(Vec::new(), |body| self.declarations(body));
        for member in &members {
            self.announce(*member, decl);
        }
        for member in members {
            if !matches!(
                Kind::of(member),
                Kind::FieldDeclaration
                    | Kind::ConstantDeclaration
                    | Kind::EnumConstant
                    | Kind::Block
                    | Kind::StaticInitializer
            ) {
                self.work.push(Item::Member(member, decl));
            }
        }
        self.accessors();
        let Some(frame) = self.types.last() else { return };
        let has_default = frame.constructors == 0
            && !frame.is_interface
            && (!frame.is_anonymous || !frame.instances.is_empty());
        if has_default {
            self.work.push(Item::DefaultConstructor);
        }
        if frame.constructors > 1 && !frame.instances.is_empty() {
            self.work.push(Item::InstanceInitializer);
        }
        if !frame.statics.is_empty() {
            self.work.push(Item::StaticInitializer);
        }
        self.work.push(Item::TypeEnd);
    }

    /// The declarations in a body, those in the parser's wrappers too.
    fn declarations(&mut self, body: Node<'t>) -> Vec<Node<'t>> {
        let mut found = Vec::new();
        let mut open = vec![body];
        while let Some(node) = open.pop() {
            let kids = self.kids(node);
            let below = open.len();
            for child in &kids {
                match Kind::of(child.node) {
                    Kind::EnumBodyDeclarations | Kind::Error => {
                        // What lies in a wrapper comes behind what was found so far, in its order.
                        open.push(child.node);
                    }
                    kind if is_token(kind) => {}
                    _ => found.push(child.node),
                }
            }
            open[below..].reverse();
            self.done(kids);
        }
        found
    }

    /// What has to be known of a declaration before any is lowered.
    fn announce(&mut self, node: Node<'t>, decl: NodeIndex) {
        match Kind::of(node) {
            Kind::FieldDeclaration | Kind::ConstantDeclaration => self.fields(node, decl),
            Kind::EnumConstant => self.enum_constant_member(node, decl),
            Kind::MethodDeclaration | Kind::AnnotationTypeElementDeclaration => {
                let kids = self.kids(node);
                let is_static = self.modifiers(&kids).flags.has(Modifiers::STATIC);
                let name = Self::field(&kids, Field::Name).map(|name| self.name(name));
                self.done(kids);
                if let (Some(name), Some(frame)) = (name, self.types.last_mut()) {
                    *frame.methods.entry(name).or_default() |= !is_static;
                }
            }
            Kind::ConstructorDeclaration => {
                let counts = self.makes_default_needless(node);
                if let Some(frame) = self.types.last_mut().filter(|_| counts) {
                    frame.constructors += 1;
                }
            }
            Kind::CompactConstructorDeclaration => {
                if let Some(frame) = self.types.last_mut() {
                    frame.constructors += 1;
                }
            }
            Kind::Block | Kind::StaticInitializer => {
                let Some(frame) = self.types.last_mut() else { return };
                match Kind::of(node) {
                    Kind::Block => frame.instances.push(Initial::Block(node)),
                    _ => frame.statics.push(Initial::Block(node)),
                }
            }
            kind if declares_type(kind) => {
                let kids = self.kids(node);
                let name = Self::field(&kids, Field::Name);
                self.done(kids);
                let owner = self.types.last().map(|frame| frame.full_name);
                if let (Some(name), Some(owner)) = (name, owner) {
                    let full_name = self.in_type(owner, '$', self.text(name));
                    let name = self.name(name);
                    self.names.declare(name, full_name);
                }
            }
            _ => {}
        }
    }

    /// One declaration in the body of a type.
    pub(super) fn member(&mut self, node: Node<'t>, decl: NodeIndex) {
        match Kind::of(node) {
            Kind::MethodDeclaration | Kind::AnnotationTypeElementDeclaration => {
                self.method(node, decl)
            }
            Kind::ConstructorDeclaration | Kind::CompactConstructorDeclaration => {
                self.constructor(node, decl)
            }
            kind if declares_type(kind) => self.type_declaration(node, decl),
            _ => {}
        }
    }
}
