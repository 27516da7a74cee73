//! Go: packages, methods, embedding, interfaces.

use crate::fixture::repository;

#[test]
fn functions_are_found_over_files_packages_and_modules() {
    let repo = repository(&[
        (
            "cmd/app/main.go",
            "package main\n\nimport (\n\t\"fmt\"\n\t\"errors\"\n\tst \"example.org/m/internal/store\"\n\t\"example.org/m/util\"\n)\n\nfunc main() {\n\thelp()\n\tst.Open(1)\n\tutil.Do()\n\tfmt.Println(len(\"x\"))\n\terrors.New(\"x\")\n\tst.Kind(2)\n}\n",
        ),
        ("cmd/app/help.go", "package main\n\nfunc help() {}\n"),
        ("internal/store/store.go", "package store\n\ntype Kind int\n\nfunc Open(n int) {}\n"),
        ("internal/store/store_test.go", "package store_test\n\nfunc Open() {}\n"),
        ("util/util.go", "package util\n\nfunc Do() {}\n"),
        ("internal/errors/errors.go", "package errors\n\nfunc New() {}\n"),
    ]);
    assert_eq!(
        repo.calls("cmd/app/main.go"),
        [
            "11 help -> cmd/app/help.go:3",
            "12 Open -> internal/store/store.go:5",
            "13 Do -> util/util.go:3",
            "14 Println -> external fmt.Println",
            "14 len -> external len",
            "15 New -> external errors.New",
        ]
    );
    assert_eq!(
        repo.imports("cmd/app/main.go"),
        ["6 -> internal/store/store.go:1", "7 -> util/util.go:1"]
    );
}

#[test]
fn methods_are_found_by_the_type_of_the_receiver() {
    let repo = repository(&[
        (
            "a/a.go",
            "package a\n\
             type A struct { inner *B; list []B; byName map[string]*B }\n\
             type B struct{}\n\
             func (b *B) Run() {}\n\
             func (a *A) Run() { a.inner.Run() }\n\
             func Make() (*A, error) { return nil, nil }\n\
             var global = &A{}\n",
        ),
        (
            "a/b.go",
            "package a\n\
             func f(p *A, x interface{}, ch chan B) {\n\
             p.Run()\n\
             a, err := Make()\n\
             a.Run()\n\
             _ = err\n\
             for _, b := range p.list { b.Run() }\n\
             p.byName[\"x\"].Run()\n\
             global.Run()\n\
             if v, ok := x.(*B); ok { v.Run() }\n\
             switch v := x.(type) { case *A: v.Run() }\n\
             b := <-ch\n\
             b.Run()\n\
             new(A).inner.Run()\n\
             (&A{}).Run()\n\
             g := func() {}\n\
             g()\n\
             }\n",
        ),
    ]);
    assert_eq!(repo.calls("a/a.go"), ["5 Run -> a/a.go:4"]);
    assert_eq!(
        repo.calls("a/b.go"),
        [
            "3 Run -> a/a.go:5",
            "4 Make -> a/a.go:6",
            "5 Run -> a/a.go:5",
            "7 Run -> a/a.go:4",
            "8 Run -> a/a.go:4",
            "9 Run -> a/a.go:5",
            "10 Run -> a/a.go:4",
            "11 Run -> a/a.go:5",
            "13 Run -> a/a.go:4",
            "14 Run -> a/a.go:4",
            "15 Run -> a/a.go:5",
            "17 g -> a/b.go:16",
        ]
    );
}

#[test]
fn embedded_types_lend_their_methods() {
    let repo = repository(&[(
        "a/a.go",
        "package a\n\
         type Base struct{}\n\
         func (Base) Hello() {}\n\
         func (b *Base) Both() {}\n\
         type Top struct { *Base; io.Reader }\n\
         func (t Top) Both() { t.Base.Both() }\n\
         func f(t Top) {\n\
         t.Hello()\n\
         t.Both()\n\
         }\n",
    )]);
    assert_eq!(
        repo.calls("a/a.go"),
        ["6 Both -> a/a.go:4", "8 Hello -> a/a.go:3", "9 Both -> a/a.go:6"]
    );
    assert_eq!(repo.bases(), ["a/a.go:5 -> external io.Reader", "a/a.go:5 -> a/a.go:2"]);
}

#[test]
fn interfaces_reach_the_types_with_all_their_methods() {
    let repo = repository(&[(
        "a/a.go",
        "package a\n\
         type Shape interface { Area() int; Scale(n int) }\n\
         type Square struct{}\n\
         func (Square) Area() int { return 1 }\n\
         func (*Square) Scale(n int) {}\n\
         type Disc struct { Square }\n\
         func (Disc) Area() int { return 3 }\n\
         type Half struct{}\n\
         func (Half) Area() int { return 0 }\n\
         func (Half) Scale() {}\n\
         func sum(s Shape, all []Shape) int {\n\
         s.Area()\n\
         return all[0].Area()\n\
         }\n\
         func run(f func()) { f() }\n\
         func done() {}\n\
         func main() { run(done) }\n",
    )]);
    assert_eq!(
        repo.calls("a/a.go"),
        [
            "12 Area -> a/a.go:2 (likely)",
            "12 Area -> a/a.go:4 (likely)",
            "12 Area -> a/a.go:7 (likely)",
            "13 Area -> a/a.go:2 (likely)",
            "13 Area -> a/a.go:4 (likely)",
            "13 Area -> a/a.go:7 (likely)",
            "15 f -> a/a.go:16 (likely)",
            "17 run -> a/a.go:15",
        ]
    );
}

