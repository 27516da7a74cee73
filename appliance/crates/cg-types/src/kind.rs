//! Kinds of nodes and edges, named as in the Code Property Graph specification 1.1.

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every variant, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the specification.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

names! {
    /// Node types.
    #[allow(missing_docs, reason = "the names are the specification's")]
    NodeKind {
        File = "FILE",
        NamespaceBlock = "NAMESPACE_BLOCK",
        Method = "METHOD",
        MethodParameterIn = "METHOD_PARAMETER_IN",
        MethodReturn = "METHOD_RETURN",
        TypeDecl = "TYPE_DECL",
        Member = "MEMBER",
        Modifier = "MODIFIER",
        Annotation = "ANNOTATION",
        TypeParameter = "TYPE_PARAMETER",
        Import = "IMPORT",
        Comment = "COMMENT",
        Block = "BLOCK",
        Local = "LOCAL",
        ControlStructure = "CONTROL_STRUCTURE",
        JumpTarget = "JUMP_TARGET",
        JumpLabel = "JUMP_LABEL",
        Return = "RETURN",
        Call = "CALL",
        Identifier = "IDENTIFIER",
        FieldIdentifier = "FIELD_IDENTIFIER",
        Literal = "LITERAL",
        MethodRef = "METHOD_REF",
        TypeRef = "TYPE_REF",
        Unknown = "UNKNOWN",
    }
}

names! {
    /// CONTROL_STRUCTURE_TYPE.
    #[allow(missing_docs, reason = "the names are the specification's")]
    ControlKind {
        None = "",
        Break = "BREAK",
        Continue = "CONTINUE",
        While = "WHILE",
        Do = "DO",
        For = "FOR",
        Goto = "GOTO",
        If = "IF",
        Else = "ELSE",
        Switch = "SWITCH",
        Try = "TRY",
        Catch = "CATCH",
        Finally = "FINALLY",
        Throw = "THROW",
        Match = "MATCH",
        Yield = "YIELD",
    }
}

names! {
    /// DISPATCH_TYPE of a CALL.
    #[allow(missing_docs, reason = "the names are the specification's")]
    DispatchType {
        Static = "STATIC_DISPATCH",
        Dynamic = "DYNAMIC_DISPATCH",
        Inlined = "INLINED",
    }
}

names! {
    /// What a node is to its AST parent, where the specification has an edge of its own for it.
    Role {
        /// Nothing but a child.
        Child = "",
        /// CONDITION edge.
        Condition = "CONDITION",
        /// TRUE_BODY edge.
        TrueBody = "TRUE_BODY",
        /// FALSE_BODY edge.
        FalseBody = "FALSE_BODY",
        /// DO_BODY edge.
        DoBody = "DO_BODY",
        /// FOR_INIT edge.
        ForInit = "FOR_INIT",
        /// FOR_UPDATE edge.
        ForUpdate = "FOR_UPDATE",
        /// FOR_BODY edge.
        ForBody = "FOR_BODY",
        /// TRY_BODY edge.
        TryBody = "TRY_BODY",
        /// CATCH_BODY edge.
        CatchBody = "CATCH_BODY",
        /// FINALLY_BODY edge.
        FinallyBody = "FINALLY_BODY",
        /// JUMP_ARGUMENT edge.
        JumpArgument = "JUMP_ARGUMENT",
        /// ARGUMENT edge (`argument_index` counts from 1; 0 is the receiver of a dynamic call).
        Argument = "ARGUMENT",
        /// RECEIVER edge: the expression whose value is called or dispatched on.
        Receiver = "RECEIVER",
    }
}

names! {
    /// Why control goes from one CFG node to the next.
    CfgKind {
        /// Always.
        Next = "",
        /// The condition held.
        True = "true",
        /// The condition did not hold.
        False = "false",
        /// A switch or match arm was chosen.
        Case = "case",
        /// An exception, or an error returned early.
        Exception = "exception",
    }
}

names! {
    /// EVALUATION_STRATEGY.
    #[allow(missing_docs, reason = "the names are the specification's")]
    Evaluation {
        ByValue = "BY_VALUE",
        ByReference = "BY_REFERENCE",
        BySharing = "BY_SHARING",
    }
}

/// Set of MODIFIER_TYPEs on a method, member or type, and of flags on other nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers(pub u16);

#[allow(missing_docs, reason = "the names are the specification's")]
impl Modifiers {
    pub const STATIC: Self = Self(1);
    pub const PUBLIC: Self = Self(1 << 1);
    pub const PROTECTED: Self = Self(1 << 2);
    pub const PRIVATE: Self = Self(1 << 3);
    pub const ABSTRACT: Self = Self(1 << 4);
    pub const CONSTRUCTOR: Self = Self(1 << 5);
    pub const VIRTUAL: Self = Self(1 << 6);
    pub const FINAL: Self = Self(1 << 7);
    pub const LAMBDA: Self = Self(1 << 8);
    pub const MODULE: Self = Self(1 << 9);
    pub const ASYNC: Self = Self(1 << 10);
    pub const GENERATOR: Self = Self(1 << 11);
    /// The last parameter takes any number of arguments.
    pub const VARIADIC: Self = Self(1 << 12);
    /// Declared here, defined elsewhere (a C prototype, a trait method without a body).
    pub const DECLARATION: Self = Self(1 << 13);
    /// An import of everything (`*`).
    pub const WILDCARD: Self = Self(1 << 14);
    /// The CFG does not reach this node from the method's entry.
    pub const DEAD: Self = Self(1 << 15);

    /// Whether all of `other` is in the set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The set with `other` added.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
