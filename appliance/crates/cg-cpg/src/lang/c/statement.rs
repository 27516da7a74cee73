//! Statements, preprocessor conditionals, and the dispatch over everything that may stand in a block.

use cg_types::{ControlKind, Modifiers, NodeIndex, NodeKind, Role};
use tree_sitter::Node as Syntax;

use super::{C, Field, Item, Kind};
use crate::builder::{Place, ScopeKind, Slot};
use crate::syntax::Child;

impl<'t> C<'_, 't> {
    /// Lowers whatever may stand in a block or at top level.
    pub(super) fn statement(&mut self, node: Syntax<'t>, slot: Slot) {
        match Kind::of(node) {
            Kind::ExpressionStatement => self.expression_statement(node, slot),
            Kind::Declaration => self.declaration(node, slot),
            Kind::CompoundStatement => self.compound(node, slot),
            Kind::IfStatement => self.if_statement(node, slot),
            Kind::ElseClause => self.else_clause(node, slot),
            Kind::ReturnStatement => self.return_statement(node, slot),
            Kind::ForStatement => self.for_statement(node, slot),
            Kind::WhileStatement => self.while_statement(node, slot),
            Kind::DoStatement => self.do_statement(node, slot),
            Kind::SwitchStatement => self.switch_statement(node, slot),
            Kind::CaseStatement => self.case_statement(node, slot),
            Kind::LabeledStatement => self.labeled(node, slot),
            Kind::BreakStatement => {
                self.b.control(slot, ControlKind::Break, Place::of(node));
            }
            Kind::ContinueStatement => {
                self.b.control(slot, ControlKind::Continue, Place::of(node));
            }
            Kind::GotoStatement => self.goto_statement(node, slot),
            Kind::SehTryStatement => self.seh_try(node, slot),
            Kind::SehExceptClause | Kind::SehFinallyClause => self.statements_of(node, slot),
            Kind::FunctionDefinition => self.function_definition(node, slot),
            Kind::TypeDefinition => self.typedef(node, slot.parent),
            Kind::NamespaceDefinition => self.namespace(node, slot),
            Kind::UsingDeclaration | Kind::NamespaceAliasDefinition => self.using(node, slot),
            Kind::AliasDeclaration => self.alias_declaration(node, slot.parent),
            Kind::FriendDeclaration => self.friend(node, slot),
            Kind::ForRangeLoop => self.range_for(node, slot),
            Kind::TryStatement => self.try_statement(node, slot),
            Kind::ThrowStatement => self.throw(node, slot),
            Kind::CoReturnStatement => self.return_statement(node, slot),
            Kind::FieldInitializerList => self.initializers(node, slot),
            Kind::StructSpecifier
            | Kind::UnionSpecifier
            | Kind::EnumSpecifier
            | Kind::ClassSpecifier => {
                self.type_specifier(node, slot.parent, None);
            }
            Kind::PreprocInclude => self.include(node, slot),
            Kind::PreprocFunctionDef => self.macro_function(node, slot),
            Kind::PreprocIf
            | Kind::PreprocIfdef
            | Kind::PreprocElif
            | Kind::PreprocElifdef
            | Kind::PreprocElse => {
                self.conditional_text(node, slot);
            }
            Kind::LinkageSpecification
            | Kind::DeclarationList
            | Kind::AttributedStatement
            | Kind::TemplateDeclaration
            | Kind::InitStatement
            | Kind::CatchClause => {
                self.statements_of(node, slot);
            }
            Kind::FieldDeclaration | Kind::Enumerator => self.member(node, slot.parent),
            // Nothing of these stands in the graph by itself.
            Kind::PreprocDef
            | Kind::PreprocCall
            | Kind::PreprocParams
            | Kind::StringLiteral
            | Kind::SystemLibString
            | Kind::PrimitiveType
            | Kind::TypeIdentifier
            | Kind::FieldIdentifier
            | Kind::StatementIdentifier
            | Kind::SizedTypeSpecifier
            | Kind::MacroTypeSpecifier
            | Kind::StorageClassSpecifier
            | Kind::TypeQualifier
            | Kind::AttributeSpecifier
            | Kind::AttributeDeclaration
            | Kind::SehLeaveStatement
            | Kind::AccessSpecifier
            | Kind::StaticAssertDeclaration
            | Kind::ConceptDefinition
            | Kind::TemplateInstantiation
            | Kind::TemplateParameterList
            | Kind::TemplateType
            | Kind::NamespaceIdentifier
            | Kind::BaseClassClause
            | Kind::VirtualSpecifier
            | Kind::Auto
            | Kind::PlaceholderTypeSpecifier
            | Kind::Other => {}
            // Declarators and parameters outside of a declaration stand in an ERROR: look inside.
            Kind::ParameterList
            | Kind::ParameterDeclaration
            | Kind::FunctionDeclarator
            | Kind::PointerDeclarator
            | Kind::ArrayDeclarator
            | Kind::ParenthesizedDeclarator
            | Kind::InitDeclarator
            | Kind::ReferenceDeclarator
            | Kind::OptionalParameterDeclaration
            | Kind::ArgumentList
            | Kind::FieldDeclarationList
            | Kind::EnumeratorList => self.statements_of(node, slot),
            Kind::Error => self.unknown(node, slot),
            _ => self.expression(node, slot),
        }
    }

    fn expression_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        for child in children.iter().filter(|child| child.node.is_named()) {
            self.work.push(Item::Expression(child.node, slot));
        }
        self.done(children);
    }

    /// `foreach(x, list) { … }`: a WHILE with the call as its condition, since the macro may run its body any
    /// number of times. Two statements, if the first one is no call or has its `;`.
    pub(super) fn macro_loop(&mut self, node: Syntax<'t>, body: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let is_loop = match children.as_slice() {
            [call, end] => Kind::of(call.node) == Kind::CallExpression && end.node.is_missing(),
            _ => false,
        };
        if is_loop {
            let call = children[0].node;
            let control = self.b.control(slot, ControlKind::While, Place::of(call));
            self.work.push(Item::Expression(call, Slot::role(control, Role::Condition)));
            self.work.push(Item::Body(body, Slot::role(control, Role::TrueBody)));
        } else {
            self.work.push(Item::Statement(node, slot));
            self.work.push(Item::Statement(body, slot));
        }
        self.done(children);
    }

    fn compound(&mut self, node: Syntax<'t>, slot: Slot) {
        let block = self.b.add(slot, NodeKind::Block, Place::of(node));
        self.b.push_scope(ScopeKind::Nested);
        self.statements_of(node, Slot::child(block));
        self.work.push(Item::ScopeEnd);
    }

    /// A statement that is to be a BLOCK.
    pub(super) fn body(&mut self, node: Syntax<'t>, slot: Slot) {
        if Kind::of(node) == Kind::CompoundStatement {
            return self.compound(node, slot);
        }
        let block = self.b.add(slot, NodeKind::Block, Place::of(node));
        self.b.push_scope(ScopeKind::Nested);
        self.work.push(Item::Statement(node, Slot::child(block)));
        self.work.push(Item::ScopeEnd);
    }

    fn if_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let control = self.b.control(slot, ControlKind::If, Place::of(node));
        let children = self.children(node);
        for child in &children {
            match Field::of(child) {
                Field::Condition => {
                    self.work
                        .push(Item::Expression(child.node, Slot::role(control, Role::Condition)));
                }
                Field::Consequence => {
                    self.work.push(Item::Body(child.node, Slot::role(control, Role::TrueBody)));
                }
                Field::Alternative => {
                    self.work
                        .push(Item::Statement(child.node, Slot::role(control, Role::FalseBody)));
                }
                // An ERROR between the parts.
                _ if child.node.is_named() => {
                    self.work.push(Item::Statement(child.node, Slot::child(control)))
                }
                _ => {}
            }
        }
        self.done(children);
    }

    fn else_clause(&mut self, node: Syntax<'t>, slot: Slot) {
        let control = self.b.control(slot, ControlKind::Else, Place::of(node));
        let children = self.children(node);
        for child in children.iter().filter(|child| child.node.is_named()) {
            self.work.push(Item::Body(child.node, Slot::child(control)));
        }
        self.done(children);
    }

    fn return_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let index = self.b.add(slot, NodeKind::Return, Place::of(node));
        let children = self.children(node);
        for child in children.iter().filter(|child| child.node.is_named()) {
            self.work.push(Item::Expression(child.node, Slot::argument(index, 1)));
        }
        self.done(children);
    }

    fn while_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let control = self.b.control(slot, ControlKind::While, header(node, &children));
        for child in &children {
            match Field::of(child) {
                Field::Condition => {
                    self.work
                        .push(Item::Expression(child.node, Slot::role(control, Role::Condition)));
                }
                Field::Body => {
                    self.work.push(Item::Body(child.node, Slot::role(control, Role::TrueBody)))
                }
                _ => {}
            }
        }
        self.done(children);
    }

    fn do_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let control = self.b.control(slot, ControlKind::Do, Place::of(node));
        let children = self.children(node);
        for child in &children {
            match Field::of(child) {
                Field::Body => {
                    self.work.push(Item::Body(child.node, Slot::role(control, Role::DoBody)))
                }
                Field::Condition => {
                    self.work
                        .push(Item::Expression(child.node, Slot::role(control, Role::Condition)));
                }
                _ => {}
            }
        }
        self.done(children);
    }

    fn for_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let control = self.b.control(slot, ControlKind::For, header(node, &children));
        self.b.push_scope(ScopeKind::Nested);
        for child in &children {
            match Field::of(child) {
                Field::Initializer => {
                    self.work.push(Item::Statement(child.node, Slot::role(control, Role::ForInit)));
                }
                Field::Condition => {
                    self.work
                        .push(Item::Expression(child.node, Slot::role(control, Role::Condition)));
                }
                Field::Update => {
                    self.work
                        .push(Item::Expression(child.node, Slot::role(control, Role::ForUpdate)));
                }
                Field::Body => {
                    self.work.push(Item::Body(child.node, Slot::role(control, Role::ForBody)))
                }
                _ => {}
            }
        }
        self.work.push(Item::ScopeEnd);
        self.done(children);
    }

    fn switch_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let control = self.b.control(slot, ControlKind::Switch, header(node, &children));
        for child in &children {
            match Field::of(child) {
                Field::Condition => {
                    self.work
                        .push(Item::Expression(child.node, Slot::role(control, Role::Condition)));
                }
                Field::Body => {
                    self.work.push(Item::Body(child.node, Slot::role(control, Role::TrueBody)))
                }
                _ => {}
            }
        }
        self.done(children);
    }

    /// JUMP_TARGET, the value, and the statements behind it, all in the block around.
    fn case_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let value = children.iter().find(|child| Field::of(child) == Field::Value);
        let start = Place::of(node);
        let (name, place) = match value {
            Some(value) => ("case", start.to(Place::of(value.node))),
            None => ("default", children.first().map_or(start, |first| Place::of(first.node))),
        };
        self.b.named(slot, NodeKind::JumpTarget, place, name);
        if let Some(value) = value {
            self.work.push(Item::Expression(value.node, slot));
        }
        let statements = children.iter().filter(|child| Field::of(child) != Field::Value);
        self.push_statements(statements.map(|child| child.node), slot);
        self.done(children);
    }

    fn labeled(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        for child in &children {
            if Field::of(child) == Field::Label {
                self.b.named(
                    slot,
                    NodeKind::JumpTarget,
                    Place::of(child.node),
                    self.text(child.node),
                );
            } else if child.node.is_named() {
                self.work.push(Item::Statement(child.node, slot));
            }
        }
        self.done(children);
    }

    fn goto_statement(&mut self, node: Syntax<'t>, slot: Slot) {
        let control = self.b.control(slot, ControlKind::Goto, Place::of(node));
        let children = self.children(node);
        if let Some(label) = children.iter().find(|child| Field::of(child) == Field::Label) {
            let (label_slot, text) =
                (Slot::role(control, Role::JumpArgument), self.text(label.node));
            self.b.named(label_slot, NodeKind::JumpLabel, Place::of(label.node), text);
        }
        self.done(children);
    }

    fn seh_try(&mut self, node: Syntax<'t>, slot: Slot) {
        let control = self.b.control(slot, ControlKind::Try, Place::of(node));
        let children = self.children(node);
        for child in &children {
            match (Field::of(child), Kind::of(child.node)) {
                (Field::Body, _) => {
                    self.work.push(Item::Body(child.node, Slot::role(control, Role::TryBody)))
                }
                (_, Kind::SehExceptClause) => {
                    self.seh_part(child.node, control, ControlKind::Catch)
                }
                (_, Kind::SehFinallyClause) => {
                    self.seh_part(child.node, control, ControlKind::Finally)
                }
                _ => {}
            }
        }
        self.done(children);
    }

    fn seh_part(&mut self, node: Syntax<'t>, parent: NodeIndex, control: ControlKind) {
        let role = if control == ControlKind::Catch { Role::CatchBody } else { Role::FinallyBody };
        let part = self.b.control(Slot::role(parent, role), control, Place::of(node));
        self.work.push(Item::Statement(node, Slot::child(part)));
    }

    /// `#if` and its kin. Between statements: an IF without condition, since either text may be the one
    /// that is compiled. Elsewhere: all of it in place.
    fn conditional_text(&mut self, node: Syntax<'t>, slot: Slot) {
        let is_top = slot.parent == self.b.top_block()
            || self.b.node(slot.parent).kind == NodeKind::NamespaceBlock;
        let is_else = Kind::of(node) == Kind::PreprocElse;
        if is_top {
            let children = self.children(node);
            for child in children.iter().filter(|child| is_content(child)) {
                self.work.push(Item::Statement(child.node, slot));
            }
            self.done(children);
            return;
        }
        if is_else {
            let control = self.b.control(slot, ControlKind::Else, Place::of(node));
            self.work.push(Item::Branch(node, Slot::child(control)));
            return;
        }
        let control = self.b.control(slot, ControlKind::If, Place::of(node));
        let name = self.b.intern(node.kind());
        self.b.node_mut(control).name = name;
        self.work.push(Item::Branch(node, Slot::role(control, Role::TrueBody)));
        let children = self.children(node);
        if let Some(other) = children.iter().find(|child| Field::of(child) == Field::Alternative) {
            self.work.push(Item::Statement(other.node, Slot::role(control, Role::FalseBody)));
        }
        self.done(children);
    }

    /// The statements of one branch, without the branch that follows. Names declared here stay visible
    /// behind `#endif`.
    pub(super) fn branch(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let content =
            || children.iter().filter(|c| is_content(c) && Field::of(c) != Field::Alternative);
        let place = match (content().next(), content().next_back()) {
            (Some(first), Some(last)) => Place::of(first.node).to(Place::of(last.node)),
            _ => Place::of(node).start(),
        };
        let block = self.b.add(slot, NodeKind::Block, place);
        self.push_statements(content().map(|child| child.node), Slot::child(block));
        self.done(children);
    }

    fn include(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        if let Some(path) = children.iter().find(|child| Field::of(child) == Field::Path) {
            let text = self.text(path.node).trim_matches(['"', '<', '>']);
            let import =
                self.b.named(Slot::child(slot.parent), NodeKind::Import, Place::of(node), text);
            let name = self.b.node(import).name;
            let import = self.b.node_mut(import);
            import.full_name = name;
            import.modifiers = Modifiers::WILDCARD;
        }
        self.done(children);
    }
}

/// Whether a statement may be the body of a loop macro.
pub(super) fn may_be_body(node: Syntax<'_>) -> bool {
    matches!(
        Kind::of(node),
        Kind::CompoundStatement
            | Kind::ExpressionStatement
            | Kind::IfStatement
            | Kind::ForStatement
            | Kind::WhileStatement
            | Kind::ReturnStatement
    )
}

fn is_content(child: &Child<'_>) -> bool {
    child.node.is_named() && !matches!(Field::of(child), Field::Condition | Field::Name)
}

/// The part of a loop or switch before its body.
pub(super) fn header(node: Syntax<'_>, children: &[Child<'_>]) -> Place {
    let whole = Place::of(node);
    let body = children.iter().position(|child| Field::of(child) == Field::Body);
    match body.and_then(|at| children.get(at.checked_sub(1)?)) {
        Some(last) => whole.to(Place::of(last.node)),
        None => whole,
    }
}
