//! One test a lowering rule; the expected graphs are worked by hand from the rules at [`super`].

use cg_types::Language;

use crate::test_support::{assert_graph, graph};

pub(super) fn c(text: &str, expected: &str) {
    assert_graph(Language::C, text, expected);
}

/// The same for statements inside of `void f(void) { … }`.
pub(super) fn body(statements: &str, expected: &str) {
    let lines: Vec<&str> = expected.lines().filter(|line| !line.trim().is_empty()).collect();
    let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let inner: String = lines.iter().map(|line| format!("    {}\n", &line[margin..])).collect();
    c(
        &format!("void f(void) {{ {statements} }}"),
        &format!("METHOD f : void (void())\n  BLOCK\n{inner}  METHOD_RETURN : void\n"),
    );
}

#[test]
fn function_with_parameters_has_block_and_return_behind_them() {
    c(
        "int add(int a, char *b, ...) { return a; }",
        "
        METHOD add : int (int(int,char*,...))
          PARAM#1 a : int
          PARAM#2 b : char*
          PARAM#3 ... {variadic}
          BLOCK
            RETURN
              @1 IDENTIFIER a : int -> METHOD_PARAMETER_IN a
          METHOD_RETURN : int
        ",
    );
}

#[test]
fn static_functions_are_named_by_their_file() {
    c(
        "static int f(void);\nint f(void) { return 1; }",
        "
        METHOD f : int = t.c:f (int()) {static declaration}
          METHOD_RETURN : int
        METHOD f : int = t.c:f (int()) {static}
          BLOCK
            RETURN
              @1 LITERAL 1 : int
          METHOD_RETURN : int
        ",
    );
}

#[test]
fn prototype_is_a_declaration_without_block() {
    c(
        "extern char *name(struct s *p, int (*cb)(void *, int));",
        "
        METHOD name : char* (char*(s*,int(*)(void*,int))) {declaration}
          PARAM#1 p : s*
          PARAM#2 cb : int(*)(void*,int)
          METHOD_RETURN : char*
        ",
    );
}

#[test]
fn function_that_returns_a_function_pointer_keeps_its_own_parameters() {
    c(
        "void (*signal(int sig, void (*handler)(int)))(int);",
        "
        METHOD signal : void(*)(int) (void(*)(int)(int,void(*)(int))) {declaration}
          PARAM#1 sig : int
          PARAM#2 handler : void(*)(int)
          METHOD_RETURN : void(*)(int)
        ",
    );
}

#[test]
fn old_style_parameters_take_their_types_from_the_declarations() {
    c(
        "int old(a, b) char *a; long b; { return b; }",
        "
        METHOD old : int (int(int,int))
          PARAM#1 a : char*
          PARAM#2 b : long
          BLOCK
            RETURN
              @1 IDENTIFIER b : long -> METHOD_PARAMETER_IN b
          METHOD_RETURN : int
        ",
    );
}

#[test]
fn unnamed_parameters_get_a_number() {
    c(
        "int f(int, PG_FUNCTION_ARGS) { }",
        "
        METHOD f : int (int(int,PG_FUNCTION_ARGS))
          PARAM#1 <param>1 : int
          PARAM#2 <param>2 : PG_FUNCTION_ARGS
          BLOCK
          METHOD_RETURN : int
        ",
    );
}

#[test]
fn declaration_with_value_is_local_and_assignment() {
    body(
        "int a, *b = &a, c[3];",
        "
        LOCAL a : int
        LOCAL b : int*
        CALL <operator>.assignment : void
          @1 IDENTIFIER b : int* -> LOCAL b
          @2 CALL <operator>.addressOf
            @1 IDENTIFIER a : int -> LOCAL a
        LOCAL c : int[3]
        ",
    );
}

#[test]
fn storage_classes_are_modifiers() {
    c(
        "static int a;\nextern int b;\nextern int z = 1;",
        "
        LOCAL a : int {static}
        LOCAL b : int {declaration}
        LOCAL z : int
        CALL <operator>.assignment : void
          @1 IDENTIFIER z : int -> LOCAL z
          @2 LITERAL 1 : int
        ",
    );
}

#[test]
fn types_are_written_without_qualifiers_and_spare_blanks() {
    body(
        "const unsigned   long x; struct s y; char *argv[10]; int (*fp)(int a, char  *b); int m[2][3]; int (*pa)[4];",
        "
        LOCAL x : unsigned long
        LOCAL y : s
        LOCAL argv : char*[10]
        LOCAL fp : int(*)(int a,char*b)
        LOCAL m : int[2][3]
        LOCAL pa : int(*)[4]
        ",
    );
}

