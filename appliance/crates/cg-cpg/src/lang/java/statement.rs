//! Statements without control flow of their own; local variables.

use cg_types::{Modifiers, NodeIndex, NodeKind, Role, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind, declares_type, is_token};
use super::lower::{Front, Item};
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// The statements in a block.
    pub(super) fn statements(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| !is_token(Kind::of(child.node))) {
            self.work.push(Item::Statement(child.node, parent));
        }
        self.done(kids);
    }

    /// A BLOCK with a scope: of a block, or of one statement.
    pub(super) fn body(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let block = self.open_block(slot, Place::of(node));
        if matches!(Kind::of(node), Kind::Block | Kind::ConstructorBody | Kind::SwitchBlock) {
            self.statements(node, block);
        } else {
            self.work.push(Item::Statement(node, block));
        }
        self.work.push(Item::BlockEnd);
        block
    }

    /// One statement.
    pub(super) fn statement(&mut self, node: Node<'t>, parent: NodeIndex) {
        let slot = Slot::child(parent);
        match Kind::of(node) {
            Kind::LocalVariableDeclaration | Kind::FieldDeclaration | Kind::ConstantDeclaration => {
                self.local_variables(node, parent, Role::Child)
            }
            Kind::ReturnStatement | Kind::ThrowStatement | Kind::AssertStatement => {
                self.simple_statement(node, slot)
            }
            Kind::IfStatement => self.if_statement(node, slot),
            Kind::WhileStatement
            | Kind::DoStatement
            | Kind::ForStatement
            | Kind::EnhancedForStatement => self.loop_statement(node, slot, None),
            Kind::LabeledStatement => self.labeled(node, parent),
            Kind::BreakStatement | Kind::ContinueStatement => self.jump(node, slot),
            Kind::YieldStatement => self.yield_statement(node, slot),
            Kind::SwitchExpression => {
                self.switch(node, slot, false);
            }
            Kind::TryStatement | Kind::TryWithResourcesStatement => self.try_statement(node, slot),
            Kind::SynchronizedStatement => self.synchronized(node, slot),
            Kind::SwitchBlockStatementGroup | Kind::SwitchRule => self.group(node, parent),
            Kind::MethodDeclaration => self.method(node, parent),
            Kind::ImportDeclaration => self.import(node, parent),
            Kind::ModuleDeclaration => self.module(node, parent),
            Kind::PackageDeclaration => self.package_annotations(node, parent),
            kind if declares_type(kind) => self.type_declaration(node, parent),
            Kind::Error
            | Kind::ClassBody
            | Kind::SwitchBlock
            | Kind::EnumBody
            | Kind::EnumBodyDeclarations => self.statements(node, parent),
            _ => {
                self.expression(node, slot);
            }
        }
    }

    fn package_annotations(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        for child in &kids {
            if matches!(Kind::of(child.node), Kind::Annotation | Kind::MarkerAnnotation) {
                self.annotation(child.node, parent);
            }
        }
        self.done(kids);
    }

    /// `T a = 1, b[];`: LOCALs and an assignment for each value.
    pub(super) fn local_variables(&mut self, node: Node<'t>, parent: NodeIndex, role: Role) {
        let kids = self.kids(node);
        let written = self.modifiers(&kids);
        let type_node = Self::field(&kids, Field::Type);
        for child in &kids {
            if Field::of(child) != Field::Declarator {
                continue;
            }
            let inner = self.kids(child.node);
            let name = Self::field(&inner, Field::Name);
            let dimensions = Self::field(&inner, Field::Dimensions);
            let value = Self::field(&inner, Field::Value);
            self.done(inner);
            let Some(name) = name else { continue };
            let mut type_name = self.written_with(type_node, dimensions);
            if self.b.string(type_name) == "var" {
                type_name = value.map_or(StrId::EMPTY, |value| self.type_of_value(value));
            }
            let place = Place::of(child.node);
            let local = self.local(name, place, parent, type_name);
            self.b.node_mut(local).modifiers = written.flags;
            for annotation in &written.annotations {
                self.annotation(*annotation, local);
            }
            if let Some(value) = value {
                let slot = Slot { parent, role, argument_index: -1 };
                let set = self.b.operator(slot, Operator::Assignment, place);
                self.use_of(Slot::argument(set, 1), Place::of(name), local);
                self.initial_value(value, Slot::argument(set, 2), local);
            }
        }
        self.done(kids);
    }

    /// A LOCAL, known from here on.
    pub(super) fn local(
        &mut self,
        name: Node<'t>,
        place: Place,
        parent: NodeIndex,
        type_name: StrId,
    ) -> NodeIndex {
        let text = self.text(name);
        let local = self.b.declare(Slot::child(parent), NodeKind::Local, place, text, "");
        let made = self.b.node_mut(local);
        made.type_full_name = type_name;
        made.modifiers = Modifiers::default();
        local
    }

    /// `synchronized (x) { … }`: a BLOCK of that name, the expression first.
    fn synchronized(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let block = self.open_block(slot, Place::of(node));
        let name = self.b.intern("synchronized");
        self.b.node_mut(block).name = name;
        for child in &kids {
            if Kind::of(child.node) == Kind::Block {
                self.statements(child.node, block);
            } else {
                self.work.push(Item::Expression(child.node, Slot::child(block)));
            }
        }
        self.work.push(Item::BlockEnd);
        self.done(kids);
    }
}
