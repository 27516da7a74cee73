//! Expressions and statements.

use super::{body, java};

#[test]
fn locals_are_declared_and_assigned_with_types_of_values() {
    body(
        "int a = 1, b[]; final var c = new java.util.ArrayList<String>(2); var d = (Foo) o; var e = \"s\"; int[] g = {1, a};",
        "
        LOCAL a : int
        CALL <operator>.assignment
          @1 IDENTIFIER a : int -> LOCAL a
          @2 LITERAL 1 : int
        LOCAL b : int[]
        LOCAL c : java.util.ArrayList<String> {final}
        CALL <operator>.assignment
          @1 IDENTIFIER c : java.util.ArrayList<String> -> LOCAL c
          @2 CALL <init> : java.util.ArrayList<String>
            @1 LITERAL 2 : int
        LOCAL d : Foo
        CALL <operator>.assignment
          @1 IDENTIFIER d : Foo -> LOCAL d
          @2 CALL <operator>.cast : Foo
            @1 TYPE_REF Foo : Foo
            @2 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
        LOCAL e : java.lang.String
        CALL <operator>.assignment
          @1 IDENTIFIER e : java.lang.String -> LOCAL e
          @2 LITERAL \"s\" : java.lang.String
        LOCAL g : int[]
        CALL <operator>.assignment
          @1 IDENTIFIER g : int[] -> LOCAL g
          @2 CALL <operator>.arrayInitializer : int[]
            @1 LITERAL 1 : int
            @2 IDENTIFIER a : int -> LOCAL a
        ",
    );
}

#[test]
fn operators() {
    body(
        "x = -a + ~b * 2L >>> 1; y <<= z ? !p : +q; --i; a[0] ^= 1.5f; s >>>= 'c'; t = true && null == \"\"\" t\"\"\";",
        "
        CALL <operator>.assignment
          @1 IDENTIFIER x
          @2 CALL <operator>.logicalShiftRight
            @1 CALL <operator>.addition
              @1 CALL <operator>.minus
                @1 IDENTIFIER a
              @2 CALL <operator>.multiplication
                @1 CALL <operator>.not
                  @1 IDENTIFIER b
                @2 LITERAL 2L : long
            @2 LITERAL 1 : int
        CALL <operator>.assignmentShiftLeft
          @1 IDENTIFIER y
          @2 CALL <operator>.conditional
            @1 IDENTIFIER z
            @2 CALL <operator>.logicalNot
              @1 IDENTIFIER p
            @3 CALL <operator>.plus
              @1 IDENTIFIER q
        CALL <operator>.preDecrement
          @1 IDENTIFIER i
        CALL <operator>.assignmentXor
          @1 CALL <operator>.indexAccess
            @1 IDENTIFIER a
            @2 LITERAL 0 : int
          @2 LITERAL 1.5f : float
        CALL <operator>.assignmentLogicalShiftRight
          @1 IDENTIFIER s
          @2 LITERAL 'c' : char
        CALL <operator>.assignment
          @1 IDENTIFIER t
          @2 CALL <operator>.logicalAnd
            @1 LITERAL true : boolean
            @2 CALL <operator>.equals
              @1 LITERAL null
              @2 LITERAL \"\"\" t\"\"\" : java.lang.String
        ",
    );
}

#[test]
fn calls_have_receivers_and_dispatch() {
    body(
        "g(1); o.m(o, 2); Math.max(1); a.b.Cd.e(); System.out.p(); o.f.<T>h().k(); new int[3][]; new Foo[] {o}; Foo[].class; ",
        "
        CALL g
          @1 LITERAL 1 : int
        CALL m dynamic_dispatch
          recv: IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
          @1 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
          @2 LITERAL 2 : int
        CALL max
          recv: IDENTIFIER Math
          @1 LITERAL 1 : int
        CALL e
          recv: CALL <operator>.fieldAccess
            @1 CALL <operator>.fieldAccess
              @1 IDENTIFIER a
              @2 FIELD b
            @2 FIELD Cd
        CALL p dynamic_dispatch
          recv: CALL <operator>.fieldAccess
            @1 IDENTIFIER System
            @2 FIELD out
        CALL k dynamic_dispatch
          recv: CALL h dynamic_dispatch
            recv: CALL <operator>.fieldAccess
              @1 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
              @2 FIELD f
        CALL <operator>.alloc : int[][]
          @1 LITERAL 3 : int
        CALL <operator>.arrayInitializer : Foo[]
          @1 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
        CALL <operator>.fieldAccess : java.lang.Class
          @1 TYPE_REF Foo[] : Foo[]
          @2 FIELD class
        ",
    );
}

