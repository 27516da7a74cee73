//! Deep, long, broken and random text: a graph comes back, in time in proportion to the text.
//!
//! The sizes are such that anything recursive overflows the stack and anything quadratic does not end.

use std::time::Duration;

use cg_types::{DiagnosticCode, Language, NodeKind};
use proptest::prelude::*;

use super::invariants::check;
use crate::{Limits, analyze};

const DEEP: usize = 100_000;

fn patient() -> Limits {
    Limits { time: Duration::from_secs(600), ..Limits::default() }
}

fn holds(language: Language, text: &str) {
    let graph = analyze("t", language, text, &patient());
    if let Err(broken) = check(&graph, text) {
        panic!("{broken}\n{}", &text[..text.len().min(200)]);
    }
}

fn nested(open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(DEEP), close.repeat(DEEP))
}

#[test]
fn deep_c() {
    for inner in [
        format!("x = {};", nested("(", "1", ")")),
        format!("x = {};", nested("[", "1", "]")),
        nested("{", "x;", "}"),
        format!("int a = {};", nested("{", "1", "}")),
        format!("x = {};", nested("f(", "1", ")")),
        format!("x = {};", nested("a[", "1", "]")),
        format!("x = {};", nested("a ? b : (", "1", ")")),
        format!("x = {}1;", "a = ".repeat(DEEP)),
        format!("x = {}1;", "-".repeat(DEEP)),
        format!("x = {}1;", "!".repeat(DEEP)),
        format!("x = {}1;", "*".repeat(DEEP)),
        format!("x = 1{};", " + 1".repeat(DEEP)),
        format!("x = 1{};", " && y".repeat(DEEP)),
        format!("x = a{};", ".b".repeat(DEEP)),
        format!("x{};", "()".repeat(DEEP)),
        format!("x = 1{};", ", 1".repeat(DEEP)),
        format!("{}x;", "if (a) ".repeat(DEEP)),
        format!("{}x;", "if (a) b; else ".repeat(DEEP)),
        format!("{}x;", "while (a) ".repeat(DEEP)),
        format!("{}x;", "for (;;) ".repeat(DEEP)),
        format!("{}x;{}", "do ".repeat(DEEP), " while (a);".repeat(DEEP)),
        nested("switch (a) { case 1: ", "break;", "}"),
        format!("{}x;", "l: ".repeat(DEEP)),
    ] {
        holds(Language::C, &format!("void f(void) {{ {inner} }}"));
    }
    for whole in [
        format!("int {}x;", "*".repeat(DEEP)),
        format!("int {}x{};", "(".repeat(DEEP), ")".repeat(DEEP)),
        format!("int x{};", "[2]".repeat(DEEP)),
        format!("struct s {{ {} }};", nested("struct { ", "int x;", "} a;")),
        nested("#if A\n", "int x;\n", "#endif\n"),
        nested("(", "", ""),
        nested("{", "", ""),
        nested("", "", ")"),
        nested("", "", "}"),
    ] {
        holds(Language::C, &whole);
    }
}

#[test]
fn deep_python() {
    for text in [
        format!("x = {}", nested("(", "1", ")")),
        format!("x = {}", nested("[", "1", "]")),
        format!("x = {}", nested("{", "1", "}")),
        format!("x = {}", nested("f(", "1", ")")),
        format!("x = 1{}", " + 1".repeat(DEEP)),
        format!("x = 1{}", " and y".repeat(DEEP)),
        format!("x = a{}", ".b".repeat(DEEP)),
        format!("x{}", "()".repeat(DEEP)),
        format!("x = {}1", "not ".repeat(DEEP)),
        format!("x = {}1", "lambda: ".repeat(DEEP)),
        format!("{}1", "x = ".repeat(DEEP)),
        format!("if a:\n  b\n{}", "elif c:\n  d\n".repeat(DEEP)),
        (0..1_000)
            .map(|depth| format!("{}if a:\n", " ".repeat(depth)))
            .chain([" ".repeat(1_000) + "b\n"])
            .collect(),
        nested("(", "", ""),
        nested("", "", "]"),
    ] {
        holds(Language::Python, &text);
    }
}

