//! Methods, constructors, parameters.

use cg_types::{DispatchType, Evaluation, Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::record::Parameter;
use super::types::PRIMITIVES;
use crate::builder::{Place, Slot};

impl<'t> Front<'_, 't> {
    /// `T f(…) { … }`, in a type or (broken or unnamed classes) in a file.
    pub(super) fn method(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        let written = self.modifiers(&kids);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let generics = Self::field(&kids, Field::TypeParameters);
        let parameters = Self::field(&kids, Field::Parameters);
        let body = Self::field(&kids, Field::Body);
        let return_type = self
            .written_with(Self::field(&kids, Field::Type), Self::field(&kids, Field::Dimensions));
        self.done(kids);

        let around = self.types.last().filter(|frame| frame.decl == parent);
        let in_interface = around.is_some_and(|frame| frame.is_interface);
        let owner = match around {
            Some(frame) => frame.full_name,
            None => self.b.intern(self.package),
        };
        let mut flags = written.flags;
        if in_interface && !flags.has(Modifiers::PRIVATE) {
            flags = flags.with(Modifiers::PUBLIC);
        }
        if body.is_none() {
            flags = flags.with(Modifiers::DECLARATION);
            if in_interface {
                flags = flags.with(Modifiers::ABSTRACT);
            }
        }
        let is_static = flags.has(Modifiers::STATIC);
        if !is_static && !flags.has(Modifiers::PRIVATE) {
            flags = flags.with(Modifiers::VIRTUAL);
        }
        let method = self.b.named(Slot::child(parent), NodeKind::Method, Place::of(node), name);
        self.b.node_mut(method).modifiers = flags;
        for annotation in &written.annotations {
            self.annotation(*annotation, method);
        }
        let type_mark = self.names.mark();
        if let Some(generics) = generics {
            self.type_parameters(generics, method);
        }
        let parameters = parameters.map_or(Vec::new(), |list| self.parameter_list(list));
        self.set_signature(method, owner, name, return_type, &parameters);
        self.open_function(method, is_static, type_mark);
        if !is_static {
            self.this_parameter(method, Place::of(node));
        }
        self.parameters(&parameters, method);
        if let Some(body) = body {
            let block = self.open_block(Slot::child(method), Place::of(body));
            self.statements(body, block);
            self.work.push(Item::BlockEnd);
        }
        self.work.push(Item::FunctionEnd(return_type));
    }

    /// A constructor, also a record's compact one.
    pub(super) fn constructor(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        let written = self.modifiers(&kids);
        let generics = Self::field(&kids, Field::TypeParameters);
        let own = Self::field(&kids, Field::Parameters);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let Some(frame) = self.types.last() else { return };
        let (owner, components) = (frame.full_name, frame.components);
        let is_compact = Kind::of(node) == Kind::CompactConstructorDeclaration;
        let place = Place::of(node);
        let method = self.b.named(Slot::child(parent), NodeKind::Method, place, "<init>");
        self.b.node_mut(method).modifiers = written.flags.with(Modifiers::CONSTRUCTOR);
        for annotation in &written.annotations {
            self.annotation(*annotation, method);
        }
        let type_mark = self.names.mark();
        if let Some(generics) = generics {
            self.type_parameters(generics, method);
        }
        let list = if is_compact { components } else { own };
        let parameters = list.map_or(Vec::new(), |list| self.parameter_list(list));
        let void = self.b.intern("void");
        self.set_signature(method, owner, "<init>", void, &parameters);
        self.open_function(method, false, type_mark);
        self.this_parameter(method, place);
        self.parameters(&parameters, method);
        let block = self.open_block(Slot::child(method), body.map_or(place.start(), Place::of));
        self.constructor_body(body, block);
        if is_compact {
            self.work.push(Item::Components);
        }
        self.work.push(Item::BlockEnd);
        self.work.push(Item::FunctionEnd(void));
    }

    /// The call of another constructor, then the instance initialisers, then what is written.
    fn constructor_body(&mut self, body: Option<Node<'t>>, block: NodeIndex) {
        let kids = body.map_or(Vec::new(), |body| self.kids(body));
        let first = kids
            .first()
            .map(|child| child.node)
            .filter(|node| Kind::of(*node) == Kind::ExplicitConstructorInvocation);
        let mut is_delegating = false;
        if let Some(first) = first {
            let inner = self.kids(first);
            is_delegating = Self::field(&inner, Field::Constructor)
                .is_some_and(|one| Kind::of(one) == Kind::This);
            self.done(inner);
            self.work.push(Item::Statement(first, block));
        }
        if let Some(frame) = self.types.last_mut().filter(|_| !is_delegating) {
            if frame.constructors <= 1 {
                let list = std::mem::take(&mut frame.instances);
                list.into_iter().for_each(|one| self.work.push(Item::Initial(one)));
            } else if !frame.instances.is_empty() {
                self.work.push(Item::InitializerCall(block));
            }
        }
        for child in kids.iter().skip(usize::from(first.is_some())) {
            self.work.push(Item::Statement(child.node, block));
        }
        self.done(kids);
    }

    /// `this.<initializer>()`.
    pub(super) fn initializer_call(&mut self, block: NodeIndex) {
        let place = self.b.place(block).start();
        let slot = Slot::child(block);
        let call = self.b.call(slot, DispatchType::Static, place, "<initializer>");
        self.this_use(Slot::receiver(call), place);
    }

    /// Full name and signature of a METHOD.
    pub(super) fn set_signature(
        &mut self,
        method: NodeIndex,
        owner: StrId,
        name: &str,
        return_type: StrId,
        parameters: &[Parameter<'t>],
    ) {
        let return_type = self.erased(return_type);
        let mut signature = format!("{}(", self.b.string(return_type));
        for (index, parameter) in parameters.iter().enumerate() {
            let written = if parameter.is_variadic {
                let text = self.b.string(parameter.type_name);
                let array = format!("{}[]", text.strip_suffix("...").unwrap_or(text));
                self.b.intern(&array)
            } else {
                parameter.type_name
            };
            let erased = self.erased(written);
            if index > 0 {
                signature.push(',');
            }
            signature.push_str(self.b.string(erased));
        }
        signature.push(')');
        let full_name = match self.b.string(owner) {
            "" => self.b.intern(&format!("{name}:{signature}")),
            _ => self.in_type(owner, '.', &format!("{name}:{signature}")),
        };
        let signature = self.b.intern(&signature);
        let made = self.b.node_mut(method);
        made.full_name = full_name;
        made.signature = signature;
        if parameters.iter().any(|parameter| parameter.is_variadic) {
            made.modifiers = made.modifiers.with(Modifiers::VARIADIC);
        }
    }

    /// `this`.
    pub(super) fn this_parameter(&mut self, method: NodeIndex, place: Place) {
        let type_name = self.types.last().map_or(StrId::EMPTY, |frame| frame.full_name);
        let slot = Slot::child(method);
        let kind = NodeKind::MethodParameterIn;
        let made = self.b.declare(slot, kind, place.start(), "this", "");
        let parameter = self.b.node_mut(made);
        parameter.type_full_name = type_name;
        parameter.argument_index = 0;
        parameter.evaluation = Evaluation::BySharing;
    }

    /// METHOD_PARAMETER_INs.
    pub(super) fn parameters(&mut self, list: &[Parameter<'t>], method: NodeIndex) {
        for (index, parameter) in (1..).zip(list) {
            let name = parameter.name.map_or("", |name| self.text(name));
            let slot = Slot::child(method);
            let place = Place::of(parameter.node);
            let made = self.b.declare(slot, NodeKind::MethodParameterIn, place, name, "");
            let is_value = PRIMITIVES.contains(&self.b.string(parameter.type_name));
            let mut flags = Modifiers(parameter.flags.0 & Modifiers::FINAL.0);
            if parameter.is_variadic {
                flags = flags.with(Modifiers::VARIADIC);
            }
            let is_var = self.b.string(parameter.type_name) == "var";
            let node = self.b.node_mut(made);
            node.type_full_name = if is_var { StrId::EMPTY } else { parameter.type_name };
            node.argument_index = index;
            node.modifiers = flags;
            node.evaluation = if is_value { Evaluation::ByValue } else { Evaluation::BySharing };
            for annotation in &parameter.annotations {
                self.annotation(*annotation, made);
            }
        }
    }
}
