//! Reading tree-sitter trees without recursion, string compares or an allocation for each node.
//!
//! ```text
//! // One enum for the node kinds and one for the fields that a front end knows; everything else is `Other`.
//! syntax_kinds! {
//!     enum Kind for tree_sitter_c::LANGUAGE {
//!         named: { Identifier = "identifier", IfStatement = "if_statement" }
//!         tokens: { Star = "*", Amp = "&" }
//!     }
//! }
//! syntax_fields! { enum Field for tree_sitter_c::LANGUAGE { Condition = "condition", Body = "body" } }
//!
//! let mut reader = Reader::new(&tree);
//! let mut children = Vec::new();                  // kept by the front end and used again
//! reader.children(node, &mut children);           // every child, comments and tokens too
//! for child in &children {
//!     match (Kind::of(child.node), Field::of(child)) {
//!         (Kind::IfStatement, _) => {}
//!         (_, Field::Condition) => {}
//!         _ => {}
//!     }
//! }
//! ```
//!
//! Do not use `Node::parent`, `Node::child(i)` or `Node::named_child(i)` in loops: each of them starts
//! from the root or from the first child, and is quadratic on long or deep input.

use tree_sitter::{Language, Node, Tree, TreeCursor};

/// A child and the number of the field it stands in (0: none).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Child<'t> {
    pub(crate) node: Node<'t>,
    pub(crate) field: u16,
}

/// Reads the children of nodes with one cursor for the whole tree.
pub(crate) struct Reader<'t> {
    cursor: TreeCursor<'t>,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(tree: &'t Tree) -> Self {
        Self { cursor: tree.walk() }
    }

    /// Puts all children of `node` into `out` (cleared first), tokens and comments included.
    /// Linear in the number of children.
    pub(crate) fn children(&mut self, node: Node<'t>, out: &mut Vec<Child<'t>>) {
        out.clear();
        self.cursor.reset(node);
        if !self.cursor.goto_first_child() {
            return;
        }
        loop {
            let field = self.cursor.field_id().map_or(0, |id| id.get());
            out.push(Child { node: self.cursor.node(), field });
            if !self.cursor.goto_next_sibling() {
                return;
            }
        }
    }
}

/// A work list for lowering in preorder without recursion.
///
/// Handle an item by adding its own graph node and then pushing what is below it **in source order**;
/// [`Work::next`] hands out the pushed items in that order, each with everything it pushes itself,
/// before anything that was pushed earlier:
///
/// ```text
/// let mut work = Work::new();
/// work.push(Item::Statement(root, slot));
/// while let Some(item) = work.next() {
///     match item {
///         Item::If(node, slot) => {
///             let control = builder.control(slot, ControlKind::If, Place::of(node));
///             work.push(Item::Expression(condition, Slot::role(control, Role::Condition)));
///             work.push(Item::Statement(then, Slot::role(control, Role::TrueBody)));
///             work.push(Item::ScopeEnd);           // runs after both
///         }
///         …
///     }
/// }
/// ```
pub(crate) struct Work<T> {
    stack: Vec<T>,
    batch: usize,
}

impl<T> Default for Work<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Work<T> {
    pub(crate) fn new() -> Self {
        Self { stack: Vec::with_capacity(256), batch: 0 }
    }

    /// Adds an item behind those pushed since the last [`Work::next`].
    pub(crate) fn push(&mut self, item: T) {
        self.stack.push(item);
    }

    /// The next item in preorder.
    pub(crate) fn next(&mut self) -> Option<T> {
        self.stack[self.batch..].reverse();
        let item = self.stack.pop();
        self.batch = self.stack.len();
        item
    }
}

/// What a grammar's numbers stand for, one table for each grammar that a front end reads.
pub(crate) struct Tables<T> {
    list: Vec<(Language, Vec<T>)>,
}

impl<T: Copy> Tables<T> {
    /// Makes a table of each grammar.
    pub(crate) fn new(
        grammars: impl IntoIterator<Item = Language>,
        table: impl Fn(&Language) -> Vec<T>,
    ) -> Self {
        let made = grammars.into_iter().map(|grammar| {
            let table = table(&grammar);
            (grammar, table)
        });
        Self { list: made.collect() }
    }

    /// What a number stands for in the grammar of a node.
    #[inline]
    pub(crate) fn get(&self, node: Node<'_>, number: u16) -> Option<T> {
        let table = match self.list.as_slice() {
            [(_, only)] => only,
            several => {
                let grammar = node.language();
                &several.iter().find(|(one, _)| *one == *grammar)?.1
            }
        };
        table.get(number as usize).copied()
    }
}

/// Declares an enum over the node kinds of one or more grammars with a constant-time `of(node)`.
macro_rules! syntax_kinds {
    (enum $name:ident for $($language:path),+ {
        named: { $($variant:ident = $text:literal),* $(,)? }
        tokens: { $($token:ident = $ttext:literal),* $(,)? }
    }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { Other, Error, $($variant,)* $($token,)* }

        impl $name {
            /// The kind of a node.
            #[inline]
            pub(crate) fn of(node: tree_sitter::Node<'_>) -> Self {
                static TABLES: std::sync::OnceLock<crate::syntax::Tables<$name>> =
                    std::sync::OnceLock::new();
                let tables = TABLES.get_or_init(|| {
                    crate::syntax::Tables::new([$($language.into()),+], |language| {
                        let kind = |id| {
                            let name = language.node_kind_for_id(id).unwrap_or("");
                            match (language.node_kind_is_named(id), name) {
                                $((true, $text) => $name::$variant,)*
                                $((false, $ttext) => $name::$token,)*
                                _ => $name::Other,
                            }
                        };
                        (0..language.node_kind_count() as u16).map(kind).collect()
                    })
                });
                match node.kind_id() {
                    u16::MAX => Self::Error,
                    id => tables.get(node, id).unwrap_or(Self::Other),
                }
            }
        }
    };
}

/// Declares an enum over the fields of one or more grammars with a constant-time `of(child)`.
macro_rules! syntax_fields {
    (enum $name:ident for $($language:path),+ { $($variant:ident = $text:literal),* $(,)? }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { None, $($variant),* }

        impl $name {
            /// The field that a child stands in.
            #[inline]
            pub(crate) fn of(child: &crate::syntax::Child<'_>) -> Self {
                static TABLES: std::sync::OnceLock<crate::syntax::Tables<$name>> =
                    std::sync::OnceLock::new();
                if child.field == 0 {
                    return Self::None;
                }
                let tables = TABLES.get_or_init(|| {
                    crate::syntax::Tables::new([$($language.into()),+], |language| {
                        let field = |id| match language.field_name_for_id(id) {
                            $(Some($text) => $name::$variant,)*
                            _ => $name::None,
                        };
                        (0..=language.field_count() as u16).map(field).collect()
                    })
                });
                tables.get(child.node, child.field).unwrap_or(Self::None)
            }
        }
    };
}

pub(crate) use {syntax_fields, syntax_kinds};
