//! One test a lowering rule; the expected graphs are worked by hand from the rules at [`super`].

use cg_types::Language;

use crate::test_support::{assert_graph, graph};

fn go(text: &str, expected: &str) {
    assert_graph(Language::Go, text, expected);
}

/// The same for statements inside of `func f() { … }`.
fn body(statements: &str, expected: &str) {
    let lines: Vec<&str> = expected.lines().filter(|line| !line.trim().is_empty()).collect();
    let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let inner: String = lines.iter().map(|line| format!("    {}\n", &line[margin..])).collect();
    go(
        &format!("func f() {{ {statements} }}"),
        &format!("METHOD f = main.f (())\n  BLOCK\n{inner}  METHOD_RETURN\n"),
    );
}

#[test]
fn functions_have_parameters_results_and_generics() {
    go(
        "package p; func Add[T any, U ~int](a, b T, _ *U, rest ...int) (n int, err error) { return }",
        "
        METHOD Add = p.Add ((a, b T, _ *U, rest ...int) (n int, err error)) {public}
          TYPE_PARAMETER T : any
          TYPE_PARAMETER U : ~int
          PARAM#1 a : T
          PARAM#2 b : T
          PARAM#3 _ : *U
          PARAM#4 rest : ...int {variadic}
          BLOCK
            LOCAL n : int
            LOCAL err : error
            RETURN
              @1 IDENTIFIER n : int -> LOCAL n
              @2 IDENTIFIER err : error -> LOCAL err
          METHOD_RETURN : (int, error)
        ",
    );
}

#[test]
fn methods_have_their_receiver_as_parameter_0() {
    go(
        "package p; func (s *Set[K]) has(k K) bool { return s.in(k) }; func asm() (x int)",
        "
        METHOD has = p.Set.has ((k K) bool)
          PARAM#0 s : *Set[K]
          PARAM#1 k : K
          BLOCK
            RETURN
              @1 CALL in dynamic_dispatch
                recv: IDENTIFIER s : *Set[K] -> METHOD_PARAMETER_IN s
                @1 IDENTIFIER k : K -> METHOD_PARAMETER_IN k
          METHOD_RETURN : bool
        METHOD asm = p.asm (() (x int)) {declaration}
          METHOD_RETURN : int
        ",
    );
}

#[test]
fn types_have_fields_embedded_types_and_methods() {
    go(
        "package p; type ( S[T any] struct { A, b int; *q.Base; Mutex `json:\"m\"` }; \
         I interface { io.Reader; Do(x int) error; ~int | string }; F func(int); G = S[int] )",
        "
        TYPE_DECL S : q.Base|Mutex = p.S (struct) {public}
          TYPE_PARAMETER T : any
          MEMBER A : int {public}
          MEMBER b : int
          MEMBER Base : *q.Base {public}
          MEMBER Mutex : Mutex {public}
            ANNOTATION tag = json:\"m
        TYPE_DECL I : io.Reader = p.I (interface) {public abstract}
          METHOD Do = p.I.Do ((x int) error) {public abstract declaration}
            PARAM#1 x : int
            METHOD_RETURN : error
        TYPE_DECL F : func(int) = p.F (type) {public}
        TYPE_DECL G : S[int] = p.G (alias) {public}
        ",
    );
}

#[test]
fn imports_bind_one_name_each() {
    go(
        "package p; import \"C\"; import ( \"net/http\"; y \"gopkg.in/yaml.v3\"; . \"fmt\"; _ \"image/png\" )",
        "
        IMPORT C
        IMPORT http = net/http
        IMPORT y = gopkg.in/yaml.v3
        IMPORT . = fmt {wildcard}
        IMPORT _ = image/png
        ",
    );
}

