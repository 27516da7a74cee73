//! The work loop of the Java front end, its frames, and what all rules share.

use cg_types::{ControlKind, NodeIndex, NodeKind, StrId};
use rustc_hash::FxHashMap;
use tree_sitter::{Node, Tree};

use super::initial::Initial;
use super::kind::{Field, Kind};
use super::types::TypeNames;
use crate::builder::{Builder, Place, ScopeKind, Slot};
use crate::syntax::{Child, Reader, Work};

/// Something still to be lowered.
#[derive(Clone, Copy)]
pub(super) enum Item<'t> {
    /// A statement, into a BLOCK.
    Statement(Node<'t>, NodeIndex),
    /// An expression.
    Expression(Node<'t>, Slot),
    /// An annotation's argument with its name.
    Named(Node<'t>, Slot, StrId),
    /// A FIELD_IDENTIFIER; whether it is one of `this`.
    Field(Node<'t>, Slot, bool),
    TypeRef(Node<'t>, Slot),
    /// The call of `<initializer>` in a constructor.
    InitializerCall(NodeIndex),
    /// A BLOCK for a block or for one statement.
    Body(Node<'t>, Slot),
    /// An `else` behind an IF.
    Else(Node<'t>, NodeIndex),
    /// A declaration in the body of a type.
    Member(Node<'t>, NodeIndex),
    /// A value that a field, or an initialiser, gives.
    Initial(Initial<'t>),
    /// `<clinit>`, `<initializer>`, a constructor that is not written.
    StaticInitializer,
    InstanceInitializer,
    DefaultConstructor,
    /// The fields of a record get the values of a compact constructor's parameters.
    Components,
    /// The variable of an enhanced `for` gets the next value.
    Next(Node<'t>, NodeIndex, NodeIndex),
    /// An arm of a MATCH, with the value that is matched.
    Arm(Node<'t>, NodeIndex, Subject<'t>),
    Catch(Node<'t>, NodeIndex),
    Finally(Node<'t>, NodeIndex),
    /// Resources of a `try` from one to another in [`Front::resources`], then the body.
    Resources(u32, u32, Node<'t>),
    /// The TRY behind a resource.
    Guarded(u32, u32, Node<'t>),
    /// The FINALLY that closes a resource.
    Close(u32, NodeIndex),
    Breakable(Breakable),
    BreakableEnd,
    ScopeEnd,
    /// A BLOCK ends, and its scope.
    BlockEnd,
    /// A function ends: METHOD_RETURN of a type.
    FunctionEnd(StrId),
    TypeEnd,
}

/// What `break` or `yield` may leave.
#[derive(Clone, Copy)]
pub(super) enum Breakable {
    /// What the passes know: a loop, a SWITCH.
    Known,
    /// A `switch` that is a statement, by the label around it.
    Statement(StrId),
    /// A `switch` that has a value.
    Value(StrId),
}

/// What a pattern is matched with.
#[derive(Clone, Copy)]
pub(super) enum Subject<'t> {
    /// A LOCAL of ours.
    Kept(NodeIndex),
    /// A name, or `this`.
    Plain(Node<'t>),
    /// Nothing asks.
    Nothing,
}

/// A type whose body is being lowered.
pub(super) struct TypeFrame<'t> {
    pub(super) decl: NodeIndex,
    pub(super) full_name: StrId,
    pub(super) superclass: StrId,
    pub(super) is_interface: bool,
    pub(super) is_anonymous: bool,
    /// Fields declared in the body.
    pub(super) fields: FxHashMap<StrId, NodeIndex>,
    /// Methods declared in the body, and whether one of that name is not static.
    pub(super) methods: FxHashMap<StrId, bool>,
    pub(super) statics: Vec<Initial<'t>>,
    pub(super) instances: Vec<Initial<'t>>,
    pub(super) constructors: u32,
    /// Parameters of a record.
    pub(super) components: Option<Node<'t>>,
    pub(super) lambdas: u32,
    pub(super) anonymous: u32,
    /// How many local classes have a name.
    pub(super) locals: FxHashMap<StrId, u32>,
    pub(super) type_mark: usize,
}

/// A function whose body is being lowered.
pub(super) struct MethodFrame {
    pub(super) method: NodeIndex,
    pub(super) is_static: bool,
    pub(super) switches: u32,
    blocks: usize,
    breakables: usize,
    type_mark: usize,
}

/// The front end at work on one file.
pub(super) struct Front<'f, 't> {
    pub(super) b: &'f mut Builder<'t>,
    pub(super) work: Work<Item<'t>>,
    pub(super) package: &'t str,
    pub(super) names: TypeNames,
    pub(super) types: Vec<TypeFrame<'t>>,
    pub(super) methods: Vec<MethodFrame>,
    /// Open BLOCKs, innermost last; the first is the file's.
    pub(super) blocks: Vec<NodeIndex>,
    pub(super) breakables: Vec<Breakable>,
    pub(super) resources: Vec<Node<'t>>,
    /// Comments met so far; nodes are looked at more than once.
    comments: Vec<Place>,
    reader: Reader<'t>,
    spare: Vec<Vec<Child<'t>>>,
    has_errors: bool,
}

/// Fills the builder from a syntax tree.
pub(crate) fn lower<'t>(tree: &'t Tree, b: &mut Builder<'t>) {
    let block = b.top_block();
    let mut front = Front {
        b,
        work: Work::new(),
        package: "",
        names: TypeNames::default(),
        types: Vec::new(),
        methods: Vec::new(),
        blocks: vec![block],
        breakables: Vec::new(),
        resources: Vec::new(),
        comments: Vec::new(),
        reader: Reader::new(tree),
        spare: Vec::new(),
        has_errors: tree.root_node().has_error(),
    };
    front.file(tree.root_node());
    while let Some(item) = front.work.next() {
        front.item(item);
    }
    let mut comments = std::mem::take(&mut front.comments);
    comments.sort_unstable_by_key(|place| (place.span.start, place.span.end));
    comments.dedup();
    comments.into_iter().for_each(|place| b.comment(place));
}

impl<'t> Front<'_, 't> {
    fn item(&mut self, item: Item<'t>) {
        match item {
            Item::Statement(node, parent) => self.statement(node, parent),
            Item::Expression(node, slot) => {
                self.expression(node, slot);
            }
            Item::Named(node, slot, name) => self.annotation_value(node, slot, name),
            Item::Field(node, slot, of_this) => self.selected_field(node, slot, of_this),
            Item::TypeRef(node, slot) => {
                self.type_ref(node, slot);
            }
            Item::InitializerCall(block) => self.initializer_call(block),
            Item::Body(node, slot) => {
                self.body(node, slot);
            }
            Item::Else(node, around) => self.else_branch(node, around),
            Item::Member(node, decl) => self.member(node, decl),
            Item::Initial(initial) => self.initial(initial),
            Item::StaticInitializer => self.static_initializer(),
            Item::InstanceInitializer => self.instance_initializer(),
            Item::DefaultConstructor => self.default_constructor(),
            Item::Components => self.assign_components(),
            Item::Next(node, iterator, control) => self.next_value(node, iterator, control),
            Item::Arm(node, control, subject) => self.arm(node, control, subject),
            Item::Catch(node, around) => self.catch_clause(node, around),
            Item::Finally(node, around) => self.finally_clause(node, around),
            Item::Resources(from, to, body) => self.resource(from, to, body),
            Item::Guarded(from, to, body) => self.guarded(from, to, body),
            Item::Close(at, control) => self.close(at, control),
            Item::Breakable(what) => self.breakables.push(what),
            Item::BreakableEnd => {
                self.breakables.pop();
            }
            Item::ScopeEnd => self.b.pop_scope(),
            Item::BlockEnd => {
                self.b.pop_scope();
                self.blocks.pop();
            }
            Item::FunctionEnd(return_type) => {
                let Some(frame) = self.methods.pop() else { return };
                let method_return = self.b.method_return(frame.method, "");
                self.b.node_mut(method_return).type_full_name = return_type;
                self.b.pop_scope();
                self.blocks.truncate(frame.blocks);
                self.breakables.truncate(frame.breakables);
                self.names.close(frame.type_mark);
            }
            Item::TypeEnd => {
                if let Some(frame) = self.types.pop() {
                    self.names.close(frame.type_mark);
                }
                self.b.pop_scope();
            }
        }
    }

    /// The children of a node that mean something: comments are kept aside, punctuation is dropped.
    /// Give the buffer back with [`Front::done`].
    pub(super) fn kids(&mut self, node: Node<'t>) -> Vec<Child<'t>> {
        let mut kids = self.spare.pop().unwrap_or_default();
        self.reader.children(node, &mut kids);
        let has_errors = self.has_errors;
        let comments = &mut self.comments;
        kids.retain(|child| match Kind::of(child.node) {
            Kind::Other => false,
            Kind::LineComment | Kind::BlockComment => {
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

    /// The innermost BLOCK.
    pub(super) fn current_block(&self) -> NodeIndex {
        *self.blocks.last().expect("the file's BLOCK stays open until the end")
    }

    /// A BLOCK with its scope, open until [`Item::BlockEnd`].
    pub(super) fn open_block(&mut self, slot: Slot, place: Place) -> NodeIndex {
        let block = self.b.add(slot, NodeKind::Block, place);
        self.b.push_scope(ScopeKind::Nested);
        self.blocks.push(block);
        block
    }

    /// Opens a function, until [`Item::FunctionEnd`].
    pub(super) fn open_function(&mut self, method: NodeIndex, is_static: bool, type_mark: usize) {
        self.methods.push(MethodFrame {
            method,
            is_static,
            switches: 0,
            blocks: self.blocks.len(),
            breakables: self.breakables.len(),
            type_mark,
        });
        self.b.push_scope(ScopeKind::Nested);
    }

    /// What `break` and `yield` may leave here, innermost last.
    pub(super) fn breakables_here(&self) -> &[Breakable] {
        let from = self.methods.last().map_or(0, |frame| frame.breakables);
        self.breakables.get(from..).unwrap_or(&[])
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

    /// An IDENTIFIER that refers to a LOCAL or parameter.
    pub(super) fn use_of(&mut self, slot: Slot, place: Place, declaration: NodeIndex) -> NodeIndex {
        let index = self.b.add(slot, NodeKind::Identifier, place);
        let of = self.b.node(declaration);
        let (name, type_name) = (of.name, of.type_full_name);
        let made = self.b.node_mut(index);
        made.name = name;
        made.type_full_name = type_name;
        made.reference = declaration;
        index
    }

    /// The IDENTIFIER `this`, not written.
    pub(super) fn this_use(&mut self, slot: Slot, place: Place) -> NodeIndex {
        self.b.identifier(slot, place.start(), "this")
    }

    /// A variable of our own, that no name in the text means.
    pub(super) fn temporary(&mut self, place: Place, name: &str) -> NodeIndex {
        let block = self.current_block();
        let name = self.b.intern(name);
        let index = self.b.add_front(Slot::child(block), NodeKind::Local, place);
        self.b.node_mut(index).name = name;
        index
    }
}
