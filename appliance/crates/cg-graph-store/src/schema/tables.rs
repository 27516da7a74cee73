//! The tables themselves. Node ids are `file_key << 32 | preorder index`; rows stand in that order,
//! so that DuckDB's min-max index prunes by file and by node without any index of our own.

use cg_types::NodeKind;

use super::table::{Column, ColumnType as T, Table, column};

/// Number of a table in [`TABLES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum TableId {
    File,
    TextBlock,
    NamespaceBlock,
    Method,
    TypeDecl,
    Declaration,
    Import,
    Comment,
    Control,
    Call,
    Identifier,
    Literal,
    Block,
    CodeRef,
    Cfg,
    ReachingDef,
    CallEdge,
    Inherits,
    ImportLink,
    RefEdge,
    Diagnostic,
}

impl TableId {
    /// All tables, in the order of [`TABLES`].
    pub(crate) const ALL: [Self; 21] = [
        Self::File,
        Self::TextBlock,
        Self::NamespaceBlock,
        Self::Method,
        Self::TypeDecl,
        Self::Declaration,
        Self::Import,
        Self::Comment,
        Self::Control,
        Self::Call,
        Self::Identifier,
        Self::Literal,
        Self::Block,
        Self::CodeRef,
        Self::Cfg,
        Self::ReachingDef,
        Self::CallEdge,
        Self::Inherits,
        Self::ImportLink,
        Self::RefEdge,
        Self::Diagnostic,
    ];

    /// The tables of nodes, FILE apart.
    pub(crate) const NODES: [Self; 12] = [
        Self::NamespaceBlock,
        Self::Method,
        Self::TypeDecl,
        Self::Declaration,
        Self::Import,
        Self::Comment,
        Self::Control,
        Self::Call,
        Self::Identifier,
        Self::Literal,
        Self::Block,
        Self::CodeRef,
    ];

    /// The table's description.
    pub(crate) fn table(self) -> &'static Table {
        &TABLES[self as usize]
    }

    /// The table that holds nodes of a kind.
    pub(crate) fn of(kind: NodeKind) -> Self {
        match kind {
            NodeKind::File => Self::File,
            NodeKind::NamespaceBlock => Self::NamespaceBlock,
            NodeKind::Method => Self::Method,
            NodeKind::TypeDecl => Self::TypeDecl,
            NodeKind::MethodParameterIn
            | NodeKind::MethodReturn
            | NodeKind::Member
            | NodeKind::Modifier
            | NodeKind::Annotation
            | NodeKind::TypeParameter
            | NodeKind::Local => Self::Declaration,
            NodeKind::Import => Self::Import,
            NodeKind::Comment => Self::Comment,
            NodeKind::ControlStructure | NodeKind::JumpTarget | NodeKind::JumpLabel => {
                Self::Control
            }
            NodeKind::Call => Self::Call,
            NodeKind::Identifier | NodeKind::FieldIdentifier => Self::Identifier,
            NodeKind::Literal => Self::Literal,
            NodeKind::Block | NodeKind::Return | NodeKind::Unknown => Self::Block,
            NodeKind::MethodRef | NodeKind::TypeRef => Self::CodeRef,
        }
    }
}

macro_rules! node_table {
    ($name:literal, $doc:literal, [$($extra:expr),* $(,)?]) => {
        Table {
            name: $name,
            doc: $doc,
            columns: &[
                column("id", T::Id, "node id"),
                column("parent", T::OptionalId, "AST parent"),
                column("ord", T::U32, "ORDER among the parent's children, from 1"),
                column("role", T::U8, "what the node is to its parent (code of the role)"),
                column("arg_index", T::I32, "ARGUMENT_INDEX; INDEX of a parameter; -1 when neither"),
                column("method", T::OptionalId, "METHOD whose body holds the node"),
                column("dominator", T::OptionalId, "immediate dominator"),
                column("post_dominator", T::OptionalId, "immediate post-dominator"),
                column("modifiers", T::U16, "set of modifiers and flags"),
                column("start_byte", T::U32, "first byte of CODE in the file's UTF-8 text"),
                column("end_byte", T::U32, "one past the last byte of CODE"),
                column("line", T::U32, "line of the first byte, from 1"),
                column("col", T::U32, "column of the first byte, in bytes, from 1"),
                column("line_end", T::U32, "line of the last byte"),
                column("block", T::OptionalId, "text block in which CODE begins"),
                column("block_off", T::U16, "characters of that block before CODE"),
                column("blocks", T::U32, "blocks that CODE runs on into"),
                column("chars", T::U32, "characters of CODE"),
                $($extra),*
            ],
        }
    };
}

