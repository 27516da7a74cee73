//! Functions, their parameters, and function-like macros.

use cg_types::{Modifiers, NodeIndex, NodeKind, Role, StrId};
use smallvec::SmallVec;
use tree_sitter::Node as Syntax;

use super::declaration::Specifiers;
use super::declarator::{Declared, squeezed};
use super::{C, Field, Item, Kind};
use crate::builder::{Place, Slot};
use crate::syntax::Child;

impl<'t> C<'_, 't> {
    /// A function with its body, also in the old style with declarations between.
    pub(super) fn function_definition(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let (mut declarator, mut body) = (None, None);
        for child in &children {
            match Field::of(child) {
                Field::Declarator => declarator = Some(child.node),
                Field::Body => body = Some(child.node),
                _ => {}
            }
        }
        let declared = declarator.map(|declarator| self.declared(declarator));
        let parts = declared.as_ref().and_then(|declared| Some((declared, declared.function()?)));
        let bodiless = body.is_none()
            && children.iter().any(|child| {
                matches!(
                    Kind::of(child.node),
                    Kind::DefaultMethodClause
                        | Kind::DeleteMethodClause
                        | Kind::PureVirtualClause
                        | Kind::TryStatement
                )
            });
        if let (Some((declared, parameters)), true) = (&parts, bodiless) {
            let specifiers = self.specifiers(&children, slot.parent);
            let (declared, parameters) = (*declared, *parameters);
            self.bodiless(node, &children, slot, specifiers, declared, parameters);
            self.done(children);
            return;
        }
        let (Some((declared, parameters)), Some(body)) = (parts, body) else {
            // A macro or an error in place of the declarator: what is inside is still worth having.
            self.done(children);
            self.unknown(node, slot);
            return;
        };
        let specifiers = self.specifiers(&children, slot.parent);
        let method = self.method(node, Slot::child(slot.parent), specifiers, declared, parameters);
        for child in &children {
            if Kind::of(child.node) == Kind::Declaration {
                self.old_style_types(child.node, method);
            }
        }
        let initializers: SmallVec<[Syntax<'t>; 1]> = children
            .iter()
            .filter(|child| Kind::of(child.node) == Kind::FieldInitializerList)
            .map(|child| child.node)
            .collect();
        self.done(children);
        let block = self.b.add(Slot::child(method), NodeKind::Block, Place::of(body));
        for child in initializers {
            self.initializers(child, Slot::child(block));
        }
        self.statements_of(body, Slot::child(block));
        self.work.push(Item::MethodEnd(method, self.b.node(method).type_full_name));
    }

    /// `= default`, `= delete`, `= 0`; or a body that is a TRY.
    fn bodiless(
        &mut self,
        node: Syntax<'t>,
        children: &[Child<'t>],
        slot: Slot,
        specifiers: Specifiers,
        declared: &Declared<'t>,
        parameters: Syntax<'t>,
    ) {
        let method = self.method(node, Slot::child(slot.parent), specifiers, declared, parameters);
        let mut modifiers = self.b.node(method).modifiers.with(Modifiers::DECLARATION);
        for child in children {
            match Kind::of(child.node) {
                Kind::PureVirtualClause => modifiers = modifiers.with(Modifiers::ABSTRACT),
                Kind::TryStatement => {
                    modifiers = self.b.node(method).modifiers;
                    let place = Place::of(child.node);
                    let block = self.b.add(Slot::child(method), NodeKind::Block, place);
                    self.work.push(Item::Statement(child.node, Slot::child(block)));
                }
                _ => {}
            }
        }
        self.b.node_mut(method).modifiers = modifiers;
        self.work.push(Item::MethodEnd(method, self.b.node(method).type_full_name));
    }

    /// The METHOD with its parameters; opens its scope, which `Item::MethodEnd` closes. The return type is
    /// left in the METHOD's `type_full_name`.
    pub(super) fn method(
        &mut self,
        node: Syntax<'t>,
        slot: Slot,
        specifiers: Specifiers,
        declared: &Declared<'t>,
        parameters: Syntax<'t>,
    ) -> NodeIndex {
        let outer = declared.parts.split_last().map_or(&[][..], |(_, outer)| outer);
        let return_type = match declared.trailing {
            Some(trailing) => self.trailing_type(trailing, slot.parent),
            None => self.type_text(specifiers.base, outer),
        };
        if self.is_cpp {
            return self.cpp_method(node, slot, specifiers, declared, parameters, return_type);
        }
        let name = declared.name.map_or("", |name| self.text(name));
        let name = self.b.intern(name);
        let earlier = self.b.resolve(name).map(|earlier| *self.b.node(earlier));
        let is_static = specifiers.modifiers.has(Modifiers::STATIC)
            || earlier
                .is_some_and(|e| e.kind == NodeKind::Method && e.modifiers.has(Modifiers::STATIC));
        let full_name = if is_static { self.file_name_of(name) } else { name };
        let method = self.b.add(slot, NodeKind::Method, Place::of(node));
        let entry = self.b.node_mut(method);
        entry.name = name;
        entry.full_name = full_name;
        entry.type_full_name = return_type;
        if is_static {
            entry.modifiers = Modifiers::STATIC;
        }
        self.b.bind(name, method);
        self.enter(self.around);
        self.parameters(parameters, method, return_type);
        method
    }

    /// The same for C++, where the name may be a path, and the METHOD have a class.
    fn cpp_method(
        &mut self,
        node: Syntax<'t>,
        slot: Slot,
        specifiers: Specifiers,
        declared: &Declared<'t>,
        parameters: Syntax<'t>,
        return_type: StrId,
    ) -> NodeIndex {
        let path = declared.name.map_or_else(String::new, |name| self.plain_name(name));
        let method = self.b.add(slot, NodeKind::Method, Place::of(node));
        self.b.node_mut(method).type_full_name = return_type;
        if !path.contains("::") {
            let name = self.b.intern(&path);
            self.b.bind(name, method);
        }
        self.enter(self.around);
        self.around.prefix = self.place_method(method, &path, specifiers, declared.is_override);
        self.parameters(parameters, method, return_type);
        method
    }

    fn trailing_type(&mut self, node: Syntax<'t>, parent: NodeIndex) -> StrId {
        let children = self.children(node);
        let written = children.iter().find(|child| child.node.is_named()).map(|child| child.node);
        self.done(children);
        written.map_or(StrId::EMPTY, |written| self.type_descriptor(written, parent))
    }

    /// `path:name`, the full name of what only this file sees.
    pub(super) fn file_name_of(&mut self, name: StrId) -> StrId {
        let text = format!("{}:{}", self.b.path(), self.b.string(name));
        self.b.intern(&text)
    }

    pub(super) fn parameters(&mut self, list: Syntax<'t>, method: NodeIndex, return_type: StrId) {
        let mut signature = format!("{}(", self.b.string(return_type));
        let mut index = 0;
        let children = self.children(list);
        for child in &children {
            let kind = Kind::of(child.node);
            let type_full_name = match kind {
                Kind::ParameterDeclaration
                | Kind::OptionalParameterDeclaration
                | Kind::VariadicParameterDeclaration => {
                    let Some(type_full_name) = self.parameter(child.node, method, index + 1) else {
                        continue;
                    };
                    type_full_name
                }
                // Old style: the types follow in declarations.
                Kind::Identifier => {
                    let slot = Slot { argument_index: index + 1, ..Slot::child(method) };
                    let name = self.text(child.node);
                    self.b.declare(
                        slot,
                        NodeKind::MethodParameterIn,
                        Place::of(child.node),
                        name,
                        "int",
                    );
                    self.b.intern("int")
                }
                Kind::VariadicParameter | Kind::Ellipsis => {
                    let slot = Slot { argument_index: index + 1, ..Slot::child(method) };
                    let place = Place::of(child.node);
                    let parameter = self.b.named(slot, NodeKind::MethodParameterIn, place, "...");
                    self.b.node_mut(parameter).modifiers = Modifiers::VARIADIC;
                    self.b.intern("...")
                }
                _ => continue,
            };
            if index > 0 {
                signature.push(',');
            }
            signature.push_str(self.b.string(type_full_name));
            index += 1;
        }
        self.done(children);
        signature.push(')');
        let signature = self.b.intern(&signature);
        self.b.node_mut(method).signature = signature;
    }

    /// One parameter; nothing for `(void)`.
    fn parameter(&mut self, node: Syntax<'t>, method: NodeIndex, index: i32) -> Option<StrId> {
        let children = self.children(node);
        let specifiers = self.specifiers(&children, method);
        let declarator =
            children.iter().find(|child| Field::of(child) == Field::Declarator).map(|c| c.node);
        self.done(children);
        let declared = declarator.map(|declarator| self.declared(declarator));
        let type_full_name = match &declared {
            Some(declared) => self.type_text(specifiers.base, &declared.parts),
            None if self.b.string(specifiers.base) == "void" => return None,
            None => specifiers.base,
        };
        let slot = Slot { argument_index: index, ..Slot::role(method, Role::Child) };
        let place = Place::of(node);
        let parameter = match declared.and_then(|declared| declared.name) {
            Some(name) => {
                let name = self.text(name);
                self.b.declare(slot, NodeKind::MethodParameterIn, place, name, "")
            }
            None => {
                self.b.named(slot, NodeKind::MethodParameterIn, place, &format!("<param>{index}"))
            }
        };
        self.b.node_mut(parameter).type_full_name = type_full_name;
        Some(type_full_name)
    }

    fn old_style_types(&mut self, node: Syntax<'t>, method: NodeIndex) {
        let children = self.children(node);
        let specifiers = self.specifiers(&children, method);
        for child in &children {
            if Field::of(child) != Field::Declarator {
                continue;
            }
            let declared = self.declared(child.node);
            let Some(name) = declared.name else { continue };
            let type_full_name = self.type_text(specifiers.base, &declared.parts);
            let name = self.b.intern(self.text(name));
            if let Some(parameter) = self.b.resolve_here(name) {
                self.b.node_mut(parameter).type_full_name = type_full_name;
            }
        }
        self.done(children);
    }

    /// `#define name(a, b) …`: a METHOD without BLOCK whose signature is `#define(a,b)`.
    pub(super) fn macro_function(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let (mut name, mut parameters) = (None, None);
        for child in &children {
            match Field::of(child) {
                Field::Name => name = Some(child.node),
                Field::Parameters => parameters = Some(child.node),
                _ => {}
            }
        }
        self.done(children);
        let (Some(name), Some(parameters)) = (name, parameters) else { return };
        let name = self.b.intern(self.text(name));
        let full_name = self.file_name_of(name);
        let signature = self.b.intern(&format!("#define{}", squeezed(self.text(parameters))));
        let method = self.b.add(Slot::child(slot.parent), NodeKind::Method, Place::of(node));
        let entry = self.b.node_mut(method);
        entry.name = name;
        entry.full_name = full_name;
        entry.signature = signature;
        self.b.bind(name, method);
        let children = self.children(parameters);
        let named = children
            .iter()
            .filter(|c| matches!(Kind::of(c.node), Kind::Identifier | Kind::Ellipsis));
        for (index, child) in named.enumerate() {
            let slot = Slot { argument_index: index as i32 + 1, ..Slot::child(method) };
            let text = self.text(child.node);
            let parameter =
                self.b.named(slot, NodeKind::MethodParameterIn, Place::of(child.node), text);
            if text == "..." {
                self.b.node_mut(parameter).modifiers = Modifiers::VARIADIC;
            }
        }
        self.done(children);
        self.b.method_return(method, "");
    }

    /// Whether a name means a function-like macro defined earlier in this file.
    pub(super) fn is_macro(&self, method: NodeIndex) -> bool {
        let node = self.b.node(method);
        node.kind == NodeKind::Method && self.b.string(node.signature).starts_with("#define")
    }
}