#[test]
fn names_of_the_package_are_seen_before_they_are_declared() {
    go(
        "package p; const ( A Kind = iota; B ); var x, y = f, 2; func f() { x(); y = A; h(f); Kind(y) }; type Kind int",
        "
        LOCAL A : Kind {public final}
        CALL <operator>.assignment
          @1 IDENTIFIER A : Kind -> LOCAL A
          @2 LITERAL iota : int
        LOCAL B : Kind {public final}
        LOCAL x
        CALL <operator>.assignment
          @1 IDENTIFIER x -> LOCAL x
          @2 METHOD_REF f = p.f -> METHOD f
        LOCAL y : int
        CALL <operator>.assignment
          @1 IDENTIFIER y : int -> LOCAL y
          @2 LITERAL 2 : int
        METHOD f = p.f (())
          BLOCK
            CALL x dynamic_dispatch
              recv: IDENTIFIER x -> LOCAL x
            CALL <operator>.assignment
              @1 IDENTIFIER y : int -> LOCAL y
              @2 IDENTIFIER A : Kind -> LOCAL A
            CALL h
              @1 METHOD_REF f = p.f -> METHOD f
            CALL <operator>.cast : Kind
              @1 TYPE_REF Kind : Kind
              @2 IDENTIFIER y : int -> LOCAL y
          METHOD_RETURN
        TYPE_DECL Kind : int = p.Kind (type) {public}
        ",
    );
}

#[test]
fn short_declarations_use_again_what_the_scope_has() {
    body(
        "a, b := 1, g(a); a, c := two(); _, a = <-ch, c &^ 2; a++; b <<= 1",
        "
        LOCAL a : int
        CALL <operator>.assignment
          @1 IDENTIFIER a : int -> LOCAL a
          @2 LITERAL 1 : int
        LOCAL b
        CALL <operator>.assignment
          @1 IDENTIFIER b -> LOCAL b
          @2 CALL g
            @1 IDENTIFIER a
        LOCAL c
        CALL <operator>.assignment
          @1 CALL <operator>.tupleLiteral
            @1 IDENTIFIER a : int -> LOCAL a
            @2 IDENTIFIER c -> LOCAL c
          @2 CALL two
        CALL <operator>.assignment
          @1 CALL <operator>.tupleLiteral
            @1 IDENTIFIER _
            @2 IDENTIFIER a : int -> LOCAL a
          @2 CALL <operator>.tupleLiteral
            @1 CALL <operator>.receive
              @1 IDENTIFIER ch
            @2 CALL <operator>.and
              @1 IDENTIFIER c -> LOCAL c
              @2 CALL <operator>.not
                @1 LITERAL 2 : int
        CALL <operator>.postIncrement
          @1 IDENTIFIER a : int -> LOCAL a
        CALL <operator>.assignmentShiftLeft
          @1 IDENTIFIER b -> LOCAL b
          @2 LITERAL 1 : int
        ",
    );
}

#[test]
fn parameters_and_the_body_share_a_scope() {
    go(
        "func f(err error) { x, err := g() }",
        "
        METHOD f = main.f ((err error))
          PARAM#1 err : error
          BLOCK
            LOCAL x
            CALL <operator>.assignment
              @1 CALL <operator>.tupleLiteral
                @1 IDENTIFIER x -> LOCAL x
                @2 IDENTIFIER err : error -> METHOD_PARAMETER_IN err
              @2 CALL g
          METHOD_RETURN
        ",
    );
}

