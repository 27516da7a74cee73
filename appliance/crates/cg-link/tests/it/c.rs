//! C: linkage, includes, function pointers.

use crate::fixture::repository;

#[test]
fn names_are_found_by_linkage() {
    let repo = repository(&[
        (
            "a.c",
            "int helper(int);\nstatic int own(int x) { return x; }\nint main(void) {\n  own(1);\n  helper(2);\n  puts(\"x\");\n  return 0;\n}\n",
        ),
        ("b.c", "static int own(int x) { return -x; }\nint helper(int x) { return own(x); }\n"),
    ]);
    assert_eq!(
        repo.calls("a.c"),
        ["4 own -> a.c:2", "5 helper -> b.c:2", "6 puts -> external puts"],
        "a static function of another file must not be meant"
    );
    assert_eq!(repo.calls("b.c"), ["2 own -> b.c:1"]);
}

#[test]
fn a_static_function_elsewhere_is_no_target() {
    let repo = repository(&[
        ("a.c", "void f(void) { hidden(); }\n"),
        ("b.c", "static void hidden(void) {}\n"),
    ]);
    assert_eq!(repo.calls("a.c"), ["1 hidden -> external hidden"]);
}

#[test]
fn inline_functions_and_macros_come_from_included_headers_only() {
    let repo = repository(&[
        ("src/a.c", "#include \"util.h\"\nvoid f(void) {\n  inl(1);\n  TWICE(2);\n}\n"),
        ("src/b.c", "void g(void) { inl(1); }\n"),
        ("src/util.h", "#include \"deep/more.h\"\n#define TWICE(x) ((x) + (x))\n"),
        ("src/deep/more.h", "static inline int inl(int x) { return x; }\n"),
    ]);
    assert_eq!(repo.calls("src/a.c"), ["3 inl -> src/deep/more.h:1", "4 TWICE -> src/util.h:2"]);
    assert_eq!(repo.calls("src/b.c"), ["1 inl -> external inl"]);
    assert_eq!(repo.imports("src/a.c"), ["1 -> src/util.h:1"]);
}

#[test]
fn of_several_definitions_the_nearest_is_likely() {
    let repo = repository(&[
        ("src/main.c", "void f(void) { init(); }\n"),
        ("src/init.c", "void init(void) {}\n"),
        ("deps/lib/init.c", "void init(void) {}\n"),
        ("deps/lib/use.c", "void g(void) { init(); }\n"),
    ]);
    assert_eq!(repo.calls("src/main.c"), ["1 init -> src/init.c:1 (likely)"]);
    assert_eq!(repo.calls("deps/lib/use.c"), ["1 init -> deps/lib/init.c:1 (likely)"]);
}

#[test]
fn a_prototype_gives_an_external_its_signature() {
    let repo =
        repository(&[("a.c", "int twice(char *s, int n);\nvoid f(void) { twice(0, 1); }\n")]);
    assert_eq!(repo.calls("a.c"), ["2 twice -> external twice"]);
    let external = &repo.links.externals[0];
    assert!(external.signature.contains("int"), "{external:?}");
}

#[test]
fn calls_through_struct_fields_reach_what_initialisers_put_there() {
    let repo = repository(&[
        (
            "ops.h",
            "struct ops { int (*open)(int); int (*close)(int); };\nstruct other { int (*open)(int); };\n",
        ),
        (
            "a.c",
            "#include \"ops.h\"\nstatic int my_open(int x) { return x; }\nstatic int my_close(int x) { return x; }\nstruct ops table = { .open = my_open, .close = my_close };\n",
        ),
        (
            "b.c",
            "#include \"ops.h\"\nvoid run(struct ops *o, struct other *p) {\n  o->open(1);\n  p->open(1);\n}\n",
        ),
    ]);
    assert_eq!(
        repo.calls("b.c"),
        ["3 open -> a.c:2 (likely)", "4 open -> external other.open"],
        "a field of the same name in another struct must not be meant"
    );
}

#[test]
fn positions_in_tables_and_assignments_count_too() {
    let repo = repository(&[(
        "a.c",
        "struct cmd { const char *name; void (*run)(int); };\n\
         static void get(int x) {}\n\
         static void put(int x) {}\n\
         static void late(int x) {}\n\
         struct cmd table[] = { { \"get\", get }, { \"put\", put } };\n\
         void fill(struct cmd *c) { c->run = late; }\n\
         void go(struct cmd *c) { c->run(1); }\n",
    )]);
    assert_eq!(
        repo.calls("a.c"),
        ["7 run -> a.c:2 (likely)", "7 run -> a.c:3 (likely)", "7 run -> a.c:4 (likely)"]
    );
}

#[test]
fn callbacks_reach_what_is_passed() {
    let repo = repository(&[(
        "a.c",
        "static int up(int a) { return a; }\n\
         static int down(int a) { return -a; }\n\
         static int unused(int a) { return 0; }\n\
         int each(int (*f)(int), int n) { return f(n); }\n\
         void go(void) { each(up, 1); each(&down, 2); }\n",
    )]);
    assert_eq!(
        repo.calls("a.c"),
        ["4 f -> a.c:1 (likely)", "4 f -> a.c:2 (likely)", "5 each -> a.c:4", "5 each -> a.c:4"]
    );
}

#[test]
fn a_local_pointer_reaches_the_one_function_it_holds() {
    let repo = repository(&[(
        "a.c",
        "static void one(void) {}\nvoid go(void) {\n  void (*f)(void) = one;\n  f();\n  (*f)();\n}\n",
    )]);
    assert_eq!(repo.calls("a.c"), ["4 f -> a.c:1 (likely)", "5 f -> a.c:1 (likely)"]);
}

#[test]
fn globals_are_references() {
    let repo = repository(&[
        ("a.c", "int counter = 0;\n"),
        ("b.c", "extern int counter;\nstatic int own;\n"),
        ("c.c", "void f(void) { counter = 1; own = 2; }\n"),
    ]);
    assert_eq!(repo.references("c.c"), ["1 counter -> a.c:1"]);
}