#[test]
fn deep_rust() {
    for inner in [
        format!("let x = {};", nested("(", "1", ")")),
        format!("let x = {};", nested("[", "1", "]")),
        nested("{", "x;", "}"),
        format!("let x = {};", nested("f(", "1", ")")),
        format!("let x = 1{};", " + 1".repeat(DEEP)),
        format!("let x = 1{};", " && y".repeat(DEEP)),
        format!("let x = a{};", ".b()".repeat(DEEP)),
        format!("let x = a{};", "?".repeat(DEEP)),
        format!("let x = {}1;", "-".repeat(DEEP)),
        format!("let x = {}1;", "|| ".repeat(DEEP)),
        format!("{}{{ }}", "if a { } else ".repeat(DEEP)),
        nested("if a {", "b;", "}"),
        nested("loop {", "break;", "}"),
        nested("match a { _ => ", "b", "}"),
    ] {
        holds(Language::Rust, &format!("fn f() {{ {inner} }}"));
    }
    for whole in [nested("mod a {", "fn f() {}", "}"), nested("{", "", ""), nested("", "", ")")] {
        holds(Language::Rust, &whole);
    }
}

#[test]
fn deep_go() {
    for inner in [
        format!("x := {}", nested("(", "1", ")")),
        format!("x = {}", nested("f(", "1", ")")),
        format!("x = a{}", nested("[", "1", "]")),
        nested("{", "x;", "}"),
        format!("x = 1{}", " + 1".repeat(DEEP)),
        format!("x = 1{}", " && y".repeat(DEEP)),
        format!("x = a{}", ".b".repeat(DEEP)),
        format!("x{}", "()".repeat(DEEP)),
        format!("x = {}1", "-".repeat(DEEP)),
        format!("x = {}1", "!".repeat(DEEP)),
        format!("x := {}", nested("func() { ", "y", " }")),
        format!("x := {}", nested("T{", "1", "}")),
        format!("x := {}int{}", "[]".repeat(DEEP), nested("{", "1", "}")),
        format!("x, y := {}1", "1, ".repeat(DEEP)),
        nested("if a { ", "b", " }"),
        nested("if a := b; a { ", "b", " }"),
        format!("{}{{ }}", "if a { } else ".repeat(DEEP)),
        nested("for { ", "break", " }"),
        nested("switch { case a: ", "b", " }"),
        nested("switch a { case 1: ", "b", " }"),
        nested("select { case <-c: ", "b", " }"),
        format!("switch {{ case {}a: }}", "a, ".repeat(DEEP)),
        format!("switch {{ {} }}", "case a: b; ".repeat(DEEP)),
        format!("{}x", "defer f(); ".repeat(DEEP)),
        format!("if a {{ {}x }}", "defer f(); ".repeat(DEEP)),
        format!("{}x", "l: ".repeat(DEEP)),
    ] {
        holds(Language::Go, &format!("package p\nfunc f() {{ {inner} }}"));
    }
    for whole in [
        format!("var x {}int", "[]".repeat(DEEP)),
        format!("type T {}", nested("struct { a ", "int", " }")),
        nested("(", "", ""),
        nested("{", "", ""),
        nested("", "", ")"),
        nested("func ", "", ""),
    ] {
        holds(Language::Go, &format!("package p\n{whole}"));
    }
}

#[test]
fn deep_java() {
    for inner in [
        format!("x = {};", nested("(", "1", ")")),
        nested("{", "x();", "}"),
        format!("x = {};", nested("f(", "1", ")")),
        format!("x = {};", nested("a[", "1", "]")),
        format!("int[] x = {};", nested("{", "1", "}")),
        format!("x = {}1;", "a = ".repeat(DEEP)),
        format!("x = {}1;", "- ".repeat(DEEP)),
        format!("x = {}1;", "(A) ".repeat(DEEP)),
        format!("x = {}1;", "a -> ".repeat(DEEP)),
        format!("x = {}1;", "a ? b : ".repeat(DEEP)),
        format!("x = 1{};", " + 1".repeat(DEEP)),
        format!("x = 1{};", " && y".repeat(DEEP)),
        format!("x = a{};", ".b".repeat(DEEP)),
        format!("x = a{};", ".b()".repeat(DEEP)),
        format!("x = a{};", " instanceof B c && d".repeat(DEEP)),
        format!("{}x();", "if (a) ".repeat(DEEP)),
        format!("{}x();", "if (a) b(); else ".repeat(DEEP)),
        format!("{}x();", "while (a) ".repeat(DEEP)),
        format!("{}x();", "for (A b : c) ".repeat(DEEP)),
        format!("{}x();", "l: ".repeat(DEEP)),
        nested("switch (a) { case 1: ", "break;", "}"),
        nested("switch (a) { case 1 -> { ", "break;", "} }"),
        format!("x = {};", nested("switch (a) { case A b -> ", "1", "; }")),
        nested("try (a) { ", "x();", "}"),
        nested("try { ", "x();", "} finally { }"),
        format!("try ({}) {{ }}", "a; ".repeat(DEEP)),
        nested("new A() { { ", "x();", "} };"),
        format!("{} x;", nested("A<", "B", ">")),
        format!("x = a instanceof {};", nested("A(", "B b", ")")),
    ] {
        holds(Language::Java, &format!("class A {{ void f() {{ {inner} }} }}"));
    }
    for whole in [
        nested("class A {", "int x;", "}"),
        nested("class A { void f() {", "x();", "} }"),
        format!("@{} class A {{ }}", nested("A(@", "B", ")")),
        nested("{", "", ""),
        nested("(", "", ""),
        nested("", "", "}"),
    ] {
        holds(Language::Java, &whole);
    }
}

