//! One test a lowering rule; the expected graphs are worked by hand from the rules at [`super`].

use cg_types::Language;

use crate::test_support::{assert_graph, graph};

fn rust(text: &str, expected: &str) {
    assert_graph(Language::Rust, text, expected);
}

/// The same for statements inside of `fn f() { … }`.
fn body(statements: &str, expected: &str) {
    let lines: Vec<&str> = expected.lines().filter(|line| !line.trim().is_empty()).collect();
    let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let inner: String = lines.iter().map(|line| format!("    {}\n", &line[margin..])).collect();
    rust(
        &format!("fn f() {{ {statements} }}"),
        &format!("METHOD f = t::f (())\n  BLOCK\n{inner}  METHOD_RETURN\n"),
    );
}

#[test]
fn function_has_parameters_types_and_returns_its_last_expression() {
    rust(
        "#[test] pub async fn add<T: Ord>(a: u8, mut b: &str, (c, _): P) -> u8 { a }",
        "
        METHOD add = t::add ((a: u8, mut b: &str, (c, _): P) -> u8) {public async}
          ANNOTATION test
          TYPE_PARAMETER T : Ord
          PARAM#1 a : u8
          PARAM#2 b : &str
          PARAM#3 <parameter3> : P
          BLOCK
            LOCAL c
            CALL <operator>.assignment
              @1 CALL <operator>.tupleLiteral
                @1 IDENTIFIER c -> LOCAL c
              @2 IDENTIFIER <parameter3> : P -> METHOD_PARAMETER_IN <parameter3>
            RETURN
              @1 IDENTIFIER a : u8 -> METHOD_PARAMETER_IN a
          METHOD_RETURN : u8
        ",
    );
}

#[test]
fn impl_blocks_carry_the_type_the_trait_and_the_methods() {
    rust(
        "struct P<T> { pub x: T } enum E { A, B(u8) } impl<T> Show for P<T> { fn show(&self) { Self::new() } }",
        "
        TYPE_DECL P = t::P
          TYPE_PARAMETER T
          MEMBER x : T {public}
        TYPE_DECL E = t::E
          MEMBER A
          MEMBER B ((u8))
        TYPE_DECL P : Show = t::P {declaration}
          TYPE_PARAMETER T
          METHOD show = t::P::show ((&self))
            PARAM#0 self : P
            BLOCK
              CALL new (Self::new)
            METHOD_RETURN
        ",
    );
}

#[test]
fn traits_are_abstract_with_their_supertraits() {
    rust(
        "pub trait A: B + c::D<u8> { type I; const N: u8 = 1; fn need(); fn has(self) {} }",
        "
        TYPE_DECL A : B|c::D = t::A {public abstract}
          TYPE_DECL I = t::A::I {declaration}
          MEMBER N : u8 {final}
            LITERAL 1
          METHOD need = t::A::need (()) {static abstract declaration}
            METHOD_RETURN
          METHOD has = t::A::has ((self))
            PARAM#0 self : A
            BLOCK
            METHOD_RETURN
        ",
    );
}

#[test]
fn use_trees_are_flattened() {
    rust(
        "pub use a::{self, b::{c as d, *}, super::e}; mod sub; extern crate x as y;",
        "
        IMPORT a {public}
        IMPORT d = a::b::c {public}
        IMPORT * = a::b::* {public wildcard}
        IMPORT e = a::super::e {public}
        IMPORT sub = self::sub
        IMPORT y = x
        ",
    );
}

#[test]
fn inline_modules_name_what_is_in_them() {
    rust(
        "mod m { static S: u8 = 1; fn g() { super::run::<u8>() } }",
        "
        NAMESPACE_BLOCK m = t::m
          LOCAL S : u8 {static}
          CALL <operator>.assignment
            @1 IDENTIFIER S : u8 -> LOCAL S
            @2 LITERAL 1
          METHOD g = t::m::g (())
            BLOCK
              CALL run (super::run)
            METHOD_RETURN
        ",
    );
}

