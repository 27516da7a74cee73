//! Rust: paths, methods, traits.

use crate::fixture::repository;

#[test]
fn paths_go_over_modules_uses_and_crates() {
    let repo = repository(&[
        ("app/src/lib.rs", "mod a;\npub mod b;\npub use b::deep::shown;\npub fn top() {}\n"),
        (
            "app/src/a.rs",
            "use crate::b::deep;\nuse super::top;\nfn f() {\n    deep::g();\n    top();\n    crate::top();\n    super::b::h();\n    self::own();\n}\nfn own() {}\n",
        ),
        ("app/src/b/mod.rs", "pub mod deep;\npub fn h() {}\n"),
        ("app/src/b/deep.rs", "pub fn g() {}\npub fn shown() {}\n"),
        (
            "other/src/main.rs",
            "use app::shown;\nfn main() {\n    shown();\n    app::top();\n    std::mem::drop(1);\n}\n",
        ),
    ]);
    assert_eq!(
        repo.calls("app/src/a.rs"),
        [
            "4 g -> app/src/b/deep.rs:1",
            "5 top -> app/src/lib.rs:4",
            "6 top -> app/src/lib.rs:4",
            "7 h -> app/src/b/mod.rs:2",
            "8 own -> app/src/a.rs:10",
        ]
    );
    assert_eq!(
        repo.calls("other/src/main.rs"),
        [
            "3 shown -> app/src/b/deep.rs:2",
            "4 top -> app/src/lib.rs:4",
            "5 drop -> external std::mem::drop"
        ]
    );
}

#[test]
fn methods_are_found_by_the_type_of_the_receiver() {
    let repo = repository(&[(
        "src/lib.rs",
        "struct A { inner: B }\n\
         struct B;\n\
         impl A {\n\
         \x20   fn new() -> Self { A { inner: B } }\n\
         \x20   fn run(&self) { self.help(); self.inner.run(); Self::assoc(); }\n\
         \x20   fn help(&self) {}\n\
         \x20   fn assoc() {}\n\
         \x20   fn maybe() -> Option<B> { None }\n\
         }\n\
         impl B {\n\
         \x20   fn run(&self) {}\n\
         }\n\
         fn go(a: &A, b: Box<B>) {\n\
         \x20   a.run();\n\
         \x20   b.run();\n\
         \x20   let c = A::new();\n\
         \x20   c.run();\n\
         \x20   A::maybe().unwrap().run();\n\
         }\n",
    )]);
    let runs: Vec<String> =
        repo.calls("src/lib.rs").into_iter().filter(|call| call.contains(" run ")).collect();
    assert_eq!(
        runs,
        [
            "5 run -> src/lib.rs:11",
            "14 run -> src/lib.rs:5",
            "15 run -> src/lib.rs:11",
            "17 run -> src/lib.rs:5",
            "18 run -> src/lib.rs:11",
        ]
    );
    let others = repo.calls("src/lib.rs");
    assert!(others.contains(&"5 help -> src/lib.rs:6".to_string()), "{others:#?}");
    assert!(others.contains(&"5 assoc -> src/lib.rs:7".to_string()), "{others:#?}");
}

#[test]
fn trait_objects_reach_their_impls() {
    let repo = repository(&[
        (
            "src/lib.rs",
            "mod shapes;\npub trait Shape { fn area(&self) -> u32; fn twice(&self) -> u32 { self.area() * 2 } }\nfn sum(s: &dyn Shape) -> u32 { s.area() }\n",
        ),
        (
            "src/shapes.rs",
            "use super::Shape;\npub struct Square;\npub struct Disc;\nimpl Shape for Square { fn area(&self) -> u32 { 1 } }\nimpl Shape for Disc { fn area(&self) -> u32 { 3 } }\nimpl Square { fn area_of(&self) -> u32 { self.twice() } }\n",
        ),
    ]);
    let calls = repo.calls("src/lib.rs");
    assert!(calls.contains(&"3 area -> src/shapes.rs:4 (likely)".to_string()), "{calls:#?}");
    assert!(calls.contains(&"3 area -> src/shapes.rs:5 (likely)".to_string()), "{calls:#?}");
    assert_eq!(repo.calls("src/shapes.rs"), ["6 twice -> src/lib.rs:2"]);
    assert_eq!(
        repo.bases(),
        ["src/shapes.rs:2 -> src/lib.rs:2", "src/shapes.rs:3 -> src/lib.rs:2"]
    );
}

#[test]
fn the_same_method_name_in_two_types_is_told_apart() {
    let repo = repository(&[(
        "src/lib.rs",
        "struct A; struct B;\nimpl A { fn same_name(&self) {} }\nimpl B { fn same_name(&self) {} }\nfn f(x: impl Sized, v: Vec<A>) { x.same_name(); v.same_name(); }\n",
    )]);
    let calls = repo.calls("src/lib.rs");
    assert!(calls.iter().all(|call| call.contains("external")), "{calls:#?}");
}

#[test]
fn a_call_that_fills_a_field_keeps_its_path() {
    let repo = repository(&[
        (
            "src/lib.rs",
            "mod place;\nuse place::Place;\nstruct Word { at: Place }\nfn f() -> Word {\n    Word { at: Place::new() }\n}\n",
        ),
        (
            "src/place.rs",
            "pub struct Place;\nimpl Place {\n    pub fn new() -> Self { Place }\n}\n",
        ),
    ]);
    assert_eq!(repo.calls("src/lib.rs"), ["5 new -> src/place.rs:3"]);
}
