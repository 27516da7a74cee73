//! Repositories that nobody should have: each is indexed or reported, none ends in a crash.

use crate::harness::{count, index, query};
use std::path::Path;

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folder");
    std::fs::write(path, bytes).expect("file");
}

/// Indexes what `fill` makes, beside one good file, and proves that the good file is in the graph.
fn indexed(fill: impl Fn(&Path)) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("temp folder");
    let repository = home.path().join("repository");
    write(&repository, "good.c", "int good(void) { return 1; }\n");
    fill(&repository);
    let output = index(&home.path().join("data"), &repository);
    assert!(
        output.status.success(),
        "indexing failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let data = home.path().join("data");
    assert_eq!(
        count(&data, "SELECT count(*) FROM nodes_method WHERE NAME = 'good' AND NOT IS_EXTERNAL"),
        1
    );
    home
}

#[test]
fn five_megabytes_on_one_line() {
    let line = format!("int table[] = {{{}}};", "12345678,".repeat(5_000_000 / 9));
    let home = indexed(|r| write(r, "line.c", &line));
    assert_eq!(
        count(&home.path().join("data"), "SELECT count(*) FROM nodes_file WHERE NAME = 'line.c'"),
        1
    );
}

#[test]
fn invalid_utf8_is_reported_and_the_rest_is_there() {
    let bytes = [
        b"int caf\xff\xfe(void) { return 2; }\nint after(void) { return 3; }\n".as_slice(),
        &[0xc3, 0x28],
    ]
    .concat();
    let home = indexed(|r| write(r, "bytes.c", &bytes));
    assert_eq!(
        count(&home.path().join("data"), "SELECT count(*) FROM nodes_method WHERE NAME = 'after'"),
        1
    );
}

#[test]
fn a_hundred_thousand_nested_brackets_in_each_language() {
    let (open, close) = ("(".repeat(100_000), ")".repeat(100_000));
    let home = indexed(|r| {
        write(r, "deep.c", format!("int deep(void) {{ return {open}1{close}; }}\n"));
        write(r, "deep.py", format!("x = {open}1{close}\n"));
        write(r, "deep.rs", format!("fn deep() -> i32 {{ {open}1{close} }}\n"));
        write(
            r,
            "blocks.c",
            format!("void f(void) {{ {}{} }}\n", "{".repeat(100_000), "}".repeat(100_000)),
        );
    });
    assert_eq!(
        count(
            &home.path().join("data"),
            "SELECT count(*) FROM nodes_file WHERE NAME LIKE 'deep.%'"
        ),
        3
    );
}

#[test]
fn a_symlink_loop_and_a_link_out_of_the_repository() {
    let home = indexed(|r| {
        std::fs::create_dir_all(r.join("a/b")).expect("folder");
        std::os::unix::fs::symlink("..", r.join("a/b/up")).expect("link");
        std::os::unix::fs::symlink("self", r.join("self")).expect("link");
        std::os::unix::fs::symlink("/etc/passwd", r.join("passwd.c")).expect("link");
    });
    let data = home.path().join("data");
    assert_eq!(
        count(&data, "SELECT count(*) FROM nodes_method WHERE NAME = 'good'"),
        1,
        "indexed once, not in circles"
    );
    assert_eq!(
        count(&data, "SELECT count(*) FROM nodes_file WHERE NAME = 'passwd.c'"),
        0,
        "nothing from outside"
    );
}

#[test]
fn an_empty_repository_is_an_empty_snapshot() {
    let home = tempfile::tempdir().expect("temp folder");
    let (data, repository) = (home.path().join("data"), home.path().join("empty"));
    std::fs::create_dir(&repository).expect("folder");
    let output = index(&data, &repository);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(query(&data, "SELECT NAME FROM nodes_method WHERE NOT IS_EXTERNAL").is_empty());
}
