//! Fields and what gives them their first values: `<clinit>`, `<initializer>`, constructors that are not written.

use cg_types::{DispatchType, Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, Slot};

/// Something that runs when a class or an object of it is made.
#[derive(Clone, Copy)]
pub(super) enum Initial<'t> {
    /// A declarator with a value, of a MEMBER.
    Field(Node<'t>, NodeIndex),
    /// An enum constant, and its MEMBER.
    Constant(Node<'t>, NodeIndex),
    /// `{ … }` or `static { … }`.
    Block(Node<'t>),
}

impl<'t> Front<'_, 't> {
    /// `int a = 1, b[];` in a type: MEMBERs; the values wait for the initialisers.
    pub(super) fn fields(&mut self, node: Node<'t>, decl: NodeIndex) {
        let kids = self.kids(node);
        let written = self.modifiers(&kids);
        let type_node = Self::field(&kids, Field::Type);
        let in_interface = self.types.last().is_some_and(|frame| frame.is_interface);
        let mut flags = written.flags;
        if in_interface {
            flags = flags.with(Modifiers::PUBLIC).with(Modifiers::STATIC).with(Modifiers::FINAL);
        }
        for child in &kids {
            if Field::of(child) != Field::Declarator {
                continue;
            }
            let inner = self.kids(child.node);
            let name = Self::field(&inner, Field::Name);
            let dimensions = Self::field(&inner, Field::Dimensions);
            let has_value = Self::field(&inner, Field::Value).is_some();
            self.done(inner);
            let Some(name) = name else { continue };
            let type_name = self.written_with(type_node, dimensions);
            let member = self.field_member(name, Place::of(child.node), decl, type_name, flags);
            for annotation in &written.annotations {
                self.annotation(*annotation, member);
            }
            let Some(frame) = self.types.last_mut().filter(|_| has_value) else { continue };
            let initial = Initial::Field(child.node, member);
            if flags.has(Modifiers::STATIC) {
                frame.statics.push(initial);
            } else {
                frame.instances.push(initial);
            }
        }
        self.done(kids);
    }

    /// A MEMBER, known by its name from here on.
    pub(super) fn field_member(
        &mut self,
        name: Node<'t>,
        place: Place,
        decl: NodeIndex,
        type_name: StrId,
        flags: Modifiers,
    ) -> NodeIndex {
        let text = self.text(name);
        let member = self.b.declare(Slot::child(decl), NodeKind::Member, place, text, "");
        let made = self.b.node_mut(member);
        made.type_full_name = type_name;
        made.modifiers = flags;
        let name = made.name;
        if let Some(frame) = self.types.last_mut() {
            frame.fields.insert(name, member);
        }
        member
    }

    /// The MEMBER of an enum constant.
    pub(super) fn enum_constant_member(&mut self, node: Node<'t>, decl: NodeIndex) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name);
        let written = self.modifiers(&kids);
        self.done(kids);
        let Some(name) = name else { return };
        let type_name = self.b.node(decl).name;
        let flags = Modifiers::PUBLIC.with(Modifiers::STATIC).with(Modifiers::FINAL);
        let member = self.field_member(name, Place::of(node), decl, type_name, flags);
        for annotation in &written.annotations {
            self.annotation(*annotation, member);
        }
        if let Some(frame) = self.types.last_mut() {
            frame.statics.push(Initial::Constant(node, member));
        }
    }

    /// A field access that names a field by nothing but its name.
    pub(super) fn field_use(&mut self, slot: Slot, place: Place, member: NodeIndex) -> NodeIndex {
        let of = *self.b.node(member);
        let access = self.b.operator(slot, Operator::FieldAccess, place);
        self.b.node_mut(access).type_full_name = of.type_full_name;
        let first = Slot::argument(access, 1);
        let is_own = self.types.last().is_some_and(|frame| frame.decl == of.parent);
        if of.modifiers.has(Modifiers::STATIC) {
            self.type_use(first, place, of.parent);
        } else if is_own {
            self.this_use(first, place);
        } else {
            self.outer_this(first, place, of.parent);
        }
        let field = self.b.add(Slot::argument(access, 2), NodeKind::FieldIdentifier, place);
        self.b.node_mut(field).name = of.name;
        self.b.node_mut(field).reference = member;
        access
    }

    /// `Outer.this`, not written.
    pub(super) fn outer_this(&mut self, slot: Slot, place: Place, decl: NodeIndex) {
        let place = place.start();
        let type_name = self.b.node(decl).full_name;
        let outer = self.b.operator(slot, Operator::FieldAccess, place);
        self.b.node_mut(outer).type_full_name = type_name;
        self.type_use(Slot::argument(outer, 1), place, decl);
        self.b.named(Slot::argument(outer, 2), NodeKind::FieldIdentifier, place, "this");
    }

    /// A class by its name, not written.
    fn type_use(&mut self, slot: Slot, place: Place, decl: NodeIndex) {
        let index = self.b.add(slot, NodeKind::Identifier, place.start());
        let name = self.b.node(decl).name;
        self.b.node_mut(index).name = name;
        self.b.node_mut(index).reference = decl;
    }

    /// One initialiser, in the innermost BLOCK.
    pub(super) fn initial(&mut self, initial: Initial<'t>) {
        let block = self.current_block();
        match initial {
            Initial::Field(node, member) => {
                let kids = self.kids(node);
                let name = Self::field(&kids, Field::Name).unwrap_or(node);
                let value = Self::field(&kids, Field::Value);
                self.done(kids);
                let set =
                    self.b.operator(Slot::child(block), Operator::Assignment, Place::of(node));
                self.field_use(Slot::argument(set, 1), Place::of(name), member);
                if let Some(value) = value {
                    self.initial_value(value, Slot::argument(set, 2), member);
                }
            }
            Initial::Constant(node, member) => self.enum_constant(node, member, block),
            Initial::Block(node) => {
                let kids = self.kids(node);
                let body = match Kind::of(node) {
                    Kind::StaticInitializer => Self::of_kind(&kids, Kind::Block).unwrap_or(node),
                    _ => node,
                };
                self.done(kids);
                self.work.push(Item::Body(body, Slot::child(block)));
            }
        }
    }

    /// The value of a variable; `{ … }` has the variable's type.
    pub(super) fn initial_value(&mut self, value: Node<'t>, slot: Slot, variable: NodeIndex) {
        if Kind::of(value) == Kind::ArrayInitializer {
            let type_name = self.b.node(variable).type_full_name;
            let made = self.operands(value, Operator::ArrayInitializer, slot);
            self.b.node_mut(made).type_full_name = type_name;
        } else {
            self.work.push(Item::Expression(value, slot));
        }
    }

    fn enum_constant(&mut self, node: Node<'t>, member: NodeIndex, block: NodeIndex) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).unwrap_or(node);
        let arguments = Self::field(&kids, Field::Arguments);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let set = self.b.operator(Slot::child(block), Operator::Assignment, Place::of(node));
        self.field_use(Slot::argument(set, 1), Place::of(name), member);
        let slot = Slot::argument(set, 2);
        let call = self.b.call(slot, DispatchType::Static, Place::of(node), "<init>");
        let type_name = self.b.node(member).type_full_name;
        self.b.node_mut(call).type_full_name = type_name;
        if let Some(arguments) = arguments {
            self.arguments(arguments, call);
        }
        if let Some(body) = body {
            let base = self.types.last().map_or(StrId::EMPTY, |frame| frame.full_name);
            self.anonymous_class(body, base, call);
        }
    }

    /// `<clinit>`.
    pub(super) fn static_initializer(&mut self) {
        let Some(frame) = self.types.last_mut() else { return };
        let list = std::mem::take(&mut frame.statics);
        self.implicit_method("<clinit>", Modifiers::STATIC);
        list.into_iter().for_each(|one| self.work.push(Item::Initial(one)));
        self.end_implicit();
    }

    /// `<initializer>`.
    pub(super) fn instance_initializer(&mut self) {
        let Some(frame) = self.types.last_mut() else { return };
        let list = std::mem::take(&mut frame.instances);
        self.implicit_method("<initializer>", Modifiers::PRIVATE);
        list.into_iter().for_each(|one| self.work.push(Item::Initial(one)));
        self.end_implicit();
    }

    /// The constructor of a type that writes none.
    pub(super) fn default_constructor(&mut self) {
        let Some(frame) = self.types.last_mut() else { return };
        if let Some(components) = frame.components {
            return self.canonical_constructor(components);
        }
        let list = std::mem::take(&mut frame.instances);
        let decl = frame.decl;
        let visible = self.b.node(decl).modifiers.0
            & (Modifiers::PUBLIC.0 | Modifiers::PROTECTED.0 | Modifiers::PRIVATE.0);
        self.implicit_method("<init>", Modifiers(visible).with(Modifiers::CONSTRUCTOR));
        list.into_iter().for_each(|one| self.work.push(Item::Initial(one)));
        self.end_implicit();
    }

    /// A METHOD `void name()` at the start of the type, with an open BLOCK.
    fn implicit_method(&mut self, name: &str, modifiers: Modifiers) {
        let Some(frame) = self.types.last() else { return };
        let (decl, owner) = (frame.decl, frame.full_name);
        let place = self.b.place(decl).start();
        let method = self.b.named(Slot::child(decl), NodeKind::Method, place, name);
        let full_name = self.in_type(owner, '.', &format!("{name}:void()"));
        let signature = self.b.intern("void()");
        let made = self.b.node_mut(method);
        made.full_name = full_name;
        made.signature = signature;
        made.modifiers = modifiers;
        let is_static = modifiers.has(Modifiers::STATIC);
        let type_mark = self.names.mark();
        self.open_function(method, is_static, type_mark);
        if !is_static {
            self.this_parameter(method, place);
        }
        self.open_block(Slot::child(method), place);
    }

    fn end_implicit(&mut self) {
        let void = self.b.intern("void");
        self.work.push(Item::BlockEnd);
        self.work.push(Item::FunctionEnd(void));
    }
}
