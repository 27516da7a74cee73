//! The work loop of the front end, and what all rules share.

use cg_types::{ControlKind, Language, Modifiers, NodeIndex, NodeKind, StrId};
use rustc_hash::{FxHashMap, FxHashSet};
use tree_sitter::{Node, Tree};

use super::binding::{Declare, From};
use super::function::Body;
use super::kind::{Field, Grammar, Kind};
use super::name::{Naming, ObjectFrame};
use super::scope::Scope;
use crate::builder::{Builder, Place, Slot};
use crate::syntax::{Child, Reader, Work};

/// Something still to be lowered.
#[derive(Clone, Copy)]
pub(super) enum Item<'t> {
    /// A statement, into a BLOCK.
    Statement(Node<'t>, NodeIndex),
    /// A declaration behind `export`.
    Exported(Node<'t>, NodeIndex),
    /// An expression.
    Expression(Node<'t>, Slot),
    /// An expression that gives a function or class in it a name.
    Value(Node<'t>, Slot, Naming),
    /// A string LITERAL.
    Text(Node<'t>, Slot),
    /// A FIELD_IDENTIFIER.
    Field(Node<'t>, Slot),
    /// The statements of a node, into a BLOCK that stands already.
    Suite(Node<'t>, NodeIndex),
    /// A BLOCK with a scope of its own around a statement.
    Block(Node<'t>, Slot),
    /// Declarators, as children with this slot.
    Declarators(Node<'t>, Slot),
    /// `else`, `catch`, `finally` of a control structure.
    Else(Node<'t>, NodeIndex),
    Catch(Node<'t>, NodeIndex),
    Finally(Node<'t>, NodeIndex),
    /// `target = value`, with a default.
    Bind(Node<'t>, From<'t>, Option<Node<'t>>, Slot, Declare),
    /// The value of that.
    Read(From<'t>, Option<Node<'t>>, Place, Slot, Naming),
    /// A temporary as an expression.
    Use(NodeIndex, Place, Slot),
    /// Parameters and body of a METHOD that stands already.
    Body(Body<'t>),
    /// The value of an arrow without braces, returned in a BLOCK.
    Result(Node<'t>, NodeIndex),
    /// Makes the parameters from a number on visible, in a scope of their own.
    Parameters(usize),
    /// A property of an object literal: the literal's number in [`Front::objects`].
    Property(Node<'t>, u32, i32),
    /// The attributes of a JSX element from this number in [`Front::attributes`] on, as one object.
    Attributes(Place, Slot, usize),
    /// One of them: the object's number and the argument's.
    Attribute(Node<'t>, u32, i32),
    /// The inside of a class: TYPE_DECL and the body, the name that only the inside sees.
    ClassBody(NodeIndex, Node<'t>, StrId),
    /// A member with its decorators: numbers in [`Front::decorators`] from and to.
    Member(Node<'t>, NodeIndex, (usize, usize), (usize, usize)),
    /// A METHOD for the initialisers with these numbers in [`Front::initialisers`].
    Initialisers(NodeIndex, (usize, usize), bool),
    /// One initialiser, into a BLOCK.
    Initialiser(Node<'t>, NodeIndex, NodeIndex),
    /// The inside of a namespace.
    Namespace(NodeIndex, Node<'t>),
    /// End of a BLOCK's scope.
    EndBlock,
    /// End of a function; whether its parameters have a scope of their own.
    EndFunction(StrId, bool),
    /// End of a class.
    EndClass,
}

/// A child with its kind and field.
#[derive(Clone, Copy)]
pub(super) struct Kid<'t> {
    pub(super) node: Node<'t>,
    pub(super) kind: Kind,
    pub(super) field: Field,
}

/// The front end at work on one file.
pub(super) struct Front<'b, 't> {
    pub(super) b: &'b mut Builder<'t>,
    pub(super) work: Work<Item<'t>>,
    pub(super) scopes: Vec<Scope>,
    /// `var`s and functions of open functions, declared in them when they end.
    pub(super) hoisted: Vec<(StrId, NodeIndex)>,
    /// `var`s and parameters by function and name.
    pub(super) variables: FxHashMap<(u32, StrId), NodeIndex>,
    /// Parameters that wait for their scope.
    pub(super) parameters: Vec<(StrId, NodeIndex)>,
    /// Declarations whose type is annotated, or known to vary.
    pub(super) settled: FxHashSet<NodeIndex>,
    /// Members by TYPE_DECL and name.
    pub(super) members: FxHashMap<(NodeIndex, StrId), NodeIndex>,
    pub(super) objects: Vec<ObjectFrame>,
    /// Attributes of JSX elements; those of one element end with `None`.
    pub(super) attributes: Vec<Option<Node<'t>>>,
    pub(super) decorators: Vec<Node<'t>>,
    pub(super) initialisers: Vec<Node<'t>>,
    /// Decorators before `export class`.
    pub(super) class_notes: Vec<Node<'t>>,
    /// Modifiers of the declaration at work: PUBLIC behind `export`, DECLARATION behind `declare`.
    pub(super) exported: Modifiers,
    /// The label that stands before the statement at work.
    pub(super) label: Option<Node<'t>>,
    pub(super) this: StrId,
    pub(super) next_scope: u32,
    pub(super) temporaries: u32,
    grammar: &'static Grammar,
    reader: Reader<'t>,
    raw: Vec<Child<'t>>,
    spare: Vec<Vec<Kid<'t>>>,
    comments: Vec<Place>,
    has_errors: bool,
}

/// Fills the builder from the syntax tree of a file.
pub(crate) fn lower<'t>(tree: &'t Tree, b: &mut Builder<'t>) {
    let root = tree.root_node();
    let (method, block) = (b.top_method(), b.top_block());
    let name = b.intern(":program");
    let full_name = b.intern(&format!("{}::program", b.path()));
    b.node_mut(method).name = name;
    b.node_mut(method).full_name = full_name;
    let this = b.intern("this");
    let mut front = Front {
        scopes: vec![Scope::program(method, block, full_name)],
        b,
        work: Work::new(),
        hoisted: Vec::new(),
        variables: FxHashMap::default(),
        parameters: Vec::new(),
        settled: FxHashSet::default(),
        members: FxHashMap::default(),
        objects: Vec::new(),
        attributes: Vec::new(),
        decorators: Vec::new(),
        initialisers: Vec::new(),
        class_notes: Vec::new(),
        exported: Modifiers::default(),
        label: None,
        this,
        next_scope: 1,
        temporaries: 0,
        grammar: Grammar::of(tree),
        reader: Reader::new(tree),
        raw: Vec::new(),
        spare: Vec::new(),
        comments: Vec::new(),
        has_errors: root.has_error(),
    };
    front.work.push(Item::Suite(root, block));
    while let Some(item) = front.work.next() {
        front.item(item);
    }
    front.hoist(0);
    front.comments.sort_unstable_by_key(|place| (place.span.start, place.span.end));
    front.comments.dedup();
    let comments = std::mem::take(&mut front.comments);
    if front.b.language() == Language::JavaScript {
        front.doc_comments(&comments);
    }
    for place in comments {
        front.b.comment(place);
    }
}

impl<'t> Front<'_, 't> {
    fn item(&mut self, item: Item<'t>) {
        match item {
            Item::Statement(node, block) => self.statement(node, block),
            Item::Exported(node, block) => {
                let before = self.exported;
                self.exported = before.with(Modifiers::PUBLIC);
                self.statement(node, block);
                self.exported = before;
            }
            Item::Expression(node, slot) => {
                self.expression(node, slot, Naming::NONE);
            }
            Item::Value(node, slot, naming) => {
                self.expression(node, slot, naming);
            }
            Item::Text(node, slot) => {
                self.b.literal(slot, Place::of(node), "string");
            }
            Item::Field(node, slot) => {
                let text = self.text(node);
                self.b.named(slot, NodeKind::FieldIdentifier, Place::of(node), text);
            }
            Item::Suite(node, block) => self.statements(node, block),
            Item::Block(node, slot) => self.block(node, slot),
            Item::Declarators(node, slot) => self.declarators(node, slot),
            Item::Else(node, around) => self.else_clause(node, around),
            Item::Catch(node, around) => self.catch_clause(node, around),
            Item::Finally(node, around) => self.finally_clause(node, around),
            Item::Bind(target, from, default, slot, declare) => {
                self.bind(target, from, default, slot, declare)
            }
            Item::Read(from, default, place, slot, naming) => {
                self.read(from, default, place, slot, naming)
            }
            Item::Use(local, place, slot) => {
                self.use_of(slot, place, local);
            }
            Item::Body(body) => self.function_body(body),
            Item::Result(node, block) => {
                let value = self.b.add(Slot::child(block), NodeKind::Return, Place::of(node));
                self.expression(node, Slot::argument(value, 1), Naming::NONE);
            }
            Item::Parameters(start) => self.bind_parameters(start),
            Item::Property(node, object, index) => self.property(node, object, index),
            Item::Attributes(place, slot, start) => self.attribute_object(place, slot, start),
            Item::Attribute(node, object, index) => self.attribute(node, object, index),
            Item::ClassBody(class, body, name) => self.class_body(class, body, name),
            Item::Member(node, class, notes, fields) => self.member(node, class, notes, fields),
            Item::Initialisers(class, range, is_static) => {
                self.initialisers(class, range, is_static)
            }
            Item::Initialiser(node, class, block) => self.initialiser(node, class, block),
            Item::Namespace(namespace, body) => self.namespace_body(namespace, body),
            Item::EndBlock => {
                self.b.pop_scope();
                self.scopes.pop();
            }
            Item::EndFunction(result, has_two) => self.end_function(result, has_two),
            Item::EndClass => {
                self.b.pop_scope();
                self.scopes.pop();
            }
        }
    }

    /// The children of a node that mean something: comments are kept aside, punctuation is dropped.
    /// Give the buffer back with [`Front::done`].
    pub(super) fn kids(&mut self, node: Node<'t>) -> Vec<Kid<'t>> {
        let mut kids = self.kids_and_commas(node);
        kids.retain(|kid| kid.kind != Kind::Comma);
        kids
    }

    /// The same with the commas.
    pub(super) fn kids_and_commas(&mut self, node: Node<'t>) -> Vec<Kid<'t>> {
        let mut kids = self.spare.pop().unwrap_or_default();
        self.reader.children(node, &mut self.raw);
        for child in &self.raw {
            let kind = self.grammar.kind(child.node);
            match kind {
                Kind::Other => continue,
                Kind::Comment | Kind::HtmlComment => {
                    self.comments.push(Place::of(child.node));
                    continue;
                }
                _ if self.has_errors && child.node.is_missing() => continue,
                _ => {}
            }
            kids.push(Kid { node: child.node, kind, field: self.grammar.field(child.field) });
        }
        if self.raw.capacity() > 65_536 {
            self.raw = Vec::new();
        }
        kids
    }

    /// Takes a buffer back. Long ones are not kept.
    pub(super) fn done(&mut self, mut kids: Vec<Kid<'t>>) {
        if self.spare.len() < 16 && kids.capacity() <= 4096 {
            kids.clear();
            self.spare.push(kids);
        }
    }

    /// The kind of a node.
    pub(super) fn kind(&self, node: Node<'_>) -> Kind {
        self.grammar.kind(node)
    }

    /// The child in a field of a list of children.
    pub(super) fn field(kids: &[Kid<'t>], field: Field) -> Option<Node<'t>> {
        kids.iter().find(|kid| kid.field == field).map(|kid| kid.node)
    }

    /// The child in a field of a node.
    pub(super) fn child(&mut self, node: Node<'t>, field: Field) -> Option<Node<'t>> {
        let kids = self.kids(node);
        let found = Self::field(&kids, field);
        self.done(kids);
        found
    }

    /// The first child that is no sign.
    pub(super) fn first(&mut self, node: Node<'t>) -> Option<Node<'t>> {
        let kids = self.kids(node);
        let found = kids.iter().find(|kid| !kid.kind.is_token()).map(|kid| kid.node);
        self.done(kids);
        found
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

    /// The text of a string literal without its quotes.
    pub(super) fn content(&self, node: Node<'t>) -> &'t str {
        let text = self.text(node);
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
        if text.starts_with(['"', '\'', '`']) { inner } else { text }
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

    /// An IDENTIFIER for a name that the text around does not declare.
    pub(super) fn free_name(&mut self, slot: Slot, place: Place, name: &str) -> NodeIndex {
        self.b.named(slot, NodeKind::Identifier, place, name)
    }
}
