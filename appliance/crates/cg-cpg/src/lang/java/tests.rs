//! One test a lowering rule; the expected graphs are worked by hand from the rules at [`super`].

mod flow;
mod statements;

use cg_types::{Language, NodeKind};

use crate::test_support::{assert_graph, graph};

fn java(text: &str, expected: &str) {
    assert_graph(Language::Java, text, expected);
}

/// The same for statements inside of `static void f(Object o) { … }` of a class.
fn body(statements: &str, expected: &str) {
    let lines: Vec<&str> = expected.lines().filter(|line| !line.trim().is_empty()).collect();
    let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let inner: String = lines.iter().map(|line| format!("      {}\n", &line[margin..])).collect();
    java(
        &format!("interface A {{ static void f(Object o) {{ {statements} }} }}"),
        &format!(
            "TYPE_DECL A (interface) {{abstract}}\n  METHOD f = A.f:void(java.lang.Object) (void(java.lang.Object)) {{static public}}\n    PARAM#1 o : Object\n    BLOCK\n{inner}    METHOD_RETURN : void\n"
        ),
    );
}

/// Full names of the nodes of a kind, without the file's own.
fn full_names(text: &str, kind: NodeKind) -> Vec<String> {
    let graph = graph(Language::Java, text);
    let of_kind = graph.nodes.iter().skip(4).filter(|node| node.kind == kind);
    of_kind.map(|node| graph.text(node.full_name).to_owned()).collect()
}

#[test]
fn classes_have_bases_members_and_methods_with_signatures() {
    java(
        "package p; import java.util.List; import java.util.Map.Entry;
         @q.N(1) public abstract class A<T extends Number> extends B<T> implements Runnable, java.io.Serializable {
           protected static final String S; int x, y[];
           <U> T get(final List<String>[] l, Entry<T, U> e, int... n) throws E { return null; }
           abstract void none(C.D d, a.b.C.D q) ; }",
        "
        IMPORT List = java.util.List
        IMPORT Entry = java.util.Map.Entry
        TYPE_DECL A : p.B|java.lang.Runnable|java.io.Serializable = p.A (class) {public abstract}
          ANNOTATION N = q.N
            @1 LITERAL 1 : int
          TYPE_PARAMETER T : Number
          MEMBER S : String {static protected final}
          MEMBER x : int
          MEMBER y : int[]
          METHOD get = p.A.get:java.lang.Number(java.util.List[],java.util.Map$Entry,int[]) (java.lang.Number(java.util.List[],java.util.Map$Entry,int[])) {virtual variadic}
            TYPE_PARAMETER U
            PARAM#0 this : p.A
            PARAM#1 l : List<String>[] {final}
            PARAM#2 e : Entry<T, U>
            PARAM#3 n : int... {variadic}
            BLOCK
              RETURN
                @1 LITERAL null
            METHOD_RETURN : T
          METHOD none = p.A.none:void(p.C$D,a.b.C$D) (void(p.C$D,a.b.C$D)) {abstract virtual declaration}
            PARAM#0 this : p.A
            PARAM#1 d : C.D
            PARAM#2 q : a.b.C.D
            METHOD_RETURN : void
          METHOD <init> = p.A.<init>:void() (void()) {public constructor}
            PARAM#0 this : p.A
            BLOCK
            METHOD_RETURN : void
        ",
    );
}

#[test]
fn names_imported_on_demand_stay_as_written() {
    java(
        "import a.*; import static b.C.d; import static b.C.*; interface I extends J<K> { int N = 1; void f(String s, X x); }",
        "
        IMPORT * = a.* {wildcard}
        IMPORT d = b.C.d {static}
        IMPORT * = b.C.* {static wildcard}
        TYPE_DECL I : J (interface) {abstract}
          MEMBER N : int {static public final}
          METHOD f = I.f:void(java.lang.String,X) (void(java.lang.String,X)) {public abstract virtual declaration}
            PARAM#0 this : I
            PARAM#1 s : String
            PARAM#2 x : X
            METHOD_RETURN : void
          METHOD <clinit> = I.<clinit>:void() (void()) {static}
            BLOCK
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess : int
                  @1 IDENTIFIER I -> TYPE_DECL I
                  @2 FIELD N -> MEMBER N
                @2 LITERAL 1 : int
            METHOD_RETURN : void
        ",
    );
}

