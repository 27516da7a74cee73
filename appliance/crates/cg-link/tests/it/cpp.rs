//! C++: namespaces, members by the type of the object, overloads, virtual functions.

use crate::fixture::repository;

#[test]
fn names_are_looked_up_in_classes_namespaces_and_what_is_used() {
    let repo = repository(&[
        (
            "a.hpp",
            "namespace n {\nvoid f();\nclass A {\n public:\n  A(int x);\n  void g();\n  static A* make();\n};\n}\n",
        ),
        (
            "a.cpp",
            "#include \"a.hpp\"\nnamespace n {\nvoid f() {}\nA::A(int x) {}\nvoid A::g() { f(); }\nA* A::make() { return new A(1); }\n}\n",
        ),
        (
            "b.cpp",
            "#include \"a.hpp\"\nusing n::A;\nvoid b() {\n  A::make()->g();\n  n::f();\n  auto a = std::make_unique<A>(2);\n  a->g();\n}\n",
        ),
    ]);
    assert_eq!(repo.calls("a.cpp"), ["5 f -> a.cpp:3", "6 A -> a.cpp:4"]);
    let calls = repo.calls("b.cpp");
    for wanted in ["4 make -> a.cpp:6", "4 g -> a.cpp:5", "5 f -> a.cpp:3", "7 g -> a.cpp:5"] {
        assert!(calls.iter().any(|call| call == wanted), "{wanted}: {calls:?}");
    }
}

#[test]
fn overloads_are_told_apart_by_number_and_type() {
    let repo = repository(&[(
        "a.cpp",
        "typedef unsigned int Count;\nstruct Text { Text(const char* s) {} };\nvoid f(Count a) {}\nvoid f(Text a) {}\nvoid f(int a, int b) {}\nvoid use(Count n) {\n  f(n);\n  f(\"x\");\n  f(1, 2);\n}\n",
    )]);
    let calls = repo.calls("a.cpp");
    assert_eq!(calls, ["7 f -> a.cpp:3 (likely)", "8 f -> a.cpp:4 (likely)", "9 f -> a.cpp:5"]);
}

#[test]
fn virtual_functions_lead_below_and_pure_ones_only_there() {
    let repo = repository(&[(
        "a.cpp",
        "struct B { virtual void p() = 0; virtual void v() {} void n() {} };\nstruct D : B {\n  void p() override {}\n  void v() override {}\n};\nvoid use(B& b) {\n  b.p();\n  b.v();\n  b.n();\n}\n",
    )]);
    assert_eq!(
        repo.calls("a.cpp"),
        [
            "7 p -> a.cpp:3 (likely)",
            "8 v -> a.cpp:1 (likely)",
            "8 v -> a.cpp:4 (likely)",
            "9 n -> a.cpp:1",
        ]
    );
}

#[test]
fn what_only_another_file_sees_is_no_target() {
    let repo = repository(&[
        ("a.cpp", "namespace { void f() {} }\nvoid a() { f(); }\n"),
        ("b.cpp", "namespace { void f() {} }\nvoid b() { f(); }\n"),
    ]);
    assert_eq!(repo.calls("a.cpp"), ["2 f -> a.cpp:1"]);
    assert_eq!(repo.calls("b.cpp"), ["2 f -> b.cpp:1"]);
}
