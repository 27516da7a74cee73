//! What hostile files say reaches a person's terminal as text, never as commands to the terminal.

use std::fs;

use crate::fixture::Fixture;

/// Runs a command on a volume; returns all that it said.
fn said(fixture: &Fixture, arguments: &[&str]) -> (Option<i32>, String) {
    let output = fixture.run(arguments);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn no_file_steers_a_terminal() {
    let fixture = Fixture::new();
    let inputs = format!("inputs={}", fixture.path("inputs").display());
    let arguments =
        ["build", "--config", "bundle.yaml", "--set", &inputs, "--key", "keys", "--out", "out"];
    assert!(fixture.run(&arguments).status.success());
    let volume = fs::read_dir(fixture.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "cgb"))
        .unwrap();
    let good = fs::read(&volume).unwrap();
    // The name of a field in the label, which is read before anything is proven: as long as the right one.
    let at = good.windows(8).position(|bytes| bytes == b"\"number\"").unwrap();
    let mut bad = good.clone();
    bad[at..at + 8].copy_from_slice(b"\"\\u001b\"");
    fs::write(fixture.path("bad.cgb"), bad).unwrap();
    fs::write(fixture.path("steering\x1b[2J\u{9b}31m\u{202e}.cgb"), &good).unwrap();
    let trust = "--dangerous-trust-first-use";
    for (name, code) in [("bad.cgb", 3), ("steering\x1b[2J\u{9b}31m\u{202e}.cgb", 0)] {
        for words in [&["verify", trust, name][..], &["inspect", name], &["list", name]] {
            for form in [&[][..], &["--json"]] {
                let (found, text) = said(&fixture, &[words, form].concat());
                assert_eq!(found, Some(code), "{words:?}: {text}");
                let steering = text.find(['\x1b', '\u{9b}', '\u{202e}']);
                assert_eq!(steering, None, "{words:?}: {text:?}");
                if code == 3 {
                    assert!(text.contains("\\u001b"), "{text}");
                }
            }
        }
    }
    // JSON stays JSON.
    let output = fixture.run(&["inspect", "steering\x1b[2J\u{9b}31m\u{202e}.cgb", "--json"]);
    serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
}
