//! Statements, operators, literals and JSX.

use super::javascript;

#[test]
fn patterns_are_taken_apart_by_fields_with_defaults() {
    javascript(
        "({ a, b: x.y = 5, ...r } = o);\n\
         f([a, , b] = g());",
        "
        LOCAL _tmp_0
        CALL <operator>.assignment
          @1 IDENTIFIER a
          @2 CALL <operator>.fieldAccess
            @1 IDENTIFIER o
            @2 FIELD a
        CALL <operator>.assignment
          @1 CALL <operator>.fieldAccess
            @1 IDENTIFIER x
            @2 FIELD y
          @2 CALL <operator>.conditional
            @1 CALL <operator>.equals
              @1 CALL <operator>.fieldAccess
                @1 IDENTIFIER o
                @2 FIELD b
              @2 LITERAL  : undefined
            @2 LITERAL 5 : number
            @3 CALL <operator>.fieldAccess
              @1 IDENTIFIER o
              @2 FIELD b
        CALL <operator>.assignment
          @1 IDENTIFIER r
          @2 CALL <operator>.starredUnpack
            @1 IDENTIFIER o
        CALL f dynamic_dispatch
          recv: IDENTIFIER f
          @1 BLOCK
            CALL <operator>.assignment
              @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
              @2 CALL g dynamic_dispatch
                recv: IDENTIFIER g
            CALL <operator>.assignment
              @1 IDENTIFIER a
              @2 CALL <operator>.fieldAccess
                @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
                @2 FIELD 0
            CALL <operator>.assignment
              @1 IDENTIFIER b
              @2 CALL <operator>.fieldAccess
                @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
                @2 FIELD 2
            IDENTIFIER _tmp_0 -> LOCAL _tmp_0
        ",
    );
}

#[test]
fn logical_assignments_assign_only_where_asked() {
    javascript(
        "a &&= b; o.p ??= c; d += 1; e[f()] ||= g;",
        "
        CALL <operator>.logicalAnd
          @1 IDENTIFIER a
          @2 CALL <operator>.assignment
            @1 IDENTIFIER a
            @2 IDENTIFIER b
        CALL <operator>.elvis
          @1 CALL <operator>.fieldAccess
            @1 IDENTIFIER o
            @2 FIELD p
          @2 CALL <operator>.assignment
            @1 CALL <operator>.fieldAccess
              @1 IDENTIFIER o
              @2 FIELD p
            @2 IDENTIFIER c
        CALL <operator>.assignmentPlus
          @1 IDENTIFIER d
          @2 LITERAL 1 : number
        CALL <operator>.assignmentOr
          @1 CALL <operator>.indexAccess
            @1 IDENTIFIER e
            @2 CALL f dynamic_dispatch
              recv: IDENTIFIER f
          @2 IDENTIFIER g
        ",
    );
}

