//! A house with keys: what the tests about trust start from.

use std::process::{Command, Output};

use serde_json::Value;

use crate::fixture::*;

pub(crate) const WORDS: &str = "correct horse battery staple";

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Makes `NAME.key` and `NAME.pub` and returns the key's id.
pub(crate) fn key(fixture: &Fixture, name: &str, role: &str) -> String {
    fixture.put("words", format!("{WORDS}\n").as_bytes());
    let out = format!("{name}.key");
    let line =
        ["key", "generate", "--role", role, "--out", &out, "--passphrase-file", "words", "--json"];
    let made = json(&stdout(&fixture.run(&line)));
    assert_eq!(made["is_protected"], true);
    made["key_id"].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn openssl(fixture: &Fixture, line: &[&str]) -> Output {
    Command::new("openssl").args(line).current_dir(fixture.path("")).output().unwrap()
}

/// Three root keys of which two must sign, and one release key; the chain is in `house`.
pub(crate) fn house(fixture: &Fixture) {
    for (name, role) in [("a", "root"), ("b", "root"), ("c", "root"), ("r", "release")] {
        key(fixture, name, role);
    }
    let line = "root create house --root-key a.pub --root-key b.pub --root-key c.pub \
                --release-key r.pub --issued 2026-11-23T00:00:00Z --sign-with a.key \
                --sign-with b.key --passphrase-file words";
    stdout(&run(fixture, line));
}

pub(crate) fn run(fixture: &Fixture, line: &str) -> Output {
    fixture.run(&line.split_whitespace().collect::<Vec<_>>())
}

pub(crate) fn build(fixture: &Fixture, out: &str, more: &str) -> Output {
    let inputs = fixture.path("inputs").display().to_string();
    run(fixture, &format!("build --config bundle.yaml --set inputs={inputs} --out {out} {more}"))
}

pub(crate) fn fingerprint(fixture: &Fixture) -> String {
    stdout(&fixture.run(&["fingerprint", "house"])).trim().to_owned()
}
