//! What linking keeps of a file: names, declarations, imports, and for each call an expression
//! that says what is called. About 40 bytes a call; nothing of the text.

use cg_types::{FileKey, Language, Modifiers, NodeIndex};
use serde::{Deserialize, Serialize};

use crate::stored::{as_key, as_language, as_modifiers, as_node};

/// What a file offers to others and wants from them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileFacts {
    #[serde(with = "as_key")]
    pub(crate) key: FileKey,
    pub(crate) path: Box<str>,
    #[serde(with = "as_language")]
    pub(crate) language: Language,
    /// Distinct strings; 0 is the empty one.
    pub(crate) strings: Vec<Box<str>>,
    /// Declarations in preorder; 0 is the file itself.
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) imports: Vec<Import>,
    /// Distinct expressions; operands stand before their users.
    pub(crate) exprs: Vec<Expr>,
    pub(crate) calls: Vec<Call>,
    /// What is passed to calls, for languages with overloads; see [`Call::operands`].
    pub(crate) operands: Vec<ExprId>,
    /// Function names among the arguments of calls, in the order of the calls.
    pub(crate) arguments: Vec<Argument>,
    pub(crate) stores: Vec<Store>,
    pub(crate) uses: Vec<Use>,
}

impl FileFacts {
    /// The file.
    pub fn key(&self) -> FileKey {
        self.key
    }

    /// Its path in the repository.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn text(&self, id: Text) -> &str {
        &self.strings[id.0 as usize]
    }

    pub(crate) fn symbol(&self, id: SymbolId) -> &Symbol {
        &self.symbols[id.0 as usize]
    }

    pub(crate) fn expr(&self, id: ExprId) -> Expr {
        self.exprs[id.0 as usize]
    }
}

/// Number of a string of the file.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub(crate) struct Text(pub(crate) u32);

impl Text {
    pub(crate) const EMPTY: Self = Self(0);
}

/// Number of a declaration of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct SymbolId(pub(crate) u32);

impl SymbolId {
    /// The file itself.
    pub(crate) const FILE: Self = Self(0);
}

/// Number of an expression of the file; 0 is [`Expr::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ExprId(pub(crate) u32);

impl ExprId {
    pub(crate) const UNKNOWN: Self = Self(0);
}

/// What a declaration declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum SymbolKind {
    /// The file, or a namespace in it.
    Module,
    /// A TYPE_DECL: class, struct, trait, impl block.
    Type,
    /// A METHOD.
    Method,
    /// A MEMBER, or a variable of the file or of a class body.
    Variable,
}

/// A declaration.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Symbol {
    #[serde(with = "as_node")]
    pub(crate) node: NodeIndex,
    pub(crate) kind: SymbolKind,
    pub(crate) name: Text,
    /// The declaration around it; the file's own is itself.
    pub(crate) parent: SymbolId,
    #[serde(with = "as_modifiers")]
    pub(crate) modifiers: Modifiers,
    /// Of a type its bases (joined by `|`), of a method its return type, of a variable its type;
    /// as the source writes it. Of a Go or Java file its package.
    pub(crate) type_text: Text,
    /// SIGNATURE. Of a Go file the constraint that says when it is built.
    pub(crate) signature: Text,
    /// What a method returns or a variable holds, if that is one expression.
    pub(crate) value: ExprId,
    /// The first word of the first decorator, for Python; of a Go method the type of its receiver; the full name
    /// in C++.
    pub(crate) decorator: Text,
}

/// An IMPORT.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Import {
    #[serde(with = "as_node")]
    pub(crate) node: NodeIndex,
    pub(crate) scope: SymbolId,
    /// The name that it binds.
    pub(crate) name: Text,
    /// What it names.
    pub(crate) entity: Text,
    #[serde(with = "as_modifiers")]
    pub(crate) modifiers: Modifiers,
}

/// An expression, as far as it can tell what is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Expr {
    /// Anything else.
    Unknown,
    /// A name, looked up in the scopes around it.
    Name(Text),
    /// A Rust path (`a::b::c`), a member of a Go package (`pkg.F`).
    Path(Text),
    /// `self`, `cls`.
    Receiver,
    /// `super()`.
    Super,
    /// `base.name`.
    Field(ExprId, Text),
    /// The value of a call.
    Call(ExprId),
    /// An instance of a type as the source writes it.
    Typed(Text),
    /// The value inside of a Result or Option (`?`), of an array, of a Go slice, map or channel.
    Inner(ExprId),
    /// What the first variable of a Go `range` loop gets.
    Key(ExprId),
    /// The n-th of several results, from 0.
    Item(ExprId, u32),
    /// A declaration of the same file.
    Declared(SymbolId),
    /// The value of a parameter (counted from 1) of a method.
    Parameter(SymbolId, u32),
}

/// A CALL that is no operator.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    #[serde(with = "as_node")]
    pub(crate) node: NodeIndex,
    pub(crate) scope: SymbolId,
    pub(crate) name: Text,
    pub(crate) callee: ExprId,
    /// The arguments, as a range of the file's operands.
    pub(crate) operands: (u32, u32),
}

/// A name passed to a call, that may be a function's.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Argument {
    /// Index in `calls`.
    pub(crate) call: u32,
    /// ARGUMENT_INDEX.
    pub(crate) index: u32,
    pub(crate) value: ExprId,
}

/// Where a value is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Slot {
    /// A field by name.
    Field(Text),
    /// The n-th member of a struct, from 0.
    Position(u32),
}

/// `base.slot = value`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Store {
    pub(crate) scope: SymbolId,
    pub(crate) base: ExprId,
    pub(crate) slot: Slot,
    pub(crate) value: ExprId,
}

/// A name that the file itself does not declare.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Use {
    #[serde(with = "as_node")]
    pub(crate) node: NodeIndex,
    pub(crate) scope: SymbolId,
    pub(crate) name: Text,
}