#[test]
fn lambdas_and_method_references_are_method_refs() {
    java(
        "class A { int x; Runnable r = () -> { x = 1; }; void f() { g((a, b) -> a + b, String::length, int[]::new, this::f); } }",
        "
        TYPE_DECL A (class)
          MEMBER x : int
          MEMBER r : Runnable
          METHOD f = A.f:void() (void()) {virtual}
            PARAM#0 this : A
            BLOCK
              CALL g dynamic_dispatch
                recv: IDENTIFIER this : A -> METHOD_PARAMETER_IN this
                @1 METHOD_REF <lambda1> = A.<lambda1> -> METHOD <lambda1>
                @2 METHOD_REF length = String::length
                  recv: IDENTIFIER String
                @3 METHOD_REF <init> = int[]::new
                  recv: TYPE_REF int[] : int[]
                @4 METHOD_REF f = this::f
                  recv: IDENTIFIER this : A -> METHOD_PARAMETER_IN this
              METHOD <lambda1> = A.<lambda1> {lambda}
                PARAM#1 a
                PARAM#2 b
                BLOCK
                  RETURN
                    @1 CALL <operator>.addition
                      @1 IDENTIFIER a -> METHOD_PARAMETER_IN a
                      @2 IDENTIFIER b -> METHOD_PARAMETER_IN b
                METHOD_RETURN
            METHOD_RETURN : void
          METHOD <init> = A.<init>:void() (void()) {constructor}
            PARAM#0 this : A
            BLOCK
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess : Runnable
                  @1 IDENTIFIER this : A -> METHOD_PARAMETER_IN this
                  @2 FIELD r -> MEMBER r
                @2 METHOD_REF <lambda2> = A.<lambda2> -> METHOD <lambda2>
              METHOD <lambda2> = A.<lambda2> {lambda}
                BLOCK
                  CALL <operator>.assignment
                    @1 CALL <operator>.fieldAccess : int
                      @1 IDENTIFIER this : A -> METHOD_PARAMETER_IN this
                      @2 FIELD x -> MEMBER x
                    @2 LITERAL 1 : int
                METHOD_RETURN
            METHOD_RETURN : void
        ",
    );
}

#[test]
fn if_and_loops() {
    body(
        "if (o) g(); else { h(); } a: for (int i = 0, j; i < 2; i++) { continue a; } for (final String s : xs) break; do g(); while (o); b: { break b; }",
        "
        LOCAL <iterator>
        IF
          cond: IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
          then: BLOCK
            CALL g
          else: ELSE
            BLOCK
              CALL h
        FOR
          JUMP_LABEL a
          LOCAL i : int
          for_init: CALL <operator>.assignment
            @1 IDENTIFIER i : int -> LOCAL i
            @2 LITERAL 0 : int
          LOCAL j : int
          cond: CALL <operator>.lessThan
            @1 IDENTIFIER i : int -> LOCAL i
            @2 LITERAL 2 : int
          for_update: CALL <operator>.postIncrement
            @1 IDENTIFIER i : int -> LOCAL i
          for_body: BLOCK
            CONTINUE
              jump_argument: JUMP_LABEL a
        FOR
          for_init: CALL <operator>.assignment
            @1 IDENTIFIER <iterator> -> LOCAL <iterator>
            @2 CALL <operator>.iterator
              @1 IDENTIFIER xs
          LOCAL s : String {final}
          cond: CALL <operator>.assignment
            @1 IDENTIFIER s : String -> LOCAL s
            @2 CALL <operator>.iteratorNext
              @1 IDENTIFIER <iterator> -> LOCAL <iterator>
          for_body: BLOCK
            BREAK
        DO
          do_body: BLOCK
            CALL g
          cond: IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
        BLOCK
          JUMP_LABEL b
          BREAK
            jump_argument: JUMP_LABEL b
        ",
    );
}

#[test]
fn a_switch_with_colons_falls_through() {
    body(
        "switch (o) { case 1: case 2, 3: g(); break; default: int x; }",
        "
        SWITCH
          cond: IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
          then: BLOCK
            JUMP_TARGET case
            LITERAL 1 : int
            JUMP_TARGET case
            LITERAL 2 : int
            LITERAL 3 : int
            CALL g
            BREAK
            JUMP_TARGET default
            LOCAL x : int
        ",
    );
}

