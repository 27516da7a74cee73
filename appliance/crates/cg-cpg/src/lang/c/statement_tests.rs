//! Lowering rules of statements, conditionals, comments and broken text; graphs worked by hand.

use cg_types::{DiagnosticCode, Language};

use super::tests::{body, c};
use crate::test_support::graph;

#[test]
fn comma_conditional_and_statement_expressions() {
    body(
        "a = (b, c, d); a ? b : c; a ?: c; a = ({ int t; t; });",
        "
        CALL <operator>.assignment
          @1 IDENTIFIER a
          @2 CALL <operator>.expressionList
            @1 IDENTIFIER b
            @2 IDENTIFIER c
            @3 IDENTIFIER d
        CALL <operator>.conditional
          @1 IDENTIFIER a
          @2 IDENTIFIER b
          @3 IDENTIFIER c
        CALL <operator>.conditional
          @1 IDENTIFIER a
          @3 IDENTIFIER c
        CALL <operator>.assignment
          @1 IDENTIFIER a
          @2 BLOCK
            LOCAL t : int
            IDENTIFIER t : int -> LOCAL t
        ",
    );
}

#[test]
fn else_is_a_control_structure_of_its_own() {
    body(
        "if (a) b; else if (c) { d; } else e;",
        "
        IF
          cond: IDENTIFIER a
          then: BLOCK
            IDENTIFIER b
          else: ELSE
            BLOCK
              IF
                cond: IDENTIFIER c
                then: BLOCK
                  IDENTIFIER d
                else: ELSE
                  BLOCK
                    IDENTIFIER e
        ",
    );
}

#[test]
fn loops() {
    body(
        "while (a) b; do { c; } while (d); for (int i = 0; i < 9; i++) e; for (;;) { }",
        "
        WHILE
          cond: IDENTIFIER a
          then: BLOCK
            IDENTIFIER b
        DO
          do_body: BLOCK
            IDENTIFIER c
          cond: IDENTIFIER d
        FOR
          LOCAL i : int
          for_init: CALL <operator>.assignment : void
            @1 IDENTIFIER i : int -> LOCAL i
            @2 LITERAL 0 : int
          cond: CALL <operator>.lessThan
            @1 IDENTIFIER i : int -> LOCAL i
            @2 LITERAL 9 : int
          for_update: CALL <operator>.postIncrement
            @1 IDENTIFIER i : int -> LOCAL i
          for_body: BLOCK
            IDENTIFIER e
        FOR
          for_body: BLOCK
        ",
    );
}

#[test]
fn switch_has_jump_targets_among_its_statements() {
    body(
        "switch (a) { case 1: b; break; default: c; }",
        "
        SWITCH
          cond: IDENTIFIER a
          then: BLOCK
            JUMP_TARGET case
            LITERAL 1 : int
            IDENTIFIER b
            BREAK
            JUMP_TARGET default
            IDENTIFIER c
        ",
    );
}

#[test]
fn labels_and_gotos() {
    body(
        "again: a; goto again;",
        "
        JUMP_TARGET again
        IDENTIFIER a
        GOTO
          jump_argument: JUMP_LABEL again
        ",
    );
}

#[test]
fn both_branches_of_a_conditional_are_kept() {
    c(
        "#ifdef A\nint a;\n#else\nint b;\n#endif\n",
        "
        LOCAL a : int
        LOCAL b : int
        ",
    );
    body(
        "\n#if defined(A)\nreturn 1;\n#elif B\nx;\n#else\ny;\n#endif\n z;",
        "
        IF
          then: BLOCK
            RETURN
              @1 LITERAL 1 : int
          else: IF
            then: BLOCK
              IDENTIFIER x
            else: ELSE
              BLOCK
                IDENTIFIER y
        IDENTIFIER z
        ",
    );
}

#[test]
fn names_declared_in_a_conditional_are_seen_behind_it() {
    body(
        "\n#ifdef A\nint v = 1;\n#endif\n v;",
        "
        IF
          then: BLOCK
            LOCAL v : int
            CALL <operator>.assignment : void
              @1 IDENTIFIER v : int -> LOCAL v
              @2 LITERAL 1 : int
        IDENTIFIER v : int -> LOCAL v
        ",
    );
}

#[test]
fn loop_macros_are_loops() {
    body(
        "foreach(x, list) { g(x); } PG_TRY(); { h(); }",
        "
        WHILE
          cond: CALL foreach
            @1 IDENTIFIER x
            @2 IDENTIFIER list
          then: BLOCK
            CALL g
              @1 IDENTIFIER x
        CALL PG_TRY
        BLOCK
          CALL h
        ",
    );
}

#[test]
fn inline_assembly_keeps_its_operands() {
    body(
        "asm volatile(\"nop\" : \"=r\"(a) : \"r\"(b + 1) : \"memory\");",
        "
        CALL <operator>.asm
          @1 LITERAL \"nop\" : char*
          @2 IDENTIFIER a
          @3 CALL <operator>.addition
            @1 IDENTIFIER b
            @2 LITERAL 1 : int
        ",
    );
}

#[test]
fn comments_are_children_of_the_file_in_their_order() {
    c(
        "/* one */\nint x; // two\nint f(void) { return /* three */ x; }",
        "
        LOCAL x : int
        METHOD f : int (int())
          BLOCK
            RETURN
              @1 IDENTIFIER x : int -> LOCAL x
          METHOD_RETURN : int
        COMMENT
        COMMENT
        COMMENT
        ",
    );
}

#[test]
fn extern_c_is_transparent() {
    c(
        "extern \"C\" { int f(void); }",
        "
        METHOD f : int (int()) {declaration}
          METHOD_RETURN : int
        ",
    );
}

#[test]
fn places_are_bytes_lines_and_columns_from_one() {
    let text = "/* é */ int x;\n\n  int yy = 3;\n";
    let graph = graph(Language::C, text);
    let yy = graph.nodes.iter().find(|node| graph.text(node.name) == "yy").expect("yy is declared");
    assert_eq!((yy.line, yy.column, yy.line_end), (3, 7, 3));
    assert_eq!(&text[yy.span.start as usize..yy.span.end as usize], "yy");
}

#[test]
fn loop_code_is_the_header_and_if_code_is_all_of_it() {
    let text = "void f(void) { while (a) { b; } if (c) { d; } }";
    let graph = graph(Language::C, text);
    let codes: Vec<&str> = graph
        .nodes
        .iter()
        .filter(|node| node.kind == cg_types::NodeKind::ControlStructure)
        .map(|node| &text[node.span.start as usize..node.span.end as usize])
        .collect();
    assert_eq!(codes, ["while (a)", "if (c) { d; }"]);
}

#[test]
fn broken_text_keeps_what_can_be_read() {
    let text = "int ok(void) { return 1; }\nint broken(void) { if (x { y(); \nint later(void) { return 2; }\n";
    let graph = graph(Language::C, text);
    let names: Vec<&str> = graph
        .nodes
        .iter()
        .filter(|node| node.kind == cg_types::NodeKind::Method)
        .map(|node| graph.text(node.name))
        .collect();
    assert!(names.contains(&"ok"), "{names:?}");
    assert!(graph.nodes.iter().any(|node| graph.text(node.name) == "y"));
    assert!(graph.diagnostics.iter().any(|d| d.code == DiagnosticCode::SyntaxError));
}

#[test]
fn the_number_of_reported_syntax_errors_is_bounded() {
    let text = "int a = = 1;\n".repeat(500);
    let graph = graph(Language::C, &text);
    assert!(graph.diagnostics.len() <= 51, "{}", graph.diagnostics.len());
}
