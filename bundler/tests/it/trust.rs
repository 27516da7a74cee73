//! Roots: thresholds, rotation, the sheet that goes to a site.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::fixture::*;
use crate::house::*;

#[test]
fn a_root_needs_its_threshold_and_waits_until_then() {
    let fixture = Fixture::new();
    for (name, role) in [("a", "root"), ("b", "root"), ("c", "root"), ("r", "release")] {
        key(&fixture, name, role);
    }
    let create = "root create house --root-key a.pub --root-key b.pub --root-key c.pub \
                  --release-key r.pub";
    let shown = json(&stdout(&run(
        &fixture,
        &format!("{create} --sign-with a.key --passphrase-file words --json"),
    )));
    assert_eq!(shown["version"], 0);
    assert!(shown["pending"]["missing"][0].as_str().unwrap().starts_with("1 of 2"));
    assert!(!fixture.path("house/root/00001.json").exists());
    let (code, text) =
        failure(&build(&fixture, "out", "--key r.key --chain house --passphrase-file words"));
    assert!(code == 1 && text.contains("no root chain"), "{text}");
    // A release key is no root key, and says so before it signs.
    let answer =
        "sign --request house/pending/root.request.json --out answer --passphrase-file words";
    let (code, text) = failure(&run(&fixture, &format!("{answer} --key r.key")));
    assert!(code == 1 && text.contains("not among the root keys"), "{text}");
    // The second signer sits in another room: request there, response back.
    let talk = run(&fixture, &format!("{answer} --key c.key"));
    let talk = String::from_utf8(talk.stderr).unwrap();
    assert!(talk.contains("root keys     2 of"), "{talk}");
    let shown = json(&stdout(&run(&fixture, "sign --response answer --to house --json")));
    assert_eq!((&shown["version"], &shown["pending"]), (&Value::from(1), &Value::Null));
    assert_eq!(
        fs::read(fixture.path("house/root.json")).unwrap(),
        fs::read(fixture.path("house/root/00001.json")).unwrap()
    );
    stdout(&build(&fixture, "out", "--key r.key --chain house --passphrase-file words"));
    let line = format!("verify out --root-fingerprint {}", fingerprint(&fixture));
    stdout(&run(&fixture, &line));
}

#[test]
fn roots_that_would_switch_verification_off_are_not_made() {
    let fixture = Fixture::new();
    key(&fixture, "a", "root");
    key(&fixture, "r", "release");
    for (more, word) in [
        ("--root-threshold 0", "threshold 0"),
        ("--root-threshold 2", "of only 1"),
        ("--root-threshold 1 --root-key a.pub", "listed already"),
        ("--root-threshold 1 --release-threshold 0", "threshold 0"),
        ("--root-threshold 1 --release-key a.key", "is a private key"),
    ] {
        let line = format!("root create bad --root-key a.pub --release-key r.pub {more}");
        let (code, text) = failure(&run(&fixture, &line));
        assert!(code == 1 && text.contains(word), "{more}: {text}");
        assert!(!fixture.path("bad/pending/root.json").exists());
    }
}

#[test]
fn keys_rotate_by_the_old_and_the_new_threshold() {
    let fixture = Fixture::new();
    house(&fixture);
    let old = fingerprint(&fixture);
    for (name, role) in [("d", "root"), ("e", "root"), ("s", "release")] {
        key(&fixture, name, role);
    }
    let rotate = "root rotate house --remove-root-key a.pub --remove-root-key b.pub \
                  --add-root-key d.pub --add-root-key e.pub --add-release-key s.pub \
                  --remove-release-key r.pub --counter-floor 1.0=3 --passphrase-file words --json";
    // The old threshold alone is not enough.
    let shown =
        json(&stdout(&run(&fixture, &format!("{rotate} --sign-with a.key --sign-with b.key"))));
    assert_eq!(
        (&shown["version"], &shown["pending"]["version"]),
        (&Value::from(1), &Value::from(2))
    );
    assert_eq!(shown["pending"]["missing"].as_array().unwrap().len(), 1);
    let (code, text) = failure(&run(&fixture, rotate));
    assert!(code == 1 && text.contains("waits for signatures"), "{text}");
    let answer =
        "sign --request house/pending/root.request.json --out answer --passphrase-file words";
    stdout(&run(&fixture, &format!("{answer} --key d.key --key e.key")));
    let shown = json(&stdout(&run(&fixture, "sign --response answer --to house --json")));
    assert_eq!(shown["version"], 2);
    assert_eq!(shown["root"]["counter_floors"][0]["counter"], 3);
    assert_eq!(shown["root"]["previous"], format!("sha256:{old}"));
    assert_ne!(fingerprint(&fixture), old);
    // The retired release key signs nothing any more; the new one does, also for who knows only the old root.
    let (code, text) =
        failure(&build(&fixture, "no", "--key r.key --chain house --passphrase-file words"));
    assert!(code == 1 && text.contains("not among the release keys"), "{text}");
    stdout(&build(&fixture, "out", "--key s.key --chain house --passphrase-file words"));
    for fingerprint in [old, fingerprint(&fixture)] {
        stdout(&run(&fixture, &format!("verify out --root-fingerprint {fingerprint}")));
    }
}

#[test]
fn the_new_threshold_alone_is_not_enough_either() {
    let fixture = Fixture::new();
    house(&fixture);
    for name in ["d", "e"] {
        key(&fixture, name, "root");
    }
    let rotate = "root rotate house --remove-root-key a.pub --remove-root-key b.pub \
                  --add-root-key d.pub --add-root-key e.pub --passphrase-file words --json \
                  --sign-with d.key --sign-with e.key";
    let shown = json(&stdout(&run(&fixture, rotate)));
    assert_eq!(shown["version"], 1);
    assert!(shown["pending"]["missing"][0].as_str().unwrap().contains("former root"));
    let shown = json(&stdout(&run(&fixture, "root discard house --json")));
    assert_eq!(shown["pending"], Value::Null);
}

#[test]
fn the_sheet_holds_the_fingerprint_in_groups_and_words() {
    let fixture = Fixture::new();
    house(&fixture);
    let expected = Command::new("sha256sum").arg(fixture.path("house/root.json")).output().unwrap();
    let expected = String::from_utf8(expected.stdout).unwrap()[..64].to_owned();
    let text = stdout(&fixture.run(&["fingerprint", "house", "--sheet", "text"]));
    let rows: String = text
        .lines()
        .filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()))
        .filter(|line| line.split_whitespace().count() == 5 && !line.contains('.'))
        .flat_map(|line| line.split_whitespace().skip(1))
        .collect();
    assert_eq!(rows, expected);
    let names = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "alfa",
        "bravo", "charlie", "delta", "echo", "foxtrot",
    ];
    let spoken: String = text
        .lines()
        .filter_map(|line| line.trim_start().split_once(".")?.1.get(1..))
        .flat_map(str::split_whitespace)
        .filter_map(|word| names.iter().position(|name| *name == word))
        .map(|value| format!("{value:x}"))
        .collect();
    assert_eq!(spoken, expected);
    stdout(&fixture.run(&["fingerprint", "house", "--sheet", "html", "--out", "sheet.html"]));
    let html = fs::read_to_string(fixture.path("sheet.html")).unwrap();
    for group in expected.as_bytes().chunks(4) {
        assert!(html.contains(&format!("<td>{}</td>", std::str::from_utf8(group).unwrap())));
    }
    assert!(!html.contains("http") && !html.contains("<script"), "nothing from elsewhere");
}