#[test]
fn inner_scopes_hide_outer_names() {
    body(
        "int x; { int x; x; } x;",
        "
        LOCAL x : int
        BLOCK
          LOCAL x : int
          IDENTIFIER x : int -> LOCAL x
        IDENTIFIER x : int -> LOCAL x
        ",
    );
    let text = "void f(void) { int x; { int x; x; } x; }";
    let graph = graph(Language::C, text);
    let lines: Vec<u32> = graph
        .nodes
        .iter()
        .filter(|node| node.reference.is_some())
        .map(|node| graph.node(node.reference).column)
        .collect();
    assert_eq!(lines, [29, 20]);
}

#[test]
fn struct_union_and_enum_are_types_with_members() {
    c(
        "struct point { int x, *y; int (*op)(void); unsigned flag : 1; struct { int deep; } in; };
         union u { int i; float f; };
         enum color { RED, GREEN = 1 + 1 };",
        "
        TYPE_DECL point (struct)
          MEMBER x : int
          MEMBER y : int*
          MEMBER op : int(*)(void)
          MEMBER flag : unsigned
          TYPE_DECL <anonymous>0 = t.c:<anonymous>0 (struct)
            MEMBER deep : int
          MEMBER in : <anonymous>0
        TYPE_DECL u (union)
          MEMBER i : int
          MEMBER f : float
        TYPE_DECL color (enum)
          MEMBER RED : int
          MEMBER GREEN : int
            CALL <operator>.addition
              @1 LITERAL 1 : int
              @2 LITERAL 1 : int
        ",
    );
}

#[test]
fn typedefs_name_anonymous_structs_and_are_aliases_of_others() {
    c(
        "typedef struct { int x; } point; typedef struct node node; typedef struct node { int v; } *list; typedef int (*cb)(int);",
        "
        TYPE_DECL point (struct)
          MEMBER x : int
        TYPE_DECL node (struct)
          MEMBER v : int
        TYPE_DECL list : node* (typedef)
        TYPE_DECL cb : int(*)(int) (typedef)
        ",
    );
}

#[test]
fn binary_unary_and_update_operators_are_calls() {
    let binary = [
        ("+", "addition"),
        ("-", "subtraction"),
        ("*", "multiplication"),
        ("/", "division"),
        ("%", "modulo"),
        ("<<", "shiftLeft"),
        (">>", "arithmeticShiftRight"),
        ("&", "and"),
        ("|", "or"),
        ("^", "xor"),
        ("&&", "logicalAnd"),
        ("||", "logicalOr"),
        ("==", "equals"),
        ("!=", "notEquals"),
        ("<", "lessThan"),
        ("<=", "lessEqualsThan"),
        (">", "greaterThan"),
        (">=", "greaterEqualsThan"),
        ("=", "assignment"),
        ("+=", "assignmentPlus"),
        ("-=", "assignmentMinus"),
        ("*=", "assignmentMultiplication"),
        ("/=", "assignmentDivision"),
        ("%=", "assignmentModulo"),
        ("<<=", "assignmentShiftLeft"),
        (">>=", "assignmentArithmeticShiftRight"),
        ("&=", "assignmentAnd"),
        ("|=", "assignmentOr"),
        ("^=", "assignmentXor"),
    ];
    for (token, name) in binary {
        body(
            &format!("x = a {token} 1;")
                .replace(&format!("x = a {token} 1"), &format!("(a {token} 1)")),
            &format!("CALL <operator>.{name}\n  @1 IDENTIFIER a\n  @2 LITERAL 1 : int\n"),
        );
    }
    let unary = [
        ("!a", "logicalNot"),
        ("~a", "not"),
        ("-a", "minus"),
        ("+a", "plus"),
        ("*a", "indirection"),
        ("&a", "addressOf"),
        ("++a", "preIncrement"),
        ("--a", "preDecrement"),
        ("a++", "postIncrement"),
        ("a--", "postDecrement"),
        ("sizeof a", "sizeOf"),
    ];
    for (text, name) in unary {
        body(&format!("({text});"), &format!("CALL <operator>.{name}\n  @1 IDENTIFIER a\n"));
    }
}

#[test]
fn member_and_index_access() {
    body(
        "a.b->c[i] = 0;",
        "
        CALL <operator>.assignment
          @1 CALL <operator>.indirectIndexAccess
            @1 CALL <operator>.indirectFieldAccess
              @1 CALL <operator>.fieldAccess
                @1 IDENTIFIER a
                @2 FIELD b
              @2 FIELD c
            @2 IDENTIFIER i
          @2 LITERAL 0 : int
        ",
    );
}