#[test]
fn a_method_of_an_unknown_object_is_possible_if_it_is_the_only_one() {
    let repo = repository(&[(
        "a/a.go",
        "package a\ntype T struct{}\nfunc (T) OnlyHere() {}\nfunc (T) Close() {}\nfunc f() { x.OnlyHere(); x.Close(); missing() }\n",
    )]);
    assert_eq!(
        repo.calls("a/a.go"),
        [
            "5 OnlyHere -> a/a.go:3 (possible)",
            "5 Close -> external Close",
            "5 missing -> external missing"
        ]
    );
}

#[test]
fn files_for_linux_come_before_those_for_other_systems() {
    let repo = repository(&[
        ("a/f_linux.go", "package a\nfunc sys() {}\n"),
        ("a/f_windows.go", "package a\nfunc sys() { own() }\nfunc own() {}\n"),
        ("a/g.go", "package a\nfunc g() { sys() }\n"),
    ]);
    assert_eq!(repo.calls("a/g.go"), ["2 sys -> a/f_linux.go:2"]);
}

#[test]
fn a_tree_of_its_own_does_not_stand_for_the_library() {
    let repo = repository(&[
        ("t/testdata/src/fmt/p.go", "package fmt\nfunc Println() {}\n"),
        ("t/testdata/src/os/p.go", "package os\nfunc Exit() {}\n"),
        (
            "t/testdata/src/main/p.go",
            "package main\nimport \"fmt\"\nimport \"os\"\nfunc f() { fmt.Println(); os.Exit() }\n",
        ),
        ("a/a.go", "package a\nimport \"fmt\"\nfunc f() { fmt.Println() }\n"),
    ]);
    assert_eq!(repo.calls("a/a.go"), ["3 Println -> external fmt.Println"]);
    assert_eq!(
        repo.calls("t/testdata/src/main/p.go"),
        ["4 Println -> t/testdata/src/fmt/p.go:2", "4 Exit -> t/testdata/src/os/p.go:2"]
    );
}

#[test]
fn files_that_a_plain_build_leaves_out_are_no_targets_of_those_it_takes() {
    let safe = "//go:build !purego\n\npackage a\n\ntype P struct{}\n\nfunc (p P) Get() {}\nfunc of() P { return P{} }\n";
    let pure = "//go:build purego\n\npackage a\n\ntype P struct{}\n\nfunc (p P) Get() {}\nfunc of() P { return P{} }\nfunc Own() { of(); Both() }\n";
    let repo = repository(&[
        ("a/p_pure.go", pure),
        ("a/p_unsafe.go", safe),
        ("a/w_windows.go", "package a\n\ntype W struct{}\n\nfunc (w W) Get() {}\n"),
        (
            "a/a.go",
            "package a\n\ntype Getter interface{ Get() }\n\nfunc Both() {\n\tof().Get()\n}\nfunc by(g Getter) {\n\tg.Get()\n}\n",
        ),
    ]);
    assert_eq!(
        repo.calls("a/a.go"),
        [
            "6 Get -> a/p_unsafe.go:7",
            "6 of -> a/p_unsafe.go:8",
            "9 Get -> a/p_unsafe.go:7 (likely)",
            "9 Get -> a/w_windows.go:5 (possible)",
            "9 Get -> a/a.go:3 (likely)",
        ]
    );
    assert_eq!(repo.calls("a/p_pure.go"), ["9 of -> a/p_pure.go:8", "9 Both -> a/a.go:5"]);
}

#[test]
fn a_folder_called_like_a_package_of_the_library_does_not_take_its_imports() {
    let mut files = vec![
        (
            "internal/errors/errors.go".to_owned(),
            "package errors\n\nimport (\n\t\"errors\"\n\t\"strings\"\n)\n\nfunc New() { errors.New(\"x\"); strings.Join() }\n".to_owned(),
        ),
        ("internal/strings/s.go".to_owned(), "package strings\n\nfunc Join() {}\n".to_owned()),
    ];
    for name in ["a", "b", "c"] {
        files.push((format!("{name}/x.go"), format!("package {name}\n\nfunc F() {{}}\n")));
        files.push((
            format!("cmd/{name}.go"),
            format!("package cmd\n\nimport \"x.org/m/{name}\"\n\nfunc _() {{ {name}.F() }}\n"),
        ));
    }
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let repo = repository(&files);
    assert_eq!(
        repo.calls("internal/errors/errors.go"),
        ["8 New -> external errors.New", "8 Join -> external strings.Join"]
    );
    assert_eq!(repo.calls("cmd/b.go"), ["5 F -> b/x.go:3"]);
}
