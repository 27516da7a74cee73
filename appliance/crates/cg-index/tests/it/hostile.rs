//! Repositories that mean harm, or look like it.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::{Scratch, cells};

#[test]
fn links_are_not_followed_out_or_round() {
    let scratch = Scratch::new(&[("src/a.py", b"a = 1\n")]);
    let outside = scratch.folder.path().join("secret.py");
    std::fs::write(&outside, "password = 1\n").unwrap();
    let link = |target: &str, name: &str| symlink(target, scratch.source().join(name)).unwrap();
    link("../secret.py", "out.py");
    link("..", "src/up");
    link("loop.py", "loop.py");
    link("nowhere.py", "dangling.py");
    link("src/a.py", "inside.py");
    let outcome = scratch.index();
    assert_eq!(cells(&outcome, "SELECT name FROM nodes_file"), ["src/a.py"]);
    assert_eq!(
        cells(
            &outcome,
            "SELECT path, message FROM diagnostics WHERE code = 'symlink_skipped' ORDER BY path"
        ),
        [
            "dangling.py|the link leads nowhere or runs in a circle",
            "loop.py|the link leads nowhere or runs in a circle",
            "out.py|the link leads out of the repository",
            "src/up|the link leads to a folder around it",
        ]
    );
}

#[test]
fn a_pipe_does_not_stop_the_walk() {
    let scratch = Scratch::new(&[("a.py", b"a = 1\n")]);
    let pipe = scratch.source().join("pipe.py");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let pipe = scratch.source().join("pipe_without_extension");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert_eq!(cells(&scratch.index(), "SELECT name FROM nodes_file"), ["a.py"]);
}

#[test]
fn a_file_that_cannot_be_read_is_reported() {
    let scratch = Scratch::new(&[("a.py", b"a = 1\n"), ("b.py", b"b = 1\n")]);
    let path = scratch.source().join("b.py");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    let readable = std::fs::read(&path).is_ok(); // root reads everything
    let outcome = scratch.index();
    let reported = cells(&outcome, "SELECT path FROM diagnostics WHERE code = 'unreadable'");
    assert_eq!(reported.len(), usize::from(!readable));
}

#[test]
fn other_encodings_become_utf8_and_slips_are_reported() {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("# мир\nx = 1\n".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let scratch = Scratch::new(&[
        ("cp1251.py", b"# \xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0\nx = 1\n"),
        ("invalid.py", b"# \xd0\xbc\xd0\xb8\xd1\x80 \xff\nx = 1\n"),
        ("koi8.py", b"# \xf0\xd2\xc9\xd7\xc5\xd4, \xcd\xc9\xd2\nx = 1\n"),
        ("latin.py", b"# caf\xe9\nx = 1\n"),
        ("utf16.py", &utf16),
        ("zero.py", b"x = 1\0\n"),
    ]);
    let outcome = scratch.index();
    assert_eq!(
        cells(&outcome, "SELECT name, encoding, code FROM nodes_file ORDER BY name")
            .iter()
            .map(|r| r.replace('\n', "~"))
            .collect::<Vec<_>>(),
        [
            "cp1251.py|windows-1251|# Привет, мир~x = 1~",
            "invalid.py|UTF-8|# мир \u{fffd}~x = 1~",
            "koi8.py|KOI8-R|# Привет, мир~x = 1~",
            "latin.py|windows-1252|# café~x = 1~",
            "utf16.py|UTF-16LE|# мир~x = 1~",
        ]
    );
    assert_eq!(
        cells(
            &outcome,
            "SELECT path, code FROM diagnostics WHERE code <> 'syntax_error' ORDER BY path"
        ),
        ["invalid.py|invalid_encoding", "zero.py|unreadable"]
    );
}

#[test]
fn deep_nesting_long_lines_and_noise_are_survived() {
    let brackets = [vec![b'('; 100_000], vec![b')'; 100_000]].concat();
    let long: Vec<u8> =
        [&b"int x[] = {"[..], "1, ".repeat(5 << 20 >> 2).as_bytes(), b"0};\n"].concat();
    let mut noise = Vec::new();
    let mut state = 0x2545_f491_u32;
    for _ in 0..50_000 {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        noise.push((state as u8).max(1));
    }
    let scratch = Scratch::new(&[
        ("deep.c", &[b"int x = ", &brackets[..], b";\n"].concat()),
        ("deep.py", &[b"x = ", &brackets[..], b"\n"].concat()),
        ("deep.rs", &[b"fn f() { let x = ", &brackets[..], b"; }\n"].concat()),
        ("empty.c", b""),
        ("long.c", &long),
        ("noise.c", &noise),
        ("noise.py", &noise),
        ("noise.rs", &noise),
    ]);
    let outcome = scratch.index();
    let files = cells(&outcome, "SELECT name FROM nodes_file ORDER BY name");
    let reported = cells(&outcome, "SELECT DISTINCT path FROM diagnostics");
    for name in
        ["deep.c", "deep.py", "deep.rs", "empty.c", "long.c", "noise.c", "noise.py", "noise.rs"]
    {
        assert!(
            files.contains(&name.to_owned()) || reported.contains(&name.to_owned()),
            "{name} vanished"
        );
    }
    // The text is whole, whatever the analysis made of it.
    assert_eq!(cells(&outcome, "SELECT md5(code) FROM nodes_file WHERE name = 'long.c'").len(), 1);
    assert_eq!(
        cells(&outcome, "SELECT length(code) FROM nodes_file WHERE name = 'long.c'"),
        [long.len().to_string()]
    );
}

#[test]
fn a_large_file_is_kept_as_text() {
    let text = "int value_of_something(int x) { return x + 1; }\n".repeat(500);
    let scratch = Scratch::new(&[("large.c", text.as_bytes())]);
    let job = cg_index::IndexJob { file_max_bytes: 1000, ..scratch.job("out") };
    let outcome = cg_index::index(&job, &|_| ()).unwrap();
    assert_eq!(
        cells(&outcome, "SELECT code FROM diagnostics WHERE path = 'large.c'"),
        ["file_too_large"]
    );
    assert_eq!(cells(&outcome, "SELECT length(code) FROM nodes_file"), [text.len().to_string()]);
}
