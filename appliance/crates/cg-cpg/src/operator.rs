//! Names of operator calls (`<operator>.assignment` and so on) as in the CPG 1.1 specification.

macro_rules! operators {
    ($($variant:ident = $text:literal),+ $(,)?) => {
        /// An operator; operators are CALL nodes whose name and full name is [`Operator::as_str`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names are the specification's")]
        #[repr(u8)]
        pub(crate) enum Operator { $($variant),+ }

        impl Operator {
            /// Every operator, in the order of its number.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used in the graph.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => concat!("<operator>.", $text)),+ }
            }
        }
    };
}

operators! {
    Addition = "addition",
    Subtraction = "subtraction",
    Multiplication = "multiplication",
    Division = "division",
    FloorDiv = "floorDiv",
    Exponentiation = "exponentiation",
    Modulo = "modulo",
    MatMult = "matMult",
    ShiftLeft = "shiftLeft",
    LogicalShiftRight = "logicalShiftRight",
    ArithmeticShiftRight = "arithmeticShiftRight",
    Not = "not",
    And = "and",
    Or = "or",
    Xor = "xor",
    Minus = "minus",
    Plus = "plus",
    Assignment = "assignment",
    AssignmentPlus = "assignmentPlus",
    AssignmentMinus = "assignmentMinus",
    AssignmentMultiplication = "assignmentMultiplication",
    AssignmentDivision = "assignmentDivision",
    AssignmentFloorDiv = "assignmentFloorDiv",
    AssignmentExponentiation = "assignmentExponentiation",
    AssignmentModulo = "assignmentModulo",
    AssignmentMatMult = "assignmentMatMult",
    AssignmentShiftLeft = "assignmentShiftLeft",
    AssignmentLogicalShiftRight = "assignmentLogicalShiftRight",
    AssignmentArithmeticShiftRight = "assignmentArithmeticShiftRight",
    AssignmentAnd = "assignmentAnd",
    AssignmentOr = "assignmentOr",
    AssignmentXor = "assignmentXor",
    PreIncrement = "preIncrement",
    PreDecrement = "preDecrement",
    PostIncrement = "postIncrement",
    PostDecrement = "postDecrement",
    LogicalNot = "logicalNot",
    LogicalOr = "logicalOr",
    LogicalAnd = "logicalAnd",
    Equals = "equals",
    NotEquals = "notEquals",
    GreaterThan = "greaterThan",
    LessThan = "lessThan",
    GreaterEqualsThan = "greaterEqualsThan",
    LessEqualsThan = "lessEqualsThan",
    InstanceOf = "instanceOf",
    Is = "is",
    IsNot = "isNot",
    In = "in",
    NotIn = "notIn",
    Compare = "compare",
    FieldAccess = "fieldAccess",
    IndirectFieldAccess = "indirectFieldAccess",
    IndexAccess = "indexAccess",
    IndirectIndexAccess = "indirectIndexAccess",
    Indirection = "indirection",
    AddressOf = "addressOf",
    Conditional = "conditional",
    Cast = "cast",
    SizeOf = "sizeOf",
    AlignOf = "alignOf",
    OffsetOf = "offsetOf",
    GenericSelection = "genericSelection",
    ExpressionList = "expressionList",
    ArrayInitializer = "arrayInitializer",
    StructInitializer = "structInitializer",
    ListLiteral = "listLiteral",
    TupleLiteral = "tupleLiteral",
    DictLiteral = "dictLiteral",
    SetLiteral = "setLiteral",
    Range = "range",
    Slice = "slice",
    StarredUnpack = "starredUnpack",
    FormatString = "formatString",
    FormattedValue = "formattedValue",
    Iterator = "iterator",
    IteratorNext = "iteratorNext",
    Comprehension = "comprehension",
    Await = "await",
    Yield = "yield",
    YieldFrom = "yieldFrom",
    Try = "try",
    Let = "let",
    Delete = "delete",
    Assert = "assert",
    Alloc = "alloc",
    Asm = "asm",
    Send = "send",
    Receive = "receive",
    Elvis = "elvis",
    TypeOf = "typeOf",
    Void = "void",
    Jsx = "jsx",
}

impl Operator {
    /// Whether it gives its first argument a new value.
    pub(crate) fn assigns(self) -> bool {
        self.keeps_old_value() || self == Self::Assignment
    }

    /// Whether it reads its first argument before it gives it a new value.
    pub(crate) fn keeps_old_value(self) -> bool {
        matches!(
            self,
            Self::AssignmentPlus
                | Self::AssignmentMinus
                | Self::AssignmentMultiplication
                | Self::AssignmentDivision
                | Self::AssignmentFloorDiv
                | Self::AssignmentExponentiation
                | Self::AssignmentModulo
                | Self::AssignmentMatMult
                | Self::AssignmentShiftLeft
                | Self::AssignmentLogicalShiftRight
                | Self::AssignmentArithmeticShiftRight
                | Self::AssignmentAnd
                | Self::AssignmentOr
                | Self::AssignmentXor
                | Self::PreIncrement
                | Self::PreDecrement
                | Self::PostIncrement
                | Self::PostDecrement
        )
    }

    /// Whether evaluating it may raise an exception in a language that has them.
    pub(crate) fn may_raise(self) -> bool {
        !self.assigns()
            && !matches!(
                self,
                Self::LogicalAnd
                    | Self::LogicalOr
                    | Self::Elvis
                    | Self::TypeOf
                    | Self::LogicalNot
                    | Self::Conditional
                    | Self::Is
                    | Self::IsNot
                    | Self::AddressOf
                    | Self::ExpressionList
                    | Self::ListLiteral
                    | Self::TupleLiteral
                    | Self::SizeOf
                    | Self::AlignOf
                    | Self::OffsetOf
            )
    }
}