const NAME: Column = column("name", T::Text, "NAME");
const FULL_NAME: Column = column("full_name", T::Text, "FULL_NAME");
const TYPE: Column =
    column("type_full_name", T::Text, "TYPE_FULL_NAME as far as known, else empty");
const KIND: Column = column("kind", T::U8, "node type (code)");
const REFERENCE: Column = column("reference", T::OptionalId, "REF within the file");

/// Every table of `graph.duckdb` that is written in bulk, in the order of [`TableId`].
pub(crate) static TABLES: [Table; 21] = [
    Table {
        name: "file",
        doc: "One row for each file: FILE.",
        columns: &[
            column("id", T::Id, "node id: `file_key << 32`"),
            column("path", T::Text, "path in the repository, `/` between the parts"),
            column("language", T::Text, "language of the front end"),
            column("hash", T::Text, "BLAKE3 of the bytes on disk, hexadecimal"),
            column("encoding", T::Text, "encoding the bytes were in"),
            column("disk_bytes", T::U64, "bytes on disk"),
            column("text_bytes", T::U32, "bytes of the UTF-8 text"),
            column("lines", T::U32, "lines of text"),
            column("nodes", T::U32, "nodes of the file, FILE included"),
            column(
                "origin",
                T::Text,
                "`vendored`, `generated`, or empty: written for this project",
            ),
        ],
    },
    Table {
        name: "text_block",
        doc: "The files' text, in blocks of at most 4 KiB that begin at the begin of a line; only a line longer than that is cut.",
        columns: &[
            column("id", T::Id, "`file_key << 32 | number in the file`"),
            column("line", T::U32, "line of the first byte"),
            column("line_end", T::U32, "line of the last byte"),
            column("start_byte", T::U32, "offset of the first byte in the file"),
            column("text", T::Text, "the text"),
        ],
    },
    node_table!("namespace_block", "NAMESPACE_BLOCK.", [NAME, FULL_NAME]),
    node_table!(
        "method",
        "METHOD, those outside of the repository included (file key 0).",
        [
            NAME,
            FULL_NAME,
            column("signature", T::Text, "SIGNATURE"),
            column("is_external", T::Bool, "whether it stands outside of the repository"),
            column(
                "hash",
                T::Text,
                "first 16 bytes of BLAKE3 of CODE, hexadecimal; empty for an external one"
            ),
        ]
    ),
    node_table!(
        "type_decl",
        "TYPE_DECL.",
        [
            NAME,
            FULL_NAME,
            column("bases", T::Text, "base types as written, joined by `|`"),
            column("signature", T::Text, "SIGNATURE"),
        ]
    ),
    node_table!(
        "declaration",
        "METHOD_PARAMETER_IN, METHOD_RETURN, MEMBER, LOCAL, TYPE_PARAMETER, ANNOTATION, MODIFIER.",
        [KIND, NAME, FULL_NAME, TYPE, column("evaluation", T::U8, "EVALUATION_STRATEGY (code)")]
    ),
    node_table!(
        "import",
        "IMPORT.",
        [column("name", T::Text, "IMPORTED_AS"), column("full_name", T::Text, "IMPORTED_ENTITY"),]
    ),
    node_table!("comment", "COMMENT.", []),
    node_table!(
        "control",
        "CONTROL_STRUCTURE, JUMP_TARGET, JUMP_LABEL.",
        [KIND, column("control", T::U8, "CONTROL_STRUCTURE_TYPE (code)"), NAME,]
    ),
    node_table!(
        "call",
        "CALL, operators included.",
        [
            NAME,
            column(
                "full_name",
                T::Text,
                "METHOD_FULL_NAME as far as the file tells it (operators), else empty"
            ),
            TYPE,
            column("signature", T::Text, "SIGNATURE"),
            column("dispatch", T::U8, "DISPATCH_TYPE (code)"),
        ]
    ),
    node_table!("identifier", "IDENTIFIER, FIELD_IDENTIFIER.", [KIND, NAME, TYPE, REFERENCE]),
    node_table!("literal", "LITERAL.", [TYPE]),
    node_table!("block", "BLOCK, RETURN, UNKNOWN.", [KIND, NAME, TYPE]),
    node_table!("code_ref", "METHOD_REF, TYPE_REF.", [KIND, NAME, FULL_NAME, TYPE, REFERENCE]),
    Table {
        name: "cfg",
        doc: "Control flow, in the order of `src`.",
        columns: &[
            column("src", T::Id, "from"),
            column("dst", T::Id, "to"),
            column("kind", T::U8, "why control goes that way (code)"),
        ],
    },
    Table {
        name: "reaching_def",
        doc: "The value that `src` gives to `variable` may be the one that `dst` reads.",
        columns: &[
            column("src", T::Id, "definition"),
            column("dst", T::Id, "use"),
            column("variable", T::Text, "the variable's text"),
        ],
    },
    Table {
        name: "call_edge",
        doc: "A call may go to a method.",
        columns: &[
            column("call", T::Id, "CALL"),
            column("method", T::Id, "METHOD"),
            column("tier", T::U8, "tier of the resolver, 0 to 4"),
            column("technique", T::Text, "how the edge was found"),
            column("confidence", T::U8, "0 possible, 1 likely, 2 proven"),
        ],
    },
    Table {
        name: "inherits",
        doc: "A type has a base type.",
        columns: &[
            column("type_decl", T::Id, "TYPE_DECL"),
            column(
                "base",
                T::OptionalId,
                "TYPE_DECL of the base, when it stands in the repository",
            ),
            column("base_name", T::Text, "the base as written"),
        ],
    },
    Table {
        name: "import_link",
        doc: "An import stands for a file, a type or a method of the repository.",
        columns: &[column("import", T::Id, "IMPORT"), column("target", T::Id, "what is imported")],
    },
    Table {
        name: "ref_edge",
        doc: "REF across files, or to what stands at the top of a file.",
        columns: &[column("src", T::Id, "use"), column("dst", T::Id, "what it names")],
    },
    Table {
        name: "diagnostic",
        doc: "What could not be done, and why.",
        columns: &[
            column("file", T::OptionalId, "FILE, if it is part of the snapshot"),
            column("path", T::Text, "path in the repository"),
            column("code", T::Text, "kind of trouble"),
            column("line", T::U32, "line, or 0"),
            column("message", T::Text, "in words"),
        ],
    },
];

/// The table of `search.duckdb`. `words` is dropped once the full-text index is made.
pub(crate) static CHUNK: Table = Table {
    name: "chunk",
    doc: "A piece of code that retrieval shows: a method, a type's head, or a run of lines.",
    columns: &[
        column("id", T::Id, "`file_key << 32 | number in the file`"),
        column("node", T::OptionalId, "METHOD or TYPE_DECL"),
        column("label", T::Text, "METHOD, TYPE_DECL, or empty for a run of lines"),
        column("name", T::Text, "NAME"),
        column("full_name", T::Text, "FULL_NAME"),
        column("signature", T::Text, "SIGNATURE"),
        column("path", T::Text, "path in the repository"),
        column("line", T::U32, "first line"),
        column("line_end", T::U32, "last line"),
        column("start_byte", T::U32, "first byte in the file's UTF-8 text"),
        column("end_byte", T::U32, "one past the last byte"),
        column("hash", T::Text, "BLAKE3 of the text, hexadecimal"),
        column("words", T::Text, "words for the full-text index, identifiers split"),
        column("russian", T::Text, "words in Cyrillic letters"),
    ],
};
