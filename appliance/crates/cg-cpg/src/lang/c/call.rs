//! Calls: of functions, macros and values; in C++ of members, by paths, of templates.

use cg_types::{DispatchType, NodeKind};
use tree_sitter::Node as Syntax;

use super::names::last_part;
use super::{C, Field, Item, Kind};
use crate::builder::{Place, Slot};

/// Name of a call through a value that has no name itself (`table[i](x)`).
const POINTER_CALL: &str = "<operator>.pointerCall";

impl<'t> C<'_, 't> {
    /// A call in C.
    pub(super) fn call(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let (mut function, mut list) = (None, None);
        for child in &children {
            match Field::of(child) {
                Field::Function => function = Some(child.node),
                Field::Arguments => list = Some(child.node),
                _ => {}
            }
        }
        self.done(children);
        let Some(function) = function else { return self.unknown(node, slot) };
        if self.is_cpp {
            return self.cpp_call(node, function, list, slot);
        }
        let (callee, via) = self.callee(function);
        let target = match via {
            Via::Name => {
                let name = self.b.intern(callee);
                self.b.resolve(name)
            }
            Via::Value => None,
        };
        let is_variable = target.is_some_and(|target| {
            matches!(self.b.node(target).kind, NodeKind::Local | NodeKind::MethodParameterIn)
        });
        let dispatch = match target {
            Some(target) if self.is_macro(target) => DispatchType::Inlined,
            _ if is_variable || via == Via::Value => DispatchType::Dynamic,
            _ => DispatchType::Static,
        };
        let call = self.b.call(slot, dispatch, Place::of(node), callee);
        if dispatch == DispatchType::Dynamic {
            self.work.push(Item::Expression(function, Slot::receiver(call)));
        }
        if let Some(list) = list {
            let children = self.children(list);
            for (index, child) in children.iter().filter(|child| child.node.is_named()).enumerate()
            {
                self.work
                    .push(Item::Expression(child.node, Slot::argument(call, index as i32 + 1)));
            }
            self.done(children);
        }
    }

    /// The same in C++: of a member, by a path, of a template, of a value.
    fn cpp_call(
        &mut self,
        node: Syntax<'t>,
        function: Syntax<'t>,
        list: Option<Syntax<'t>>,
        slot: Slot,
    ) {
        if self.is_cast(node, function, slot) {
            return;
        }
        let place = Place::of(node);
        match Kind::of(function) {
            Kind::PrimitiveType | Kind::SizedTypeSpecifier => self.made_of(node, slot),
            Kind::Identifier | Kind::QualifiedIdentifier | Kind::TemplateFunction => {
                let path = self.plain_name(function);
                let name = last_part(&path).1;
                let key = self.b.intern(&path);
                let target = self.b.resolve(key);
                let kind = target.map(|target| self.b.node(target).kind);
                let is_variable =
                    matches!(kind, Some(NodeKind::Local | NodeKind::MethodParameterIn));
                let dispatch = match target {
                    Some(target) if self.is_macro(target) => DispatchType::Inlined,
                    _ if is_variable => DispatchType::Dynamic,
                    _ => DispatchType::Static,
                };
                let call = self.b.call(slot, dispatch, place, name);
                if is_variable {
                    let receiver = Slot { argument_index: -1, ..Slot::receiver(call) };
                    self.work.push(Item::Expression(function, receiver));
                } else if path.contains("::") {
                    self.b.node_mut(call).signature = key;
                }
                let made = made_by(name, self.text(function));
                if !made.is_empty() {
                    let made = self.b.intern(&made);
                    self.b.node_mut(call).type_full_name = made;
                }
                if let Some(list) = list {
                    self.push_arguments(call, list, 1);
                }
            }
            Kind::FieldExpression => {
                let children = self.children(function);
                let field = |wanted| {
                    children.iter().find(|c| Field::of(c) == wanted).map(|child| child.node)
                };
                let (object, member) = (field(Field::Argument), field(Field::Selected));
                self.done(children);
                let name = member.map_or_else(String::new, |member| self.plain_name(member));
                let call = self.b.call(slot, DispatchType::Dynamic, place, last_part(&name).1);
                if let Some(object) = object {
                    self.work.push(Item::Expression(object, Slot::receiver(call)));
                }
                if let Some(list) = list {
                    self.push_arguments(call, list, 1);
                }
            }
            _ => {
                let call = self.b.call(slot, DispatchType::Dynamic, place, POINTER_CALL);
                let receiver = Slot { argument_index: -1, ..Slot::receiver(call) };
                self.work.push(Item::Expression(function, receiver));
                if let Some(list) = list {
                    self.push_arguments(call, list, 1);
                }
            }
        }
    }

    /// The name that is called, and whether it is a plain name or read from a value: `f`, `(f)` are plain;
    /// `(*f)` and `p->f` are values.
    fn callee(&mut self, function: Syntax<'t>) -> (&'t str, Via) {
        let mut at = function;
        let mut via = Via::Name;
        loop {
            let wanted = match Kind::of(at) {
                Kind::Identifier => return (self.text(at), via),
                Kind::FieldIdentifier => return (self.text(at), Via::Value),
                Kind::FieldExpression => Field::Selected,
                Kind::ParenthesizedExpression => Field::None,
                Kind::PointerExpression => {
                    via = Via::Value;
                    Field::Argument
                }
                _ => return (POINTER_CALL, Via::Value),
            };
            let children = self.children(at);
            let next =
                children.iter().find(|child| child.node.is_named() && Field::of(child) == wanted);
            let next = next.map(|next| next.node);
            self.done(children);
            match next {
                Some(next) => at = next,
                None => return (POINTER_CALL, Via::Value),
            }
        }
    }
}

/// The type that `make_unique<T>` and its kin tell; empty for other functions.
fn made_by(name: &str, text: &str) -> String {
    if !matches!(name, "make_unique" | "make_shared") {
        return String::new();
    }
    let inner = text.split_once('<').map_or("", |(_, rest)| rest.trim_end_matches('>'));
    format!("{inner}*")
}

/// How the called function is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Via {
    /// By its own name.
    Name,
    /// By a value that holds it.
    Value,
}
