//! The arena in which every front end builds the graph of one file.
//!
//! # How a front end uses it
//!
//! ```text
//! let mut b = Builder::new(path, Language::C, text, Place::of(root));
//! // FILE > NAMESPACE_BLOCK <global> > METHOD <global> > BLOCK stand already; top-level things go here:
//! let top = b.top_block();
//!
//! // int add(int a) { int x = a + 1; return x; }
//! let name = b.intern("add");
//! let method = b.add(Slot::child(top), NodeKind::Method, Place::of(function));
//! b.node_mut(method).name = name;
//! b.node_mut(method).full_name = name;
//! b.push_scope(ScopeKind::Nested);                                  // the method's names
//! let a = b.declare(Slot::child(method), NodeKind::MethodParameterIn, Place::of(parameter), "a", "int");
//! b.node_mut(a).argument_index = 1;                                 // INDEX, 0 = self
//! let block = b.add(Slot::child(method), NodeKind::Block, Place::of(body));
//! let x = b.declare(Slot::child(block), NodeKind::Local, Place::of(declarator), "x", "int");
//! let set = b.operator(Slot::child(block), Operator::Assignment, Place::of(declarator));
//! b.identifier(Slot::argument(set, 1), Place::of(x_node), "x");     // REF to the LOCAL found by name
//! let sum = b.operator(Slot::argument(set, 2), Operator::Addition, Place::of(plus));
//! b.identifier(Slot::argument(sum, 1), Place::of(a_node), "a");
//! b.literal(Slot::argument(sum, 2), Place::of(one), "int");
//! let ret = b.add(Slot::child(block), NodeKind::Return, Place::of(return_));
//! b.identifier(Slot::argument(ret, 1), Place::of(x_again), "x");
//! b.method_return(method, "int");                                   // after the body
//! b.pop_scope();
//! let graph = b.finish();                                           // FileGraph without cfg and data flow
//! ```
//!
//! Add nodes in any order: `finish` renumbers to preorder in linear time (and nearly for free when they
//! were added in preorder, so do that where it is easy). Children keep the order in which they were
//! added; [`Builder::add_front`] puts a child (a LOCAL found in mid-body) before the ordinary ones.
//! `order`, `method`, and the indices in `parent` and `reference` are set by `finish`.
//! Comments: [`Builder::comment`] collects them; they become children of FILE behind everything else.
//!
//! # What the passes expect (CFG, dominators, data flow)
//!
//! METHOD: parameters, [modifiers…], one BLOCK (body), METHOD_RETURN last. A METHOD without BLOCK has no CFG.
//! METHOD, TYPE_DECL, LOCAL, IMPORT, MEMBER, MODIFIER, ANNOTATION, TYPE_PARAMETER, COMMENT and
//! NAMESPACE_BLOCK inside a body are no part of the CFG around them (a nested METHOD has its own).
//! Every other node is evaluated after its children, in their order. Exceptions to that:
//!
//! | node | children, by role (others: evaluated in order, before) |
//! |---|---|
//! | CONTROL IF | `Condition`, `TrueBody`, `FalseBody` (a BLOCK, or CONTROL ELSE around one) |
//! | CONTROL WHILE | `Condition`, `TrueBody`; `FalseBody` = Python's `else` |
//! | CONTROL DO | `DoBody`, `Condition` |
//! | CONTROL FOR | `ForInit`*, `Condition`?, `ForUpdate`*, `ForBody`; `FalseBody` = Python's `else`. The order of the children does not matter. `for x in xs`: ForInit = `it = iterator(xs)`, Condition = `x = iteratorNext(it)` |
//! | CONTROL SWITCH | `Condition`, `TrueBody` = BLOCK with JUMP_TARGETs (name `case` or `default`, may lie deeper) among the statements; falls through; `Modifiers::WILDCARD`: one of the cases is always taken (Go's `select`) |
//! | CONTROL MATCH | `Condition`, then one BLOCK with role `TrueBody` for each arm: first child JUMP_TARGET (`case`, or `default` = always matches), then bindings, then optionally a guard with role `Condition`, then the body. Tested in order, no fall through; the last arm's value flows on |
//! | CONTROL TRY | `TryBody`; CONTROL CATCH with role `CatchBody` each (its children in order; full_name empty, or name `default`-like catch-all: set `Modifiers::WILDCARD`); `FalseBody` = Python's `else`; `FinallyBody` |
//! | CONTROL BREAK, CONTINUE | optional JUMP_LABEL child, role `JumpArgument`: jumps to the loop (or labelled BLOCK) whose own child is a JUMP_LABEL of the same name; a child with role `Argument` (Rust `break value`) is evaluated before |
//! | CONTROL GOTO | JUMP_LABEL child, role `JumpArgument`; goes to the JUMP_TARGET of that name in the method |
//! | CONTROL THROW | children evaluated, then to the innermost handler or METHOD_RETURN |
//! | RETURN | children evaluated, then METHOD_RETURN (through FINALLY) |
//! | CALL `<operator>.logicalAnd`, `.logicalOr`, `.elvis` (`??`), `.conditional` | short circuit over arguments 1, 2 (, 3) |
//! | CALL `<operator>.try` (Rust `?`) | argument evaluated, then on, or by an Exception edge to METHOD_RETURN |
//!
//! A labelled loop or BLOCK carries its label as a JUMP_LABEL with role `Child`, its **first** child (Rust `'a: loop`).
//! Rust `loop {}`: WHILE without `Condition`. A BLOCK with a JUMP_LABEL child is a target of `break` only.
//!
//! Data flow reads `reference` and `name` of IDENTIFIERs. Definitions: argument 1 of the assignment and
//! increment operators (an IDENTIFIER, or a field path `a.b`, `p->x`; also each element of a
//! tuple/list literal there), arguments of `<operator>.addressOf` passed to calls, parameters.

