//! The work loop of the Rust front end, its frames, and what all rules share.

use cg_types::{ControlKind, NodeIndex, NodeKind, StrId};
use tree_sitter::{Node, Tree};

use super::kind::{Field, Kind};
use super::module::module_of;
use crate::builder::{Builder, Place, ScopeKind, Slot};
use crate::syntax::{Child, Reader, Work};

/// Full names longer than this are not extended by the names of deeper scopes (a hostile file could make
/// them grow with the square of the nesting).
const MAX_FULL_NAME_BYTES: usize = 800;

/// Something still to be lowered.
#[derive(Clone, Copy)]
pub(super) enum Item<'s> {
    /// A statement or item, into a BLOCK, NAMESPACE_BLOCK or TYPE_DECL; its attributes, as a range of
    /// [`Front::attributes`].
    Statement(Node<'s>, NodeIndex, (u32, u32)),
    /// An expression.
    Expression(Node<'s>, Slot),
    /// An argument with its name.
    Named(Node<'s>, Slot, StrId),
    /// A FIELD_IDENTIFIER.
    Field(Node<'s>, Slot),
    /// A BLOCK for a block or for one expression.
    Body(Node<'s>, Slot),
    /// An `else` behind an IF.
    Else(Node<'s>, NodeIndex),
    /// The `else` of a `let … else`, an IF.
    LetElse(Node<'s>, NodeIndex),
    /// An arm of a MATCH, with the value that is matched.
    Arm(Node<'s>, NodeIndex, Subject),
    /// `pattern = iteratorNext(it)`, the condition of a FOR.
    Next(Node<'s>, NodeIndex, Slot),
    /// A function's or closure's body.
    Function(Node<'s>, NodeIndex),
    /// A name becomes visible.
    Bind(StrId, NodeIndex),
    /// A scope begins, or ends.
    ScopeStart,
    ScopeEnd,
    /// A BLOCK ends, and its scope.
    BlockEnd,
    /// A function ends: METHOD_RETURN of a type.
    FunctionEnd(StrId),
    /// A module, type or impl block ends.
    ContainerEnd,
}

/// What a match looks at.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    /// A LOCAL of ours.
    Kept(NodeIndex),
    /// A variable of the text: name and declaration.
    Variable(StrId, NodeIndex),
}

/// A module, type or function whose inside is being lowered.
pub(super) struct Frame {
    pub(super) full_name: StrId,
    /// What `Self` means, written.
    pub(super) self_type: StrId,
    /// Number of closures so far.
    pub(super) closures: u32,
    /// Number of BLOCKs that were open before.
    pub(super) blocks: usize,
    /// The METHOD, if it is a function.
    pub(super) method: NodeIndex,
}

/// What lives as long as the file's lowering.
pub(super) struct State {
    pub(super) frames: Vec<Frame>,
    /// Open BLOCKs, innermost last; the first is the file's.
    pub(super) blocks: Vec<NodeIndex>,
    /// Comments met so far; nodes are looked at more than once.
    comments: Vec<Place>,
    /// Macro calls around what is being lowered.
    pub(super) macro_depth: u32,
    pub(super) parser: Option<tree_sitter::Parser>,
    pub(super) buffer: String,
    /// Names of the pattern at hand, to become visible behind its value: name, LOCAL, target.
    pub(super) bound: Vec<(StrId, NodeIndex, NodeIndex)>,
}

/// The front end at work on one tree: the file's, or that of a macro call's tokens.
pub(super) struct Front<'f, 't, 's> {
    pub(super) b: &'f mut Builder<'t>,
    pub(super) state: &'f mut State,
    pub(super) work: Work<Item<'s>>,
    pub(super) attributes: Vec<Node<'s>>,
    reader: Reader<'s>,
    spare: Vec<Vec<Child<'s>>>,
    has_errors: bool,
}

/// Fills the builder from the syntax tree of a Rust file.
pub(crate) fn lower<'t>(tree: &'t Tree, b: &mut Builder<'t>) {
    let module = module_of(b.path());
    let (method, block) = (b.top_method(), b.top_block());
    let namespace = b.node(method).parent;
    let full_name = b.intern(&module);
    let shown = b.intern(if module.is_empty() { "crate" } else { &module });
    let method_name = b.intern(&join(&module, "<global>"));
    b.node_mut(namespace).name = shown;
    b.node_mut(namespace).full_name = shown;
    b.node_mut(method).full_name = method_name;
    let top = Frame { full_name, self_type: StrId::EMPTY, closures: 0, blocks: 0, method };
    let mut state = State {
        frames: vec![top],
        blocks: vec![block],
        comments: Vec::new(),
        macro_depth: 0,
        parser: None,
        buffer: String::new(),
        bound: Vec::new(),
    };
    let mut front = Front::new(b, &mut state, tree);
    front.statements(tree.root_node(), block);
    front.run();
    state.comments.sort_unstable_by_key(|place| (place.span.start, place.span.end));
    state.comments.dedup();
    state.comments.into_iter().for_each(|place| b.comment(place));
}

/// `path::name`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") }
}

impl<'f, 't, 's> Front<'f, 't, 's> {
    pub(super) fn new(b: &'f mut Builder<'t>, state: &'f mut State, tree: &'s Tree) -> Self {
        Self {
            b,
            state,
            work: Work::new(),
            attributes: Vec::new(),
            reader: Reader::new(tree),
            spare: Vec::new(),
            has_errors: tree.root_node().has_error(),
        }
    }

    /// Lowers everything on the work list.
    pub(super) fn run(&mut self) {
        while let Some(item) = self.work.next() {
            self.item(item);
        }
    }

    fn item(&mut self, item: Item<'s>) {
        match item {
            Item::Statement(node, parent, attributes) => self.statement(node, parent, attributes),
            Item::Expression(node, slot) => {
                self.expression(node, slot);
            }
            Item::Named(node, slot, name) => {
                let index = self.expression(node, slot);
                // A call keeps its own path there: `at: Place::new()`.
                if index.is_some() && self.b.node(index).signature == StrId::EMPTY {
                    self.b.node_mut(index).signature = name;
                }
            }
            Item::Field(node, slot) => {
                let text = self.text(node);
                self.b.named(slot, NodeKind::FieldIdentifier, Place::of(node), text);
            }
            Item::Body(node, slot) => {
                self.block(node, slot);
            }
            Item::Else(node, around) => self.else_clause(node, around),
            Item::LetElse(node, control) => self.let_else(node, control),
            Item::Arm(node, control, subject) => self.arm(node, control, subject),
            Item::Next(pattern, iterator, slot) => self.next_value(pattern, iterator, slot),
            Item::Function(node, method) => self.function_body(node, method),
            Item::Bind(name, node) => self.b.bind(name, node),
            Item::ScopeStart => self.b.push_scope(ScopeKind::Nested),
            Item::ScopeEnd => self.b.pop_scope(),
            Item::BlockEnd => {
                self.b.pop_scope();
                self.state.blocks.pop();
            }
            Item::FunctionEnd(return_type) => {
                let Some(frame) = self.state.frames.pop() else { return };
                let method_return = self.b.method_return(frame.method, "");
                self.b.node_mut(method_return).type_full_name = return_type;
                self.b.pop_scope();
                self.state.blocks.truncate(frame.blocks);
            }
            Item::ContainerEnd => {
                self.state.frames.pop();
                self.b.pop_scope();
            }
        }
    }

    /// The children of a node that mean something: comments are kept aside, punctuation is dropped.
    /// Give the buffer back with [`Front::done`].
    pub(super) fn kids(&mut self, node: Node<'s>) -> Vec<Child<'s>> {
        let mut kids = self.spare.pop().unwrap_or_default();
        self.reader.children(node, &mut kids);
        let has_errors = self.has_errors;
        let state = &mut *self.state;
        kids.retain(|child| match Kind::of(child.node) {
            Kind::Other => false,
            Kind::LineComment | Kind::BlockComment => {
                state.comments.push(Place::of(child.node));
                false
            }
            _ => !(has_errors && child.node.is_missing()),
        });
        kids
    }

    /// Takes a buffer back. Long ones are not kept.
    pub(super) fn done(&mut self, mut kids: Vec<Child<'s>>) {
        if self.spare.len() < 16 && kids.capacity() <= 4096 {
            kids.clear();
            self.spare.push(kids);
        }
    }

    /// The child in a field.
    pub(super) fn field(kids: &[Child<'s>], field: Field) -> Option<Node<'s>> {
        kids.iter().find(|child| Field::of(child) == field).map(|child| child.node)
    }

    /// Whether a child of a kind is there.
    pub(super) fn has(kids: &[Child<'s>], kind: Kind) -> bool {
        kids.iter().any(|child| Kind::of(child.node) == kind)
    }

    /// The text of a syntax node.
    pub(super) fn text(&self, node: Node<'s>) -> &'t str {
        self.b.slice(Place::of(node).span)
    }

    /// The number of a syntax node's text.
    pub(super) fn name(&mut self, node: Node<'s>) -> StrId {
        let text = self.text(node);
        self.b.intern(text)
    }

    /// The innermost frame.
    pub(super) fn frame(&mut self) -> &mut Frame {
        self.state.frames.last_mut().expect("the file's frame stays open until the end")
    }

    /// The innermost BLOCK.
    pub(super) fn current_block(&self) -> NodeIndex {
        *self.state.blocks.last().expect("the file's BLOCK stays open until the end")
    }

    /// `name` within the innermost frame, as a full name.
    pub(super) fn full_name(&mut self, name: &str) -> StrId {
        let around = self.frame().full_name;
        let around = self.b.string(around);
        let full = if around.len() > MAX_FULL_NAME_BYTES {
            format!("<nested>::{name}")
        } else {
            join(around, name)
        };
        self.b.intern(&full)
    }

    /// Opens a module, type or function.
    pub(super) fn open(&mut self, full_name: StrId, self_type: StrId, method: NodeIndex) {
        let blocks = self.state.blocks.len();
        self.state.frames.push(Frame { full_name, self_type, closures: 0, blocks, method });
        self.b.push_scope(ScopeKind::Nested);
    }

    /// A BLOCK with its scope, open until [`Item::BlockEnd`].
    pub(super) fn open_block(&mut self, slot: Slot, place: Place) -> NodeIndex {
        let block = self.b.add(slot, NodeKind::Block, place);
        self.b.push_scope(ScopeKind::Nested);
        self.state.blocks.push(block);
        block
    }

    /// A control structure.
    pub(super) fn control(
        &mut self,
        slot: Slot,
        control: ControlKind,
        node: Node<'s>,
    ) -> NodeIndex {
        self.b.control(slot, control, Place::of(node))
    }

    /// An IDENTIFIER that refers to a LOCAL or parameter.
    pub(super) fn use_of(&mut self, slot: Slot, place: Place, declaration: NodeIndex) -> NodeIndex {
        let index = self.b.add(slot, NodeKind::Identifier, place);
        let of = self.b.node(declaration);
        let (name, type_name) = (of.name, of.type_full_name);
        self.b.node_mut(index).name = name;
        self.b.node_mut(index).type_full_name = type_name;
        self.b.node_mut(index).reference = declaration;
        index
    }
}
