//! What stays in the cache and what goes.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::fixture::*;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn lock(fixture: &Fixture) {
    let inputs = format!("inputs={}", fixture.path("inputs").display());
    stdout(&fixture.run(&["lock", "--config", "bundle.yaml", "--set", &inputs]));
}

fn built(fixture: &Fixture, out: &str) -> Vec<u8> {
    stdout(&fixture.build(out, &["--locked", "--volume-size", "none"]));
    fs::read(&volumes(&fixture.path(out))[0]).unwrap()
}

/// Files of a kind of prepared form with this ending.
fn prepared(fixture: &Fixture, kind: &str, ending: &str) -> Vec<PathBuf> {
    let mut all = volumes(&fixture.path("cache/prepared").join(kind));
    all.retain(|path| path.display().to_string().ends_with(ending));
    all
}

fn sum(value: &Value) -> (u64, u64) {
    (value["files"].as_u64().unwrap(), value["bytes"].as_u64().unwrap())
}

#[test]
fn what_a_lock_needs_stays_and_the_rest_goes() {
    let fixture = Fixture::new();
    lock(&fixture);
    built(&fixture, "one");
    fs::copy(fixture.path("bundle.lock"), fixture.path("old.lock")).unwrap();
    fixture.put("inputs/docs/deep/b.md", &b"other words\n".repeat(100_000));
    lock(&fixture);
    let two = built(&fixture, "two");
    assert_eq!(prepared(&fixture, "packed-1", ".zst").len(), 2);
    // What nobody named, and what broke off.
    let (junk, stranger) = ("0".repeat(64), fixture.path("stranger"));
    for path in ["blobs/sha256", "partial", "prepared/packed-0"] {
        fixture.put(&format!("cache/{path}/{junk}"), &[7; 1000]);
    }
    fixture.put("cache/prepared/packed-1/.99-0.partial", b"broken off");
    fixture.put("stranger", b"not ours");
    let link = fixture.path("cache/blobs/sha256").join("f".repeat(64));
    std::os::unix::fs::symlink(&stranger, &link).unwrap();

    let keep = ["--keep", "bundle.lock", "--keep", "old.lock", "--json"];
    let both = json(&stdout(&fixture.run(&[&["cache", "status"], &keep[..]].concat())));
    // The sums of status are those of the files, as another walk finds them.
    let (mut files, mut bytes) = (0, 0);
    for folder in ["blobs/sha256", "partial", "prepared"] {
        for path in tree(&fixture.path("cache").join(folder)).keys() {
            let meta = fs::symlink_metadata(path).unwrap();
            if meta.is_file() && path.file_name().unwrap() != "hashes" {
                (files, bytes) = (files + 1, bytes + meta.len());
            }
        }
    }
    assert_eq!(sum(&both["all"]), (files, bytes));
    let before = tree(&fixture.path("cache"));
    let foretold =
        json(&stdout(&fixture.run(&[&["cache", "gc", "--dry-run"], &keep[..]].concat())));
    assert_eq!(sum(&foretold["kept"]), sum(&both["needed"]));
    assert_eq!(tree(&fixture.path("cache")), before, "a rehearsal removes nothing");

    let done = json(&stdout(&fixture.run(&[&["cache", "gc"], &keep[..]].concat())));
    assert_eq!(done["removed"], foretold["removed"]);
    assert!(sum(&done["removed"]).0 >= 4);
    assert_eq!(prepared(&fixture, "packed-1", ".zst").len(), 2, "two locks, two forms");
    let gone = prepared(&fixture, "packed-1", ".partial");
    assert!(gone.is_empty() && prepared(&fixture, "packed-0", "").is_empty());
    assert!(!fixture.path("cache/partial").join(&junk).exists());
    assert!(!fixture.path("cache/blobs/sha256").join(&junk).exists());
    assert!(fs::symlink_metadata(&link).is_ok() && stranger.exists(), "links are none of ours");

    let text = stdout(&fixture.run(&["cache", "gc", "--keep", "bundle.lock"]));
    assert!(text.starts_with("removed "), "{text}");
    let kept = prepared(&fixture, "packed-1", ".zst");
    let layers = prepared(&fixture, "layer-2", ".tar.gz");
    assert_eq!((kept.len(), layers.len()), (1, 2));
    let made = || {
        let times = kept.iter().chain(&layers).map(|path| path.metadata().unwrap().modified());
        times.map(Result::unwrap).collect::<Vec<_>>()
    };
    let times = made();
    assert_eq!(built(&fixture, "three"), two);
    assert_eq!(made(), times, "nothing that stayed had to be made again");
    stdout(&fixture.run(&["cache", "gc", "--all"]));
    assert!(prepared(&fixture, "layer-2", "").is_empty());
    assert_eq!(built(&fixture, "four"), two);
}

#[test]
fn nothing_is_removed_without_a_word_about_what_stays_or_while_a_run_goes_on() {
    let fixture = Fixture::new();
    lock(&fixture);
    built(&fixture, "out");
    fixture.put("broken.lock", b"{");
    let before = tree(&fixture.path("cache"));
    for (arguments, word) in [
        (vec!["cache", "gc"], "--keep"),
        (vec!["cache", "gc", "--keep", "absent.lock"], "absent.lock does not exist"),
        (vec!["cache", "gc", "--keep", "bundle.lock", "--keep", "broken.lock"], "broken.lock"),
        (vec!["cache", "gc", "--keep", "bundle.lock", "--all"], "--all"),
    ] {
        let (code, text) = failure(&fixture.run(&arguments));
        assert!(code == 1 && text.contains(word), "{arguments:?}: {code} {text}");
    }
    let held = fs::File::open(fixture.path("cache/lock")).unwrap();
    held.lock_shared().unwrap();
    let (code, text) = failure(&fixture.run(&["cache", "gc", "--all"]));
    assert!(code == 1 && text.contains("another run"), "{code} {text}");
    assert_eq!(tree(&fixture.path("cache")), before);
    // Who only looks, and who builds, share it.
    stdout(&fixture.run(&["cache", "status"]));
    built(&fixture, "again");
    drop(held);
    stdout(&fixture.run(&["cache", "gc", "--all"]));
}
