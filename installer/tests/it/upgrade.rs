//! From one release to the next and back: what is in use afterwards, what stays of the data, what is removed.

use std::fs;
use std::path::PathBuf;

use crate::fixture::{Bundle, Recipe, bundle, tree};
use crate::run::{at, install_line, json, line, program, talk, upgrade_line};

/// A stand-in for the product's program with a state of one file, into which each migration writes a line.
const PROGRAM: &str = r#"#!/bin/sh
# release NAME
verb=$2 file=$4
for data; do :; done
state=$data/control.db
case "$1 $verb" in
"db migrate") echo "migrated by NAME" >>"$state";;
"db snapshot") mkdir -p "${file%/*}" && cp "$state" "$file";;
"db restore") [ "$5" != --audit-tail ] || echo '{"action":"late"}' >"$6"; cp "$file" "$state";;
gate*) [ -e "$data/closed-for-writing" ] || { echo "BAD   open: too early"; exit 1; }; GATE;;
*) exit 2;;
esac
"#;

fn program_of(name: &str, gate: &str) -> &'static str {
    Box::leak(PROGRAM.replace("NAME", name).replace("GATE", gate).into_boxed_str())
}

const GOOD: &str = "echo 'sample: good'";
const BAD: &str = "echo 'BAD   query: no rows'; exit 1";

struct Story {
    folder: tempfile::TempDir,
    root: PathBuf,
}

impl Story {
    /// A host with release 1.0.0.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("host");
        let story = Self { folder, root };
        let first = story.release("1.0.0", 7, GOOD);
        let done = program(&install_line(&story.root, &first));
        assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
        story
    }

    fn release(&self, version: &'static str, counter: u64, gate: &str) -> Bundle {
        let program = program_of(version, gate);
        let recipe = Recipe { version, counter, program, ..Recipe::default() };
        bundle(&self.folder.path().join(format!("{version}-{counter}-{}", gate.len())), &recipe)
    }

    fn upgrade(&self, bundle: &Bundle) -> std::process::Output {
        program(&upgrade_line(&self.root, bundle))
    }

    fn good_upgrade(&self, bundle: &Bundle) {
        let done = self.upgrade(bundle);
        assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    }

    fn current(&self) -> String {
        let link = fs::read_link(at(&self.root, "/opt/codegraph/current")).unwrap();
        link.file_name().unwrap().to_str().unwrap().to_owned()
    }

    fn state(&self) -> PathBuf {
        at(&self.root, "/var/lib/codegraph/control.db")
    }

    fn generations(&self) -> Vec<String> {
        let list = fs::read_dir(at(&self.root, "/opt/codegraph/generations")).unwrap();
        let mut all: Vec<String> =
            list.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }

    /// Everything of the product, with contents and modes.
    fn installed(&self) -> Vec<(String, String)> {
        tree(&at(&self.root, "/opt/codegraph")).into_iter().collect()
    }

    fn status(&self) -> serde_json::Value {
        json(&program(&line(&self.root, &["status"])))
    }

    fn events(&self) -> Vec<String> {
        let text =
            fs::read_to_string(at(&self.root, "/var/lib/codegraph-install/audit.jsonl")).unwrap();
        let event = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(line["at"].as_str().unwrap().ends_with('Z'));
            line["event"].as_str().unwrap().to_owned()
        };
        text.lines().map(event).collect()
    }

    fn nothing_under_way(&self) {
        assert!(!at(&self.root, "/var/lib/codegraph/closed-for-writing").exists());
        assert!(!at(&self.root, "/var/lib/codegraph-install/switch.json").exists());
    }
}

#[test]
fn an_upgrade_replaces_the_release_and_keeps_everything_of_the_site() {
    let story = Story::new();
    let secret = at(&story.root, "/etc/codegraph/credentials/api.jwt_secret");
    let (before, config) =
        (fs::read(&secret).unwrap(), at(&story.root, "/etc/codegraph/config.yaml"));
    fs::write(&config, "api:\n  port: 9000\n").unwrap();
    let next = story.release("1.0.1", 8, GOOD);
    let plan = json(&program(&{
        let mut line = upgrade_line(&story.root, &next);
        line.push("--dry-run".to_owned());
        line
    }));
    assert_eq!((plan["generation"].as_u64(), plan["replaces"].as_u64()), (Some(2), Some(1)));
    story.good_upgrade(&next);
    assert_eq!(story.current(), "2");
    assert_eq!(
        fs::read_to_string(story.state()).unwrap(),
        "migrated by 1.0.0\nmigrated by 1.0.1\n"
    );
    assert_eq!(fs::read(&secret).unwrap(), before);
    assert_eq!(fs::read_to_string(&config).unwrap(), "api:\n  port: 9000\n");
    let status = story.status();
    assert_eq!(
        (status["version"].as_str(), status["gate"].as_str()),
        (Some("1.0.1"), Some("passed"))
    );
    assert_eq!(status["counters"]["1.0"], 8);
    let receipt = json(&program(&line(&story.root, &["receipt", "export"])));
    assert_eq!(
        (receipt["replaced"].as_u64(), receipt["result"].as_str()),
        (Some(1), Some("installed"))
    );
    story.nothing_under_way();
    let events = story.events();
    assert_eq!(
        events[events.len() - 8..],
        [
            "release.accepted",
            "store.filled",
            "generation.written",
            "switch.begin",
            "state.snapshot",
            "state.migrated",
            "gate.passed",
            "switch.committed",
        ]
    );
    let again = story.upgrade(&next);
    assert_eq!(json(&again)["changed"], false);
}

