//! Node kinds and fields of the three grammars: JavaScript, TypeScript, TSX.
//!
//! One enum serves all of them; which number means which kind is looked up in the table of the tree's
//! own grammar.

use std::sync::OnceLock;

use tree_sitter::{Language, Node, Tree};

macro_rules! kinds {
    (named: { $($variant:ident = $text:literal),* $(,)? } tokens: { $($token:ident = $ttext:literal),* $(,)? }) => {
        /// What a syntax node is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind { Other, Error, $($variant,)* $($token,)* }

        impl Kind {
            fn named(name: &str, is_named: bool) -> Self {
                match (is_named, name) {
                    $((true, $text) => Self::$variant,)*
                    $((false, $ttext) => Self::$token,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

macro_rules! fields {
    ($($variant:ident = $text:literal),* $(,)?) => {
        /// The field that a child stands in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Field { None, $($variant),* }

        impl Field {
            fn named(name: Option<&str>) -> Self {
                match name {
                    $(Some($text) => Self::$variant,)*
                    _ => Self::None,
                }
            }
        }
    };
}

kinds! {
    named: {
        AbstractClassDeclaration = "abstract_class_declaration",
        AbstractMethodSignature = "abstract_method_signature",
        AccessibilityModifier = "accessibility_modifier",
        AmbientDeclaration = "ambient_declaration",
        Arguments = "arguments",
        AssertsAnnotation = "asserts_annotation",
        Array = "array",
        ArrayPattern = "array_pattern",
        ArrowFunction = "arrow_function",
        AsExpression = "as_expression",
        AssignmentExpression = "assignment_expression",
        AssignmentPattern = "assignment_pattern",
        AugmentedAssignment = "augmented_assignment_expression",
        Await = "await_expression",
        Binary = "binary_expression",
        Break = "break_statement",
        Call = "call_expression",
        CallSignature = "call_signature",
        CatchClause = "catch_clause",
        Class = "class",
        ClassBody = "class_body",
        ClassDeclaration = "class_declaration",
        ClassHeritage = "class_heritage",
        ClassStaticBlock = "class_static_block",
        Comment = "comment",
        ComputedPropertyName = "computed_property_name",
        ConstructSignature = "construct_signature",
        Continue = "continue_statement",
        Debugger = "debugger_statement",
        Decorator = "decorator",
        DoStatement = "do_statement",
        ElseClause = "else_clause",
        EmptyStatement = "empty_statement",
        EnumAssignment = "enum_assignment",
        EnumBody = "enum_body",
        EnumDeclaration = "enum_declaration",
        ExportClause = "export_clause",
        ExportSpecifier = "export_specifier",
        ExportStatement = "export_statement",
        ExpressionStatement = "expression_statement",
        ExtendsClause = "extends_clause",
        ExtendsTypeClause = "extends_type_clause",
        False = "false",
        FieldDefinition = "field_definition",
        FinallyClause = "finally_clause",
        ForIn = "for_in_statement",
        ForStatement = "for_statement",
        FormalParameters = "formal_parameters",
        FunctionDeclaration = "function_declaration",
        FunctionExpression = "function_expression",
        FunctionSignature = "function_signature",
        GeneratorFunction = "generator_function",
        GeneratorFunctionDeclaration = "generator_function_declaration",
        HashBang = "hash_bang_line",
        HtmlComment = "html_comment",
        Identifier = "identifier",
        IfStatement = "if_statement",
        ImplementsClause = "implements_clause",
        ImportWord = "import",
        ImportAlias = "import_alias",
        ImportClause = "import_clause",
        ImportRequireClause = "import_require_clause",
        ImportSpecifier = "import_specifier",
        ImportStatement = "import_statement",
        IndexSignature = "index_signature",
        InstantiationExpression = "instantiation_expression",
        InterfaceBody = "interface_body",
        InterfaceDeclaration = "interface_declaration",
        InternalModule = "internal_module",
        JsxAttribute = "jsx_attribute",
        JsxClosingElement = "jsx_closing_element",
        JsxElement = "jsx_element",
        JsxExpression = "jsx_expression",
        JsxNamespaceName = "jsx_namespace_name",
        JsxOpeningElement = "jsx_opening_element",
        JsxSelfClosingElement = "jsx_self_closing_element",
        JsxText = "jsx_text",
        Labeled = "labeled_statement",
        LexicalDeclaration = "lexical_declaration",
        MemberExpression = "member_expression",
        MetaProperty = "meta_property",
        MethodDefinition = "method_definition",
        MethodSignature = "method_signature",
        Module = "module",
        NamedImports = "named_imports",
        NamespaceExport = "namespace_export",
        NamespaceImport = "namespace_import",
        NestedIdentifier = "nested_identifier",
        New = "new_expression",
        NonNull = "non_null_expression",
        Null = "null",
        Number = "number",
        Object = "object",
        ObjectAssignmentPattern = "object_assignment_pattern",
        ObjectPattern = "object_pattern",
        ObjectType = "object_type",
        OptionalParameter = "optional_parameter",
        Pair = "pair",
        PairPattern = "pair_pattern",
        Parenthesized = "parenthesized_expression",
        PrivateProperty = "private_property_identifier",
        Program = "program",
        PropertyIdentifier = "property_identifier",
        PropertySignature = "property_signature",
        PublicField = "public_field_definition",
        Regex = "regex",
        RequiredParameter = "required_parameter",
        RestPattern = "rest_pattern",
        Return = "return_statement",
        Satisfies = "satisfies_expression",
        Sequence = "sequence_expression",
        ShorthandProperty = "shorthand_property_identifier",
        ShorthandPattern = "shorthand_property_identifier_pattern",
        Spread = "spread_element",
        StatementBlock = "statement_block",
        StatementIdentifier = "statement_identifier",
        String = "string",
        Subscript = "subscript_expression",
        Super = "super",
        SwitchBody = "switch_body",
        SwitchCase = "switch_case",
        SwitchDefault = "switch_default",
        SwitchStatement = "switch_statement",
        Template = "template_string",
        TemplateSubstitution = "template_substitution",
        Ternary = "ternary_expression",
        This = "this",
        Throw = "throw_statement",
        True = "true",
        Try = "try_statement",
        TypeAlias = "type_alias_declaration",
        TypeAnnotation = "type_annotation",
        TypeArguments = "type_arguments",
        TypeAssertion = "type_assertion",
        TypeIdentifier = "type_identifier",
        TypePredicateAnnotation = "type_predicate_annotation",
        TypeParameter = "type_parameter",
        TypeParameters = "type_parameters",
        Unary = "unary_expression",
        Undefined = "undefined",
        Update = "update_expression",
        UsingDeclaration = "using_declaration",
        VariableDeclaration = "variable_declaration",
        VariableDeclarator = "variable_declarator",
        While = "while_statement",
        With = "with_statement",
        Yield = "yield_expression",
    }
    tokens: {
        AsyncWord = "async",
        AwaitWord = "await",
        StaticWord = "static",
        StaticGetWord = "static get",
        GetWord = "get",
        SetWord = "set",
        ReadonlyWord = "readonly",
        AbstractWord = "abstract",
        DeclareWord = "declare",
        DefaultWord = "default",
        ConstWord = "const",
        GlobalWord = "global",
        OfWord = "of",
        InWord = "in",
        InstanceofWord = "instanceof",
        TypeofWord = "typeof",
        VoidWord = "void",
        DeleteWord = "delete",
        Assign = "=",
        Comma = ",",
        Star = "*",
        StarStar = "**",
        Slash = "/",
        Percent = "%",
        Plus = "+",
        Minus = "-",
        PlusPlus = "++",
        MinusMinus = "--",
        ShiftLeft = "<<",
        ShiftRight = ">>",
        ShiftRightUnsigned = ">>>",
        Ampersand = "&",
        Bar = "|",
        Caret = "^",
        Tilde = "~",
        Bang = "!",
        AndAnd = "&&",
        OrOr = "||",
        Nullish = "??",
        Less = "<",
        LessEqual = "<=",
        Greater = ">",
        GreaterEqual = ">=",
        Equal = "==",
        EqualStrict = "===",
        NotEqual = "!=",
        NotEqualStrict = "!==",
        PlusAssign = "+=",
        MinusAssign = "-=",
        StarAssign = "*=",
        SlashAssign = "/=",
        PercentAssign = "%=",
        CaretAssign = "^=",
        AmpersandAssign = "&=",
        BarAssign = "|=",
        ShiftRightAssign = ">>=",
        ShiftRightUnsignedAssign = ">>>=",
        ShiftLeftAssign = "<<=",
        StarStarAssign = "**=",
        AndAndAssign = "&&=",
        OrOrAssign = "||=",
        NullishAssign = "??=",
    }
}

fields! {
    Alias = "alias",
    Alternative = "alternative",
    Argument = "argument",
    Arguments = "arguments",
    Attribute = "attribute",
    Body = "body",
    Condition = "condition",
    Consequence = "consequence",
    Constructor = "constructor",
    Declaration = "declaration",
    Decorator = "decorator",
    Finalizer = "finalizer",
    Function = "function",
    Handler = "handler",
    Increment = "increment",
    Index = "index",
    Initializer = "initializer",
    Key = "key",
    Keyword = "kind",
    Label = "label",
    Left = "left",
    Name = "name",
    Object = "object",
    OpenTag = "open_tag",
    Operator = "operator",
    Parameter = "parameter",
    Parameters = "parameters",
    Pattern = "pattern",
    Property = "property",
    ReturnType = "return_type",
    Right = "right",
    Source = "source",
    Type = "type",
    TypeParameters = "type_parameters",
    Value = "value",
}

impl Kind {
    /// Whether a node of this kind is a keyword or sign.
    pub(super) fn is_token(self) -> bool {
        self as u8 >= Self::AsyncWord as u8
    }

    /// Literals, which are the same whenever they are evaluated.
    pub(super) fn is_plain(self) -> bool {
        matches!(self, Self::Number | Self::String | Self::True | Self::False | Self::Null)
    }
}

/// The numbers of one grammar.
pub(super) struct Grammar {
    kinds: Vec<Kind>,
    fields: Vec<Field>,
}

impl Grammar {
    /// The grammar that a tree was made with.
    pub(super) fn of(tree: &Tree) -> &'static Self {
        static TABLES: [OnceLock<Grammar>; 3] = [const { OnceLock::new() }; 3];
        let language = tree.language();
        let languages: [Language; 3] = [
            tree_sitter_javascript::LANGUAGE.into(),
            tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            tree_sitter_typescript::LANGUAGE_TSX.into(),
        ];
        let number = languages.iter().position(|one| *one == *language).unwrap_or(0);
        TABLES[number].get_or_init(|| Self::new(&languages[number]))
    }

    fn new(language: &Language) -> Self {
        let kinds = (0..language.node_kind_count() as u16)
            .map(|id| {
                let name = language.node_kind_for_id(id).unwrap_or("");
                Kind::named(name, language.node_kind_is_named(id))
            })
            .collect();
        let fields = (0..=language.field_count() as u16)
            .map(|id| Field::named(language.field_name_for_id(id)))
            .collect();
        Self { kinds, fields }
    }

    /// The kind of a node.
    #[inline]
    pub(super) fn kind(&self, node: Node<'_>) -> Kind {
        match node.kind_id() {
            u16::MAX => Kind::Error,
            id => self.kinds.get(id as usize).copied().unwrap_or(Kind::Other),
        }
    }

    /// The field of a number.
    #[inline]
    pub(super) fn field(&self, field: u16) -> Field {
        self.fields.get(field as usize).copied().unwrap_or(Field::None)
    }
}
