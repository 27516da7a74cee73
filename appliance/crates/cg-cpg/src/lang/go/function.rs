//! Functions, methods, parameters, closures, and what they defer.

use cg_types::{ControlKind, Evaluation, Modifiers, NodeIndex, NodeKind, Role, Span, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Frame, Front, Item};
use super::types::base_name;
use crate::builder::{Place, ScopeKind, Slot};
use crate::syntax::Child;

/// The parts of a function's head.
struct Head<'t> {
    name: &'t str,
    receiver: Option<Node<'t>>,
    generics: Option<Node<'t>>,
    parameters: Option<Node<'t>>,
    result: Option<Node<'t>>,
    body: Option<Node<'t>>,
}

impl<'t> Front<'_, 't> {
    fn head(&self, kids: &[Child<'t>]) -> Head<'t> {
        Head {
            name: Self::field(kids, Field::Name).map_or("", |name| self.text(name)),
            receiver: Self::field(kids, Field::Receiver),
            generics: Self::field(kids, Field::TypeParameters),
            parameters: Self::field(kids, Field::Parameters),
            result: Self::field(kids, Field::Result),
            body: Self::field(kids, Field::Body),
        }
    }

    /// `func f(…) …` and `func (r T) f(…) …`.
    pub(super) fn function(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        let head = self.head(&kids);
        self.done(kids);
        let owner = head.receiver.map_or("", |list| self.receiver_type(list));
        let full_name = match owner {
            "" => self.full_name(head.name),
            owner => self.full_name(&format!("{owner}.{}", head.name)),
        };
        let slot = Slot::child(parent);
        let method = self.b.named(slot, NodeKind::Method, Place::of(node), head.name);
        if head.receiver.is_none() {
            let id = self.b.node(method).name;
            self.package.entry(id).or_insert(method);
        }
        let mut modifiers = Self::visibility(head.name);
        if head.body.is_none() {
            modifiers = modifiers.with(Modifiers::DECLARATION);
        }
        self.b.node_mut(method).full_name = full_name;
        self.b.node_mut(method).modifiers = modifiers;
        self.function_inside(&head, method, full_name);
    }

    /// A method of an interface: ABSTRACT, without a BLOCK.
    pub(super) fn interface_method(&mut self, node: Node<'t>, decl: NodeIndex, owner: StrId) {
        let kids = self.kids(node);
        let head = self.head(&kids);
        self.done(kids);
        let full_name = format!("{}.{}", self.b.string(owner), head.name);
        let full_name = self.b.intern(&full_name);
        let slot = Slot::child(decl);
        let method = self.b.named(slot, NodeKind::Method, Place::of(node), head.name);
        self.b.node_mut(method).full_name = full_name;
        self.b.node_mut(method).modifiers =
            Self::visibility(head.name).with(Modifiers::ABSTRACT).with(Modifiers::DECLARATION);
        let return_type = self.signature(&head, method);
        self.b.push_scope(ScopeKind::Nested);
        if let Some(list) = head.parameters {
            self.parameters(list, method, 1);
        }
        self.b.pop_scope();
        let method_return = self.b.method_return(method, "");
        self.b.node_mut(method_return).type_full_name = return_type;
    }

    /// A METHOD in the innermost BLOCK, and a METHOD_REF where the closure stands.
    pub(super) fn closure(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let place = Place::of(node);
        let frame = self.frame();
        frame.closures += 1;
        let short = format!("<closure{}>", frame.closures);
        let full_name = self.full_name(&short);
        let around = self.current_block();
        let reference = self.b.named(slot, NodeKind::MethodRef, place, &short);
        let method = self.b.named(Slot::child(around), NodeKind::Method, place, &short);
        self.b.node_mut(reference).full_name = full_name;
        self.b.node_mut(reference).reference = method;
        self.b.node_mut(method).full_name = full_name;
        self.b.node_mut(method).modifiers = Modifiers::LAMBDA;
        let kids = self.kids(node);
        let head = self.head(&kids);
        self.done(kids);
        self.function_inside(&head, method, full_name);
        reference
    }

    /// Signature, parameters, body.
    fn function_inside(&mut self, head: &Head<'t>, method: NodeIndex, full_name: StrId) {
        let return_type = self.signature(head, method);
        self.frames.push(Frame {
            full_name,
            closures: 0,
            blocks: self.blocks.len(),
            method,
            body: NodeIndex::NONE,
            deferred: NodeIndex::NONE,
            results: Vec::new(),
        });
        self.breaks.push(false);
        self.b.push_scope(ScopeKind::Nested);
        if let Some(generics) = head.generics {
            self.type_parameters(generics, method);
        }
        if let Some(receiver) = head.receiver {
            self.parameters(receiver, method, 0);
        }
        if let Some(list) = head.parameters {
            self.parameters(list, method, 1);
        }
        if let Some(body) = head.body {
            // Parameters and what the body declares share one scope.
            let block = self.b.add(Slot::child(method), NodeKind::Block, Place::of(body));
            self.blocks.push(block);
            self.frame().body = block;
            if let Some(list) = head.result.filter(|one| Kind::of(*one) == Kind::ParameterList) {
                self.named_results(list, block);
            }
            self.statements(body);
        }
        self.work.push(Item::FunctionEnd(return_type));
    }

    pub(super) fn function_end(&mut self, return_type: StrId) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.deferred.is_some() {
            let place = self.b.place(frame.body);
            let outer = self.b.add(Slot::child(frame.method), NodeKind::Block, place);
            let control = self.b.control(Slot::child(outer), ControlKind::Try, place);
            let name = self.b.intern("defer_statement");
            self.b.node_mut(control).name = name;
            let body = self.b.node_mut(frame.body);
            (body.parent, body.role) = (control, Role::TryBody);
            let deferred = self.b.node_mut(frame.deferred);
            (deferred.parent, deferred.role) = (control, Role::FinallyBody);
        }
        let method_return = self.b.method_return(frame.method, "");
        self.b.node_mut(method_return).type_full_name = return_type;
        self.b.pop_scope();
        self.breaks.pop();
        self.blocks.truncate(frame.blocks);
    }

    /// `defer f()`: in the body itself a TRY around the rest, deeper a conditional call at the function's end.
    pub(super) fn defer(&mut self, node: Node<'t>, slot: Slot) {
        let place = Place::of(node);
        let kids = self.kids(node);
        let call = kids.first().map(|one| one.node);
        self.done(kids);
        let Some(call) = call else { return };
        let name = self.b.intern("defer_statement");
        let current = self.current_block();
        let depth = self.blocks.len();
        let frame = self.frame();
        let (method, body) = (frame.method, frame.body);
        let is_plain = slot == Slot::child(current);
        if !is_plain || frame.blocks == 0 && depth == 1 {
            self.work.push(Item::Expression(call, slot));
            return;
        }
        if depth == frame.blocks + 1 {
            let end = self.b.place(body);
            let control = self.b.control(slot, ControlKind::Try, place.to(end));
            let finally = Slot::role(control, Role::FinallyBody);
            let finally = self.b.control(finally, ControlKind::Finally, place);
            self.b.node_mut(control).name = name;
            self.b.node_mut(finally).name = name;
            self.work.push(Item::Expression(call, Slot::child(finally)));
            let span = Span { start: place.span.end, end: place.span.end };
            let rest = Place { span, line: place.line_end, ..place };
            self.work.push(Item::Protected(control, rest.to(end)));
            return;
        }
        let deferred = match frame.deferred {
            NodeIndex::NONE => {
                let slot = Slot::child(method);
                let finally = self.b.control(slot, ControlKind::Finally, place);
                self.b.node_mut(finally).name = name;
                self.frame().deferred = finally;
                finally
            }
            known => known,
        };
        let control = self.b.control(Slot::child(deferred), ControlKind::If, place);
        self.b.node_mut(control).name = name;
        let block = self.b.add(Slot::role(control, Role::TrueBody), NodeKind::Block, place);
        self.work.push(Item::Expression(call, Slot::child(block)));
    }

    /// Sets the signature; gives the type of the METHOD_RETURN.
    fn signature(&mut self, head: &Head<'t>, method: NodeIndex) -> StrId {
        let parameters = head.parameters.map_or(StrId::EMPTY, |list| self.written_type(list));
        let signature = match head.result {
            Some(result) => {
                let result = self.written_type(result);
                let whole = format!("{} {}", self.b.string(parameters), self.b.string(result));
                self.b.intern(&whole)
            }
            None => parameters,
        };
        self.b.node_mut(method).signature = signature;
        match head.result {
            Some(list) if Kind::of(list) == Kind::ParameterList => self.result_types(list),
            Some(result) => self.written_type(result),
            None => StrId::EMPTY,
        }
    }

    /// `(n int, err error)` is `(int, error)`, `(err error)` is `error`.
    fn result_types(&mut self, list: Node<'t>) -> StrId {
        let mut types: Vec<StrId> = Vec::new();
        let kids = self.kids(list);
        for child in kids.iter().filter(|one| Kind::of(one.node) == Kind::ParameterDeclaration) {
            let parts = self.kids(child.node);
            let written = Self::field(&parts, Field::Type)
                .map_or(StrId::EMPTY, |written| self.written_type(written));
            let names = parts.iter().filter(|one| Field::of(one) == Field::Name);
            let count = names.filter(|one| Kind::of(one.node) == Kind::Identifier).count();
            types.extend(std::iter::repeat_n(written, count.max(1)));
            self.done(parts);
        }
        self.done(kids);
        match types[..] {
            [] => StrId::EMPTY,
            [only] => only,
            _ => {
                let names: Vec<&str> = types.iter().map(|one| self.b.string(*one)).collect();
                let whole = format!("({})", names.join(", "));
                self.b.intern(&whole)
            }
        }
    }

    fn named_results(&mut self, list: Node<'t>, block: NodeIndex) {
        let mut results = Vec::new();
        self.each_name(list, |front, name, written, _, _| {
            let Some(name) = name else { return };
            let (text, place) = (front.text(name), Place::of(name));
            let slot = Slot::child(block);
            let local = front.b.declare(slot, NodeKind::Local, place, text, "");
            front.b.node_mut(local).type_full_name = written;
            results.push(local);
        });
        self.frame().results = results;
    }

    /// The METHOD_PARAMETER_INs of a list, numbered from `first`.
    fn parameters(&mut self, list: Node<'t>, method: NodeIndex, first: i32) {
        let mut index = first;
        self.each_name(list, |front, name, written, whole, variadic| {
            let text = name.map_or("_", |name| front.text(name));
            let place = match name {
                Some(name) => Place::of(name).to(Place::of(whole)),
                None => Place::of(whole),
            };
            let slot = Slot::child(method);
            let kind = NodeKind::MethodParameterIn;
            let made = match text {
                "_" => front.b.named(slot, kind, place, text),
                text => front.b.declare(slot, kind, place, text, ""),
            };
            let is_pointer = front.b.string(written).starts_with('*');
            let parameter = front.b.node_mut(made);
            parameter.type_full_name = written;
            parameter.argument_index = index;
            parameter.evaluation =
                if is_pointer { Evaluation::ByReference } else { Evaluation::ByValue };
            if variadic {
                parameter.modifiers = Modifiers::VARIADIC;
            }
            index += 1;
        });
    }

    /// Each parameter of a list: name, type, declaration, whether it takes the rest.
    fn each_name(
        &mut self,
        list: Node<'t>,
        mut visit: impl FnMut(&mut Self, Option<Node<'t>>, StrId, Node<'t>, bool),
    ) {
        let kids = self.kids(list);
        for child in &kids {
            let variadic = Kind::of(child.node) == Kind::VariadicParameterDeclaration;
            if !variadic && Kind::of(child.node) != Kind::ParameterDeclaration {
                continue;
            }
            let parts = self.kids(child.node);
            let mut written = Self::field(&parts, Field::Type)
                .map_or(StrId::EMPTY, |written| self.written_type(written));
            if variadic {
                let text = format!("...{}", self.b.string(written));
                written = self.b.intern(&text);
            }
            let mut names = parts
                .iter()
                .filter(|one| Field::of(one) == Field::Name)
                .filter(|one| Kind::of(one.node) == Kind::Identifier)
                .peekable();
            if names.peek().is_none() {
                visit(self, None, written, child.node, variadic);
            }
            for name in names {
                visit(self, Some(name.node), written, child.node, variadic);
            }
            self.done(parts);
        }
        self.done(kids);
    }

    /// `(r *T[K])` is `T`.
    fn receiver_type(&mut self, list: Node<'t>) -> &'t str {
        let kids = self.kids(list);
        let first = Self::of_kind(&kids, Kind::ParameterDeclaration);
        self.done(kids);
        let Some(first) = first else { return "" };
        let parts = self.kids(first);
        let written = Self::field(&parts, Field::Type);
        self.done(parts);
        written.map_or("", |written| base_name(self.text(written)))
    }
}