mod place;
mod preorder;

use cg_types::{
    ControlKind, Diagnostic, DiagnosticCode, DispatchType, Evaluation, FileGraph, Language,
    Modifiers, Node, NodeIndex, NodeKind, Span, StrId, Strings,
};

pub(crate) use self::place::{Place, Slot};
use self::preorder::{is_preorder, number, to_preorder};
pub(crate) use crate::operator::Operator;
pub(crate) use crate::scope::ScopeKind;
use crate::scope::Scopes;

/// Syntax errors reported for one file; more are only counted.
const MAX_SYNTAX_ERRORS: usize = 50;

/// Builds one [`FileGraph`]. See the module's text.
pub(crate) struct Builder<'t> {
    text: &'t str,
    path: String,
    language: Language,
    nodes: Vec<Node>,
    strings: Strings,
    scopes: Scopes,
    operators: Vec<StrId>,
    /// Nodes added by `add_front`, in order.
    front: Vec<NodeIndex>,
    comments: Vec<Place>,
    diagnostics: Vec<Diagnostic>,
    syntax_errors: usize,
    top_method: NodeIndex,
    top_block: NodeIndex,
}

impl<'t> Builder<'t> {
    /// Starts a graph with FILE > NAMESPACE_BLOCK `<global>` > METHOD `<global>` > BLOCK, and opens the
    /// file's scope. `whole` is the place of the whole text.
    pub(crate) fn new(path: &str, language: Language, text: &'t str, whole: Place) -> Self {
        let mut b = Self {
            text,
            path: path.to_owned(),
            language,
            nodes: Vec::with_capacity(text.len() / 6 + 16),
            strings: Strings::default(),
            scopes: Scopes::default(),
            operators: vec![StrId::EMPTY; Operator::ALL.len()],
            front: Vec::new(),
            comments: Vec::new(),
            diagnostics: Vec::new(),
            syntax_errors: 0,
            top_method: NodeIndex::NONE,
            top_block: NodeIndex::NONE,
        };
        let whole =
            Place { span: Span { start: 0, end: text.len() as u32 }, line: 1, column: 1, ..whole };
        let file = b.add(Slot::child(NodeIndex::NONE), NodeKind::File, whole);
        b.node_mut(file).name = b.strings.intern(path);
        let global = b.strings.intern("<global>");
        let full = b.strings.intern(&format!("{path}:<global>"));
        let namespace = b.add(Slot::child(file), NodeKind::NamespaceBlock, whole);
        b.top_method = b.add(Slot::child(namespace), NodeKind::Method, whole);
        for index in [namespace, b.top_method] {
            b.node_mut(index).name = global;
            b.node_mut(index).full_name = full;
        }
        b.node_mut(b.top_method).modifiers = Modifiers::MODULE;
        b.top_block = b.add(Slot::child(b.top_method), NodeKind::Block, whole);
        b.push_scope(ScopeKind::Nested);
        b
    }

    /// The METHOD `<global>` of the file's top level.
    pub(crate) fn top_method(&self) -> NodeIndex {
        self.top_method
    }

