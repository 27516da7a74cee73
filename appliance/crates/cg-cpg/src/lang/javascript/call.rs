//! Calls, `new`, modules asked for by name.

use cg_types::{DispatchType, NodeIndex, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Place, Slot};

impl<'t> Front<'_, 't> {
    /// `f(x)`, `o.m(x)`, `(expression)(x)`, `super(x)`, `` tag`text` ``.
    pub(super) fn call(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.call(slot, DispatchType::Dynamic, Place::of(node), "");
        let kids = self.kids(node);
        let arguments = Self::field(&kids, Field::Arguments);
        if let Some(function) = Self::field(&kids, Field::Function) {
            self.callee(call, function, arguments);
        }
        self.done(kids);
        if let Some(arguments) = arguments {
            self.arguments(call, arguments);
        }
        call
    }

    fn callee(&mut self, call: NodeIndex, function: Node<'t>, arguments: Option<Node<'t>>) {
        let Some(function) = self.unwrap(function) else { return };
        let called = Slot { parent: call, role: Role::Receiver, argument_index: -1 };
        match self.kind(function) {
            Kind::MemberExpression => {
                let kids = self.kids(function);
                if let Some(property) = Self::field(&kids, Field::Property) {
                    let name = self.name(property);
                    self.b.node_mut(call).name = name;
                }
                if let Some(object) = Self::field(&kids, Field::Object) {
                    self.work.push(Item::Expression(object, Slot::receiver(call)));
                }
                self.done(kids);
            }
            Kind::Super => {
                let name = self.b.intern("<init>");
                self.b.node_mut(call).name = name;
                self.work.push(Item::Expression(function, Slot::receiver(call)));
            }
            kind => {
                if matches!(kind, Kind::Identifier | Kind::ImportWord) {
                    let name = self.name(function);
                    self.b.node_mut(call).name = name;
                    if matches!(self.b.string(name), "require" | "import")
                        && let Some(module) = self.module_of(arguments)
                    {
                        self.b.node_mut(call).signature = module;
                    }
                }
                self.work.push(Item::Expression(function, called));
            }
        }
    }

    /// The module that the arguments of `require` or `import` name.
    fn module_of(&mut self, arguments: Option<Node<'t>>) -> Option<StrId> {
        let first = self.first(arguments?)?;
        if self.kind(first) != Kind::String {
            return None;
        }
        let text = self.content(first);
        Some(self.b.intern(text))
    }

    /// The module in `require("m")`, `require("m").x` or `await import("m")`, with the name taken from it.
    pub(super) fn required_module(&mut self, value: Node<'t>) -> Option<(StrId, Option<StrId>)> {
        let text = self.text(value);
        if !(text.starts_with("require") || text.starts_with("await") || text.starts_with("import"))
        {
            return None;
        }
        let (mut at, mut name) = (self.unwrap(value)?, None);
        if self.kind(at) == Kind::MemberExpression {
            let kids = self.kids(at);
            let object = Self::field(&kids, Field::Object);
            let property = Self::field(&kids, Field::Property);
            self.done(kids);
            name = property.map(|property| self.name(property));
            at = self.unwrap(object?)?;
        }
        if self.kind(at) == Kind::Await {
            at = self.first(at)?;
        }
        if self.kind(at) != Kind::Call {
            return None;
        }
        let kids = self.kids(at);
        let function = Self::field(&kids, Field::Function);
        let arguments = Self::field(&kids, Field::Arguments);
        self.done(kids);
        if !matches!(self.text(function?), "require" | "import") {
            return None;
        }
        Some((self.module_of(arguments)?, name))
    }

    /// The arguments of a call, numbered from 1. A template is its text and then the values put in.
    fn arguments(&mut self, call: NodeIndex, list: Node<'t>) {
        let kids = self.kids(list);
        if self.kind(list) == Kind::Template {
            self.work.push(Item::Text(list, Slot::argument(call, 1)));
            let values = kids.iter().filter(|kid| kid.kind == Kind::TemplateSubstitution);
            for (index, value) in (2..).zip(values) {
                self.work.push(Item::Expression(value.node, Slot::argument(call, index)));
            }
        } else {
            for (index, kid) in (1..).zip(kids.iter().filter(|kid| !kid.kind.is_token())) {
                self.work.push(Item::Expression(kid.node, Slot::argument(call, index)));
            }
        }
        self.done(kids);
    }

    /// `new C(x)`: a call of `<init>` on the class.
    pub(super) fn new_object(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let call = self.b.call(slot, DispatchType::Static, Place::of(node), "<init>");
        let kids = self.kids(node);
        let arguments = Self::field(&kids, Field::Arguments);
        if let Some(class) = Self::field(&kids, Field::Constructor) {
            let name = self.class_named(class);
            self.b.node_mut(call).type_full_name = name;
            self.work.push(Item::Expression(class, Slot::receiver(call)));
        }
        self.done(kids);
        if let Some(arguments) = arguments {
            self.arguments(call, arguments);
        }
        call
    }

    /// The class that a constructor expression names, with dots; empty if it is more than names.
    pub(super) fn class_named(&mut self, class: Node<'t>) -> StrId {
        match self.kind(class) {
            Kind::Identifier | Kind::TypeIdentifier => self.name(class),
            Kind::MemberExpression => {
                let text = self.text(class);
                if text.len() <= 200 && !text.contains(['(', '[', '\n', ' ', '`']) {
                    return self.b.intern(text);
                }
                StrId::EMPTY
            }
            _ => StrId::EMPTY,
        }
    }
}