#[test]
fn one_constructor_runs_the_initialisers_behind_super() {
    java(
        "class A { int x = 1; { g(); } static int s; static { s = 2; } A(int y) { super(y); x = y; } void g() { x++; } }",
        "
        TYPE_DECL A (class)
          MEMBER x : int
          MEMBER s : int {static}
          METHOD <init> = A.<init>:void(int) (void(int)) {constructor}
            PARAM#0 this : A
            PARAM#1 y : int
            BLOCK
              CALL <init>
                recv: IDENTIFIER super -> METHOD_PARAMETER_IN this
                @1 IDENTIFIER y : int -> METHOD_PARAMETER_IN y
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess : int
                  @1 IDENTIFIER this : A -> METHOD_PARAMETER_IN this
                  @2 FIELD x -> MEMBER x
                @2 LITERAL 1 : int
              BLOCK
                CALL g dynamic_dispatch
                  recv: IDENTIFIER this : A -> METHOD_PARAMETER_IN this
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess : int
                  @1 IDENTIFIER this : A -> METHOD_PARAMETER_IN this
                  @2 FIELD x -> MEMBER x
                @2 IDENTIFIER y : int -> METHOD_PARAMETER_IN y
            METHOD_RETURN : void
          METHOD g = A.g:void() (void()) {virtual}
            PARAM#0 this : A
            BLOCK
              CALL <operator>.postIncrement
                @1 CALL <operator>.fieldAccess : int
                  @1 IDENTIFIER this : A -> METHOD_PARAMETER_IN this
                  @2 FIELD x -> MEMBER x
            METHOD_RETURN : void
          METHOD <clinit> = A.<clinit>:void() (void()) {static}
            BLOCK
              BLOCK
                CALL <operator>.assignment
                  @1 CALL <operator>.fieldAccess : int
                    @1 IDENTIFIER A -> TYPE_DECL A
                    @2 FIELD s -> MEMBER s
                  @2 LITERAL 2 : int
            METHOD_RETURN : void
        ",
    );
}

#[test]
fn several_constructors_call_the_initialiser_unless_they_delegate() {
    java(
        "class A { int x = 1; A() { this(1); } A(int y) { } A(String s) { super(s); } }",
        "
        TYPE_DECL A (class)
          MEMBER x : int
          METHOD <init> = A.<init>:void() (void()) {constructor}
            PARAM#0 this : A
            BLOCK
              CALL <init> : A
                recv: IDENTIFIER this : A -> METHOD_PARAMETER_IN this
                @1 LITERAL 1 : int
            METHOD_RETURN : void
          METHOD <init> = A.<init>:void(int) (void(int)) {constructor}
            PARAM#0 this : A
            PARAM#1 y : int
            BLOCK
              CALL <initializer>
                recv: IDENTIFIER this : A -> METHOD_PARAMETER_IN this
            METHOD_RETURN : void
          METHOD <init> = A.<init>:void(java.lang.String) (void(java.lang.String)) {constructor}
            PARAM#0 this : A
            PARAM#1 s : String
            BLOCK
              CALL <init>
                recv: IDENTIFIER super -> METHOD_PARAMETER_IN this
                @1 IDENTIFIER s : String -> METHOD_PARAMETER_IN s
              CALL <initializer>
                recv: IDENTIFIER this : A -> METHOD_PARAMETER_IN this
            METHOD_RETURN : void
          METHOD <initializer> = A.<initializer>:void() (void()) {private}
            PARAM#0 this : A
            BLOCK
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess : int
                  @1 IDENTIFIER this : A -> METHOD_PARAMETER_IN this
                  @2 FIELD x -> MEMBER x
                @2 LITERAL 1 : int
            METHOD_RETURN : void
        ",
    );
}

