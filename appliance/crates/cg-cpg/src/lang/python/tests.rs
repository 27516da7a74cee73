//! One test a lowering rule; the expected graphs are worked by hand from the rules at [`super`].

mod statements;

use cg_types::{FileGraph, Language, NodeKind, StrId};

use crate::test_support::{assert_graph, graph};

fn python(text: &str, expected: &str) {
    assert_graph(Language::Python, text, expected);
}

/// Functions with lambdas, classes, and calls that are no operators.
fn counts(graph: &FileGraph) -> (usize, usize, usize) {
    let count = |test: &dyn Fn(&cg_types::Node) -> bool| {
        graph.nodes.iter().filter(|node| test(node)).count()
    };
    let is_made_up = |name: StrId| matches!(graph.text(name), "<module>" | "<body>");
    (
        count(&|node| node.kind == NodeKind::Method && !is_made_up(node.name)),
        count(&|node| node.kind == NodeKind::TypeDecl),
        count(&|node| node.kind == NodeKind::Call && node.full_name == StrId::EMPTY),
    )
}

/// The numbers are those of FunctionDef + AsyncFunctionDef + Lambda, ClassDef and Call in the trees of
/// Python 3.11's own `ast` module.
#[test]
fn definitions_and_calls_are_as_many_as_python_finds() {
    for (text, expected) in [
        (include_str!("fixtures/definitions.py"), (15, 3, 25)),
        (include_str!("fixtures/statements.py"), (2, 0, 48)),
    ] {
        let graph = graph(Language::Python, text);
        assert_eq!(graph.diagnostics, []);
        assert_eq!(counts(&graph), expected);
    }
}

#[test]
fn function_has_parameters_locals_and_types_of_annotations() {
    python(
        "async def f(a: int, b=2, *args, **kw: 'Foo') -> str:\n    x: m.T = a\n    return x\n",
        "
        METHOD f = t.f ((a: int, b=2, *args, **kw: 'Foo') -> str) {async}
          PARAM#1 a : int
          PARAM#2 b
          PARAM#3 args {variadic}
          PARAM#4 kw : Foo {variadic}
          BLOCK
            LOCAL x : m.T
            CALL <operator>.assignment
              @1 IDENTIFIER x -> LOCAL x
              @2 IDENTIFIER a -> METHOD_PARAMETER_IN a
            RETURN
              @1 IDENTIFIER x -> LOCAL x
          METHOD_RETURN : str
        ",
    );
}

#[test]
fn class_has_members_methods_and_a_body_for_other_statements() {
    python(
        "class C(Base, m.Mixin[int], metaclass=Meta):\n    limit = 5\n    def __init__(self, n: Foo):\n        self.n = n\n",
        "
        CALL <operator>.indexAccess
          @1 CALL <operator>.fieldAccess
            @1 IDENTIFIER m
            @2 FIELD Mixin
          @2 IDENTIFIER int
        TYPE_DECL C : Base|m.Mixin = t.C
          MEMBER limit : int
          MEMBER n : Foo
          METHOD <body> = t.C.<body> {static}
            BLOCK
              CALL <operator>.assignment
                @1 IDENTIFIER limit -> MEMBER limit
                @2 LITERAL 5 : int
            METHOD_RETURN
          METHOD __init__ = t.C.__init__ ((self, n: Foo)) {constructor}
            PARAM#0 self : t.C
            PARAM#1 n : Foo
            BLOCK
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER self -> METHOD_PARAMETER_IN self
                  @2 FIELD n
                @2 IDENTIFIER n -> METHOD_PARAMETER_IN n
            METHOD_RETURN
        ",
    );
}

#[test]
fn methods_do_not_see_the_names_of_their_class() {
    python(
        "x = 1\nclass C:\n    x = 2\n    def f(self): return x\n",
        "
        LOCAL x : int
        CALL <operator>.assignment
          @1 IDENTIFIER x -> LOCAL x
          @2 LITERAL 1 : int
        TYPE_DECL C = t.C
          MEMBER x : int
          METHOD <body> = t.C.<body> {static}
            BLOCK
              CALL <operator>.assignment
                @1 IDENTIFIER x -> MEMBER x
                @2 LITERAL 2 : int
            METHOD_RETURN
          METHOD f = t.C.f ((self))
            PARAM#0 self : t.C
            BLOCK
              RETURN
                @1 IDENTIFIER x -> LOCAL x
            METHOD_RETURN
        ",
    );
}