#[test]
fn calls_by_name_are_static_and_through_values_dynamic() {
    body(
        "int (*fp)(int); g(1, x); fp(2); (*fp)(3); o->vt.run(o); (h)(4); tab[0]();",
        "
        LOCAL fp : int(*)(int)
        CALL g
          @1 LITERAL 1 : int
          @2 IDENTIFIER x
        CALL fp dynamic_dispatch
          recv: IDENTIFIER fp : int(*)(int) -> LOCAL fp
          @1 LITERAL 2 : int
        CALL fp dynamic_dispatch
          recv: CALL <operator>.indirection
            @1 IDENTIFIER fp : int(*)(int) -> LOCAL fp
          @1 LITERAL 3 : int
        CALL run dynamic_dispatch
          recv: CALL <operator>.fieldAccess
            @1 CALL <operator>.indirectFieldAccess
              @1 IDENTIFIER o
              @2 FIELD vt
            @2 FIELD run
          @1 IDENTIFIER o
        CALL h
          @1 LITERAL 4 : int
        CALL <operator>.pointerCall dynamic_dispatch
          recv: CALL <operator>.indirectIndexAccess
            @1 IDENTIFIER tab
            @2 LITERAL 0 : int
        ",
    );
}

#[test]
fn functions_as_values_are_method_refs() {
    c(
        "static void cb(void) {}\nvoid reg(void) { on(cb); }",
        "
        METHOD cb : void = t.c:cb (void()) {static}
          BLOCK
          METHOD_RETURN : void
        METHOD reg : void (void())
          BLOCK
            CALL on
              @1 METHOD_REF cb = t.c:cb -> METHOD cb
          METHOD_RETURN : void
        ",
    );
}

#[test]
fn function_like_macros_are_methods_and_their_calls_inlined() {
    c(
        "#define MAX(a, b) ((a) > (b) ? (a) : (b))\n#define N 3\nint f(void) { return MAX(1, N); }",
        "
        METHOD MAX = t.c:MAX (#define(a,b))
          PARAM#1 a
          PARAM#2 b
          METHOD_RETURN
        METHOD f : int (int())
          BLOCK
            RETURN
              @1 CALL MAX inlined
                @1 LITERAL 1 : int
                @2 IDENTIFIER N
          METHOD_RETURN : int
        ",
    );
}

#[test]
fn includes_are_imports_of_everything() {
    c(
        "#include <stdio.h>\n#include \"src/a.h\"\n",
        "
        IMPORT stdio.h {wildcard}
        IMPORT src/a.h {wildcard}
        ",
    );
}

#[test]
fn literals_have_the_type_of_their_form() {
    let literals = [
        ("1", "int"),
        ("0x1F", "int"),
        ("1u", "unsigned int"),
        ("2L", "long"),
        ("3UL", "unsigned long"),
        ("4ull", "unsigned long long"),
        ("1.5", "double"),
        ("1e3", "double"),
        ("1.5f", "float"),
        ("'c'", "char"),
        ("\"s\"", "char*"),
        ("\"a\" \"b\"", "char*"),
        ("true", "bool"),
        ("NULL", "void*"),
    ];
    for (text, type_name) in literals {
        body(&format!("({text});"), &format!("LITERAL {text} : {type_name}\n"));
    }
}

#[test]
fn casts_sizeof_offsetof_and_compound_literals_have_type_refs() {
    body(
        "p = (struct s *)q; n = sizeof(int[2]); o = offsetof(struct s, f); v = (struct s){1, .f = 2, [3] = 4};",
        "
        CALL <operator>.assignment
          @1 IDENTIFIER p
          @2 CALL <operator>.cast
            @1 TYPE_REF s* : s*
            @2 IDENTIFIER q
        CALL <operator>.assignment
          @1 IDENTIFIER n
          @2 CALL <operator>.sizeOf
            @1 TYPE_REF int[2] : int[2]
        CALL <operator>.assignment
          @1 IDENTIFIER o
          @2 CALL <operator>.offsetOf
            @1 TYPE_REF s : s
            @2 FIELD f
        CALL <operator>.assignment
          @1 IDENTIFIER v
          @2 CALL <operator>.cast
            @1 TYPE_REF s : s
            @2 CALL <operator>.arrayInitializer
              @1 LITERAL 1 : int
              @2 CALL <operator>.assignment
                @1 FIELD f
                @2 LITERAL 2 : int
              @3 CALL <operator>.assignment
                @1 CALL <operator>.indexAccess
                  @2 LITERAL 3 : int
                @2 LITERAL 4 : int
        ",
    );
}
