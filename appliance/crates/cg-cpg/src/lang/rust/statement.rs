//! Statements and `let`.

use cg_types::{ControlKind, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::expression::is_token;
use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::pattern::Home;
use crate::builder::{Place, Slot};

impl<'s> Front<'_, '_, 's> {
    /// The statements or items in a block, a list of declarations, or a file.
    pub(super) fn statements(&mut self, node: Node<'s>, parent: NodeIndex) {
        self.statements_but(node, parent, None);
    }

    /// The statements of a body whose last expression is its value: a RETURN.
    pub(super) fn statements_with_value(&mut self, node: Node<'s>, parent: NodeIndex) {
        let kids = self.kids(node);
        let last = kids.iter().rev().map(|child| child.node).find(|one| !is_token(Kind::of(*one)));
        self.done(kids);
        let value = last.and_then(|last| self.value_of(last));
        self.statements_but(node, parent, last.filter(|_| value.is_some()));
        if let Some(value) = value {
            self.work.push(Item::Statement(value, parent, RETURNED));
        }
    }

    /// The expression that a block's last statement gives, if it gives one.
    fn value_of(&mut self, last: Node<'s>) -> Option<Node<'s>> {
        let mut value = last;
        if Kind::of(last) == Kind::ExpressionStatement {
            let kids = self.kids(last);
            let ends = Self::has(&kids, Kind::Semicolon);
            let inner = kids.first().map(|child| child.node);
            self.done(kids);
            value = inner.filter(|_| !ends)?;
        }
        let is_value = match Kind::of(value) {
            Kind::ForExpression | Kind::WhileExpression | Kind::ReturnExpression => false,
            Kind::BreakExpression | Kind::ContinueExpression => false,
            Kind::IfExpression => {
                let kids = self.kids(value);
                let has_else = Self::field(&kids, Field::Alternative).is_some();
                self.done(kids);
                has_else
            }
            kind => is_value(kind),
        };
        is_value.then_some(value)
    }

    fn statements_but(&mut self, node: Node<'s>, parent: NodeIndex, left_out: Option<Node<'s>>) {
        let kids = self.kids(node);
        let mut first = self.attributes.len();
        for child in &kids {
            match Kind::of(child.node) {
                Kind::AttributeItem => self.attributes.push(child.node),
                Kind::Label => self.label(child.node, Slot::child(parent)),
                kind if is_token(kind) => {}
                _ if left_out == Some(child.node) => {}
                _ => {
                    let range = (first as u32, self.attributes.len() as u32);
                    self.work.push(Item::Statement(child.node, parent, range));
                    first = self.attributes.len();
                }
            }
        }
        self.done(kids);
    }

    /// One statement or item.
    pub(super) fn statement(&mut self, node: Node<'s>, parent: NodeIndex, attributes: (u32, u32)) {
        let slot = Slot::child(parent);
        if attributes == RETURNED {
            let value = self.b.add(slot, NodeKind::Return, Place::of(node));
            self.work.push(Item::Expression(node, Slot::argument(value, 1)));
            return;
        }
        match Kind::of(node) {
            Kind::LetDeclaration => self.let_declaration(node, parent),
            Kind::FunctionItem | Kind::FunctionSignatureItem => {
                self.function(node, parent, attributes)
            }
            Kind::StructItem | Kind::UnionItem => self.structure(node, parent, attributes),
            Kind::EnumItem => self.enumeration(node, parent, attributes),
            Kind::TraitItem => self.trait_item(node, parent, attributes),
            Kind::ImplItem => self.impl_item(node, parent, attributes),
            Kind::TypeItem | Kind::AssociatedType => self.type_item(node, parent, attributes),
            Kind::ConstItem | Kind::StaticItem => self.constant(node, parent, attributes),
            Kind::ModItem => self.module(node, parent, attributes),
            Kind::ForeignModItem => self.foreign_module(node, parent),
            Kind::UseDeclaration => self.use_declaration(node, parent),
            Kind::ExternCrateDeclaration => self.extern_crate(node, parent),
            Kind::MacroDefinition => self.macro_definition(node, parent, attributes),
            Kind::InnerAttributeItem => self.annotation(node, parent),
            Kind::EmptyStatement | Kind::Shebang | Kind::AttributeItem => {}
            Kind::Error
            | Kind::DeclarationList
            | Kind::SourceFile
            | Kind::MatchBlock
            | Kind::MatchArm => {
                self.statements(node, parent);
            }
            Kind::ElseClause => self.statements(node, parent),
            _ => {
                self.expression(node, slot);
            }
        }
    }

    /// `let`: LOCALs and an assignment; `let … else` is an IF with the `else` as its false branch.
    fn let_declaration(&mut self, node: Node<'s>, parent: NodeIndex) {
        let kids = self.kids(node);
        let pattern = Self::field(&kids, Field::Pattern);
        let written = Self::field(&kids, Field::Type);
        let value = Self::field(&kids, Field::Value);
        let alternative = Self::field(&kids, Field::Alternative);
        self.done(kids);
        let Some(pattern) = pattern else { return };
        let type_name = match (written, value) {
            (Some(written), _) => self.written_type(written),
            (None, Some(value)) => self.type_of_value(value),
            (None, None) => StrId::EMPTY,
        };
        let Some(value) = value else {
            for name in self.names(pattern) {
                let local = self.local(name, Home::Next(parent));
                self.b.node_mut(local).type_full_name = type_name;
                let id = self.b.node(local).name;
                self.b.bind(id, local);
            }
            return;
        };
        let place = Place::of(node);
        let (slot, control) = match alternative {
            Some(_) => {
                let control = self.control(Slot::child(parent), ControlKind::If, node);
                (Slot::role(control, Role::Condition), control)
            }
            None => (Slot::child(parent), NodeIndex::NONE),
        };
        let home = if alternative.is_some() { Home::Front(parent) } else { Home::Next(parent) };
        let first = self.state.bound.len();
        let (call, argument) = self.destructure(pattern, slot, place, home);
        let is_whole = Kind::of(pattern) == Kind::Identifier;
        let whole = self.state.bound.get(first).copied().filter(|_| is_whole);
        if let Some((_, local, target)) = whole {
            self.b.node_mut(local).type_full_name = type_name;
            self.b.node_mut(target).type_full_name = type_name;
        }
        self.work.push(Item::Expression(value, Slot::argument(call, argument)));
        if let Some(alternative) = alternative {
            self.work.push(Item::LetElse(alternative, control));
        }
        self.push_bound();
    }

    /// The `else` of a `let … else`.
    pub(super) fn let_else(&mut self, node: Node<'s>, control: NodeIndex) {
        let other = self.control(Slot::role(control, Role::FalseBody), ControlKind::Else, node);
        self.work.push(Item::Body(node, Slot::child(other)));
    }
}

/// In the place of attributes: the statement is a function's value.
const RETURNED: (u32, u32) = (u32::MAX, u32::MAX);

fn is_value(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::LetDeclaration
            | Kind::FunctionItem
            | Kind::FunctionSignatureItem
            | Kind::StructItem
            | Kind::UnionItem
            | Kind::EnumItem
            | Kind::TraitItem
            | Kind::ImplItem
            | Kind::TypeItem
            | Kind::AssociatedType
            | Kind::ConstItem
            | Kind::StaticItem
            | Kind::ModItem
            | Kind::ForeignModItem
            | Kind::UseDeclaration
            | Kind::ExternCrateDeclaration
            | Kind::MacroDefinition
            | Kind::InnerAttributeItem
            | Kind::AttributeItem
            | Kind::EmptyStatement
            | Kind::Label
            | Kind::Error
    )
}