#[test]
fn deep_javascript() {
    for inner in [
        format!("x = {};", nested("(", "1", ")")),
        format!("x = {};", nested("[", "1", "]")),
        format!("x = {};", nested("{ a: ", "() => 1", "}")),
        nested("{", "x;", "}"),
        format!("x = {};", nested("f(", "1", ")")),
        format!("x = {};", nested("a[", "1", "]")),
        format!("x = {}1;", "a ? b : ".repeat(DEEP)),
        format!("{}1;", "a = ".repeat(DEEP)),
        format!("{}1;", "a ??= ".repeat(DEEP)),
        format!("{} = b;", nested("[", "a", "]")),
        format!("({} = b);", nested("{ a: ", "a", "}")),
        format!("x = {}1;", "- ".repeat(DEEP)),
        format!("x = {}1;", "await ".repeat(DEEP)),
        format!("x = {}1;", "new ".repeat(1_000)),
        format!("x = 1{};", " + 1".repeat(DEEP)),
        format!("x = 1{};", " ?? y".repeat(DEEP)),
        format!("x = 1{};", ", y".repeat(DEEP)),
        format!("x = a{};", ".b".repeat(DEEP)),
        format!("x = a{};", "?.b()".repeat(DEEP)),
        format!("x{};", "()".repeat(DEEP)),
        format!("{}x;", "if (a) ".repeat(DEEP)),
        format!("{}x;", "if (a) b; else ".repeat(DEEP)),
        format!("{}x;", "for (;;) ".repeat(DEEP)),
        format!("{}x;", "for (let a of b) ".repeat(10_000)),
        format!("{}x;", "l: ".repeat(DEEP)),
        format!("x = {}1;", "() => ".repeat(DEEP)),
        format!("x = {};", nested("(a = ", "1", ") => 1")),
        nested("function f() { var a; ", "a;", "}"),
        nested("class A { static x = class B { m() {", "", "} } }"),
        nested("switch (a) { case 1: ", "break;", "}"),
        nested("try {", "", "} finally { x; }"),
        format!("x = {};", nested("`${", "1", "}`")),
        format!("x = {};", nested("{ [", "1", "]: 1 }")),
    ] {
        holds(Language::JavaScript, &inner);
        holds(Language::TypeScript, &inner);
    }
    for text in [
        format!("x = {};", nested("<a>", "b", "</a>")),
        nested("(", "", ""),
        nested("{", "", ""),
        nested("", "", "}"),
        nested("<", "", ""),
    ] {
        holds(Language::JavaScript, &text);
    }
    for text in [
        nested("namespace a {", "", "}"),
        format!("let x: {};", nested("A<", "B", ">")),
        format!("x = 1{};", " as T".repeat(DEEP)),
        format!("x = {}1;", "<T>".repeat(DEEP)),
        format!("x = 1{};", "!".repeat(DEEP)),
    ] {
        holds(Language::TypeScript, &text);
    }
}

#[test]
fn one_line_of_five_megabytes() {
    let lines = [
        (Language::C, "int a[] = { ", "0x1F, ", "};"),
        (Language::C, "void f(void) { ", "x = y; ", "}"),
        (Language::Java, "class A { int[] a = { ", "0x1F, ", "}; }"),
        (Language::Java, "class A { void f() { ", "x = y; ", "} }"),
        (Language::Java, "class A { ", "int x; ", "}"),
        (Language::Python, "a = [", "0x1F, ", "]"),
        (Language::Python, "", "x = y; ", ""),
        (Language::Go, "var a = []int{ ", "0x1F, ", "}"),
        (Language::Go, "func f() { ", "x = y; ", "}"),
        (Language::Rust, "const A: [i32; 9] = [", "0x1F, ", "];"),
        (Language::Rust, "fn f() { ", "x = y; ", "}"),
        (Language::JavaScript, "a = [", "0x1F, ", "]"),
        (Language::JavaScript, "a = {", "b: 1, ", "}"),
        (Language::TypeScript, "", "x = y; ", ""),
    ];
    for (language, start, part, end) in lines {
        let text = format!("{start}{}{end}", part.repeat((5 << 20) / part.len()));
        holds(language, &text);
    }
}

