//! The graph of one file, as front ends and per-file passes leave it.

use crate::{
    CfgKind, ControlKind, DispatchType, Evaluation, Language, Modifiers, NodeIndex, NodeKind, Role,
    Span, StrId, Strings,
};

/// One file's code property graph.
///
/// Invariants, checked by the front ends' tests: `nodes[0]` is the FILE node; nodes stand in
/// preorder, so a node's subtree is the run of indices behind it; `parent` is smaller than the
/// node's own index; every `StrId` belongs to `strings`; edges join nodes of the same method.
#[derive(Clone, Debug)]
pub struct FileGraph {
    /// Path relative to the repository, `/` between the parts.
    pub path: String,
    /// Language of the front end that made it.
    pub language: Language,
    /// All nodes in preorder.
    pub nodes: Vec<Node>,
    /// Every string the nodes use.
    pub strings: Strings,
    /// Control flow, sorted by `(src, dst)`.
    pub cfg: Vec<CfgEdge>,
    /// Reaching definitions (data dependence), sorted by `(src, dst)`.
    pub reaching_defs: Vec<ReachingDef>,
    /// What could not be done, and why. Broken code is normal input, not an error.
    pub diagnostics: Vec<Diagnostic>,
}

/// A node: one size for all kinds; what a field means for a kind is said at the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Node type.
    pub kind: NodeKind,
    /// What the node is to its AST parent.
    pub role: Role,
    /// CONTROL_STRUCTURE_TYPE of a CONTROL_STRUCTURE, else `None`.
    pub control: ControlKind,
    /// DISPATCH_TYPE of a CALL, else `Static`.
    pub dispatch: DispatchType,
    /// EVALUATION_STRATEGY of parameters and returns, else `ByValue`.
    pub evaluation: Evaluation,
    /// Modifiers of declarations; flags of others.
    pub modifiers: Modifiers,
    /// AST parent; `NONE` for the FILE node only.
    pub parent: NodeIndex,
    /// ORDER among the children of its parent, from 1.
    pub order: u32,
    /// ARGUMENT_INDEX: 1.. for arguments, 0 for the receiver, -1 when not an argument.
    /// For METHOD_PARAMETER_IN its INDEX (0 = self/this).
    pub argument_index: i32,
    /// The METHOD whose body holds the node; a METHOD's own is the METHOD around it.
    /// `NONE` outside of any method (the file's own top level is a METHOD named `<global>`).
    pub method: NodeIndex,
    /// REF edge within the file: IDENTIFIER to LOCAL or METHOD_PARAMETER_IN; METHOD_REF to METHOD;
    /// TYPE_REF to TYPE_DECL. `NONE` when not known.
    pub reference: NodeIndex,
    /// Immediate dominator in the method's CFG, `NONE` when not a CFG node.
    pub dominator: NodeIndex,
    /// Immediate post-dominator, `NONE` when not a CFG node or no path leads to the exit.
    pub post_dominator: NodeIndex,
    /// NAME; of an IMPORT the IMPORTED_AS name; of a COMMENT empty; of a LITERAL empty (see span);
    /// of an UNKNOWN and of a CONTROL_STRUCTURE the PARSER_TYPE_NAME.
    pub name: StrId,
    /// FULL_NAME of METHOD, TYPE_DECL and NAMESPACE_BLOCK; of an IMPORT the IMPORTED_ENTITY;
    /// of a TYPE_REF the type; of a MODIFIER empty; of a METHOD_REF the method's full name.
    /// Of a CALL to an operator the operator's name, of any other CALL empty (linking finds it).
    pub full_name: StrId,
    /// TYPE_FULL_NAME as far as the file alone tells it, else empty. Of a TYPE_DECL the base types,
    /// joined by `|`.
    pub type_full_name: StrId,
    /// SIGNATURE of METHOD and TYPE_DECL (`int(char*,int)`), else empty. In C: `#define(a,b)` of a METHOD that is
    /// a function-like macro; `struct`, `union`, `enum` or `typedef` of a TYPE_DECL.
    pub signature: StrId,
    /// Bytes of CODE.
    pub span: Span,
    /// Line of `span.start`, from 1.
    pub line: u32,
    /// Column of `span.start` in bytes, from 1.
    pub column: u32,
    /// Line of the last byte, from 1.
    pub line_end: u32,
}

/// Control goes from `src` to `dst`, both expressions, JUMP_TARGET, METHOD or METHOD_RETURN of one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CfgEdge {
    /// From.
    pub src: NodeIndex,
    /// To.
    pub dst: NodeIndex,
    /// Why.
    pub kind: CfgKind,
}

/// The value that `src` gives to `variable` may be the one that `dst` reads. Besides definition to use there
/// are edges from an assigned value to its target (`variable` is the target's), from a returned value to
/// RETURN and from RETURN to METHOD_RETURN (`variable` empty unless a plain name is returned), and from what
/// is written through a parameter to METHOD_RETURN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReachingDef {
    /// Definition: an assigned IDENTIFIER, an argument passed by reference, or a METHOD_PARAMETER_IN.
    pub src: NodeIndex,
    /// Use: an expression, RETURN or METHOD_RETURN.
    pub dst: NodeIndex,
    /// The variable's text (`x`, `p->next`).
    pub variable: StrId,
}

/// Something that could not be done on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of trouble.
    pub code: DiagnosticCode,
    /// Where, if at one place.
    pub span: Option<Span>,
    /// In words, for a person.
    pub message: String,
}

/// Kinds of trouble with a file. None of them stops indexing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DiagnosticCode {
    /// The parser had to skip or invent text.
    SyntaxError,
    /// Bytes were not valid in the file's encoding and were replaced.
    InvalidEncoding,
    /// Larger than the limit: kept as text with an outline of names only.
    FileTooLarge,
    /// Took longer than the limit: kept as an outline.
    TimeLimit,
    /// A method has more definitions than the analysis takes; its data flow is missing.
    MethodTooLarge,
    /// Could not be read.
    Unreadable,
    /// Not followed: a symbolic link that leaves the repository or runs in a circle.
    SymlinkSkipped,
}

impl DiagnosticCode {
    /// The name used in the diagnostics table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SyntaxError => "syntax_error",
            Self::InvalidEncoding => "invalid_encoding",
            Self::FileTooLarge => "file_too_large",
            Self::TimeLimit => "time_limit",
            Self::MethodTooLarge => "method_too_large",
            Self::Unreadable => "unreadable",
            Self::SymlinkSkipped => "symlink_skipped",
        }
    }
}

impl FileGraph {
    /// The string behind a number of this file.
    pub fn text(&self, id: StrId) -> &str {
        self.strings.get(id)
    }

    /// The node at an index of this file.
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.0 as usize]
    }
}
