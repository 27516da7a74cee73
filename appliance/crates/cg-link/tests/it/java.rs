//! Java: packages, hierarchy, receivers, overloads.

use crate::fixture::repository;

#[test]
fn names_go_over_packages_and_imports() {
    let repo = repository(&[
        (
            "src/a/Main.java",
            "package a;\nimport b.Tool;\nimport b.c.*;\nimport static b.Tool.twice;\nimport java.util.List;\n\
             class Main extends Base {\n\
             \x20 void run(List<String> list) {\n\
             \x20   Tool.once();\n\
             \x20   twice();\n\
             \x20   Near.here();\n\
             \x20   Deep.down();\n\
             \x20   b.c.Deep.down();\n\
             \x20   inherited();\n\
             \x20   list.add(\"x\");\n\
             \x20   Math.max(1, 2);\n\
             \x20   System.out.println();\n\
             \x20   new Tool.Inner().go();\n\
             \x20 }\n\
             }\n",
        ),
        ("src/a/Near.java", "package a;\nclass Near { static void here() {} }\n"),
        ("src/a/Base.java", "package a;\nclass Base { void inherited() {} }\n"),
        (
            "src/b/Tool.java",
            "package b;\npublic class Tool {\n public static void once() {}\n public static void twice() {}\n public static class Inner {\n  public Inner() {}\n  public void go() {}\n }\n}\n",
        ),
        ("src/b/c/Deep.java", "package b.c;\npublic class Deep { public static void down() {} }\n"),
    ]);
    assert_eq!(
        repo.calls("src/a/Main.java"),
        [
            "8 once -> src/b/Tool.java:3",
            "9 twice -> src/b/Tool.java:4",
            "10 here -> src/a/Near.java:2",
            "11 down -> src/b/c/Deep.java:2",
            "12 down -> src/b/c/Deep.java:2",
            "13 inherited -> src/a/Base.java:2",
            "14 add -> external java.util.List.add",
            "15 max -> external java.lang.Math.max",
            "16 println -> external java.io.PrintStream.println",
            "17 go -> src/b/Tool.java:7",
            "17 <init> -> src/b/Tool.java:6",
        ]
    );
    assert_eq!(
        repo.imports("src/a/Main.java"),
        ["2 -> src/b/Tool.java:2", "4 -> src/b/Tool.java:4"]
    );
    assert_eq!(repo.bases(), ["src/a/Main.java:6 -> src/a/Base.java:2"]);
}

#[test]
fn overloads_are_told_apart_by_number_and_types() {
    let repo = repository(&[(
        "A.java",
        "class A {\n\
         \x20 void f() {}\n\
         \x20 void f(int x) {}\n\
         \x20 void f(long x) {}\n\
         \x20 void f(String s) {}\n\
         \x20 void f(Object o) {}\n\
         \x20 void f(A a) {}\n\
         \x20 void f(String s, int... xs) {}\n\
         \x20 void g(B b, String t, Object o, byte z) {\n\
         \x20   f();\n\
         \x20   f(1);\n\
         \x20   f(2L);\n\
         \x20   f(t);\n\
         \x20   f(o);\n\
         \x20   f(b);\n\
         \x20   f(\"s\", 1, 2);\n\
         \x20   f(t.length());\n\
         \x20   f(z);\n\
         \x20   f(new int[1]);\n\
         \x20   this.f(unknown);\n\
         \x20   new A(1);\n\
         \x20   new A(\"s\");\n\
         \x20 }\n\
         \x20 A(int x) {}\n\
         \x20 A(String s) {}\n\
         }\n\
         class B extends A { B() { super(1); } }\n",
    )]);
    assert_eq!(
        repo.calls("A.java"),
        [
            "10 f -> A.java:2",
            "11 f -> A.java:3",
            "12 f -> A.java:4",
            "13 f -> A.java:5",
            "14 f -> A.java:6",
            "15 f -> A.java:7",
            "16 f -> A.java:8",
            "17 f -> A.java:3",
            "17 length -> external java.lang.String.length",
            "18 f -> A.java:3",
            "19 f -> A.java:6",
            "20 f -> A.java:3 (possible)",
            "20 f -> A.java:4 (possible)",
            "20 f -> A.java:5 (possible)",
            "20 f -> A.java:6 (possible)",
            "20 f -> A.java:7 (possible)",
            "21 <init> -> A.java:24",
            "22 <init> -> A.java:25",
            "27 <init> -> A.java:24",
        ]
    );
}