#[test]
fn types_come_from_literals_and_allocations() {
    body(
        "a := &T{x: 1, y: p.U{}}; b := new(T); c := make([]int, 3); d := x.(*T); e := []byte(s); m := map[string][]T{\"k\": {{1}}}; h := [...]int{5: 2}",
        "
        LOCAL a : *T
        CALL <operator>.assignment
          @1 IDENTIFIER a : *T -> LOCAL a
          @2 CALL <operator>.addressOf
            @1 CALL <operator>.structInitializer : T
              @1 LITERAL 1 : int (x)
              @2 CALL <operator>.structInitializer : p.U (y)
        LOCAL b : *T
        CALL <operator>.assignment
          @1 IDENTIFIER b : *T -> LOCAL b
          @2 CALL <operator>.alloc : *T
            @1 TYPE_REF T : T
        LOCAL c : []int
        CALL <operator>.assignment
          @1 IDENTIFIER c : []int -> LOCAL c
          @2 CALL <operator>.alloc : []int
            @1 TYPE_REF []int : []int
            @2 LITERAL 3 : int
        LOCAL d : *T
        CALL <operator>.assignment
          @1 IDENTIFIER d : *T -> LOCAL d
          @2 CALL <operator>.cast : *T
            @1 TYPE_REF *T : *T
            @2 IDENTIFIER x
        LOCAL e : []byte
        CALL <operator>.assignment
          @1 IDENTIFIER e : []byte -> LOCAL e
          @2 CALL <operator>.cast : []byte
            @1 TYPE_REF []byte : []byte
            @2 IDENTIFIER s
        LOCAL m : map[string][]T
        CALL <operator>.assignment
          @1 IDENTIFIER m : map[string][]T -> LOCAL m
          @2 CALL <operator>.dictLiteral : map[string][]T
            @1 LITERAL \"k\" : string
            @2 CALL <operator>.arrayInitializer : []T
              @1 CALL <operator>.structInitializer : T
                @1 LITERAL 1 : int
        LOCAL h : [...]int
        CALL <operator>.assignment
          @1 IDENTIFIER h : [...]int -> LOCAL h
          @2 CALL <operator>.arrayInitializer : [...]int
            @1 CALL <operator>.assignment
              @1 CALL <operator>.indexAccess
                @2 LITERAL 5 : int
              @2 LITERAL 2 : int
        ",
    );
}

#[test]
fn calls_tell_functions_of_packages_methods_and_values_apart() {
    go(
        "import \"fmt\"; func f(g func(), o T) { fmt.Println(o.A.B, xs...); o.A.M(); g(); go o.run(1); Map[int](o); t[i](x[1:2]); panic(o); func() {}() }",
        "
        IMPORT fmt
        METHOD f = main.f ((g func(), o T))
          PARAM#1 g : func()
          PARAM#2 o : T
          BLOCK
            CALL Println (fmt.Println)
              @1 CALL <operator>.fieldAccess
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER o : T -> METHOD_PARAMETER_IN o
                  @2 FIELD A
                @2 FIELD B
              @2 CALL <operator>.starredUnpack
                @1 IDENTIFIER xs
            CALL M dynamic_dispatch
              recv: CALL <operator>.fieldAccess
                @1 IDENTIFIER o : T -> METHOD_PARAMETER_IN o
                @2 FIELD A
            CALL g dynamic_dispatch
              recv: IDENTIFIER g : func() -> METHOD_PARAMETER_IN g
            CALL run dynamic_dispatch {async}
              recv: IDENTIFIER o : T -> METHOD_PARAMETER_IN o
              @1 LITERAL 1 : int
            CALL Map
              @1 IDENTIFIER o : T -> METHOD_PARAMETER_IN o
            CALL dynamic_dispatch
              recv: CALL <operator>.indexAccess
                @1 IDENTIFIER t
                @2 IDENTIFIER i
              @1 CALL <operator>.slice
                @1 IDENTIFIER x
                @2 LITERAL 1 : int
                @3 LITERAL 2 : int
            THROW
              @1 CALL panic
                @1 IDENTIFIER o : T -> METHOD_PARAMETER_IN o
            CALL dynamic_dispatch {dead}
              recv: METHOD_REF <closure1> = main.f.<closure1> {dead} -> METHOD <closure1>
            METHOD <closure1> = main.f.<closure1> (()) {lambda}
              BLOCK
              METHOD_RETURN
          METHOD_RETURN
        ",
    );
}

#[test]
fn an_if_with_a_statement_stands_in_a_block() {
    body(
        "if x := g(); x { a } else if y { b } else { x }; x",
        "
        BLOCK
          LOCAL x
          CALL <operator>.assignment
            @1 IDENTIFIER x -> LOCAL x
            @2 CALL g
          IF
            cond: IDENTIFIER x -> LOCAL x
            then: BLOCK
              IDENTIFIER a
            else: ELSE
              BLOCK
                IF
                  cond: IDENTIFIER y
                  then: BLOCK
                    IDENTIFIER b
                  else: ELSE
                    BLOCK
                      IDENTIFIER x -> LOCAL x
        IDENTIFIER x
        ",
    );
}

