//! Parameters: names, types, defaults, patterns, TypeScript's parameter properties.

use cg_types::{Evaluation, Modifiers, NodeIndex, NodeKind};
use tree_sitter::Node;

use super::binding::{Declare, From, Source};
use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, ScopeKind, Slot};

/// What the body of a function does first.
pub(super) struct Prologue<'t> {
    parameter: NodeIndex,
    /// The pattern, or the name if there is only a default.
    target: Node<'t>,
    default: Option<Node<'t>>,
    /// Modifiers of the field that it becomes too.
    property: Option<Modifiers>,
    is_pattern: bool,
}

impl<'t> Front<'_, 't> {
    /// The parameter `this`.
    pub(super) fn this_parameter(&mut self, method: NodeIndex, class: NodeIndex, place: Place) {
        let this = self.b.add(Slot::child(method), NodeKind::MethodParameterIn, place);
        let class_name =
            if class.is_some() { self.b.node(class).full_name } else { cg_types::StrId::EMPTY };
        let name = self.this;
        let node = self.b.node_mut(this);
        node.name = name;
        node.argument_index = 0;
        node.evaluation = Evaluation::BySharing;
        node.type_full_name = class_name;
        self.b.bind(name, this);
    }

    /// The METHOD_PARAMETER_INs, numbered from 1.
    pub(super) fn parameter_list(
        &mut self,
        list: Node<'t>,
        method: NodeIndex,
        later: &mut Vec<Prologue<'t>>,
    ) {
        let kids = self.kids(list);
        let mut index = 1;
        for kid in kids.iter().filter(|kid| !kid.kind.is_token() && kid.kind != Kind::Decorator) {
            let before = self.parameters.len();
            self.parameter(kid.node, method, index, later);
            if self.parameters.len() > before {
                index += 1;
            }
        }
        self.done(kids);
    }

    /// One parameter; its name waits in [`Front::parameters`].
    pub(super) fn parameter(
        &mut self,
        node: Node<'t>,
        method: NodeIndex,
        index: i32,
        later: &mut Vec<Prologue<'t>>,
    ) {
        let (mut target, mut annotation, mut default) = (node, None, None);
        let (mut is_variadic, mut property, mut notes) = (false, None, Vec::new());
        loop {
            match self.kind(target) {
                Kind::RequiredParameter | Kind::OptionalParameter => {
                    let kids = self.kids(target);
                    annotation = annotation.or(Self::field(&kids, Field::Type));
                    default = default.or(Self::field(&kids, Field::Value));
                    for kid in &kids {
                        let modifier = self.modifier(kid);
                        if modifier != Modifiers::default() {
                            property = Some(property.unwrap_or(Modifiers(0)).with(modifier));
                        }
                        if kid.kind == Kind::Decorator {
                            notes.push(kid.node);
                        }
                    }
                    let inner = Self::field(&kids, Field::Pattern)
                        .or_else(|| Self::field(&kids, Field::Name));
                    self.done(kids);
                    match inner {
                        Some(inner) => target = inner,
                        None => return,
                    }
                }
                Kind::AssignmentPattern => {
                    let kids = self.kids(target);
                    default = default.or(Self::field(&kids, Field::Right));
                    let left = Self::field(&kids, Field::Left);
                    self.done(kids);
                    match left {
                        Some(left) => target = left,
                        None => return,
                    }
                }
                Kind::RestPattern => {
                    is_variadic = true;
                    match self.first(target) {
                        Some(inner) => target = inner,
                        None => return,
                    }
                }
                _ => break,
            }
        }
        let written = annotation.map(|annotation| self.annotation(annotation));
        let is_pattern = match self.kind(target) {
            Kind::Identifier => false,
            Kind::ObjectPattern | Kind::ArrayPattern => true,
            Kind::This => {
                if let (Some(this), Some(written)) = (self.b.resolve_here(self.this), written) {
                    self.b.node_mut(this).type_full_name = written;
                }
                return;
            }
            _ => return,
        };
        let name = match is_pattern {
            true => self.b.intern(&format!("<param{index}>")),
            false => self.name(target),
        };
        let place = Place::of(node);
        let made = self.b.add(Slot::child(method), NodeKind::MethodParameterIn, place);
        let parameter = self.b.node_mut(made);
        parameter.name = name;
        parameter.argument_index = index;
        parameter.evaluation = Evaluation::BySharing;
        if is_variadic {
            parameter.modifiers = Modifiers::VARIADIC;
        }
        if let Some(written) = written {
            self.settle(made, written);
        }
        for note in notes {
            self.annotate(note, made);
        }
        self.parameters.push((name, made));
        if is_pattern || default.is_some() || property.is_some() {
            later.push(Prologue { parameter: made, target, default, property, is_pattern });
        }
    }

    /// Makes the parameters from number `start` on visible in the innermost scope.
    pub(super) fn declare_parameters(&mut self, start: usize) {
        let function = self.scopes[self.scope().function].id;
        for (name, parameter) in self.parameters.drain(start..) {
            self.b.bind(name, parameter);
            self.variables.insert((function, name), parameter);
        }
    }

    /// The same in a scope of their own, behind field initialisers.
    pub(super) fn bind_parameters(&mut self, start: usize) {
        self.b.push_scope(ScopeKind::Nested);
        self.declare_parameters(start);
    }

    /// Defaults, patterns and parameter properties, in the order of the parameters.
    pub(super) fn push_prologue(
        &mut self,
        later: Vec<Prologue<'t>>,
        block: NodeIndex,
        class: NodeIndex,
    ) {
        for one in later {
            let slot = Slot::child(block);
            if one.is_pattern || one.default.is_some() {
                let from = From::Whole(Source::of(one.parameter));
                let declare = if one.is_pattern { Declare::BLOCK } else { Declare::NOTHING };
                self.work.push(Item::Bind(one.target, from, one.default, slot, declare));
            }
            if let (Some(modifiers), true, false) = (one.property, class.is_some(), one.is_pattern)
            {
                self.parameter_property(one.target, one.parameter, class, modifiers, block);
            }
        }
    }

    /// `constructor(private a: T)`: a member, and `this.a = a`.
    fn parameter_property(
        &mut self,
        name: Node<'t>,
        parameter: NodeIndex,
        class: NodeIndex,
        modifiers: Modifiers,
        block: NodeIndex,
    ) {
        let (name_id, place) = (self.name(name), Place::of(name));
        let member = self.member_named(class, name_id, place);
        let type_name = self.b.node(parameter).type_full_name;
        self.b.node_mut(member).modifiers = modifiers;
        self.settle(member, type_name);
        let set = self.b.operator(Slot::child(block), Operator::Assignment, place);
        let access = self.b.operator(Slot::argument(set, 1), Operator::FieldAccess, place);
        self.b.identifier_late(Slot::argument(access, 1), place, "this");
        self.field_named(Slot::argument(access, 2), place, name_id);
        self.use_of(Slot::argument(set, 2), place, parameter);
    }
}