#[test]
fn enum_constants_are_made_when_the_class_is() {
    java(
        "enum E implements I { A, B(1) { void f() { } }; E(int... x) { } void f() { } }",
        "
        TYPE_DECL E : java.lang.Enum|I (enum)
          MEMBER A : E {static public final}
          MEMBER B : E {static public final}
          METHOD <init> = E.<init>:void(int[]) (void(int[])) {constructor variadic}
            PARAM#0 this : E
            PARAM#1 x : int... {variadic}
            BLOCK
            METHOD_RETURN : void
          METHOD f = E.f:void() (void()) {virtual}
            PARAM#0 this : E
            BLOCK
            METHOD_RETURN : void
          METHOD <clinit> = E.<clinit>:void() (void()) {static}
            BLOCK
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess : E
                  @1 IDENTIFIER E -> TYPE_DECL E
                  @2 FIELD A -> MEMBER A
                @2 CALL <init> : E
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess : E
                  @1 IDENTIFIER E -> TYPE_DECL E
                  @2 FIELD B -> MEMBER B
                @2 CALL <init> : E -> TYPE_DECL $1
                  @1 LITERAL 1 : int
              TYPE_DECL $1 : E = E$1 (class) {final}
                METHOD f = E$1.f:void() (void()) {virtual}
                  PARAM#0 this : E$1
                  BLOCK
                  METHOD_RETURN : void
            METHOD_RETURN : void
        ",
    );
}

#[test]
fn records_have_what_they_do_not_write() {
    java(
        "record P(int x, T y) { P { check(); } int x() { return 1; } }",
        "
        TYPE_DECL P : java.lang.Record (record) {final}
          MEMBER x : int {private final}
          MEMBER y : T {private final}
          METHOD y = P.y:T() (T()) {public virtual}
            PARAM#0 this : P
            BLOCK
              RETURN
                @1 CALL <operator>.fieldAccess : T
                  @1 IDENTIFIER this : P -> METHOD_PARAMETER_IN this
                  @2 FIELD y -> MEMBER y
            METHOD_RETURN : T
          METHOD <init> = P.<init>:void(int,T) (void(int,T)) {constructor}
            PARAM#0 this : P
            PARAM#1 x : int
            PARAM#2 y : T
            BLOCK
              CALL check dynamic_dispatch
                recv: IDENTIFIER this : P -> METHOD_PARAMETER_IN this
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess : int
                  @1 IDENTIFIER this : P -> METHOD_PARAMETER_IN this
                  @2 FIELD x -> MEMBER x
                @2 IDENTIFIER x : int -> METHOD_PARAMETER_IN x
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess : T
                  @1 IDENTIFIER this : P -> METHOD_PARAMETER_IN this
                  @2 FIELD y -> MEMBER y
                @2 IDENTIFIER y : T -> METHOD_PARAMETER_IN y
            METHOD_RETURN : void
          METHOD x = P.x:int() (int()) {virtual}
            PARAM#0 this : P
            BLOCK
              RETURN
                @1 LITERAL 1 : int
            METHOD_RETURN : int
        ",
    );
    let names = full_names("record R(int a) { R(int x, int y) { this(x); } }", NodeKind::Method);
    assert_eq!(names, ["R.a:int()", "R.<init>:void(int,int)", "R.<init>:void(int)"]);
}

#[test]
fn nested_local_and_anonymous_types_have_binary_names() {
    let text = "package p; class A { class B { static class C {} } interface I { enum E {} record R() {} }
        void f() { class L { } { class L { } } new Object() { int x = new Runnable() { }.y; }; class M { class N { } } }
        B.C g(I.R r, L l) { return null; } }
        @interface N { int v() default 1; String[] w(); }";
    assert_eq!(
        full_names(text, NodeKind::TypeDecl),
        [
            "p.A", "p.A$B", "p.A$B$C", "p.A$I", "p.A$I$E", "p.A$I$R", "p.A$1L", "p.A$2L", "p.A$1",
            "p.A$1$1", "p.A$1M", "p.A$1M$N", "p.N"
        ]
    );
    let methods = full_names(text, NodeKind::Method);
    assert!(methods.contains(&"p.A.g:p.A$B$C(p.A$I$R,p.L)".to_owned()), "{methods:#?}");
    assert!(methods.contains(&"p.A$1.<init>:void()".to_owned()), "{methods:#?}");
    assert!(methods.contains(&"p.N.w:java.lang.String[]()".to_owned()), "{methods:#?}");
}