#[test]
fn decorators_are_annotations_and_are_evaluated_around_the_definition() {
    python(
        "@app.route('/')\ndef f(x=g()): pass\n",
        "
        CALL route dynamic_dispatch
          recv: IDENTIFIER app
          @1 LITERAL '/' : str
        CALL g dynamic_dispatch
          recv: IDENTIFIER g
        METHOD f = t.f ((x=g()))
          ANNOTATION route = app.route
          PARAM#1 x
          BLOCK
          METHOD_RETURN
        ",
    );
}

#[test]
fn imports_keep_entity_alias_and_dots() {
    python(
        "import a.b as c, os.path\nfrom . import x\nfrom ..p import y as z\nfrom m import *\nz\n",
        "
        IMPORT c = a.b
        IMPORT os.path
        IMPORT x = .x
        IMPORT z = ..p.y
        IMPORT * = m {wildcard}
        IDENTIFIER z -> IMPORT z
        ",
    );
}

#[test]
fn calls_have_receiver_arguments_and_keywords() {
    python(
        "f(1, k=2)\no.a.m(*x)\nf(1)(2)\n",
        "
        CALL f dynamic_dispatch
          recv: IDENTIFIER f
          @1 LITERAL 1 : int
          @2 LITERAL 2 : int (k)
        CALL m dynamic_dispatch
          recv: CALL <operator>.fieldAccess
            @1 IDENTIFIER o
            @2 FIELD a
          @1 CALL <operator>.starredUnpack
            @1 IDENTIFIER x
        CALL dynamic_dispatch
          recv: CALL f dynamic_dispatch
            recv: IDENTIFIER f
            @1 LITERAL 1 : int
          @1 LITERAL 2 : int
        ",
    );
}

#[test]
fn lambda_is_a_method_and_a_reference_to_it() {
    python(
        "g = lambda z: z\n",
        "
        LOCAL g
        CALL <operator>.assignment
          @1 IDENTIFIER g -> LOCAL g
          @2 METHOD_REF <lambda1> = t.<lambda1> -> METHOD <lambda1>
        METHOD <lambda1> = t.<lambda1> {lambda}
          PARAM#1 z
          BLOCK
            RETURN
              @1 IDENTIFIER z -> METHOD_PARAMETER_IN z
          METHOD_RETURN
        ",
    );
}

#[test]
fn a_name_assigned_anywhere_in_a_function_is_its_local() {
    python(
        "x = 1\ndef f():\n    g(x)\n    x = 2\ndef h():\n    global x\n    x = 3\n",
        "
        LOCAL x : int
        CALL <operator>.assignment
          @1 IDENTIFIER x -> LOCAL x
          @2 LITERAL 1 : int
        METHOD f = t.f (())
          BLOCK
            LOCAL x : int
            CALL g dynamic_dispatch
              recv: IDENTIFIER g
              @1 IDENTIFIER x -> LOCAL x
            CALL <operator>.assignment
              @1 IDENTIFIER x -> LOCAL x
              @2 LITERAL 2 : int
          METHOD_RETURN
        METHOD h = t.h (())
          BLOCK
            CALL <operator>.assignment
              @1 IDENTIFIER x -> LOCAL x
              @2 LITERAL 3 : int
          METHOD_RETURN
        ",
    );
}

#[test]
fn types_come_from_constructors_and_imports_and_vanish_when_values_disagree() {
    python(
        "from .k import K as L\na = L()\nb = 1\nb = 'x'\n",
        "
        LOCAL a : k.K
        LOCAL b
        IMPORT L = .k.K
        CALL <operator>.assignment
          @1 IDENTIFIER a -> LOCAL a
          @2 CALL L dynamic_dispatch
            recv: IDENTIFIER L -> IMPORT L
        CALL <operator>.assignment
          @1 IDENTIFIER b -> LOCAL b
          @2 LITERAL 1 : int
        CALL <operator>.assignment
          @1 IDENTIFIER b -> LOCAL b
          @2 LITERAL 'x' : str
        ",
    );
}