#[test]
fn a_release_that_fails_gives_the_former_one_back_with_its_state() {
    let story = Story::new();
    fs::write(story.state(), "migrated by 1.0.0\nwritten by users\n").unwrap();
    let failed = story.upgrade(&story.release("1.0.1", 8, BAD));
    assert_eq!(failed.status.code(), Some(1));
    assert!(talk(&failed).contains("found: BAD   query: no rows"), "{}", talk(&failed));
    assert!(talk(&failed).contains("generation 1 is in use again"), "{}", talk(&failed));
    assert_eq!(story.current(), "1");
    assert_eq!(fs::read_to_string(story.state()).unwrap(), "migrated by 1.0.0\nwritten by users\n");
    let status = story.status();
    assert_eq!(
        (status["version"].as_str(), status["installed"].as_bool()),
        (Some("1.0.0"), Some(true))
    );
    assert_eq!(status["counters"]["1.0"], 7, "a failed release moves no counter");
    story.nothing_under_way();
    assert!(story.events().contains(&"switch.taken-back".to_owned()));
    story.good_upgrade(&story.release("1.0.2", 9, GOOD));
    assert_eq!(
        fs::read_to_string(story.state()).unwrap().lines().last(),
        Some("migrated by 1.0.2")
    );
}

#[test]
fn two_generations_are_kept_and_blobs_that_nobody_needs_are_removed() {
    let story = Story::new();
    let of = |name: &str| {
        let digest = cg_bundle_format::Digest::of(program_of(name, GOOD).as_bytes());
        at(&story.root, "/opt/codegraph/store/blobs/sha256").join(digest.hex())
    };
    story.good_upgrade(&story.release("1.0.1", 8, GOOD));
    assert_eq!(story.generations(), ["1", "2"]);
    assert!(of("1.0.0").exists());
    assert_eq!(story.upgrade(&story.release("1.0.2", 9, BAD)).status.code(), Some(1));
    assert_eq!(story.generations(), ["1", "2", "3"], "a failure removes nothing");
    story.good_upgrade(&story.release("1.0.3", 10, GOOD));
    assert_eq!(
        story.generations(),
        ["2", "4"],
        "the one in use and the one before, not the failed one"
    );
    assert!(!of("1.0.0").exists() && of("1.0.1").exists() && of("1.0.3").exists());
    let current = at(&story.root, "/opt/codegraph/current");
    assert_eq!(fs::read(current.join("bin/codegraph")).unwrap(), fs::read(of("1.0.3")).unwrap());
    let report = json(&program(&line(&story.root, &["gc", "--keep", "1"])));
    assert_eq!(report["generations"], serde_json::json!([2]));
    assert!(!of("1.0.1").exists());
    let before = tree(&story.root);
    let nothing = json(&program(&line(&story.root, &["gc", "--keep", "1"])));
    assert_eq!((nothing["blobs"].as_u64(), &tree(&story.root)), (Some(0), &before));
}

#[test]
fn a_rollback_goes_to_the_former_release_and_keeps_the_data() {
    let story = Story::new();
    story.good_upgrade(&story.release("1.0.1", 8, GOOD));
    let written = "written since\n";
    let mut data = fs::read_to_string(story.state()).unwrap();
    data.push_str(written);
    fs::write(story.state(), &data).unwrap();
    let done = program(&line(&story.root, &["rollback"]));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    assert_eq!(json(&done)["version"], "1.0.0");
    assert_eq!(story.current(), "1");
    assert!(fs::read_to_string(story.state()).unwrap().contains(written));
    let status = story.status();
    assert_eq!(
        (status["version"].as_str(), status["gate"].as_str()),
        (Some("1.0.0"), Some("passed"))
    );
    assert_eq!(status["counters"]["1.0"], 8, "what was refused before is refused after");
    story.nothing_under_way();
    let receipt = json(&program(&line(&story.root, &["receipt", "export"])));
    assert_eq!(
        (receipt["generation"].as_u64(), receipt["result"].as_str()),
        (Some(1), Some("rolled-back"))
    );
    // There is nothing before it, and the other one must be named.
    let refused = program(&line(&story.root, &["rollback"]));
    assert_eq!(refused.status.code(), Some(1));
    assert!(talk(&refused).contains("--to"), "{}", talk(&refused));
    let forth = program(&line(&story.root, &["rollback", "--to", "2"]));
    assert_eq!((forth.status.code(), story.current().as_str()), (Some(0), "2"));
    story.good_upgrade(&story.release("1.0.2", 9, GOOD));
    assert_eq!(
        (story.current().as_str(), story.generations()),
        ("3", vec!["2".to_owned(), "3".to_owned()])
    );
}