#[test]
fn loops_are_while_for_or_ask_an_iterator() {
    body(
        "for {}; for c {}; out: for i := 0; i < 3; i++ { continue out }; for k, v := range m { k }; for x = range ch {}; for range 3 {}",
        "
        WHILE
          then: BLOCK
        WHILE
          cond: IDENTIFIER c {dead}
          then: BLOCK
        JUMP_TARGET out {dead}
        FOR
          JUMP_LABEL out
          LOCAL i : int
          for_init: CALL <operator>.assignment {dead}
            @1 IDENTIFIER i : int {dead} -> LOCAL i
            @2 LITERAL 0 : int {dead}
          cond: CALL <operator>.lessThan {dead}
            @1 IDENTIFIER i : int {dead} -> LOCAL i
            @2 LITERAL 3 : int {dead}
          for_update: CALL <operator>.postIncrement {dead}
            @1 IDENTIFIER i : int {dead} -> LOCAL i
          for_body: BLOCK
            CONTINUE {dead}
              jump_argument: JUMP_LABEL out
        FOR
          LOCAL <iterator>
          for_init: CALL <operator>.assignment {dead}
            @1 IDENTIFIER <iterator> {dead} -> LOCAL <iterator>
            @2 CALL <operator>.iterator {dead}
              @1 IDENTIFIER m {dead}
          LOCAL k
          LOCAL v
          cond: CALL <operator>.assignment {dead}
            @1 CALL <operator>.tupleLiteral {dead}
              @1 IDENTIFIER k {dead} -> LOCAL k
              @2 IDENTIFIER v {dead} -> LOCAL v
            @2 CALL <operator>.iteratorNext {dead}
              @1 IDENTIFIER <iterator> {dead} -> LOCAL <iterator>
          for_body: BLOCK
            IDENTIFIER k {dead} -> LOCAL k
        FOR
          LOCAL <iterator>
          for_init: CALL <operator>.assignment {dead}
            @1 IDENTIFIER <iterator> {dead} -> LOCAL <iterator>
            @2 CALL <operator>.iterator {dead}
              @1 IDENTIFIER ch {dead}
          cond: CALL <operator>.assignment {dead}
            @1 IDENTIFIER x {dead}
            @2 CALL <operator>.iteratorNext {dead}
              @1 IDENTIFIER <iterator> {dead} -> LOCAL <iterator>
          for_body: BLOCK
        FOR
          LOCAL <iterator>
          for_init: CALL <operator>.assignment {dead}
            @1 IDENTIFIER <iterator> {dead} -> LOCAL <iterator>
            @2 CALL <operator>.iterator {dead}
              @1 LITERAL 3 : int {dead}
          cond: CALL <operator>.iteratorNext {dead}
            @1 IDENTIFIER <iterator> {dead} -> LOCAL <iterator>
          for_body: BLOCK
        ",
    );
}

#[test]
fn switch_on_a_value_breaks_at_the_end_of_its_cases() {
    body(
        "switch x := g(); x { case 1, 2: a; case 3: fallthrough; default: return }",
        "
        BLOCK
          LOCAL x
          CALL <operator>.assignment
            @1 IDENTIFIER x -> LOCAL x
            @2 CALL g
          SWITCH
            cond: IDENTIFIER x -> LOCAL x
            then: BLOCK
              JUMP_TARGET case
              LITERAL 1 : int
              LITERAL 2 : int
              BLOCK
                IDENTIFIER a
              BREAK
              JUMP_TARGET case
              LITERAL 3 : int
              BLOCK
              JUMP_TARGET default
              BLOCK
                RETURN
        ",
    );
}

#[test]
fn switch_without_a_value_is_a_chain_of_ifs() {
    body(
        "switch { default: d; case x > 0, y: break; case z: e }",
        "
        BLOCK
          JUMP_LABEL <switch>
          IF
            cond: CALL <operator>.logicalOr
              @1 CALL <operator>.greaterThan
                @1 IDENTIFIER x
                @2 LITERAL 0 : int
              @2 IDENTIFIER y
            then: BLOCK
              BREAK
                jump_argument: JUMP_LABEL <switch>
            else: ELSE
              BLOCK
                IF
                  cond: IDENTIFIER z
                  then: BLOCK
                    IDENTIFIER e
                  else: ELSE
                    BLOCK
                      IDENTIFIER d
        ",
    );
}

