//! Macro definitions and calls.

use cg_types::{DispatchType, NodeIndex, NodeKind, StrId};
use tree_sitter::{Node, Parser, Range};

use super::expression::is_operand;
use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Place, Slot};
use crate::lang::grammar;

/// Macro calls inside macro calls whose tokens are still parsed.
const MAX_DEPTH: u32 = 6;
/// Bytes of one macro call's tokens that are parsed.
const MAX_BYTES: usize = 64 * 1024;
/// Tokens of one macro call that are looked through for variables.
const MAX_TOKENS: usize = 10_000;

impl<'s> Front<'_, '_, 's> {
    /// `macro_rules! m { … }`: a METHOD `m!` without a BLOCK.
    pub(super) fn macro_definition(
        &mut self,
        node: Node<'s>,
        parent: NodeIndex,
        attributes: (u32, u32),
    ) {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        self.done(kids);
        let name = format!("{name}!");
        let full_name = self.full_name(&name);
        let signature = self.b.intern("macro_rules!");
        let method = self.b.named(Slot::child(parent), NodeKind::Method, Place::of(node), &name);
        let made = self.b.node_mut(method);
        made.full_name = full_name;
        made.signature = signature;
        self.annotations(attributes, method);
        self.b.method_return(method, "");
    }

    /// `m!(…)`: a CALL named `m!`.
    pub(super) fn macro_call(&mut self, node: Node<'s>, slot: Slot) -> NodeIndex {
        let kids = self.kids(node);
        let path = Self::field(&kids, Field::Macro).map_or("", |path| self.text(path));
        let tokens =
            kids.iter().map(|child| child.node).find(|one| Kind::of(*one) == Kind::TokenTree);
        self.done(kids);
        let call = self.b.call(slot, DispatchType::Inlined, Place::of(node), "");
        let path = self.b.intern(&format!("{path}!"));
        self.set_path(call, path);
        match tokens {
            Some(tokens) if !self.parsed(tokens, call) => self.variables_among(tokens, call),
            _ => {}
        }
        call
    }

    /// Lowers the tokens as a tuple, array or block if they can be read as one.
    fn parsed(&mut self, tokens: Node<'s>, call: NodeIndex) -> bool {
        let range = tokens.byte_range();
        if self.state.macro_depth >= MAX_DEPTH || range.len() > MAX_BYTES {
            return false;
        }
        if range.len() <= 2 {
            return true;
        }
        let Some(tree) = self.parse(tokens) else { return false };
        let root = tree.root_node();
        let mut reader = crate::syntax::Reader::new(&tree);
        let mut list = Vec::new();
        reader.children(root, &mut list);
        let mut found = list.iter().filter(|child| child.node.is_named() && !child.node.is_extra());
        let (Some(statement), None) = (found.next(), found.next()) else { return false };
        let mut value = statement.node;
        if Kind::of(value) == Kind::ExpressionStatement {
            let mut inner = Vec::new();
            reader.children(value, &mut inner);
            let Some(first) = inner.first() else { return false };
            value = first.node;
        }
        if value.has_error() || value.byte_range() != range {
            return false;
        }
        self.state.macro_depth += 1;
        let mut inside = Front::new(&mut *self.b, &mut *self.state, &tree);
        inside.tokens_as(value, call);
        inside.run();
        self.state.macro_depth -= 1;
        true
    }

    fn parse(&mut self, tokens: Node<'s>) -> Option<tree_sitter::Tree> {
        if self.state.parser.is_none() {
            let mut parser = Parser::new();
            parser.set_language(&grammar(cg_types::Language::Rust)).ok()?;
            self.state.parser = Some(parser);
        }
        let text = self.b.text();
        let parser = self.state.parser.as_mut()?;
        let range = Range {
            start_byte: tokens.start_byte(),
            end_byte: tokens.end_byte(),
            start_point: tokens.start_position(),
            end_point: tokens.end_position(),
        };
        parser.set_included_ranges(&[range]).ok()?;
        parser.parse(text, None)
    }

    /// The arguments of a macro call, read as what its brackets look like.
    fn tokens_as(&mut self, value: Node<'s>, call: NodeIndex) {
        if Kind::of(value) == Kind::Block {
            self.work.push(Item::Body(value, Slot::argument(call, 1)));
            return;
        }
        let kids = self.kids(value);
        let values = kids.iter().filter(|child| is_operand(Kind::of(child.node)));
        for (index, child) in (1..).zip(values) {
            let slot = Slot::argument(call, index);
            if Kind::of(child.node) != Kind::AssignmentExpression {
                self.work.push(Item::Expression(child.node, slot));
                continue;
            }
            // `name = value` in a macro is a named argument.
            let parts = self.kids(child.node);
            match (Self::field(&parts, Field::Left), Self::field(&parts, Field::Right)) {
                (Some(left), Some(right)) if Kind::of(left) == Kind::Identifier => {
                    let name = self.name(left);
                    self.work.push(Item::Named(right, slot, name));
                }
                _ => self.work.push(Item::Expression(child.node, slot)),
            }
            self.done(parts);
        }
        self.done(kids);
    }

    /// IDENTIFIERs for the variables among tokens that are no expression.
    fn variables_among(&mut self, tokens: Node<'s>, call: NodeIndex) {
        let mut open = vec![tokens];
        let mut index = 1;
        let mut seen = 0;
        while let Some(node) = open.pop() {
            seen += 1;
            if seen > MAX_TOKENS {
                return;
            }
            match Kind::of(node) {
                Kind::TokenTree | Kind::TokenRepetition => {
                    let kids = self.kids(node);
                    open.extend(kids.iter().rev().map(|child| child.node));
                    self.done(kids);
                }
                Kind::Identifier | Kind::SelfName => {
                    let name: StrId = self.name(node);
                    if self.is_variable(name) {
                        let text = self.text(node);
                        self.b.identifier(Slot::argument(call, index), Place::of(node), text);
                        index += 1;
                    }
                }
                _ => {}
            }
        }
    }
}
