//! Statements and expressions.

use super::python;

#[test]
fn for_makes_an_iterator_and_takes_values_from_it() {
    python(
        "for i, j in xs:\n    continue\nelse:\n    f\n",
        "
        LOCAL <iterator>
        LOCAL i
        LOCAL j
        FOR
          for_init: CALL <operator>.assignment
            @1 IDENTIFIER <iterator> -> LOCAL <iterator>
            @2 CALL <operator>.iterator
              @1 IDENTIFIER xs
          cond: CALL <operator>.assignment
            @1 CALL <operator>.tupleLiteral
              @1 IDENTIFIER i -> LOCAL i
              @2 IDENTIFIER j -> LOCAL j
            @2 CALL <operator>.iteratorNext
              @1 IDENTIFIER <iterator> -> LOCAL <iterator>
          for_body: BLOCK
            CONTINUE
          else: ELSE
            BLOCK
              IDENTIFIER f
        ",
    );
}

#[test]
fn elif_is_an_if_in_the_else() {
    python(
        "if a < b < c: pass\nelif not a: pass\nelse: a\n",
        "
        IF
          cond: CALL <operator>.compare
            @1 IDENTIFIER a
            @2 IDENTIFIER b
            @3 IDENTIFIER c
          then: BLOCK
          else: ELSE
            BLOCK
              IF
                cond: CALL <operator>.logicalNot
                  @1 IDENTIFIER a
                then: BLOCK
                else: ELSE
                  BLOCK
                    IDENTIFIER a
        ",
    );
}

#[test]
fn try_has_handlers_else_and_finally() {
    python(
        "try: a\nexcept E as e: e\nexcept: raise\nelse: b\nfinally: c\n",
        "
        LOCAL e : E
        TRY
          try_body: BLOCK
            IDENTIFIER a
          catch_body: CATCH
            CALL <operator>.assignment
              @1 IDENTIFIER e -> LOCAL e
              @2 IDENTIFIER E
            BLOCK
              IDENTIFIER e -> LOCAL e
          catch_body: CATCH {wildcard}
            BLOCK
              THROW
          else: ELSE
            BLOCK
              IDENTIFIER b
          finally_body: FINALLY
            BLOCK
              IDENTIFIER c
        ",
    );
}

#[test]
fn with_assigns_and_runs_its_body() {
    python(
        "with f() as g, h:\n    g\n",
        "
        LOCAL g
        BLOCK
          CALL <operator>.assignment
            @1 IDENTIFIER g -> LOCAL g
            @2 CALL f dynamic_dispatch
              recv: IDENTIFIER f
          IDENTIFIER h
          BLOCK
            IDENTIFIER g -> LOCAL g
        ",
    );
}

#[test]
fn match_keeps_its_subject_and_captures_names_from_it() {
    python(
        "match v:\n    case P(x=0, y=[a, *b]) if a: a\n    case c: pass\n",
        "
        LOCAL <subject>
        LOCAL a
        LOCAL b
        LOCAL c
        MATCH
          cond: CALL <operator>.assignment
            @1 IDENTIFIER <subject> -> LOCAL <subject>
            @2 IDENTIFIER v
          then: BLOCK
            JUMP_TARGET case
            CALL <operator>.assignment
              @1 IDENTIFIER a -> LOCAL a
              @2 IDENTIFIER <subject> -> LOCAL <subject>
            CALL <operator>.assignment
              @1 IDENTIFIER b -> LOCAL b
              @2 IDENTIFIER <subject> -> LOCAL <subject>
            cond: IDENTIFIER a -> LOCAL a
            IDENTIFIER a -> LOCAL a
          then: BLOCK
            JUMP_TARGET default
            CALL <operator>.assignment
              @1 IDENTIFIER c -> LOCAL c
              @2 IDENTIFIER <subject> -> LOCAL <subject>
        ",
    );
}

#[test]
fn comprehension_has_variables_of_its_own() {
    python(
        "[e for e in xs if e]\ne\n",
        "
        CALL <operator>.comprehension
          LOCAL e
          @1 CALL <operator>.assignment
            @1 IDENTIFIER e -> LOCAL e
            @2 CALL <operator>.iteratorNext
              @1 IDENTIFIER xs
          @2 IDENTIFIER e -> LOCAL e
          @3 IDENTIFIER e -> LOCAL e
        IDENTIFIER e
        ",
    );
}

#[test]
fn displays_slices_and_format_strings() {
    python(
        "{k: v, **m}\na[1:, ::2]\nf'{x:>{w}} {y()}' 'z'\n",
        "
        CALL <operator>.dictLiteral
          @1 IDENTIFIER k
          @2 IDENTIFIER v
          @3 CALL <operator>.starredUnpack
            @1 IDENTIFIER m
        CALL <operator>.indexAccess
          @1 IDENTIFIER a
          @2 CALL <operator>.slice
            @1 LITERAL 1 : int
          @3 CALL <operator>.slice
            @3 LITERAL 2 : int
        CALL <operator>.formatString : str
          @1 IDENTIFIER x
          @2 IDENTIFIER w
          @3 CALL y dynamic_dispatch
            recv: IDENTIFIER y
        ",
    );
}

#[test]
fn assignments_targets_and_values() {
    python(
        "a = b = c\na, (b, *d) = c\na.x[0] += 1\n(y := 2)\ndel a, b[0]\n",
        "
        LOCAL a
        LOCAL b
        LOCAL d
        LOCAL y : int
        CALL <operator>.assignment
          @1 IDENTIFIER a -> LOCAL a
          @2 CALL <operator>.assignment
            @1 IDENTIFIER b -> LOCAL b
            @2 IDENTIFIER c
        CALL <operator>.assignment
          @1 CALL <operator>.tupleLiteral
            @1 IDENTIFIER a -> LOCAL a
            @2 CALL <operator>.tupleLiteral
              @1 IDENTIFIER b -> LOCAL b
              @2 CALL <operator>.starredUnpack
                @1 IDENTIFIER d -> LOCAL d
          @2 IDENTIFIER c
        CALL <operator>.assignmentPlus
          @1 CALL <operator>.indexAccess
            @1 CALL <operator>.fieldAccess
              @1 IDENTIFIER a -> LOCAL a
              @2 FIELD x
            @2 LITERAL 0 : int
          @2 LITERAL 1 : int
        CALL <operator>.assignment
          @1 IDENTIFIER y -> LOCAL y
          @2 LITERAL 2 : int
        CALL <operator>.delete
          @1 IDENTIFIER a -> LOCAL a
          @2 CALL <operator>.indexAccess
            @1 IDENTIFIER b -> LOCAL b
            @2 LITERAL 0 : int
        ",
    );
}

#[test]
fn yield_makes_a_generator_and_await_is_an_operator() {
    python(
        "async def f():\n    yield await a\n    yield from b\n",
        "
        METHOD f = t.f (()) {async generator}
          BLOCK
            CALL <operator>.yield
              @1 CALL <operator>.await
                @1 IDENTIFIER a
            CALL <operator>.yieldFrom
              @1 IDENTIFIER b
          METHOD_RETURN
        ",
    );
}

#[test]
fn a_definition_survives_broken_text_before_it() {
    let text = "x = = )\ndef f(): g(\n\nclass C:\n    def m(self): pass\n";
    let graph = crate::test_support::graph(cg_types::Language::Python, text);
    let has = |name: &str| graph.nodes.iter().any(|node| graph.text(node.full_name) == name);
    assert!(has("t.f") || has("t.C.m"), "{:?}", graph.diagnostics);
    assert!(!graph.diagnostics.is_empty());
}
