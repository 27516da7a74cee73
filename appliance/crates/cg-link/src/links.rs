//! What linking finds. Ids are the snapshot's; every list is sorted, so equal inputs give equal
//! outputs.

use cg_types::NodeId;

/// Edges across files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// From a CALL to each METHOD that it may call. Sorted by call, then method.
    pub call_edges: Vec<CallEdge>,
    /// Methods outside of the repository that calls lead to. Sorted by full name; the position is
    /// the index of the id.
    pub externals: Vec<ExternalMethod>,
    /// From an IMPORT to the FILE, METHOD, TYPE_DECL, MEMBER or LOCAL that it names.
    pub imports: Vec<ImportLink>,
    /// From a TYPE_DECL to its bases.
    pub inherits: Vec<Inherits>,
    /// From IDENTIFIERs, METHOD_REFs, TYPE_REFs and FIELD_IDENTIFIERs to what they name, where the
    /// file alone could not tell.
    pub references: Vec<Reference>,
}

/// A call may reach a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallEdge {
    /// The CALL.
    pub call: NodeId,
    /// The METHOD; file key 0 for an external one.
    pub method: NodeId,
    /// Which kind of knowledge found it.
    pub tier: Tier,
    /// How it was found.
    pub technique: Technique,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A METHOD outside of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalMethod {
    /// File key 0; the index counts from 0.
    pub id: NodeId,
    /// Last part of the name.
    pub name: String,
    /// Full name as far as imports tell it (`os.path.join`), else the name.
    pub full_name: String,
    /// Empty where not known.
    pub signature: String,
}

/// An IMPORT names a node of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportLink {
    /// The IMPORT.
    pub import: NodeId,
    /// What it names.
    pub target: NodeId,
}

/// A type has a base.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inherits {
    /// The TYPE_DECL.
    pub type_decl: NodeId,
    /// Its base, if it is declared in the repository.
    pub base: Option<NodeId>,
    /// The base as the source writes it.
    pub base_name: String,
}

/// A use names a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The use.
    pub from: NodeId,
    /// The declaration.
    pub to: NodeId,
}

/// Which kind of knowledge found a call edge, from the surest to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// Scopes and imports.
    T0,
    /// The receiver's type.
    T1,
    /// The type hierarchy.
    T2,
    /// Values of functions: pointers, callbacks.
    T3,
    /// The name alone.
    T4,
}

impl Tier {
    /// The name used in the graph.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::T0 => "T0",
            Self::T1 => "T1",
            Self::T2 => "T2",
            Self::T3 => "T3",
            Self::T4 => "T4",
        }
    }
}

/// How a call edge was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Technique {
    /// Declared in the same file, in scope at the call.
    SameFile,
    /// Through an import or a path of modules.
    Import,
    /// The one definition of that name with external linkage.
    Linkage,
    /// One of several definitions, chosen because headers or folders join it to the call.
    NearestDefinition,
    /// A method of the type around the call (`self.f()`, `Self::f()`).
    SelfType,
    /// A method of the receiver's type, known by annotation, constructor or declaration.
    ReceiverType,
    /// A constructor.
    Constructor,
    /// Inherited from a base, or overridden below the receiver's type.
    Hierarchy,
    /// A function kept in a field or variable, and called through it.
    FunctionPointer,
    /// The only method of that name in the repository.
    UniqueName,
    /// Not in the repository: a library, or a name that could not be found.
    External,
}

impl Technique {
    /// The name used in the graph.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameFile => "same_file",
            Self::Import => "import",
            Self::Linkage => "linkage",
            Self::NearestDefinition => "nearest_definition",
            Self::SelfType => "self_type",
            Self::ReceiverType => "receiver_type",
            Self::Constructor => "constructor",
            Self::Hierarchy => "hierarchy",
            Self::FunctionPointer => "function_pointer",
            Self::UniqueName => "unique_name",
            Self::External => "external",
        }
    }
}

/// How sure a call edge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// Could be.
    Possible,
    /// Very probably.
    Likely,
    /// Certain by the language's own rules.
    Proven,
}

impl Confidence {
    /// The name used in the graph.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Proven => "proven",
        }
    }
}
