//! Node kinds and fields of the Go grammar.

use crate::syntax::{syntax_fields, syntax_kinds};

syntax_kinds! {
    enum Kind for tree_sitter_go::LANGUAGE {
        named: {
            ArgumentList = "argument_list",
            ArrayType = "array_type",
            AssignmentStatement = "assignment_statement",
            BinaryExpression = "binary_expression",
            BlankIdentifier = "blank_identifier",
            Block = "block",
            BreakStatement = "break_statement",
            CallExpression = "call_expression",
            ChannelType = "channel_type",
            Comment = "comment",
            CommunicationCase = "communication_case",
            CompositeLiteral = "composite_literal",
            ConstDeclaration = "const_declaration",
            ConstSpec = "const_spec",
            ContinueStatement = "continue_statement",
            DecStatement = "dec_statement",
            DefaultCase = "default_case",
            DeferStatement = "defer_statement",
            Dot = "dot",
            EmptyStatement = "empty_statement",
            ExpressionCase = "expression_case",
            ExpressionList = "expression_list",
            ExpressionStatement = "expression_statement",
            ExpressionSwitchStatement = "expression_switch_statement",
            FallthroughStatement = "fallthrough_statement",
            False = "false",
            FieldDeclaration = "field_declaration",
            FieldDeclarationList = "field_declaration_list",
            FieldIdentifier = "field_identifier",
            FloatLiteral = "float_literal",
            ForClause = "for_clause",
            ForStatement = "for_statement",
            FuncLiteral = "func_literal",
            FunctionDeclaration = "function_declaration",
            FunctionType = "function_type",
            GenericType = "generic_type",
            GoStatement = "go_statement",
            GotoStatement = "goto_statement",
            Identifier = "identifier",
            IfStatement = "if_statement",
            ImaginaryLiteral = "imaginary_literal",
            ImplicitLengthArrayType = "implicit_length_array_type",
            ImportDeclaration = "import_declaration",
            ImportSpec = "import_spec",
            ImportSpecList = "import_spec_list",
            IncStatement = "inc_statement",
            IndexExpression = "index_expression",
            InterfaceType = "interface_type",
            InterpretedStringLiteral = "interpreted_string_literal",
            IntLiteral = "int_literal",
            Iota = "iota",
            KeyedElement = "keyed_element",
            LabelName = "label_name",
            LabeledStatement = "labeled_statement",
            LiteralElement = "literal_element",
            LiteralValue = "literal_value",
            MapType = "map_type",
            MethodDeclaration = "method_declaration",
            MethodElem = "method_elem",
            NegatedType = "negated_type",
            Nil = "nil",
            PackageClause = "package_clause",
            PackageIdentifier = "package_identifier",
            ParameterDeclaration = "parameter_declaration",
            ParameterList = "parameter_list",
            ParenthesizedExpression = "parenthesized_expression",
            ParenthesizedType = "parenthesized_type",
            PointerType = "pointer_type",
            QualifiedType = "qualified_type",
            RangeClause = "range_clause",
            RawStringLiteral = "raw_string_literal",
            ReceiveStatement = "receive_statement",
            ReturnStatement = "return_statement",
            RuneLiteral = "rune_literal",
            SelectStatement = "select_statement",
            SelectorExpression = "selector_expression",
            SendStatement = "send_statement",
            ShortVarDeclaration = "short_var_declaration",
            SliceExpression = "slice_expression",
            SliceType = "slice_type",
            SourceFile = "source_file",
            StatementList = "statement_list",
            StructType = "struct_type",
            True = "true",
            TypeAlias = "type_alias",
            TypeArguments = "type_arguments",
            TypeAssertionExpression = "type_assertion_expression",
            TypeCase = "type_case",
            TypeConstraint = "type_constraint",
            TypeConversionExpression = "type_conversion_expression",
            TypeDeclaration = "type_declaration",
            TypeElem = "type_elem",
            TypeIdentifier = "type_identifier",
            TypeInstantiationExpression = "type_instantiation_expression",
            TypeParameterDeclaration = "type_parameter_declaration",
            TypeParameterList = "type_parameter_list",
            TypeSpec = "type_spec",
            TypeSwitchStatement = "type_switch_statement",
            UnaryExpression = "unary_expression",
            VarDeclaration = "var_declaration",
            VarSpec = "var_spec",
            VarSpecList = "var_spec_list",
            VariadicArgument = "variadic_argument",
            VariadicParameterDeclaration = "variadic_parameter_declaration",
        }
        tokens: {
            Define = ":=",
            Assign = "=",
            Plus = "+",
            Minus = "-",
            Star = "*",
            Slash = "/",
            Percent = "%",
            Ampersand = "&",
            Bar = "|",
            Caret = "^",
            AndNot = "&^",
            ShiftLeft = "<<",
            ShiftRight = ">>",
            AndAnd = "&&",
            OrOr = "||",
            Not = "!",
            Arrow = "<-",
            Equal = "==",
            NotEqual = "!=",
            Less = "<",
            LessEqual = "<=",
            Greater = ">",
            GreaterEqual = ">=",
            PlusAssign = "+=",
            MinusAssign = "-=",
            StarAssign = "*=",
            SlashAssign = "/=",
            PercentAssign = "%=",
            AndAssign = "&=",
            OrAssign = "|=",
            CaretAssign = "^=",
            AndNotAssign = "&^=",
            ShiftLeftAssign = "<<=",
            ShiftRightAssign = ">>=",
        }
    }
}

syntax_fields! {
    enum Field for tree_sitter_go::LANGUAGE {
        Alias = "alias",
        Alternative = "alternative",
        Arguments = "arguments",
        Body = "body",
        Capacity = "capacity",
        Channel = "channel",
        Communication = "communication",
        Condition = "condition",
        Consequence = "consequence",
        Element = "element",
        End = "end",
        Function = "function",
        Index = "index",
        Initializer = "initializer",
        Key = "key",
        Label = "label",
        Left = "left",
        Name = "name",
        Operand = "operand",
        Operator = "operator",
        Package = "package",
        Parameters = "parameters",
        Path = "path",
        Receiver = "receiver",
        Result = "result",
        Right = "right",
        Selected = "field",
        Start = "start",
        Tag = "tag",
        Type = "type",
        TypeArguments = "type_arguments",
        TypeParameters = "type_parameters",
        Update = "update",
        Value = "value",
    }
}

impl Kind {
    /// Whether it is an operator rather than a part with meaning of its own.
    pub(super) fn is_token(self) -> bool {
        self as u8 >= Self::Define as u8
    }

    /// Whether it is a type that cannot be mistaken for a value.
    pub(super) fn is_type(self) -> bool {
        matches!(
            self,
            Self::ArrayType
                | Self::ChannelType
                | Self::FunctionType
                | Self::GenericType
                | Self::ImplicitLengthArrayType
                | Self::InterfaceType
                | Self::MapType
                | Self::NegatedType
                | Self::ParenthesizedType
                | Self::PointerType
                | Self::QualifiedType
                | Self::SliceType
                | Self::StructType
                | Self::TypeElem
                | Self::TypeIdentifier
        )
    }
}
