//! Functions, methods and arrows.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item, Kid};
use super::name::{Naming, Unnamed};
use super::scope::Scope;
use super::types::{cut, one_line};
use crate::builder::{Place, Slot};

/// A function whose METHOD stands already.
#[derive(Clone, Copy)]
pub(super) struct Body<'t> {
    pub(super) method: NodeIndex,
    pub(super) node: Node<'t>,
    /// The TYPE_DECL that it is a method of, or NONE.
    pub(super) class: NodeIndex,
    /// The name that only the function itself sees.
    pub(super) own_name: StrId,
    /// Field initialisers that a constructor runs first.
    pub(super) initialisers: (usize, usize),
}

impl<'t> Front<'_, 't> {
    /// `function f() {}`, also without a body.
    pub(super) fn function_declaration(&mut self, node: Node<'t>, block: NodeIndex) {
        let name = self.child(node, Field::Name).map_or("", |name| self.text(name));
        let full_name = self.full_name(name);
        let method = self.b.named(Slot::child(block), NodeKind::Method, Place::of(node), name);
        self.b.node_mut(method).full_name = full_name;
        self.bind_name(name, method);
        self.describe(method, node, self.exported);
        self.push_body(method, node, StrId::EMPTY);
    }

    /// A function as a value: the METHOD in the block around, a METHOD_REF where it stands.
    pub(super) fn function_value(
        &mut self,
        node: Node<'t>,
        slot: Slot,
        naming: Naming,
    ) -> NodeIndex {
        let place = Place::of(node);
        let own = match self.kind(node) {
            Kind::MethodDefinition | Kind::ArrowFunction => None,
            _ => self.child(node, Field::Name).map(|name| self.name(name)),
        };
        let (name, full_name, parent) = self.named_value(own, naming, Unnamed::Function);
        let method = self.b.add(Slot::child(parent), NodeKind::Method, place);
        let reference = self.b.add(slot, NodeKind::MethodRef, place);
        for index in [method, reference] {
            self.b.node_mut(index).name = name;
            self.b.node_mut(index).full_name = full_name;
        }
        self.b.node_mut(reference).reference = method;
        self.describe(method, node, Modifiers::LAMBDA);
        self.push_body(method, node, own.unwrap_or(StrId::EMPTY));
        reference
    }

    pub(super) fn push_body(&mut self, method: NodeIndex, node: Node<'t>, own_name: StrId) {
        self.work.push(Item::Body(Body {
            method,
            node,
            class: NodeIndex::NONE,
            own_name,
            initialisers: (0, 0),
        }));
    }

    /// Signature and modifiers of a METHOD.
    pub(super) fn describe(&mut self, method: NodeIndex, node: Node<'t>, modifiers: Modifiers) {
        let kids = self.kids(node);
        let mut all = modifiers;
        if matches!(self.kind(node), Kind::GeneratorFunction | Kind::GeneratorFunctionDeclaration) {
            all = all.with(Modifiers::GENERATOR);
        }
        for kid in &kids {
            all = all.with(self.modifier(kid));
        }
        let accessor = kids.iter().find_map(|kid| match kid.kind {
            Kind::GetWord | Kind::StaticGetWord => Some("get "),
            Kind::SetWord => Some("set "),
            _ => None,
        });
        let parameters = Self::field(&kids, Field::Parameters);
        let single = Self::field(&kids, Field::Parameter);
        let result = Self::field(&kids, Field::ReturnType);
        if Self::field(&kids, Field::Body).is_none() {
            all = all.with(Modifiers::DECLARATION);
        }
        self.type_parameters(&kids, method);
        self.done(kids);
        let written = match (parameters, single) {
            (Some(list), _) => one_line(cut(self.text(list))),
            (None, Some(name)) => format!("({})", self.text(name)),
            (None, None) => String::new(),
        };
        let result = result.map_or(String::new(), |result| one_line(cut(self.text(result))));
        let signature = self.b.intern(&format!("{}{written}{result}", accessor.unwrap_or("")));
        let made = self.b.node_mut(method);
        made.signature = signature;
        made.modifiers = all;
    }

    /// What a word before a name says about the declaration.
    pub(super) fn modifier(&self, kid: &Kid<'t>) -> Modifiers {
        match kid.kind {
            Kind::AsyncWord => Modifiers::ASYNC,
            Kind::Star => Modifiers::GENERATOR,
            Kind::StaticWord | Kind::StaticGetWord => Modifiers::STATIC,
            Kind::AbstractWord => Modifiers::ABSTRACT,
            Kind::ReadonlyWord => Modifiers::FINAL,
            Kind::DeclareWord => Modifiers::DECLARATION,
            Kind::AccessibilityModifier => match self.text(kid.node) {
                "private" => Modifiers::PRIVATE,
                "protected" => Modifiers::PROTECTED,
                _ => Modifiers::PUBLIC,
            },
            Kind::PrivateProperty => Modifiers::PRIVATE,
            _ => Modifiers::default(),
        }
    }

    /// TYPE_PARAMETERs of a METHOD or TYPE_DECL.
    pub(super) fn type_parameters(&mut self, kids: &[Kid<'t>], parent: NodeIndex) {
        let Some(list) = Self::field(kids, Field::TypeParameters) else { return };
        let inner = self.kids(list);
        for kid in inner.iter().filter(|kid| kid.kind == Kind::TypeParameter) {
            let name = self.child(kid.node, Field::Name).map_or("", |name| self.text(name));
            let slot = Slot::child(parent);
            self.b.named(slot, NodeKind::TypeParameter, Place::of(kid.node), name);
        }
        self.done(inner);
    }

    /// Parameters and body of a METHOD.
    pub(super) fn function_body(&mut self, body: Body<'t>) {
        let kids = self.kids(body.node);
        let parameters = Self::field(&kids, Field::Parameters);
        let single = Self::field(&kids, Field::Parameter);
        let inside = Self::field(&kids, Field::Body);
        let result = Self::field(&kids, Field::ReturnType);
        self.done(kids);
        let is_arrow = self.kind(body.node) == Kind::ArrowFunction;
        let around = *self.scope();
        let place = self.b.place(body.method);
        let is_static = self.b.node(body.method).modifiers.has(Modifiers::STATIC);
        let this = match (is_arrow, is_static) {
            (true, _) => around.this,
            (false, false) => body.class,
            (false, true) => NodeIndex::NONE,
        };
        let full_name = self.b.node(body.method).full_name;
        self.open(Scope { method: body.method, block: NodeIndex::NONE, full_name, this, ..around });
        if body.own_name != StrId::EMPTY {
            self.b.bind(body.own_name, body.method);
        }
        if !is_arrow {
            self.this_parameter(body.method, this, place.start());
        }
        let start = self.parameters.len();
        let mut later = Vec::new();
        match (parameters, single) {
            (Some(list), _) => self.parameter_list(list, body.method, &mut later),
            (None, Some(name)) => self.parameter(name, body.method, 1, &mut later),
            (None, None) => {}
        }
        let result_type = result.map_or(StrId::EMPTY, |result| self.annotation(result));
        let Some(inside) = inside else {
            self.parameters.truncate(start);
            self.work.push(Item::EndFunction(result_type, false));
            return;
        };
        let block = self.b.add(Slot::child(body.method), NodeKind::Block, Place::of(inside));
        if let Some(scope) = self.scopes.last_mut() {
            scope.block = block;
        }
        let (first, end) = body.initialisers;
        let has_two = end > first;
        if has_two {
            for at in first..end {
                let node = self.initialisers[at];
                self.work.push(Item::Initialiser(node, body.class, block));
            }
            self.work.push(Item::Parameters(start));
        } else {
            self.declare_parameters(start);
        }
        self.push_prologue(later, block, body.class);
        if self.kind(inside) == Kind::StatementBlock {
            self.work.push(Item::Suite(inside, block));
        } else {
            self.work.push(Item::Result(inside, block));
        }
        self.work.push(Item::EndFunction(result_type, has_two));
    }
}
