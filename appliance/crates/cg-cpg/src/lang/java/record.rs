//! What a record has without writing it: members, constructor, accessors.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// MEMBERs for the components.
    pub(super) fn component_members(&mut self, list: Node<'t>, decl: NodeIndex) {
        for parameter in self.parameter_list(list) {
            let Some(name) = parameter.name else { continue };
            let flags = Modifiers::PRIVATE.with(Modifiers::FINAL);
            let place = Place::of(parameter.node);
            self.field_member(name, place, decl, parameter.type_name, flags);
        }
    }

    /// Whether a class has no default constructor with this one: in a record only a canonical one counts.
    pub(super) fn makes_default_needless(&mut self, constructor: Node<'t>) -> bool {
        let Some(components) = self.types.last().and_then(|frame| frame.components) else {
            return true;
        };
        let kids = self.kids(constructor);
        let parameters = Self::field(&kids, Field::Parameters);
        self.done(kids);
        let Some(parameters) = parameters else { return false };
        let (own, wanted) = (self.parameter_list(parameters), self.parameter_list(components));
        own.len() == wanted.len()
            && own.iter().zip(&wanted).all(|(a, b)| a.type_name == b.type_name)
    }

    /// The canonical constructor, and the accessors that are not written.
    pub(super) fn canonical_constructor(&mut self, components: Node<'t>) {
        let Some(frame) = self.types.last() else { return };
        let (decl, owner) = (frame.decl, frame.full_name);
        let place = Place::of(components);
        let method = self.b.named(Slot::child(decl), NodeKind::Method, place, "<init>");
        let type_mark = self.names.mark();
        let parameters = self.parameter_list(components);
        let void = self.b.intern("void");
        self.b.node_mut(method).modifiers = Modifiers::CONSTRUCTOR.with(Modifiers::PUBLIC);
        self.set_signature(method, owner, "<init>", void, &parameters);
        self.open_function(method, false, type_mark);
        self.this_parameter(method, place);
        self.parameters(&parameters, method);
        self.open_block(Slot::child(method), place);
        self.assign_components();
        self.work.push(Item::BlockEnd);
        self.work.push(Item::FunctionEnd(void));
    }

    /// `this.x = x` for each component, in the innermost BLOCK.
    pub(super) fn assign_components(&mut self) {
        let Some(components) = self.types.last().and_then(|frame| frame.components) else { return };
        let block = self.current_block();
        for parameter in self.parameter_list(components) {
            let Some(name) = parameter.name else { continue };
            let text = self.name(name);
            let place = Place::of(name);
            let member = self.types.last().and_then(|frame| frame.fields.get(&text)).copied();
            let Some(member) = member else { continue };
            let set = self.b.operator(Slot::child(block), Operator::Assignment, place);
            self.field_use(Slot::argument(set, 1), place, member);
            let text = self.text(name);
            self.b.identifier(Slot::argument(set, 2), place, text);
        }
    }

    /// `T x() { return this.x; }` for each component without one.
    pub(super) fn accessors(&mut self) {
        let Some(frame) = self.types.last() else { return };
        let (decl, owner) = (frame.decl, frame.full_name);
        let Some(components) = frame.components else { return };
        for parameter in self.parameter_list(components) {
            let Some(name) = parameter.name else { continue };
            let text = self.name(name);
            let Some(frame) = self.types.last() else { return };
            let Some(member) = frame.fields.get(&text).copied() else { continue };
            if frame.methods.contains_key(&text) {
                continue;
            }
            let place = Place::of(parameter.node);
            let text = self.text(name);
            let method = self.b.named(Slot::child(decl), NodeKind::Method, place, text);
            self.set_signature(method, owner, text, parameter.type_name, &[]);
            self.b.node_mut(method).modifiers = Modifiers::PUBLIC.with(Modifiers::VIRTUAL);
            let type_mark = self.names.mark();
            self.open_function(method, false, type_mark);
            self.this_parameter(method, place);
            let block = self.open_block(Slot::child(method), place);
            let value = self.b.add(Slot::child(block), NodeKind::Return, place);
            self.field_use(Slot::argument(value, 1), place, member);
            self.close_now(parameter.type_name);
        }
    }

    /// Ends a function whose body is there already.
    fn close_now(&mut self, return_type: StrId) {
        self.b.pop_scope();
        self.blocks.pop();
        let Some(frame) = self.methods.pop() else { return };
        let method_return = self.b.method_return(frame.method, "");
        self.b.node_mut(method_return).type_full_name = return_type;
        self.b.pop_scope();
    }
}

/// A parameter as it is written.
#[derive(Clone)]
pub(super) struct Parameter<'t> {
    pub(super) node: Node<'t>,
    pub(super) name: Option<Node<'t>>,
    pub(super) type_name: StrId,
    pub(super) is_variadic: bool,
    pub(super) flags: Modifiers,
    pub(super) annotations: Vec<Node<'t>>,
}

impl<'t> Front<'_, 't> {
    /// The parameters in brackets, without the receiver.
    pub(super) fn parameter_list(&mut self, list: Node<'t>) -> Vec<Parameter<'t>> {
        let kids = self.kids(list);
        let mut found = Vec::with_capacity(kids.len());
        for child in &kids {
            let kind = Kind::of(child.node);
            if matches!(kind, Kind::Identifier | Kind::UnderscorePattern) {
                found.push(Parameter {
                    node: child.node,
                    name: Some(child.node),
                    type_name: StrId::EMPTY,
                    is_variadic: false,
                    flags: Modifiers::default(),
                    annotations: Vec::new(),
                });
                continue;
            }
            if !matches!(kind, Kind::FormalParameter | Kind::SpreadParameter) {
                continue;
            }
            let inner = self.kids(child.node);
            let written = self.modifiers(&inner);
            let is_variadic = kind == Kind::SpreadParameter;
            let mut name = Self::field(&inner, Field::Name);
            let mut dimensions = Self::field(&inner, Field::Dimensions);
            let mut type_node = Self::field(&inner, Field::Type);
            if is_variadic {
                type_node = inner
                    .iter()
                    .map(|one| one.node)
                    .find(|one| super::kind::is_type(Kind::of(*one)));
                if let Some(declarator) = Self::of_kind(&inner, Kind::VariableDeclarator) {
                    let parts = self.kids(declarator);
                    name = Self::field(&parts, Field::Name);
                    dimensions = Self::field(&parts, Field::Dimensions);
                    self.done(parts);
                }
            }
            self.done(inner);
            let mut type_name = self.written_with(type_node, dimensions);
            if is_variadic {
                let whole = format!("{}...", self.b.string(type_name));
                type_name = self.b.intern(&whole);
            }
            found.push(Parameter {
                node: child.node,
                name,
                type_name,
                is_variadic,
                flags: written.flags,
                annotations: written.annotations,
            });
        }
        self.done(kids);
        found
    }
}
