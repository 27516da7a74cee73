//! The work loop of the Python front end, its scopes, and what all rules share.

use cg_types::{ControlKind, Modifiers, NodeIndex, NodeKind, Role, StrId};
use rustc_hash::FxHashSet;
use tree_sitter::{Node, Tree};

use super::kind::{Field, Kind};
use super::module::{module_of, package_of};
use crate::builder::{Builder, Operator, Place, ScopeKind, Slot};
use crate::syntax::{Child, Reader, Work};

/// Full names longer than this are not extended by the names of deeper scopes (a hostile file could make
/// them grow with the square of the nesting).
const MAX_FULL_NAME_BYTES: usize = 800;

/// Something still to be lowered.
#[derive(Clone, Copy)]
pub(super) enum Item<'t> {
    /// A statement, into a BLOCK.
    Statement(Node<'t>, NodeIndex),
    /// An expression.
    Expression(Node<'t>, Slot),
    /// An argument with its keyword.
    Keyword(Node<'t>, Slot, StrId),
    /// A FIELD_IDENTIFIER.
    Field(Node<'t>, Slot),
    /// The statements of a suite, into a BLOCK that stands already.
    Suite(Node<'t>, NodeIndex),
    /// A BLOCK with the statements of a suite.
    Block(Node<'t>, Slot),
    /// What follows an `if`: numbers in [`Front::alternatives`] from and to, the IF.
    Alternative(usize, usize, NodeIndex),
    /// `else`, `except`, `finally` of a control structure.
    Else(Node<'t>, NodeIndex),
    Except(Node<'t>, NodeIndex),
    Finally(Node<'t>, NodeIndex),
    /// A `case`: clause, MATCH, LOCAL of the subject.
    Case(Node<'t>, NodeIndex, NodeIndex),
    /// Parameters and body of a lambda whose METHOD stands already.
    LambdaBody(NodeIndex, Option<Node<'t>>, Option<Node<'t>>),
    /// A definition with the decorators' ANNOTATIONs to add: function or class, first of them in `extra`.
    Definition(Node<'t>, NodeIndex, Option<Node<'t>>),
    /// `target = iteratorNext(source)`.
    Next(Node<'t>, Iterated<'t>, Slot),
    /// The right side of that.
    Advance(Iterated<'t>, Place, Slot),
    /// A name captured by a pattern: name, LOCAL it is taken from, BLOCK.
    Capture(Node<'t>, NodeIndex, NodeIndex),
    /// End of a function, lambda or class.
    End(StrId),
    /// End of a comprehension.
    EndComprehension,
}

/// What a loop runs over.
#[derive(Clone, Copy)]
pub(super) enum Iterated<'t> {
    /// An iterator kept in a LOCAL.
    Local(NodeIndex),
    /// The iterable itself.
    Expression(Node<'t>),
}

/// What kind of scope names are bound in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Where {
    Module,
    Function,
    Class,
    Comprehension,
}

/// A scope that is open.
pub(super) struct Scope {
    pub(super) place: Where,
    /// Unique number within the file.
    pub(super) id: u32,
    /// METHOD that statements of the scope belong to; `NONE` for a class without a `<body>` so far.
    pub(super) method: NodeIndex,
    /// BLOCK for statements, `NONE` as above.
    pub(super) block: NodeIndex,
    /// Where its variables hang: BLOCK, TYPE_DECL, or the comprehension's CALL.
    pub(super) home: NodeIndex,
    pub(super) full_name: StrId,
    /// Name of the first parameter of a method, else empty.
    pub(super) receiver: StrId,
    /// Number of lambdas so far.
    pub(super) lambdas: u32,
}

/// The front end at work on one file.
pub(super) struct Front<'b, 't> {
    pub(super) b: &'b mut Builder<'t>,
    pub(super) work: Work<Item<'t>>,
    pub(super) scopes: Vec<Scope>,
    /// `(scope, name)` declared `global` or `nonlocal`.
    pub(super) foreign: FxHashSet<(u32, StrId)>,
    /// Declarations whose type is annotated, or known to vary.
    pub(super) settled: FxHashSet<NodeIndex>,
    /// `self.x` members by TYPE_DECL and name.
    pub(super) members: rustc_hash::FxHashMap<(NodeIndex, StrId), NodeIndex>,
    /// `elif` and `else` clauses that wait for their turn.
    pub(super) alternatives: Vec<Node<'t>>,
    pub(super) module: String,
    pub(super) package: String,
    reader: Reader<'t>,
    spare: Vec<Vec<Child<'t>>>,
    next_scope: u32,
    /// Comments met so far; nodes are looked at more than once.
    comments: Vec<Place>,
    has_errors: bool,
}

/// Fills the builder from the syntax tree of a Python file.
pub(crate) fn lower<'t>(tree: &'t Tree, b: &mut Builder<'t>) {
    let root = tree.root_node();
    let module = module_of(b.path());
    let package = package_of(b.path(), &module);
    let (method, block) = (b.top_method(), b.top_block());
    let namespace = b.node(method).parent;
    let full_name = b.intern(&module);
    let name = b.intern("<module>");
    let method_name = b.intern(&format!("{module}.<module>"));
    b.node_mut(namespace).name = full_name;
    b.node_mut(namespace).full_name = full_name;
    b.node_mut(method).name = name;
    b.node_mut(method).full_name = method_name;
    let top = Scope {
        place: Where::Module,
        id: 0,
        method,
        block,
        home: block,
        full_name,
        receiver: StrId::EMPTY,
        lambdas: 0,
    };
    let mut front = Front {
        b,
        work: Work::new(),
        scopes: vec![top],
        foreign: FxHashSet::default(),
        settled: FxHashSet::default(),
        members: rustc_hash::FxHashMap::default(),
        alternatives: Vec::new(),
        module,
        package,
        reader: Reader::new(tree),
        spare: Vec::new(),
        next_scope: 1,
        comments: Vec::new(),
        has_errors: root.has_error(),
    };
    front.work.push(Item::Suite(root, block));
    while let Some(item) = front.work.next() {
        front.item(item);
    }
    front.report();
}

impl<'t> Front<'_, 't> {
    fn item(&mut self, item: Item<'t>) {
        match item {
            Item::Statement(node, block) => self.statement(node, block),
            Item::Expression(node, slot) => {
                self.expression(node, slot);
            }
            Item::Keyword(node, slot, keyword) => {
                let index = self.expression(node, slot);
                if index.is_some() {
                    self.b.node_mut(index).signature = keyword;
                }
            }
            Item::Field(node, slot) => {
                let text = self.text(node);
                self.b.named(slot, NodeKind::FieldIdentifier, Place::of(node), text);
            }
            Item::Suite(node, block) => self.statements(node, block),
            Item::Block(node, slot) => {
                let block = self.b.add(slot, NodeKind::Block, Place::of(node));
                self.statements(node, block);
            }
            Item::Alternative(start, end, around) => self.alternative(start, end, around),
            Item::Else(node, around) => self.else_clause(around, node),
            Item::Except(node, around) => self.except_clause(node, around),
            Item::Finally(node, around) => self.finally_clause(node, around),
            Item::Case(node, control, subject) => self.case_clause(node, control, subject),
            Item::LambdaBody(method, parameters, body) => {
                self.lambda_body(method, parameters, body)
            }
            Item::Definition(node, block, decorated) => match Kind::of(node) {
                Kind::ClassDefinition => self.class(node, block, decorated),
                _ => self.function(node, block, decorated),
            },
            Item::Next(target, source, slot) => self.next_value(target, source, slot),
            Item::Advance(source, place, slot) => self.advance(source, place, slot),
            Item::Capture(name, source, block) => self.capture(name, source, block),
            Item::End(return_type) => self.end_scope(return_type),
            Item::EndComprehension => {
                self.b.pop_scope();
                self.scopes.pop();
            }
        }
    }

    /// Hands the comments to the builder, each once, in the order of the text.
    fn report(&mut self) {
        self.comments.sort_unstable_by_key(|place| (place.span.start, place.span.end));
        self.comments.dedup();
        for place in std::mem::take(&mut self.comments) {
            self.b.comment(place);
        }
    }

    /// The children of a node that mean something: comments are kept aside, punctuation is dropped.
    /// Give the buffer back with [`Front::done`].
    pub(super) fn kids(&mut self, node: Node<'t>) -> Vec<Child<'t>> {
        let mut kids = self.spare.pop().unwrap_or_default();
        self.reader.children(node, &mut kids);
        let (has_errors, comments) = (self.has_errors, &mut self.comments);
        kids.retain(|child| match Kind::of(child.node) {
            Kind::Other => false,
            Kind::Comment => {
                comments.push(Place::of(child.node));
                false
            }
            _ => !(has_errors && child.node.is_missing()),
        });
        kids
    }

    /// Takes a buffer back. Long ones are not kept.
    pub(super) fn done(&mut self, mut kids: Vec<Child<'t>>) {
        if self.spare.len() < 16 && kids.capacity() <= 4096 {
            kids.clear();
            self.spare.push(kids);
        }
    }

    /// The child in a field.
    pub(super) fn field(kids: &[Child<'t>], field: Field) -> Option<Node<'t>> {
        kids.iter().find(|child| Field::of(child) == field).map(|child| child.node)
    }

    /// The text of a syntax node.
    pub(super) fn text(&self, node: Node<'t>) -> &'t str {
        self.b.slice(Place::of(node).span)
    }

    /// The number of a syntax node's text.
    pub(super) fn name(&mut self, node: Node<'t>) -> StrId {
        let text = self.text(node);
        self.b.intern(text)
    }

    /// The innermost scope.
    pub(super) fn scope(&self) -> &Scope {
        self.scopes.last().expect("the module's scope stays open until the end")
    }

    /// The innermost scope that is no comprehension.
    pub(super) fn frame(&self) -> &Scope {
        let frame = self.scopes.iter().rev().find(|scope| scope.place != Where::Comprehension);
        frame.expect("the module's scope stays open until the end")
    }

    /// `name` within the innermost frame, as a full name.
    pub(super) fn full_name(&mut self, name: &str) -> StrId {
        let around = self.b.string(self.frame().full_name);
        let full = if around.len() > MAX_FULL_NAME_BYTES {
            format!("{}.<nested>.{name}", self.module)
        } else if around.is_empty() {
            name.to_owned()
        } else {
            format!("{around}.{name}")
        };
        self.b.intern(&full)
    }

    /// Opens a scope.
    pub(super) fn open(&mut self, kind: ScopeKind, scope: Scope) {
        self.b.push_scope(kind);
        self.scopes.push(Scope { id: self.next_scope, ..scope });
        self.next_scope += 1;
    }

    /// Closes a function or class.
    fn end_scope(&mut self, return_type: StrId) {
        let Some(scope) = self.scopes.pop() else { return };
        if scope.method.is_some() {
            let text = self.b.string(return_type).to_owned();
            self.b.method_return(scope.method, &text);
        }
        self.b.pop_scope();
    }

    /// The BLOCK that statements of the innermost scope go to; a class gets its `<body>` now.
    pub(super) fn statement_block(&mut self) -> NodeIndex {
        let frame =
            self.scopes.iter().rposition(|scope| scope.place != Where::Comprehension).unwrap_or(0);
        if self.scopes[frame].block.is_some() {
            return self.scopes[frame].block;
        }
        let home = self.scopes[frame].home;
        let place = self.b.place(home);
        let full = format!("{}.<body>", self.b.string(self.scopes[frame].full_name));
        let full = self.b.intern(&full);
        let method = self.b.named(Slot::child(home), NodeKind::Method, place, "<body>");
        self.b.node_mut(method).full_name = full;
        self.b.node_mut(method).modifiers = Modifiers::STATIC;
        let block = self.b.add(Slot::child(method), NodeKind::Block, place);
        self.scopes[frame].method = method;
        self.scopes[frame].block = block;
        block
    }

    /// The declaration of a variable in the innermost scope, made now if it is new. `NONE` for names
    /// declared `global` or `nonlocal` there.
    pub(super) fn variable(&mut self, node: Node<'t>) -> NodeIndex {
        let name = self.name(node);
        if let Some(known) = self.b.resolve_here(name) {
            return known;
        }
        let scope = self.scope();
        if self.foreign.contains(&(scope.id, name)) {
            return NodeIndex::NONE;
        }
        let kind = if scope.place == Where::Class { NodeKind::Member } else { NodeKind::Local };
        let index = self.b.add_front(Slot::child(scope.home), kind, Place::of(node));
        self.b.node_mut(index).name = name;
        self.b.bind(name, index);
        index
    }

    /// A variable of our own, that no name in the text means.
    pub(super) fn temporary(&mut self, place: Place, name: &str) -> NodeIndex {
        let home = self.statement_block();
        let name = self.b.intern(name);
        let index = self.b.add_front(Slot::child(home), NodeKind::Local, place);
        self.b.node_mut(index).name = name;
        index
    }

    /// An IDENTIFIER for [`Front::temporary`].
    pub(super) fn temporary_use(
        &mut self,
        slot: Slot,
        place: Place,
        local: NodeIndex,
    ) -> NodeIndex {
        let index = self.b.add(slot, NodeKind::Identifier, place);
        self.b.node_mut(index).name = self.b.node(local).name;
        self.b.node_mut(index).reference = local;
        index
    }

    /// A control structure.
    pub(super) fn control(
        &mut self,
        slot: Slot,
        control: ControlKind,
        node: Node<'t>,
    ) -> NodeIndex {
        self.b.control(slot, control, Place::of(node))
    }

    /// `else`: a CONTROL_STRUCTURE ELSE with a BLOCK.
    pub(super) fn else_block(&mut self, parent: NodeIndex, node: Node<'t>) -> NodeIndex {
        let control = self.control(Slot::role(parent, Role::FalseBody), ControlKind::Else, node);
        self.b.add(Slot::child(control), NodeKind::Block, Place::of(node))
    }

    /// `x = …` with the target's names declared; the source is the caller's to push, as argument 2.
    pub(super) fn assign(&mut self, slot: Slot, place: Place, target: Node<'t>) -> NodeIndex {
        let call = self.b.operator(slot, Operator::Assignment, place);
        self.bind_target(target);
        self.work.push(Item::Expression(target, Slot::argument(call, 1)));
        call
    }
}