#[test]
fn a_new_let_hides_the_old_one_behind_its_value_only() {
    body(
        "let a: u8 = 1; let a = a + g(a);",
        "
        LOCAL a : u8
        CALL <operator>.assignment
          @1 IDENTIFIER a : u8 -> LOCAL a
          @2 LITERAL 1
        LOCAL a
        CALL <operator>.assignment
          @1 IDENTIFIER a -> LOCAL a
          @2 CALL <operator>.addition
            @1 IDENTIFIER a : u8 -> LOCAL a
            @2 CALL g
              @1 IDENTIFIER a : u8 -> LOCAL a
        ",
    );
}

#[test]
fn types_come_from_constructors_and_literals() {
    body(
        "let a = m::Vec::<u8>::new(); let b = P { x: 1u16, ..c };",
        "
        LOCAL a : m::Vec
        CALL <operator>.assignment
          @1 IDENTIFIER a : m::Vec -> LOCAL a
          @2 CALL new (m::Vec::new)
        LOCAL b : P
        CALL <operator>.assignment
          @1 IDENTIFIER b : P -> LOCAL b
          @2 CALL <operator>.structInitializer : P
            @1 LITERAL 1u16 : u16 (x)
            @2 IDENTIFIER c
        ",
    );
}

#[test]
fn let_else_is_an_if_with_the_else_as_its_false_branch() {
    body(
        "let Some(q) = o else { return }; q;",
        "
        LOCAL q
        IF
          cond: CALL <operator>.assignment
            @1 CALL <operator>.tupleLiteral
              @1 IDENTIFIER q -> LOCAL q
            @2 IDENTIFIER o
          else: ELSE
            BLOCK
              RETURN
        IDENTIFIER q -> LOCAL q
        ",
    );
}

#[test]
fn names_of_an_if_let_are_seen_in_its_first_branch_only() {
    body(
        "if let Some(z) = z && z > 1 { z } else { z }",
        "
        LOCAL z
        IF
          cond: CALL <operator>.logicalAnd
            @1 CALL <operator>.assignment
              @1 CALL <operator>.tupleLiteral
                @1 IDENTIFIER z -> LOCAL z
              @2 IDENTIFIER z
            @2 CALL <operator>.greaterThan
              @1 IDENTIFIER z -> LOCAL z
              @2 LITERAL 1
          then: BLOCK
            IDENTIFIER z -> LOCAL z
          else: ELSE
            BLOCK
              IDENTIFIER z
        ",
    );
}

#[test]
fn loops_have_labels_conditions_and_break_values() {
    body(
        "'a: loop { break 'a 1; } for (i, Some(_)) in xs {} while let Ok(_) = r() { continue }",
        "
        LOCAL <iterator>
        LOCAL i
        WHILE
          JUMP_LABEL a
          then: BLOCK
            BREAK
              jump_argument: JUMP_LABEL a
              @1 LITERAL 1
        FOR
          for_init: CALL <operator>.assignment
            @1 IDENTIFIER <iterator> -> LOCAL <iterator>
            @2 CALL <operator>.iterator
              @1 IDENTIFIER xs
          cond: CALL <operator>.assignment
            @1 CALL <operator>.tupleLiteral
              @1 IDENTIFIER i -> LOCAL i
            @2 CALL <operator>.iteratorNext
              @1 IDENTIFIER <iterator> -> LOCAL <iterator>
          for_body: BLOCK
        WHILE
          cond: CALL <operator>.let
            @1 CALL r
          then: BLOCK
            CONTINUE
        ",
    );
}

#[test]
fn match_arms_have_targets_bindings_guards_and_values() {
    body(
        "match g() { 0 | 1 => a, E::B(k) if k > 2 => { k } N => b, other => other, }",
        "
        LOCAL <subject>
        MATCH
          cond: CALL <operator>.assignment
            @1 IDENTIFIER <subject> -> LOCAL <subject>
            @2 CALL g
          then: BLOCK
            JUMP_TARGET case
            IDENTIFIER a
          then: BLOCK
            JUMP_TARGET case
            LOCAL k
            CALL <operator>.assignment
              @1 CALL <operator>.tupleLiteral
                @1 IDENTIFIER k -> LOCAL k
              @2 IDENTIFIER <subject> -> LOCAL <subject>
            cond: CALL <operator>.greaterThan
              @1 IDENTIFIER k -> LOCAL k
              @2 LITERAL 2
            IDENTIFIER k -> LOCAL k
          then: BLOCK
            JUMP_TARGET case
            IDENTIFIER b
          then: BLOCK
            JUMP_TARGET default
            LOCAL other
            CALL <operator>.assignment
              @1 IDENTIFIER other -> LOCAL other
              @2 IDENTIFIER <subject> -> LOCAL <subject>
            IDENTIFIER other -> LOCAL other
        ",
    );
}