#[test]
fn a_state_is_given_up_only_by_name_and_its_audit_events_are_kept() {
    let story = Story::new();
    story.good_upgrade(&story.release("1.0.1", 8, GOOD));
    fs::write(story.state(), "migrated by 1.0.0\nmigrated by 1.0.1\nlate\n").unwrap();
    let refused = program(&line(&story.root, &["rollback", "--discard-state-since", "7"]));
    assert_eq!(refused.status.code(), Some(1));
    assert!(talk(&refused).contains("generation-1-before-7.db is not there"), "{}", talk(&refused));
    assert_eq!(story.current(), "2");
    let done = program(&line(&story.root, &["rollback", "--discard-state-since", "2"]));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    assert_eq!(story.current(), "1");
    assert_eq!(
        fs::read_to_string(story.state()).unwrap(),
        "migrated by 1.0.0\nmigrated by 1.0.0\n"
    );
    let tail = json(&done)["audit_tail"].as_str().unwrap().to_owned();
    assert!(tail.starts_with(&at(&story.root, "/var/lib/codegraph-install").display().to_string()));
    assert_eq!(fs::read_to_string(tail).unwrap(), "{\"action\":\"late\"}\n");
    assert!(story.events().contains(&"state.discarded".to_owned()));
    story.nothing_under_way();
}

#[test]
fn a_rollback_leads_only_to_what_has_proven_itself_here() {
    let story = Story::new();
    let nowhere = program(&line(&story.root, &["rollback"]));
    assert_eq!(nowhere.status.code(), Some(1));
    assert_eq!(story.upgrade(&story.release("1.0.1", 8, BAD)).status.code(), Some(1));
    let refused = program(&line(&story.root, &["rollback", "--to", "2"]));
    assert_eq!(refused.status.code(), Some(1));
    assert!(talk(&refused).contains("was never in use here"), "{}", talk(&refused));
    assert_eq!(story.current(), "1");
    let empty = program(&line(&story.folder.path().join("empty"), &["rollback"]));
    assert_eq!(empty.status.code(), Some(1));
}

#[test]
fn an_upgrade_of_nothing_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let made = bundle(&folder.path().join("media"), &Recipe::default());
    let refused = program(&upgrade_line(&root, &made));
    assert_eq!(refused.status.code(), Some(1));
    assert!(talk(&refused).contains("codegraph-install install"), "{}", talk(&refused));
    assert!(!root.exists());
}

#[test]
fn a_repair_finds_and_mends_what_the_disk_lost() {
    let story = Story::new();
    let next = story.release("1.0.1", 8, GOOD);
    story.good_upgrade(&next);
    let whole = json(&program(&line(&story.root, &["repair"])));
    assert_eq!((whole["whole"].as_bool(), whole["repaired"].as_bool()), (Some(true), Some(false)));
    let before: Vec<_> = story.installed();
    let store = |path: &str| {
        let digest = cg_bundle_format::Digest::of(&next.contents[path]);
        at(&story.root, "/opt/codegraph/store/blobs/sha256").join(digest.hex())
    };
    // One bit turned, one blob gone from the store, one file gone from a generation, lists damaged.
    let mut bytes = fs::read(store("lib/libduckdb.so")).unwrap();
    bytes[5_000] ^= 4;
    fs::write(store("lib/libduckdb.so"), bytes).unwrap();
    fs::remove_file(store("models/tiny/model.gguf")).unwrap();
    let of = |name: &str| at(&story.root, "/opt/codegraph/generations").join(name);
    fs::remove_file(of("1/docs/README.md")).unwrap();
    fs::write(of("2/models.lock"), "{}").unwrap();
    fs::write(of("2/release.json"), "{}").unwrap();
    let media: Vec<String> = next.volumes.iter().map(|v| v.display().to_string()).collect();
    let seen = program(&line(&story.root, &["repair"]));
    assert_eq!(seen.status.code(), Some(2), "{}", talk(&seen));
    assert!(
        talk(&seen).contains("release.json") && talk(&seen).contains("1.0.1"),
        "{}",
        talk(&seen)
    );
    let arguments: Vec<&str> =
        std::iter::once("repair").chain(media.iter().map(String::as_str)).collect();
    let done = program(&line(&story.root, &arguments));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    assert_eq!(json(&done)["damaged"].as_array().unwrap().len(), 2);
    assert_eq!(story.installed(), before);
    assert!(story.events().contains(&"repair.done".to_owned()));
    // Without media it tells what is damaged and ends with 1.
    fs::remove_file(store("lib/libduckdb.so")).unwrap();
    let seen = program(&line(&story.root, &["repair"]));
    assert_eq!(seen.status.code(), Some(1));
    assert_eq!(json(&seen)["damaged"].as_array().unwrap().len(), 1);
}