#[test]
fn a_switch_with_arrows_is_a_match_that_yield_and_break_leave() {
    body(
        "int x = switch (o.k()) { case 1, 2 -> 3; default -> { yield 4; } }; switch (o) { case 1 -> { while (o) { break; } break; } }",
        "
        LOCAL x : int
        CALL <operator>.assignment
          @1 IDENTIFIER x : int -> LOCAL x
          @2 BLOCK
            JUMP_LABEL <switch1>
            MATCH
              cond: CALL k dynamic_dispatch
                recv: IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
              then: BLOCK
                JUMP_TARGET case
                LITERAL 1 : int
                LITERAL 2 : int
                LITERAL 3 : int
              then: BLOCK
                JUMP_TARGET default
                BREAK
                  jump_argument: JUMP_LABEL <switch1>
                  @1 LITERAL 4 : int
        BLOCK
          JUMP_LABEL <switch2>
          MATCH
            cond: IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
            then: BLOCK
              JUMP_TARGET case
              LITERAL 1 : int
              WHILE
                cond: IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
                then: BLOCK
                  BREAK
              BREAK
                jump_argument: JUMP_LABEL <switch2>
        ",
    );
}

#[test]
fn patterns_bind_names() {
    body(
        "if (!(o instanceof final String s)) return; g(s, o instanceof A); switch (o) { case P(int a, Q(var b)) when a > b -> g(); case String t -> h(t); }",
        "
        LOCAL s : String
        IF
          cond: CALL <operator>.logicalNot
            @1 CALL <operator>.logicalAnd
              @1 CALL <operator>.instanceOf
                @1 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
                @2 TYPE_REF String : String = java.lang.String
              @2 CALL <operator>.assignment
                @1 IDENTIFIER s : String -> LOCAL s
                @2 CALL <operator>.cast : String
                  @1 TYPE_REF String : String = java.lang.String
                  @2 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
          then: BLOCK
            RETURN
        CALL g
          @1 IDENTIFIER s : String -> LOCAL s
          @2 CALL <operator>.instanceOf
            @1 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
            @2 TYPE_REF A : A
        MATCH
          cond: IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
          then: BLOCK
            LOCAL a : int
            LOCAL b
            JUMP_TARGET case
            CALL <operator>.assignment
              @1 CALL <operator>.tupleLiteral
                @1 IDENTIFIER a : int -> LOCAL a
                @2 IDENTIFIER b -> LOCAL b
              @2 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
            cond: CALL <operator>.greaterThan
              @1 IDENTIFIER a : int -> LOCAL a
              @2 IDENTIFIER b -> LOCAL b
            CALL g
          then: BLOCK
            LOCAL t : String
            JUMP_TARGET case
            CALL <operator>.assignment
              @1 IDENTIFIER t : String -> LOCAL t
              @2 CALL <operator>.cast : String
                @1 TYPE_REF String : String = java.lang.String
                @2 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
            CALL h
              @1 IDENTIFIER t : String -> LOCAL t
        ",
    );
}

#[test]
fn try_with_resources_closes_each_in_a_finally() {
    body(
        "try (R r = new R(); q) { g(r); } catch (final E | F e) { throw e; } finally { h(); }",
        "
        TRY
          try_body: BLOCK
            LOCAL r : R
            CALL <operator>.assignment
              @1 IDENTIFIER r : R -> LOCAL r
              @2 CALL <init> : R
            TRY
              try_body: BLOCK
                TRY
                  try_body: BLOCK
                    CALL g
                      @1 IDENTIFIER r : R -> LOCAL r
                  finally_body: FINALLY
                    BLOCK
                      CALL close dynamic_dispatch
                        recv: IDENTIFIER q
              finally_body: FINALLY
                BLOCK
                  CALL close dynamic_dispatch
                    recv: IDENTIFIER r : R -> LOCAL r
          catch_body: CATCH
            LOCAL e : E | F {final}
            BLOCK
              THROW
                @1 IDENTIFIER e : E | F -> LOCAL e
          finally_body: FINALLY
            BLOCK
              CALL h
        ",
    );
    body(
        "try (R r = o) { } synchronized (o) { g(); } assert o : 1;",
        "
        BLOCK
          LOCAL r : R
          CALL <operator>.assignment
            @1 IDENTIFIER r : R -> LOCAL r
            @2 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
          TRY
            try_body: BLOCK
            finally_body: FINALLY
              BLOCK
                CALL close dynamic_dispatch
                  recv: IDENTIFIER r : R -> LOCAL r
        BLOCK synchronized
          IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
          CALL g
        CALL <operator>.assert
          @1 IDENTIFIER o : Object -> METHOD_PARAMETER_IN o
          @2 LITERAL 1 : int
        ",
    );
}