#[test]
fn method_calls_have_receivers_and_question_marks_are_operators() {
    body(
        "o.a.m::<u8>(&mut x)?.await; (g())(1); h[i] = *p as u8;",
        "
        CALL <operator>.await
          @1 CALL <operator>.try
            @1 CALL m dynamic_dispatch
              recv: CALL <operator>.fieldAccess
                @1 IDENTIFIER o
                @2 FIELD a
              @1 CALL <operator>.addressOf
                @1 IDENTIFIER x
        CALL dynamic_dispatch
          recv: CALL g
          @1 LITERAL 1
        CALL <operator>.assignment
          @1 CALL <operator>.indexAccess
            @1 IDENTIFIER h
            @2 IDENTIFIER i
          @2 CALL <operator>.cast : u8
            @1 TYPE_REF u8 : u8
            @2 CALL <operator>.indirection
              @1 IDENTIFIER p
        ",
    );
}

#[test]
fn closure_is_a_method_and_a_reference_to_it() {
    body(
        "let c = |x, y: u8| x; c(1, 2)",
        "
        LOCAL c
        CALL <operator>.assignment
          @1 IDENTIFIER c -> LOCAL c
          @2 METHOD_REF <closure1> = t::f::<closure1> -> METHOD <closure1>
        METHOD <closure1> = t::f::<closure1> {lambda}
          PARAM#1 x
          PARAM#2 y : u8
          BLOCK
            RETURN
              @1 IDENTIFIER x -> METHOD_PARAMETER_IN x
          METHOD_RETURN
        CALL c dynamic_dispatch
          recv: IDENTIFIER c -> LOCAL c
          @1 LITERAL 1
          @2 LITERAL 2
        ",
    );
}

#[test]
fn macro_calls_take_their_tokens_as_expressions_where_they_are_some() {
    rust(
        "macro_rules! m { () => {} } fn f(q: u8) { println!(\"{}\", w = q.go()); a::m!{ let y = 1; y } json!({\"a\": q}); }",
        "
        METHOD m! = t::m! (macro_rules!)
          METHOD_RETURN
        METHOD f = t::f ((q: u8))
          PARAM#1 q : u8
          BLOCK
            CALL println! inlined
              @1 LITERAL \"{}\" : &str
              @2 CALL go (w) dynamic_dispatch
                recv: IDENTIFIER q : u8 -> METHOD_PARAMETER_IN q
            CALL m! (a::m!) inlined
              @1 BLOCK
                LOCAL y
                CALL <operator>.assignment
                  @1 IDENTIFIER y -> LOCAL y
                  @2 LITERAL 1
                IDENTIFIER y -> LOCAL y
            CALL json! inlined
              @1 IDENTIFIER q : u8 -> METHOD_PARAMETER_IN q
          METHOD_RETURN
        ",
    );
}

#[test]
fn a_definition_survives_broken_text_before_it() {
    let graph =
        graph(Language::Rust, "fn a( { let x = ; }\nasync unsafe\nfn b() { g( }\nstruct S;\n");
    assert!(
        graph.nodes.iter().any(|node| graph.text(node.full_name) == "t::b"),
        "{:?}",
        graph.diagnostics
    );
    assert!(!graph.diagnostics.is_empty());
}

#[test]
fn macro_calls_inside_macro_calls_are_read_to_a_limit() {
    let text = format!("fn f() {{ {}g(){} }}", "a!(".repeat(2_000), ")".repeat(2_000));
    let graph = graph(Language::Rust, &text);
    let calls = graph.nodes.iter().filter(|node| graph.text(node.name) == "a!").count();
    assert_eq!(calls, 7);
}