#[test]
fn loops_over_values_ask_an_iterator() {
    javascript(
        "l: for (const [k, v] of m) continue l;\n\
         for await (x of y) {}\n\
         for (var p in o) {}",
        "
        LOCAL _tmp_2
        LOCAL _tmp_3
        LOCAL p
        BLOCK
          LOCAL _tmp_0
          LOCAL _tmp_1
          LOCAL k {final}
          LOCAL v {final}
          FOR
            JUMP_LABEL l
            for_init: CALL <operator>.assignment
              @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
              @2 CALL <operator>.iterator
                @1 IDENTIFIER m
            cond: CALL <operator>.assignment
              @1 IDENTIFIER _tmp_1 -> LOCAL _tmp_1
              @2 CALL <operator>.iteratorNext
                @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
            for_body: BLOCK
              CALL <operator>.assignment
                @1 IDENTIFIER k -> LOCAL k
                @2 CALL <operator>.fieldAccess
                  @1 IDENTIFIER _tmp_1 -> LOCAL _tmp_1
                  @2 FIELD 0
              CALL <operator>.assignment
                @1 IDENTIFIER v -> LOCAL v
                @2 CALL <operator>.fieldAccess
                  @1 IDENTIFIER _tmp_1 -> LOCAL _tmp_1
                  @2 FIELD 1
              BLOCK
                CONTINUE
                  jump_argument: JUMP_LABEL l
        FOR
          for_init: CALL <operator>.assignment
            @1 IDENTIFIER _tmp_2 -> LOCAL _tmp_2
            @2 CALL <operator>.iterator
              @1 IDENTIFIER y
          cond: CALL <operator>.assignment
            @1 IDENTIFIER x
            @2 CALL <operator>.await
              @1 CALL <operator>.iteratorNext
                @1 IDENTIFIER _tmp_2 -> LOCAL _tmp_2
          for_body: BLOCK
        FOR
          for_init: CALL <operator>.assignment
            @1 IDENTIFIER _tmp_3 -> LOCAL _tmp_3
            @2 CALL <operator>.iterator
              @1 IDENTIFIER o
          cond: CALL <operator>.assignment
            @1 IDENTIFIER p -> LOCAL p
            @2 CALL <operator>.iteratorNext
              @1 IDENTIFIER _tmp_3 -> LOCAL _tmp_3
          for_body: BLOCK
        ",
    );
}

#[test]
fn switch_has_targets_and_its_own_scope() {
    javascript(
        "switch (a) { case 1: let b = 1; case f(): c(b); break; default: }",
        "
        SWITCH
          cond: IDENTIFIER a
          then: BLOCK
            LOCAL b : number
            JUMP_TARGET case
            LITERAL 1 : number
            CALL <operator>.assignment
              @1 IDENTIFIER b -> LOCAL b
              @2 LITERAL 1 : number
            JUMP_TARGET case
            CALL f dynamic_dispatch
              recv: IDENTIFIER f
            CALL c dynamic_dispatch
              recv: IDENTIFIER c
              @1 IDENTIFIER b -> LOCAL b
            BREAK
            JUMP_TARGET default
        ",
    );
}

#[test]
fn catch_binds_its_names() {
    javascript(
        "try { a(); } catch ({ message }) { b(message); } finally { c(); }",
        "
        TRY
          try_body: BLOCK
            CALL a dynamic_dispatch
              recv: IDENTIFIER a
          catch_body: CATCH {wildcard}
            BLOCK
              LOCAL _tmp_0
              LOCAL message
              CALL <operator>.assignment
                @1 IDENTIFIER message -> LOCAL message
                @2 CALL <operator>.fieldAccess
                  @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
                  @2 FIELD message
              CALL b dynamic_dispatch
                recv: IDENTIFIER b
                @1 IDENTIFIER message -> LOCAL message
          finally_body: FINALLY
            BLOCK
              CALL c dynamic_dispatch
                recv: IDENTIFIER c
        ",
    );
}

#[test]
fn labels_of_blocks_and_other_statements() {
    javascript(
        "m: { break m; }\n\
         n: if (a) break n;",
        "
        BLOCK
          JUMP_LABEL m
          BREAK
            jump_argument: JUMP_LABEL m
        BLOCK
          JUMP_LABEL n
          IF
            cond: IDENTIFIER a
            then: BLOCK
              BREAK
                jump_argument: JUMP_LABEL n
        ",
    );
}

