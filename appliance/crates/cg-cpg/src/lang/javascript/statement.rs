//! Statements without control flow of their own.

use cg_types::{ControlKind, Modifiers, NodeIndex, NodeKind, Role};
use tree_sitter::Node;

use super::binding::{Declare, Lives};
use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::name::Naming;
use crate::builder::{Operator, Place, Slot};

impl<'t> Front<'_, 't> {
    /// The statements of a block (or the program).
    pub(super) fn statements(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        for kid in kids.iter().filter(|kid| !kid.kind.is_token()) {
            self.work.push(Item::Statement(kid.node, block));
        }
        self.done(kids);
    }

    /// A BLOCK with a scope of its own around the statements of a block, or around one statement.
    pub(super) fn block(&mut self, node: Node<'t>, slot: Slot) {
        let block = self.b.add(slot, NodeKind::Block, Place::of(node));
        if let Some(label) = self.label.take() {
            self.label_of(block, label);
        }
        self.open_block(block);
        if self.kind(node) == Kind::StatementBlock {
            self.statements(node, block);
        } else {
            self.work.push(Item::Statement(node, block));
        }
        self.work.push(Item::EndBlock);
    }

    /// One statement, into a BLOCK.
    pub(super) fn statement(&mut self, node: Node<'t>, block: NodeIndex) {
        let slot = Slot::child(block);
        let kind = self.kind(node);
        match kind {
            Kind::ExpressionStatement => {
                if let Some(value) = self.first(node) {
                    self.expression(value, slot, Naming::NONE);
                }
            }
            Kind::VariableDeclaration | Kind::LexicalDeclaration | Kind::UsingDeclaration => {
                self.declarators(node, slot)
            }
            Kind::FunctionDeclaration
            | Kind::GeneratorFunctionDeclaration
            | Kind::FunctionSignature => self.function_declaration(node, block),
            Kind::ClassDeclaration | Kind::AbstractClassDeclaration => {
                self.class_declaration(node, block)
            }
            Kind::InterfaceDeclaration => self.interface(node, block),
            Kind::TypeAlias => self.type_alias(node, block),
            Kind::EnumDeclaration => self.enumeration(node, block),
            Kind::Module | Kind::InternalModule => self.namespace(node, block),
            Kind::AmbientDeclaration => self.ambient(node, block),
            Kind::ImportStatement => self.import(node, block),
            Kind::ImportAlias => self.import_alias(node, block),
            Kind::ExportStatement => self.export(node, block),
            Kind::IfStatement => self.if_statement(node, slot),
            Kind::ForStatement => self.for_statement(node, slot),
            Kind::ForIn => self.for_in_statement(node, slot),
            Kind::While => self.while_statement(node, slot),
            Kind::DoStatement => self.do_statement(node, slot),
            Kind::SwitchStatement => self.switch_statement(node, slot),
            Kind::Try => self.try_statement(node, slot),
            Kind::With => self.with_statement(node, slot),
            Kind::Labeled => self.labelled(node, block),
            Kind::StatementBlock => self.block(node, slot),
            Kind::Return => {
                let value = self.b.add(slot, NodeKind::Return, Place::of(node));
                self.operands(node, value);
            }
            Kind::Throw => {
                let control = self.control(slot, ControlKind::Throw, node);
                self.operands(node, control);
            }
            Kind::Break => self.jump(node, slot, ControlKind::Break),
            Kind::Continue => self.jump(node, slot, ControlKind::Continue),
            Kind::EmptyStatement
            | Kind::Debugger
            | Kind::HashBang
            | Kind::Decorator
            | Kind::IndexSignature
            | Kind::TypeAnnotation
            | Kind::TypeArguments
            | Kind::TypeParameters => {}
            Kind::Error
            | Kind::Program
            | Kind::ElseClause
            | Kind::CatchClause
            | Kind::FinallyClause
            | Kind::SwitchBody
            | Kind::ClassBody
            | Kind::ClassStaticBlock
            | Kind::Arguments
            | Kind::FormalParameters
            | Kind::ExportClause
            | Kind::ImportClause => self.statements(node, block),
            Kind::SwitchCase | Kind::SwitchDefault => self.case(node, block),
            Kind::MethodDefinition => {
                self.function_value(node, slot, Naming::NONE);
            }
            Kind::VariableDeclarator => {
                if let Some(value) = self.child(node, Field::Value) {
                    self.expression(value, slot, Naming::NONE);
                }
            }
            _ => {
                self.expression(node, slot, Naming::NONE);
            }
        }
        self.label = None;
    }

    /// All expressions of a statement as arguments, in order.
    fn operands(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        for (index, kid) in (1..).zip(kids.iter().filter(|kid| !kid.kind.is_token())) {
            self.work.push(Item::Expression(kid.node, Slot::argument(parent, index)));
        }
        self.done(kids);
    }

    fn jump(&mut self, node: Node<'t>, slot: Slot, kind: ControlKind) {
        let control = self.control(slot, kind, node);
        if let Some(label) = self.child(node, Field::Label) {
            let text = self.text(label);
            let slot = Slot::role(control, Role::JumpArgument);
            self.b.named(slot, NodeKind::JumpLabel, Place::of(label), text);
        }
    }

    /// `l: statement`: loops and blocks carry their label, anything else gets a BLOCK that does.
    fn labelled(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        let label = Self::field(&kids, Field::Label);
        let body = Self::field(&kids, Field::Body);
        self.done(kids);
        let (Some(label), Some(body)) = (label, body) else { return self.statements(node, block) };
        let is_labelled = matches!(
            self.kind(body),
            Kind::ForStatement
                | Kind::ForIn
                | Kind::While
                | Kind::DoStatement
                | Kind::StatementBlock
        );
        if is_labelled {
            self.label = Some(label);
            return self.statement(body, block);
        }
        let around = self.b.add(Slot::child(block), NodeKind::Block, Place::of(node));
        self.label_of(around, label);
        self.work.push(Item::Statement(body, around));
    }

    /// The JUMP_LABEL of a loop or BLOCK, its first child.
    pub(super) fn label_of(&mut self, owner: NodeIndex, label: Node<'t>) {
        let text = self.text(label);
        self.b.named(Slot::child(owner), NodeKind::JumpLabel, Place::of(label), text);
    }

    /// `with (o) {}`.
    fn with_statement(&mut self, node: Node<'t>, slot: Slot) {
        let kids = self.kids(node);
        let block = self.b.add(slot, NodeKind::Block, Place::of(node));
        if let Some(object) = Self::field(&kids, Field::Object) {
            self.work.push(Item::Expression(object, Slot::child(block)));
        }
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::Block(body, Slot::child(block)));
        }
        self.done(kids);
    }

    /// `declare …`.
    fn ambient(&mut self, node: Node<'t>, block: NodeIndex) {
        let before = self.exported;
        self.exported = before.with(Modifiers::DECLARATION);
        let kids = self.kids(node);
        for kid in kids.iter().filter(|kid| !kid.kind.is_token()) {
            match kid.kind {
                Kind::PropertyIdentifier => {}
                Kind::StatementBlock => self.block(kid.node, Slot::child(block)),
                _ => self.statement(kid.node, block),
            }
        }
        self.done(kids);
        self.exported = before;
    }

    /// `import A = B.C`: a variable.
    fn import_alias(&mut self, node: Node<'t>, block: NodeIndex) {
        let kids = self.kids(node);
        let names: Vec<Node<'t>> =
            kids.iter().filter(|kid| !kid.kind.is_token()).map(|kid| kid.node).collect();
        self.done(kids);
        let [name, target, ..] = names.as_slice() else { return };
        let text = self.text(*name);
        let declare =
            Declare { lives: Lives::Block, modifiers: self.exported.with(Modifiers::FINAL) };
        let local = self.variable(text, Place::of(*name), declare);
        let set = self.b.operator(Slot::child(block), Operator::Assignment, Place::of(node));
        self.use_of(Slot::argument(set, 1), Place::of(*name), local);
        self.work.push(Item::Expression(*target, Slot::argument(set, 2)));
    }
}