#[test]
fn a_file_over_its_limits_is_an_outline_that_says_so() {
    let text = "static int\nouter(int a)\n{\n  return inner(a);\n}\nint later(void) { }\nint not_this(void);\n";
    let limits = Limits { max_bytes: 10, ..Limits::default() };
    let graph = analyze("big.c", Language::C, text, &limits);
    check(&graph, text).expect("invariants");
    assert_eq!(graph.diagnostics[0].code, DiagnosticCode::FileTooLarge);
    let names: Vec<&str> = graph
        .nodes
        .iter()
        .filter(|node| node.kind == NodeKind::Method)
        .map(|node| graph.text(node.name))
        .collect();
    assert_eq!(names, ["<global>", "outer", "later"]);

    let limits = Limits { time: Duration::ZERO, ..Limits::default() };
    let long = "int f(void) { return 1; }\n".repeat(10_000);
    let graph = analyze("slow.c", Language::C, &long, &limits);
    assert_eq!(graph.diagnostics[0].code, DiagnosticCode::TimeLimit);
    check(&graph, &long).expect("invariants");

    for (language, text, expected) in [
        (
            Language::Python,
            "class A:\n    async def f(self):\n        default = 1\n",
            ["<global>", "f"],
        ),
        (Language::Rust, "pub struct A;\npub(crate) fn f() {}\n// fn comment\n", ["<global>", "f"]),
    ] {
        let graph = analyze("big", language, text, &Limits { max_bytes: 10, ..Limits::default() });
        let methods = graph.nodes.iter().filter(|node| node.kind == NodeKind::Method);
        assert_eq!(methods.map(|node| graph.text(node.name)).collect::<Vec<_>>(), expected);
        assert!(
            graph
                .nodes
                .iter()
                .any(|node| node.kind == NodeKind::TypeDecl && graph.text(node.name) == "A")
        );
    }
}

/// Pieces of all languages, whole and broken.
fn tokens() -> impl Strategy<Value = String> {
    let words = "int char struct union enum typedef static extern if else while for do switch case default \
        break continue return goto sizeof void * & ( ) [ ] { } ; , : = == + - -> . ... ? ! ~ << >>= && || ++ \
        # #if #ifdef #else #endif #define #include \\ \" ' /* */ // \n def class lambda import from as try except \
        finally raise with yield await async in not and or is None del global nonlocal pass @ ** : := match _ \
        fn let mut pub impl trait mod use where loop unsafe dyn move ref self Self crate super => -> :: .. ..= \
        func package var const type interface map chan select defer go range fallthrough <- := &^ &^= iota nil \
        class interface enum record @interface @A extends implements new this super instanceof throw throws synchronized \
        package final static var yield when <T> default catch try( ->{ case\u{20}A a1(int\u{20}x) int\u{20}x; } ) { \
        function class extends const var new of => ... ?. ?? ??= &&= get set static super this typeof void delete \
        interface namespace abstract readonly declare enum require export ` ${ </ /> <a> </a> => #p \
        # #[a] #![b] 'a |x| x! x y z a b f 0 1 2.5 0x1f \"s\" b\"t\" r#\"u\"# f\"{x}\" 'c' é 漢 \u{0} \u{feff}";
    let list: Vec<String> =
        words.split(' ').map(str::to_owned).filter(|word| !word.is_empty()).collect();
    let glue = prop::sample::select(vec![" ", "", "\n", "\n    ", "\n        "]);
    prop::collection::vec((prop::sample::select(list), glue), 0..120).prop_map(|list| {
        list.into_iter().flat_map(|(word, glue)| [word, glue.to_owned()]).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn random_tokens_give_a_graph(text in tokens()) {
        for language in Language::ALL {
            let graph = analyze("t", *language, &text, &Limits::default());
            if let Err(broken) = check(&graph, &text) {
                prop_assert!(false, "{language:?}: {broken}");
            }
        }
    }

    #[test]
    fn random_text_gives_a_graph(text in "\\PC{0,200}") {
        for language in Language::ALL {
            let graph = analyze("t", *language, &text, &Limits::default());
            if let Err(broken) = check(&graph, &text) {
                prop_assert!(false, "{language:?}: {broken}");
            }
        }
    }
}
