//! Vocabulary of the graph, shared by every part that builds, links, stores or reads it.
//!
//! No I/O and no serialization here: adapters turn these types into rows and documents.

mod graph;
mod header;
mod id;
mod kind;
mod language;
mod span;
mod strings;

pub use graph::{CfgEdge, Diagnostic, DiagnosticCode, FileGraph, Node, ReachingDef};
pub use header::is_cpp_header;
pub use id::{ContentHash, FileKey, NodeId, NodeIndex};
pub use kind::{CfgKind, ControlKind, DispatchType, Evaluation, Modifiers, NodeKind, Role};
pub use language::Language;
pub use span::{LineIndex, Position, Span};
pub use strings::{StrId, Strings};