#[test]
fn receivers_are_typed_by_declarations_and_what_calls_give() {
    let repo = repository(&[
        (
            "p/Use.java",
            "package p;\nimport java.util.*;\n\
             class Use {\n\
             \x20 Engine own = new Engine();\n\
             \x20 Map<String, Engine> all;\n\
             \x20 Engine[] many;\n\
             \x20 static Engine make() { return null; }\n\
             \x20 void go(Object o, List<Engine> list) {\n\
             \x20   own.start();\n\
             \x20   this.own.start();\n\
             \x20   var e = new Engine();\n\
             \x20   e.start();\n\
             \x20   make().start();\n\
             \x20   all.get(\"x\").start();\n\
             \x20   many[0].start();\n\
             \x20   for (Engine x : many) x.start();\n\
             \x20   if (o instanceof Engine y) y.start();\n\
             \x20   ((Engine) o).start();\n\
             \x20   Use.make().self().start();\n\
             \x20   list.iterator().next().start();\n\
             \x20   new Use().own.start();\n\
             \x20   var m = make();\n\
             \x20   m.start();\n\
             \x20   o.start();\n\
             \x20 }\n\
             }\n",
        ),
        (
            "p/Engine.java",
            "package p;\nclass Engine { void start() {} Engine self() { return this; } }\n",
        ),
        ("p/Other.java", "package p;\nclass Other { void start() {} }\n"),
    ]);
    let starts: Vec<String> =
        repo.calls("p/Use.java").into_iter().filter(|call| call.contains(" start ")).collect();
    assert_eq!(starts.len(), 14, "{starts:#?}");
    let (last, known) = starts.split_last().expect("calls");
    assert!(known.iter().all(|call| call.ends_with("start -> p/Engine.java:2")), "{starts:#?}");
    assert_eq!(last, "24 start -> external java.lang.Object.start");
}

#[test]
fn calls_on_a_type_reach_what_overrides_below_it() {
    let repo = repository(&[(
        "S.java",
        "interface Shape<T> {\n\
         \x20 int area(T t);\n\
         \x20 default int twice() { return area(null); }\n\
         }\n\
         class Square implements Shape<String> {\n\
         \x20 public int area(String s) { return 1; }\n\
         }\n\
         class Big extends Square {\n\
         \x20 public int area(String s) { return super.area(s); }\n\
         \x20 private int own() { return own() + this.area(null); }\n\
         }\n\
         class Use {\n\
         \x20 int f(Shape<String> s, Square q, Big b) {\n\
         \x20   s.area(null);\n\
         \x20   q.area(null);\n\
         \x20   b.area(null);\n\
         \x20   new Square().area(null);\n\
         \x20   return b.twice();\n\
         \x20 }\n\
         }\n",
    )]);
    assert_eq!(
        repo.calls("S.java"),
        [
            "3 area -> S.java:2 (likely)",
            "3 area -> S.java:6 (likely)",
            "3 area -> S.java:9 (likely)",
            "9 area -> S.java:6",
            "10 own -> S.java:10",
            "10 area -> S.java:9",
            "14 area -> S.java:2 (likely)",
            "14 area -> S.java:6 (likely)",
            "14 area -> S.java:9 (likely)",
            "15 area -> S.java:6 (likely)",
            "15 area -> S.java:9 (likely)",
            "16 area -> S.java:9",
            "17 area -> S.java:6",
            "17 <init> -> S.java:5",
            "18 twice -> S.java:3",
        ]
    );
    assert_eq!(repo.bases(), ["S.java:5 -> S.java:1", "S.java:8 -> S.java:5"]);
}