    /// The BLOCK of the file's top level.
    pub(crate) fn top_block(&self) -> NodeIndex {
        self.top_block
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The language of the file.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The file's text.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// A part of the file's text; empty if the span does not fit it.
    #[inline]
    pub(crate) fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// The number of a string.
    #[inline]
    pub(crate) fn intern(&mut self, text: &str) -> StrId {
        self.strings.intern(text)
    }

    /// The string behind a number.
    pub(crate) fn string(&self, id: StrId) -> &str {
        self.strings.get(id)
    }

    /// Adds a node as the last child of `slot.parent`.
    #[inline]
    pub(crate) fn add(&mut self, slot: Slot, kind: NodeKind, place: Place) -> NodeIndex {
        let index = NodeIndex(self.nodes.len() as u32);
        self.nodes.push(Node {
            kind,
            role: slot.role,
            control: ControlKind::None,
            dispatch: DispatchType::Static,
            evaluation: Evaluation::ByValue,
            modifiers: Modifiers::default(),
            parent: slot.parent,
            order: 0,
            argument_index: slot.argument_index,
            method: NodeIndex::NONE,
            reference: NodeIndex::NONE,
            dominator: NodeIndex::NONE,
            post_dominator: NodeIndex::NONE,
            name: StrId::EMPTY,
            full_name: StrId::EMPTY,
            type_full_name: StrId::EMPTY,
            signature: StrId::EMPTY,
            span: place.span,
            line: place.line,
            column: place.column,
            line_end: place.line_end,
        });
        index
    }

    /// Adds a node before the ordinary children of its parent, behind those added this way earlier.
    pub(crate) fn add_front(&mut self, slot: Slot, kind: NodeKind, place: Place) -> NodeIndex {
        let index = self.add(slot, kind, place);
        self.front.push(index);
        index
    }

    /// Number of nodes so far.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// A node by the index that `add` gave.
    #[inline]
    pub(crate) fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.0 as usize]
    }

    /// A node to change. `parent`, `role`, `argument_index` may be changed too, as long as the parents
    /// form a tree.
    #[inline]
    pub(crate) fn node_mut(&mut self, index: NodeIndex) -> &mut Node {
        &mut self.nodes[index.0 as usize]
    }

    /// A CALL of an operator: name and full name are the operator's.
    #[inline]
    pub(crate) fn operator(&mut self, slot: Slot, operator: Operator, place: Place) -> NodeIndex {
        let cached = self.operators[operator as usize];
        let name = if cached == StrId::EMPTY {
            let id = self.strings.intern(operator.as_str());
            self.operators[operator as usize] = id;
            id
        } else {
            cached
        };
        let index = self.add(slot, NodeKind::Call, place);
        let node = self.node_mut(index);
        node.name = name;
        node.full_name = name;
        index
    }

    /// A CALL of a function or method; `full_name` stays empty, linking finds it.
    pub(crate) fn call(
        &mut self,
        slot: Slot,
        dispatch: DispatchType,
        place: Place,
        name: &str,
    ) -> NodeIndex {
        let name = self.strings.intern(name);
        let index = self.add(slot, NodeKind::Call, place);
        let node = self.node_mut(index);
        node.name = name;
        node.dispatch = dispatch;
        index
    }

    /// An IDENTIFIER, referring to what the name means here (nothing, if it is not declared yet), with
    /// the type that is declared for it.
    #[inline]
    pub(crate) fn identifier(&mut self, slot: Slot, place: Place, name: &str) -> NodeIndex {
        let name = self.strings.intern(name);
        let reference = self.scopes.resolve(name);
        let type_full_name = reference.map_or(StrId::EMPTY, |to| self.node(to).type_full_name);
        let index = self.add(slot, NodeKind::Identifier, place);
        let node = self.node_mut(index);
        node.name = name;
        node.reference = reference.unwrap_or(NodeIndex::NONE);
        node.type_full_name = type_full_name;
        index
    }

    /// An IDENTIFIER that refers to what the name is declared as by the end of the scope, or of a scope
    /// around it (Python; functions in Rust).
    pub(crate) fn identifier_late(&mut self, slot: Slot, place: Place, name: &str) -> NodeIndex {
        let name = self.strings.intern(name);
        let index = self.add(slot, NodeKind::Identifier, place);
        self.node_mut(index).name = name;
        self.scopes.resolve_late(name, index);
        index
    }

    /// A LITERAL of a type (may be empty).
    pub(crate) fn literal(&mut self, slot: Slot, place: Place, type_full_name: &str) -> NodeIndex {
        let type_full_name = self.strings.intern(type_full_name);
        let index = self.add(slot, NodeKind::Literal, place);
        self.node_mut(index).type_full_name = type_full_name;
        index
    }

    /// A CONTROL_STRUCTURE. Set `name` to the parser's type name if it tells more.
    pub(crate) fn control(&mut self, slot: Slot, control: ControlKind, place: Place) -> NodeIndex {
        let index = self.add(slot, NodeKind::ControlStructure, place);
        self.node_mut(index).control = control;
        index
    }

    /// A node with a name (FIELD_IDENTIFIER, JUMP_LABEL, JUMP_TARGET, MEMBER, METHOD_REF, …).
    pub(crate) fn named(
        &mut self,
        slot: Slot,
        kind: NodeKind,
        place: Place,
        name: &str,
    ) -> NodeIndex {
        let name = self.strings.intern(name);
        let index = self.add(slot, kind, place);
        self.node_mut(index).name = name;
        index
    }

    /// A LOCAL or METHOD_PARAMETER_IN, declared in the innermost scope.
    pub(crate) fn declare(
        &mut self,
        slot: Slot,
        kind: NodeKind,
        place: Place,
        name: &str,
        type_full_name: &str,
    ) -> NodeIndex {
        let type_full_name = self.strings.intern(type_full_name);
        let index = self.named(slot, kind, place, name);
        self.node_mut(index).type_full_name = type_full_name;
        self.scopes.declare(self.node(index).name, index);
        index
    }

    /// Where a node lies.
    pub(crate) fn place(&self, index: NodeIndex) -> Place {
        let node = self.node(index);
        Place { span: node.span, line: node.line, column: node.column, line_end: node.line_end }
    }

    /// The METHOD_RETURN of a METHOD; call it after the body.
    pub(crate) fn method_return(&mut self, method: NodeIndex, type_full_name: &str) -> NodeIndex {
        let type_full_name = self.strings.intern(type_full_name);
        let place = self.place(method).start();
        let name = self.strings.intern("RET");
        let index = self.add(Slot::child(method), NodeKind::MethodReturn, place);
        let node = self.node_mut(index);
        node.name = name;
        node.type_full_name = type_full_name;
        index
    }

    /// Opens a scope.
    pub(crate) fn push_scope(&mut self, kind: ScopeKind) {
        self.scopes.push(kind);
    }

    /// Closes the innermost scope and answers the late uses that mean its names.
    pub(crate) fn pop_scope(&mut self) {
        let nodes = &mut self.nodes;
        self.scopes.pop(|user, declaration| nodes[user.0 as usize].reference = declaration);
    }

    /// Declares a name for a node that exists already (METHOD, TYPE_DECL, a LOCAL of another scope).
    pub(crate) fn bind(&mut self, name: StrId, node: NodeIndex) {
        self.scopes.declare(name, node);
    }

    /// What a name means here and now.
    pub(crate) fn resolve(&self, name: StrId) -> Option<NodeIndex> {
        self.scopes.resolve(name)
    }

    /// What the innermost scope itself declares a name as.
    pub(crate) fn resolve_here(&self, name: StrId) -> Option<NodeIndex> {
        self.scopes.resolve_here(name)
    }

    /// Keeps a comment.
    pub(crate) fn comment(&mut self, place: Place) {
        self.comments.push(place);
    }

    /// Reports trouble.
    pub(crate) fn diagnose(&mut self, code: DiagnosticCode, span: Option<Span>, message: String) {
        self.diagnostics.push(Diagnostic { code, span, message });
    }

    /// Reports a place that the parser could not read; the number reported for a file is bounded.
    pub(crate) fn syntax_error(&mut self, place: Place) {
        self.syntax_errors += 1;
        if self.syntax_errors <= MAX_SYNTAX_ERRORS {
            let message =
                format!("could not parse the text at line {}, column {}", place.line, place.column);
            self.diagnose(DiagnosticCode::SyntaxError, Some(place.span), message);
        }
    }

    /// Closes the top-level METHOD and the file's scope, adds the comments, renumbers the nodes to
    /// preorder and sets `order` and `method`. Linear in the number of nodes.
    pub(crate) fn finish(mut self) -> FileGraph {
        self.method_return(self.top_method, "");
        self.pop_scope();
        let mut comments = std::mem::take(&mut self.comments);
        comments.sort_by_key(|place| place.span.start);
        comments.dedup_by_key(|place| place.span.start);
        for place in comments {
            self.add(Slot::child(NodeIndex::FILE), NodeKind::Comment, place);
        }
        if self.syntax_errors > MAX_SYNTAX_ERRORS {
            let message = format!(
                "{} more places could not be parsed",
                self.syntax_errors - MAX_SYNTAX_ERRORS
            );
            self.diagnose(DiagnosticCode::SyntaxError, None, message);
        }
        if !self.front.is_empty() || !is_preorder(&self.nodes) {
            self.nodes = to_preorder(self.nodes, &self.front);
        }
        number(&mut self.nodes);
        FileGraph {
            path: self.path,
            language: self.language,
            nodes: self.nodes,
            strings: self.strings,
            cfg: Vec::new(),
            reaching_defs: Vec::new(),
            diagnostics: self.diagnostics,
        }
    }
}

#[cfg(test)]
#[path = "builder_tests.rs"]
mod tests;
