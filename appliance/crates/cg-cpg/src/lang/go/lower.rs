//! The work loop of the Go front end, its frames, and what all rules share.

use cg_types::{ControlKind, Modifiers, NodeIndex, NodeKind, Role, StrId};
use rustc_hash::FxHashMap;
use tree_sitter::{Node, Tree};

use super::kind::{Field, Kind};
use super::package::package_of;
use super::selection::Subject;
use crate::builder::{Builder, Operator, Place, ScopeKind, Slot};
use crate::syntax::{Child, Reader, Work};

/// Full names longer than this are not extended by the names of deeper scopes (a hostile file could make
/// them grow with the square of the nesting).
const MAX_FULL_NAME_BYTES: usize = 800;

/// Something still to be lowered.
#[derive(Clone, Copy)]
pub(super) enum Item<'t> {
    /// A statement or declaration, into the innermost BLOCK.
    Statement(Node<'t>),
    /// A statement in another place.
    Simple(Node<'t>, Slot),
    Expression(Node<'t>, Slot),
    /// An expression that the parser took for a type.
    Value(Node<'t>, Slot),
    /// The right side of `&^`.
    Inverted(Node<'t>, Slot),
    /// The conditions of a case as one.
    AnyOf(Node<'t>, Slot),
    /// Those at `from..to` of [`Front::kept`].
    Any(u32, u32, Slot),
    /// An element of a composite literal, with the type that it has if it does not name one.
    Element(Node<'t>, Slot, StrId),
    /// An element with its field's name.
    NamedElement(Node<'t>, Slot, StrId),
    /// An element of an array with its index, and the type that it has if it does not name one.
    Indexed(Node<'t>, Node<'t>, Slot, StrId),
    /// A FIELD_IDENTIFIER.
    Field(Node<'t>, Slot),
    /// A BLOCK for a block.
    Block(Node<'t>, Slot),
    /// An `if` without what stands before its condition.
    If(Node<'t>),
    /// An `else` behind an IF.
    Else(Node<'t>, NodeIndex),
    /// A `switch` without what stands before its value.
    Switch(Node<'t>),
    /// The cases of a SWITCH.
    Cases(Node<'t>, NodeIndex, Subject),
    /// One of them, into the BLOCK of all.
    Case(Node<'t>, NodeIndex, Subject),
    /// The statements of a case.
    CaseBody(Node<'t>, NodeIndex, Subject),
    /// A BREAK at the end of a case.
    CaseEnd(Place, NodeIndex),
    /// Clauses `from..to` of [`Front::kept`] as a chain of IFs, then the default clause.
    Chain(u32, u32, Slot),
    /// The statements of a clause as a BLOCK.
    Clause(Node<'t>, Slot),
    /// `targets = iteratorNext(it)`, the condition of a FOR.
    Next(Node<'t>, NodeIndex, NodeIndex),
    /// The rest of the function, below a TRY.
    Protected(NodeIndex, Place),
    /// `iteratorNext(it)`.
    Ask(Slot, NodeIndex, Place),
    /// A name becomes visible.
    Bind(StrId, NodeIndex),
    /// A scope ends.
    ScopeEnd,
    /// What an unlabelled `break` leaves ends.
    BreakEnd,
    /// A BLOCK ends, and its scope.
    BlockEnd,
    /// A function ends: METHOD_RETURN of a type.
    FunctionEnd(StrId),
}

/// What a name of the package is, known before anything is lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    Variable,
    Type,
    Function,
    Import,
}

/// A function whose inside is being lowered; the first is the file.
pub(super) struct Frame {
    pub(super) full_name: StrId,
    /// Number of closures so far.
    pub(super) closures: u32,
    /// Number of BLOCKs that were open before.
    pub(super) blocks: usize,
    pub(super) method: NodeIndex,
    /// Its BLOCK.
    pub(super) body: NodeIndex,
    /// The FINALLY with the calls deferred in inner blocks.
    pub(super) deferred: NodeIndex,
    /// LOCALs of the named results.
    pub(super) results: Vec<NodeIndex>,
}

/// The front end at work on one file.
pub(super) struct Front<'b, 't> {
    pub(super) b: &'b mut Builder<'t>,
    pub(super) work: Work<Item<'t>>,
    pub(super) frames: Vec<Frame>,
    /// Open BLOCKs, innermost last; the first is the file's.
    pub(super) blocks: Vec<NodeIndex>,
    /// Whether an unlabelled `break` has to name the labelled BLOCK `<switch>`; innermost last.
    pub(super) breaks: Vec<bool>,
    /// Clauses and conditions that wait for their turn.
    pub(super) kept: Vec<Node<'t>>,
    pub(super) globals: FxHashMap<StrId, Global>,
    /// Declarations of the package in this file.
    pub(super) package: FxHashMap<StrId, NodeIndex>,
    /// Names that no scope of a function declares.
    pending: Vec<NodeIndex>,
    reader: Reader<'t>,
    spare: Vec<Vec<Child<'t>>>,
    has_errors: bool,
}

/// Fills the builder from a syntax tree.
pub(crate) fn lower<'t>(tree: &'t Tree, b: &mut Builder<'t>) {
    let (method, block) = (b.top_method(), b.top_block());
    let mut front = Front {
        b,
        work: Work::new(),
        frames: Vec::new(),
        blocks: vec![block],
        breaks: vec![false],
        kept: Vec::new(),
        globals: FxHashMap::default(),
        package: FxHashMap::default(),
        pending: Vec::new(),
        reader: Reader::new(tree),
        spare: Vec::new(),
        has_errors: tree.root_node().has_error(),
    };
    let clause = front.survey(tree.root_node());
    let package = package_of(front.b.path(), clause);
    let full_name = front.b.intern(&package);
    let name = front.b.intern(clause);
    let method_name = front.b.intern(&format!("{package}.<global>"));
    let namespace = front.b.node(method).parent;
    front.b.node_mut(namespace).name = name;
    front.b.node_mut(namespace).full_name = full_name;
    front.b.node_mut(method).full_name = method_name;
    front.frames.push(Frame {
        full_name,
        closures: 0,
        blocks: 0,
        method,
        body: block,
        deferred: NodeIndex::NONE,
        results: Vec::new(),
    });
    front.header(tree.root_node());
    front.statements(tree.root_node());
    while let Some(item) = front.work.next() {
        front.item(item);
    }
    front.refer_to_package();
}

impl<'t> Front<'_, 't> {
    fn item(&mut self, item: Item<'t>) {
        match item {
            Item::Statement(node) => {
                let slot = Slot::child(self.current_block());
                self.statement(node, slot);
            }
            Item::Simple(node, slot) => self.statement(node, slot),
            Item::Expression(node, slot) => {
                self.expression(node, slot);
            }
            Item::Value(node, slot) => self.type_as_value(node, slot),
            Item::Inverted(node, slot) => self.inverted(node, slot),
            Item::AnyOf(node, slot) => self.any_of(node, slot),
            Item::Any(from, to, slot) => self.any(from, to, slot),
            Item::Element(node, slot, of) => {
                self.element(node, slot, of);
            }
            Item::NamedElement(node, slot, name) => {
                let index = self.element(node, slot, StrId::EMPTY);
                if index.is_some() {
                    self.b.node_mut(index).signature = name;
                }
            }
            Item::Indexed(key, value, slot, of) => self.indexed_element(key, value, slot, of),
            Item::Field(node, slot) => {
                let text = self.text(node);
                self.b.named(slot, NodeKind::FieldIdentifier, Place::of(node), text);
            }
            Item::Block(node, slot) => self.block(node, slot),
            Item::If(node) => {
                let slot = Slot::child(self.current_block());
                self.bare_if(node, slot);
            }
            Item::Else(node, around) => self.else_branch(node, around),
            Item::Switch(node) => {
                let slot = Slot::child(self.current_block());
                self.bare_switch(node, slot);
            }
            Item::Cases(node, control, subject) => self.cases(node, control, subject),
            Item::Case(node, block, subject) => self.case(node, block, subject),
            Item::CaseBody(node, block, subject) => self.case_body(node, block, subject),
            Item::CaseEnd(place, block) => {
                self.b.control(Slot::child(block), ControlKind::Break, place);
            }
            Item::Chain(from, to, slot) => self.chain(from, to, slot),
            Item::Clause(node, slot) => self.clause(node, slot),
            Item::Next(node, control, iterator) => self.next_value(node, control, iterator),
            Item::Protected(control, place) => {
                let slot = Slot::role(control, Role::TryBody);
                let block = self.b.add(slot, NodeKind::Block, place);
                if let Some(innermost) = self.blocks.last_mut() {
                    *innermost = block;
                }
            }
            Item::Ask(slot, iterator, place) => {
                let call = self.b.operator(slot, Operator::IteratorNext, place);
                self.use_of(Slot::argument(call, 1), place, iterator);
            }
            Item::Bind(name, node) => self.b.bind(name, node),
            Item::ScopeEnd => self.b.pop_scope(),
            Item::BreakEnd => {
                self.breaks.pop();
            }
            Item::BlockEnd => {
                self.b.pop_scope();
                self.blocks.pop();
            }
            Item::FunctionEnd(return_type) => self.function_end(return_type),
        }
    }

    /// The children of a node that mean something: comments are kept aside, punctuation is dropped.
    /// Give the buffer back with [`Front::done`].
    pub(super) fn kids(&mut self, node: Node<'t>) -> Vec<Child<'t>> {
        let mut kids = self.spare.pop().unwrap_or_default();
        self.reader.children(node, &mut kids);
        let (has_errors, b) = (self.has_errors, &mut *self.b);
        kids.retain(|child| match Kind::of(child.node) {
            Kind::Other => false,
            Kind::Comment => {
                b.comment(Place::of(child.node));
                false
            }
            _ => !(has_errors && child.node.is_missing()),
        });
        kids
    }

    /// All children of a node, comments too.
    pub(super) fn all_kids(&mut self, node: Node<'t>) -> Vec<Child<'t>> {
        let mut kids = self.spare.pop().unwrap_or_default();
        self.reader.children(node, &mut kids);
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

    /// The first child of a kind.
    pub(super) fn of_kind(kids: &[Child<'t>], kind: Kind) -> Option<Node<'t>> {
        kids.iter().map(|child| child.node).find(|node| Kind::of(*node) == kind)
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

    /// The innermost frame.
    pub(super) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the file's frame stays open until the end")
    }

    /// The innermost BLOCK.
    pub(super) fn current_block(&self) -> NodeIndex {
        *self.blocks.last().expect("the file's BLOCK stays open until the end")
    }

    /// Whether a declaration here belongs to the package.
    pub(super) fn is_top(&self) -> bool {
        self.blocks.len() == 1
    }

    /// `name` within the innermost function or package, as a full name.
    pub(super) fn full_name(&mut self, name: &str) -> StrId {
        let around = self.frame().full_name;
        let around = self.b.string(around);
        let full = if around.len() > MAX_FULL_NAME_BYTES {
            format!("<nested>.{name}")
        } else {
            format!("{around}.{name}")
        };
        self.b.intern(&full)
    }

    /// A BLOCK with its scope, open until [`Item::BlockEnd`].
    pub(super) fn open_block(&mut self, slot: Slot, place: Place) -> NodeIndex {
        let block = self.b.add(slot, NodeKind::Block, place);
        self.b.push_scope(ScopeKind::Nested);
        self.blocks.push(block);
        block
    }

    /// An IDENTIFIER that refers to a LOCAL or parameter.
    pub(super) fn use_of(&mut self, slot: Slot, place: Place, declaration: NodeIndex) -> NodeIndex {
        let index = self.b.add(slot, NodeKind::Identifier, place);
        let of = self.b.node(declaration);
        let (name, type_name) = (of.name, of.type_full_name);
        let node = self.b.node_mut(index);
        node.name = name;
        node.type_full_name = type_name;
        node.reference = declaration;
        index
    }

    /// A name as a value: of a variable, function or type.
    pub(super) fn value_of_name(&mut self, slot: Slot, place: Place, text: &str) -> NodeIndex {
        let index = self.b.identifier(slot, place, text);
        match self.b.node(index).reference.is_some() {
            true => self.refer(index, self.b.node(index).reference),
            false if text == "_" => {}
            false => self.pending.push(index),
        }
        index
    }

    /// Makes an IDENTIFIER what its declaration demands.
    fn refer(&mut self, index: NodeIndex, declaration: NodeIndex) {
        let to = self.b.node(declaration);
        let (kind, full_name, type_full_name) = (to.kind, to.full_name, to.type_full_name);
        let node = self.b.node_mut(index);
        node.reference = declaration;
        match kind {
            NodeKind::Local | NodeKind::MethodParameterIn => node.type_full_name = type_full_name,
            NodeKind::Method => {
                node.kind = NodeKind::MethodRef;
                node.full_name = full_name;
                node.type_full_name = StrId::EMPTY;
            }
            NodeKind::TypeDecl => {
                node.kind = NodeKind::TypeRef;
                node.full_name = full_name;
                node.type_full_name = full_name;
            }
            _ => {
                node.reference = NodeIndex::NONE;
                node.type_full_name = StrId::EMPTY;
            }
        }
    }

    /// Names of the package are seen everywhere in it, before their declaration too.
    fn refer_to_package(&mut self) {
        for index in std::mem::take(&mut self.pending) {
            if let Some(declaration) = self.package.get(&self.b.node(index).name) {
                self.refer(index, *declaration);
            }
        }
    }

    /// What a name means that no scope of a function declares.
    pub(super) fn global(&self, name: StrId) -> Option<Global> {
        self.globals.get(&name).copied()
    }

    /// An ANNOTATION.
    pub(super) fn annotation(&mut self, of: NodeIndex, place: Place, name: &str, text: &str) {
        let made = self.b.named(Slot::child(of), NodeKind::Annotation, place, name);
        let text = self.b.intern(text);
        self.b.node_mut(made).full_name = text;
    }

    /// PUBLIC if a name begins with a capital.
    pub(super) fn visibility(name: &str) -> Modifiers {
        match name.chars().next() {
            Some(first) if first.is_uppercase() => Modifiers::PUBLIC,
            _ => Modifiers::default(),
        }
    }
}