#[test]
fn fields_and_methods_of_outer_types_are_used_on_outer_this() {
    java(
        "class A { int x; static int s; void g() { } static void h() { } class B { void f(int s) { x = s; g(); h(); A.super.m(); super.n(); } } }",
        "
        TYPE_DECL A (class)
          MEMBER x : int
          MEMBER s : int {static}
          METHOD g = A.g:void() (void()) {virtual}
            PARAM#0 this : A
            BLOCK
            METHOD_RETURN : void
          METHOD h = A.h:void() (void()) {static}
            BLOCK
            METHOD_RETURN : void
          TYPE_DECL B = A$B (class)
            METHOD f = A$B.f:void(int) (void(int)) {virtual}
              PARAM#0 this : A$B
              PARAM#1 s : int
              BLOCK
                CALL <operator>.assignment
                  @1 CALL <operator>.fieldAccess : int
                    @1 CALL <operator>.fieldAccess : A
                      @1 IDENTIFIER A -> TYPE_DECL A
                      @2 FIELD this
                    @2 FIELD x -> MEMBER x
                  @2 IDENTIFIER s : int -> METHOD_PARAMETER_IN s
                CALL g dynamic_dispatch
                  recv: CALL <operator>.fieldAccess : A
                    @1 IDENTIFIER A -> TYPE_DECL A
                    @2 FIELD this
                CALL h
                CALL m
                  recv: CALL <operator>.fieldAccess
                    @1 IDENTIFIER A -> TYPE_DECL A
                    @2 FIELD super
                CALL n
                  recv: IDENTIFIER super -> METHOD_PARAMETER_IN this
              METHOD_RETURN : void
            METHOD <init> = A$B.<init>:void() (void()) {constructor}
              PARAM#0 this : A$B
              BLOCK
              METHOD_RETURN : void
          METHOD <init> = A.<init>:void() (void()) {constructor}
            PARAM#0 this : A
            BLOCK
            METHOD_RETURN : void
        ",
    );
}

#[test]
fn annotations_keep_their_arguments() {
    java(
        "@interface N { @D int v() default 1; } @N(a = 1, b = {X.Y, \"s\"}, c = @M) class C { @q.O void f(@P(2) int x) { @Q int y; } }",
        "
        TYPE_DECL N (@interface) {abstract}
          METHOD v = N.v:int() (int()) {public abstract virtual declaration}
            ANNOTATION D
            PARAM#0 this : N
            METHOD_RETURN : int
        TYPE_DECL C (class)
          ANNOTATION N
            @1 LITERAL 1 : int (a)
            @2 CALL <operator>.arrayInitializer (b)
              @1 CALL <operator>.fieldAccess
                @1 IDENTIFIER X
                @2 FIELD Y
              @2 LITERAL \"s\" : java.lang.String
            ANNOTATION M (c)
          METHOD f = C.f:void(int) (void(int)) {virtual}
            ANNOTATION O = q.O
            PARAM#0 this : C
            PARAM#1 x : int
              ANNOTATION P
                @1 LITERAL 2 : int
            BLOCK
              LOCAL y : int
                ANNOTATION Q
            METHOD_RETURN : void
          METHOD <init> = C.<init>:void() (void()) {constructor}
            PARAM#0 this : C
            BLOCK
            METHOD_RETURN : void
        ",
    );
}

#[test]
fn modules_import_what_they_require() {
    java("open module m { requires transitive a.b; exports p; }", "IMPORT a.b {module}");
}

#[test]
fn comments_are_kept_once_and_broken_text_keeps_what_is_whole() {
    let text = "/** Doc. */ class A { // a\n int x = /* b */ 1; void f( { } void g() { x = 2; } }";
    let graph = graph(Language::Java, text);
    let comments = graph.nodes.iter().filter(|node| node.kind == NodeKind::Comment).count();
    assert_eq!(comments, 3);
    assert!(!graph.diagnostics.is_empty());
    assert!(full_names(text, NodeKind::Method).iter().any(|name| name.starts_with("A.g:")));
}