#[test]
fn type_switches_keep_the_value_under_a_name_for_each_case() {
    body(
        "switch v := o.x.(type) { case *T: v; case A, nil: v }",
        "
        SWITCH
          LOCAL <subject>
          cond: CALL <operator>.assignment
            @1 IDENTIFIER <subject> -> LOCAL <subject>
            @2 CALL <operator>.fieldAccess
              @1 IDENTIFIER o
              @2 FIELD x
          then: BLOCK
            JUMP_TARGET case
            TYPE_REF *T : *T
            BLOCK
              LOCAL v : *T
              CALL <operator>.assignment
                @1 IDENTIFIER v : *T -> LOCAL v
                @2 CALL <operator>.cast : *T
                  @1 TYPE_REF *T : *T
                  @2 IDENTIFIER <subject> -> LOCAL <subject>
              IDENTIFIER v : *T -> LOCAL v
            BREAK
            JUMP_TARGET case
            TYPE_REF A : A
            TYPE_REF nil : nil
            BLOCK
              LOCAL v
              CALL <operator>.assignment
                @1 IDENTIFIER v -> LOCAL v
                @2 IDENTIFIER <subject> -> LOCAL <subject>
              IDENTIFIER v -> LOCAL v
            BREAK
        ",
    );
}

#[test]
fn select_takes_one_of_its_cases() {
    body(
        "L: select { case x, ok := <-c: x; case d <- 1: break L; case <-e: }",
        "
        JUMP_TARGET L
        BLOCK
          JUMP_LABEL L
          SWITCH {wildcard}
            then: BLOCK
              JUMP_TARGET case
              BLOCK
                LOCAL x
                LOCAL ok
                CALL <operator>.assignment
                  @1 CALL <operator>.tupleLiteral
                    @1 IDENTIFIER x -> LOCAL x
                    @2 IDENTIFIER ok -> LOCAL ok
                  @2 CALL <operator>.receive
                    @1 IDENTIFIER c
                IDENTIFIER x -> LOCAL x
              BREAK
              JUMP_TARGET case
              BLOCK
                CALL <operator>.send
                  @1 IDENTIFIER d
                  @2 LITERAL 1 : int
                BREAK
                  jump_argument: JUMP_LABEL L
              JUMP_TARGET case
              BLOCK
                CALL <operator>.receive
                  @1 IDENTIFIER e
              BREAK
        ",
    );
}

#[test]
fn deferred_calls_are_the_finally_of_what_follows() {
    body(
        "a(); defer b(); c(); if d { defer e() }; return",
        "
        TRY
          try_body: BLOCK
            CALL a
            TRY
              finally_body: FINALLY
                CALL b
              try_body: BLOCK
                CALL c
                IF
                  cond: IDENTIFIER d
                  then: BLOCK
                RETURN
          finally_body: FINALLY
            IF
              then: BLOCK
                CALL e
        ",
    );
}

#[test]
fn the_head_of_a_file_says_who_builds_it() {
    go(
        "// Code generated by x. DO NOT EDIT.\n//go:build linux && !cgo\n\npackage p\n",
        "
        ANNOTATION generated = // Code generated by x. DO NOT EDIT.
        ANNOTATION go:build = linux && !cgo
        COMMENT
        COMMENT
        ",
    );
}

#[test]
fn a_definition_survives_broken_text_before_it() {
    let graph = graph(
        Language::Go,
        "package p\nfunc a( { x := ; }\nvar = \nfunc b() { g( }\ntype S struct {\n",
    );
    assert!(
        graph.nodes.iter().any(|node| graph.text(node.full_name) == "p.b"),
        "{:?}",
        graph.diagnostics
    );
    assert!(!graph.diagnostics.is_empty());
}