#[test]
fn inner_anonymous_and_outer_types_see_each_other() {
    let repo = repository(&[
        (
            "Outer.java",
            "class Outer {\n\
             \x20 void out() {}\n\
             \x20 class In extends Lib {\n\
             \x20   void f() { out(); lib(); Outer.this.out(); Nested n = null; n.g(); }\n\
             \x20 }\n\
             \x20 Runnable r = new Runnable() { public void run() { out(); help(); } void help() {} };\n\
             \x20 void lib() {}\n\
             }\n\
             enum E { A { void m() {} }; void m() {} static void s() { A.m(); E.A.m(); E.valueOf(\"A\"); } }\n\
             record P(int x) { int y() { return x() + this.x(); } }\n",
        ),
        ("Lib.java", "class Lib { void lib() {} static class Nested { void g() {} } }\n"),
    ]);
    assert_eq!(
        repo.calls("Outer.java"),
        [
            "4 out -> Outer.java:2",
            "4 lib -> Lib.java:1",
            "4 out -> Outer.java:2",
            "4 g -> Lib.java:1",
            "6 <init> -> external java.lang.Runnable.<init>",
            "6 out -> Outer.java:2",
            "6 help -> Outer.java:6",
            "9 m -> Outer.java:9 (likely)",
            "9 m -> Outer.java:9 (likely)",
            "9 m -> Outer.java:9 (likely)",
            "9 m -> Outer.java:9 (likely)",
            "9 valueOf -> external java.lang.Enum.valueOf",
            "9 <init> -> Outer.java:9",
            "10 x -> Outer.java:10",
            "10 x -> Outer.java:10",
        ]
    );
}

#[test]
fn copies_of_a_class_are_told_apart_by_the_folder() {
    let class = "package p;\nclass A { static void f() {} void g() { A.f(); } }\n";
    let user = "package p;\nclass B { void g() { A.f(); } }\n";
    let repo = repository(&[
        ("one/p/A.java", class),
        ("two/p/A.java", class),
        ("one/p/B.java", user),
        ("two/p/B.java", user),
    ]);
    assert_eq!(repo.calls("one/p/B.java"), ["2 f -> one/p/A.java:2"]);
    assert_eq!(repo.calls("two/p/B.java"), ["2 f -> two/p/A.java:2"]);
}

#[test]
fn a_unique_name_is_possible_and_a_common_one_is_nothing() {
    let repo = repository(&[
        ("A.java", "class A { void recalculateAll(int x) {} void append(int x) {} }\n"),
        (
            "B.java",
            "class B<T> { void f(T x) {\n x.recalculateAll(1);\n x.recalculateAll();\n x.append(1);\n } }\n",
        ),
        ("C.java", "class C extends D { }\nclass D extends C { void f() { g(); super.g(); } }\n"),
    ]);
    assert_eq!(
        repo.calls("B.java"),
        [
            "2 recalculateAll -> A.java:1 (possible)",
            "3 recalculateAll -> external recalculateAll",
            "4 append -> external append",
        ]
    );
    assert_eq!(repo.calls("C.java").len(), 2, "circular bases end");
}

#[test]
fn inherited_fields_are_referred_to_and_typed() {
    let repo = repository(&[
        ("p/Base.java", "package p;\npublic class Base {\n protected Tool tool;\n}\n"),
        ("p/Tool.java", "package p;\npublic class Tool { void run() {} }\n"),
        (
            "q/Child.java",
            "package q;\nimport p.Base;\nclass Child extends Base {\n void f() { tool.run(); super.tool.run(); }\n}\n",
        ),
    ]);
    assert_eq!(repo.calls("q/Child.java"), ["4 run -> p/Tool.java:2", "4 run -> p/Tool.java:2"]);
    assert_eq!(repo.references("q/Child.java"), ["4 tool -> p/Base.java:3"]);
}