#[test]
fn operators_have_their_names() {
    javascript(
        "v = a ? -b : (c, typeof d), void 0, delete e.f, g in h, i instanceof J, k >>> l, m ** n, o !== p;",
        "
        CALL <operator>.expressionList
          @1 CALL <operator>.assignment
            @1 IDENTIFIER v
            @2 CALL <operator>.conditional
              @1 IDENTIFIER a
              @2 CALL <operator>.minus
                @1 IDENTIFIER b
              @3 CALL <operator>.expressionList
                @1 IDENTIFIER c
                @2 CALL <operator>.typeOf
                  @1 IDENTIFIER d
          @2 CALL <operator>.void
            @1 LITERAL 0 : number
          @3 CALL <operator>.delete
            @1 CALL <operator>.fieldAccess
              @1 IDENTIFIER e
              @2 FIELD f
          @4 CALL <operator>.in
            @1 IDENTIFIER g
            @2 IDENTIFIER h
          @5 CALL <operator>.instanceOf
            @1 IDENTIFIER i
            @2 IDENTIFIER J
          @6 CALL <operator>.logicalShiftRight
            @1 IDENTIFIER k
            @2 IDENTIFIER l
          @7 CALL <operator>.exponentiation
            @1 IDENTIFIER m
            @2 IDENTIFIER n
          @8 CALL <operator>.notEquals
            @1 IDENTIFIER o
            @2 IDENTIFIER p
        ",
    );
}

#[test]
fn templates_tags_and_literals() {
    javascript(
        "t = `a${b}c`; s = `d`; tag`x${1}y`; r = [/x/g, 1n, null, undefined, true];",
        "
        CALL <operator>.assignment
          @1 IDENTIFIER t
          @2 CALL <operator>.formatString : string
            @1 IDENTIFIER b
        CALL <operator>.assignment
          @1 IDENTIFIER s
          @2 LITERAL `d` : string
        CALL tag dynamic_dispatch
          recv: IDENTIFIER tag
          @1 LITERAL `x${1}y` : string
          @2 LITERAL 1 : number
        CALL <operator>.assignment
          @1 IDENTIFIER r
          @2 CALL <operator>.arrayInitializer
            @1 LITERAL /x/g : RegExp
            @2 LITERAL 1n : bigint
            @3 LITERAL null : null
            @4 LITERAL undefined : undefined
            @5 LITERAL true : boolean
        ",
    );
}

#[test]
fn generators_yield_and_async_waits() {
    javascript(
        "async function* gen() { yield* a; const b = yield await c; }",
        "
        METHOD gen = t.js::program:gen (()) {async generator}
          PARAM#0 this
          BLOCK
            LOCAL b {final}
            CALL <operator>.yieldFrom
              @1 IDENTIFIER a
            CALL <operator>.assignment
              @1 IDENTIFIER b -> LOCAL b
              @2 CALL <operator>.yield
                @1 CALL <operator>.await
                  @1 IDENTIFIER c
          METHOD_RETURN
        ",
    );
}

#[test]
fn jsx_components_are_calls_and_elements_are_operators() {
    javascript(
        "const C = () => <Foo.Bar a=\"1\" c onClick={() => go()} {...p}>hi {y} <b>z</b></Foo.Bar>;",
        r#"
        LOCAL C {final}
        CALL <operator>.assignment
          @1 IDENTIFIER C -> LOCAL C
          @2 METHOD_REF C = t.js::program:C -> METHOD C
        METHOD C = t.js::program:C (()) {lambda}
          BLOCK
            RETURN
              @1 CALL Bar dynamic_dispatch
                recv: CALL <operator>.fieldAccess
                  @1 IDENTIFIER Foo
                  @2 FIELD Bar
                @1 CALL <operator>.structInitializer
                  @1 CALL <operator>.assignment
                    @1 FIELD a
                    @2 LITERAL "1" : string
                  @2 CALL <operator>.assignment
                    @1 FIELD c
                    @2 LITERAL c : boolean
                  @3 CALL <operator>.assignment
                    @1 FIELD onClick
                    @2 METHOD_REF onClick = t.js::program:C:<object>0:onClick -> METHOD onClick
                  METHOD onClick = t.js::program:C:<object>0:onClick (()) {lambda}
                    BLOCK
                      RETURN
                        @1 CALL go dynamic_dispatch
                          recv: IDENTIFIER go
                    METHOD_RETURN
                  @4 CALL <operator>.starredUnpack
                    @1 IDENTIFIER p
                @2 LITERAL hi  : string
                @3 IDENTIFIER y
                @4 CALL <operator>.jsx
                  @2 LITERAL z : string
          METHOD_RETURN
        "#,
    );
}
