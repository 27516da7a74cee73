//! Upgrade, rollback and collection, stopped at every single step: afterwards it is the old release or the
//! new one with the state that belongs to it, and nothing that was written while the service was open is lost.

use std::fs;
use std::path::{Path, PathBuf};

use codegraph_install::error::Error;
use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{Outcome, Program, SystemHost};

use crate::crash::comparable;
use crate::fixture::{Bundle, Recipe, bundle, scratch};
use crate::run::{at, install_line, line, on, upgrade_line};

/// A service in one file: each release's migration adds its number, users add `w`.
fn answer(root: &Path, program: &Program, gate_is_good: bool) -> Outcome {
    let state = at(root, "/var/lib/codegraph/control.db");
    let words: Vec<String> =
        program.arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let path = program.path.display().to_string();
    let of_generation = path.split("/generations/").nth(1).and_then(|rest| rest.split('/').next());
    let Some(number) = of_generation else {
        // A look at the host: there is nothing of that kind.
        let nothing = String::new;
        return Outcome { code: Some(1), stdout: nothing(), stderr: nothing(), timed_out: false };
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_good = match words[..] {
        ["db", "migrate", ..] => {
            let text = fs::read_to_string(&state).unwrap_or_default();
            if !text.contains(number) {
                fs::write(&state, text + number).unwrap();
            }
            true
        }
        ["db", "snapshot", "--to", file, ..] => {
            fs::create_dir_all(Path::new(file).parent().unwrap()).unwrap();
            fs::copy(&state, file).is_ok()
        }
        ["db", "restore", "--from", file, "--audit-tail", tail, ..] => {
            fs::write(tail, "{}\n").unwrap();
            fs::copy(file, &state).is_ok()
        }
        ["db", "restore", "--from", file, ..] => fs::copy(file, &state).is_ok(),
        ["gate", ..] => gate_is_good || number == "1",
        _ => panic!("{}", program.line()),
    };
    let (stdout, stderr) = ("sample: good\n".to_owned(), String::new());
    Outcome { code: Some(i32::from(!is_good)), stdout, stderr, timed_out: false }
}

fn host(root: &Path, fault: Fault, step: u64, gate_is_good: bool) -> FaultyHost<SystemHost> {
    let root = root.to_path_buf();
    FaultyHost::new(SystemHost, fault, step)
        .answering(Box::new(move |program| Ok(answer(&root, program, gate_is_good))))
}

struct Media {
    folder: tempfile::TempDir,
    first: Bundle,
    second: Bundle,
}

impl Media {
    fn new() -> Self {
        let folder = scratch();
        let small = Recipe { model_bytes: 2 * 4096 + 5, ..Recipe::default() };
        let first = bundle(&folder.path().join("first"), &small);
        let next = Recipe {
            version: "1.0.1",
            counter: 8,
            program: "#!/bin/sh\nexit 2 # another one\n",
            ..small
        };
        let second = bundle(&folder.path().join("second"), &next);
        Self { folder, first, second }
    }

    /// A host with the first release, or with both where `is_upgraded`.
    fn host(&self, name: &str, is_upgraded: bool) -> PathBuf {
        let root = self.folder.path().join(name);
        on(&host(&root, Fault::Death, 0, true), &install_line(&root, &self.first)).unwrap();
        if is_upgraded {
            on(&host(&root, Fault::Death, 0, true), &upgrade_line(&root, &self.second)).unwrap();
        }
        root
    }
}

fn state(root: &Path) -> String {
    fs::read_to_string(at(root, "/var/lib/codegraph/control.db")).unwrap()
}

fn current(root: &Path) -> String {
    fs::read_link(at(root, "/opt/codegraph/current")).unwrap().display().to_string()
}

fn is_closed(root: &Path) -> bool {
    at(root, "/var/lib/codegraph/closed-for-writing").exists()
}

/// What a service that is open may stand on: the release in use has migrated, no later one.
fn check_open(root: &Path, what: &str) {
    let (current, state) = (current(root), state(root));
    assert!(at(root, "/opt/codegraph/current/bin/codegraph").is_file(), "{what}");
    assert!(
        !state.contains('2') || current == "generations/2" || what.contains("rollback"),
        "{what}: open, {current} on {state}"
    );
}

/// Runs `command` with a fault at each step in turn. After each the service writes if it is open, then
/// `recover` settles, the service writes again, then `command` is completed.
fn at_every_step(
    media: &Media,
    is_upgraded: bool,
    command: impl Fn(&Path) -> Vec<String>,
    end: (&str, &str),
    what: &str,
) {
    let clean = media.host("clean", is_upgraded);
    on(&host(&clean, Fault::Death, 0, true), &command(&clean)).unwrap();
    assert_eq!((current(&clean).as_str(), state(&clean).as_str()), end, "{what}");
    let mut expected = comparable(&clean);
    expected.retain(|name, _| !name.contains("control.db") && !name.contains("backups/"));
    for fault in [Fault::Death, Fault::DiskFull] {
        for step in 1.. {
            let root = media.host(&format!("{what}-{fault:?}-{step}"), is_upgraded);
            let faulty = host(&root, fault, step, true);
            let done = on(&faulty, &command(&root)).is_ok();
            let log = faulty.log();
            let place = log.get(usize::try_from(step - 1).unwrap()).cloned().unwrap_or_default();
            let words = format!("{what}, {fault:?} at step {step} ({place})");
            let mut writes = 0;
            let mut write = |moment: &str| {
                if !is_closed(&root) {
                    check_open(&root, &format!("{words}, {moment}"));
                    fs::write(at(&root, "/var/lib/codegraph/control.db"), state(&root) + "w")
                        .unwrap();
                    writes += 1;
                }
            };
            write("stopped");
            let good = host(&root, Fault::Death, 0, true);
            on(&good, &line(&root, &["recover", "--boot"])).unwrap();
            assert!(!is_closed(&root), "{words}: closed after `recover`");
            assert!(!at(&root, "/var/lib/codegraph-install/switch.json").exists(), "{words}");
            write("recovered");
            let settled = current(&root);
            let again = on(&host(&root, Fault::Death, 0, true), &command(&root));
            // Only a rollback that was complete already has nowhere to go any more.
            let is_there = what == "rollback" && settled == end.0;
            assert!(again.is_ok() != is_there, "second run after {words}: {again:?}");
            write("completed");
            assert_eq!(current(&root), end.0, "{words}");
            let state = state(&root);
            assert_eq!(state.matches('w').count(), writes, "{words}: {state}");
            assert_eq!(state.replace('w', ""), end.1, "{words}");
            let mut found = comparable(&root);
            found.retain(|name, _| !name.contains("control.db") && !name.contains("backups/"));
            if what != "rollback" {
                assert_eq!(found, expected, "{words}");
            }
            fs::remove_dir_all(&root).unwrap();
            if done {
                assert!(faulty.steps() < step, "{words}: failed and was called a success");
                assert!(
                    step > if what == "gc" { 7 } else { 60 },
                    "{what}: only {step} steps were tried"
                );
                break;
            }
        }
    }
    fs::remove_dir_all(&clean).unwrap();
}

#[test]
fn an_upgrade_that_stops_at_any_step_is_the_old_or_the_new_release_and_completes() {
    let media = Media::new();
    let command = |root: &Path| upgrade_line(root, &media.second);
    at_every_step(&media, false, command, ("generations/2", "12"), "upgrade");
}

#[test]
fn a_rollback_that_stops_at_any_step_is_the_old_or_the_new_release_and_completes() {
    let media = Media::new();
    let command = |root: &Path| line(root, &["rollback", "--to", "1"]);
    at_every_step(&media, true, command, ("generations/1", "12"), "rollback");
}

#[test]
fn giving_up_a_state_that_stops_at_any_step_is_the_new_state_or_the_old_one() {
    let media = Media::new();
    for fault in [Fault::Death, Fault::DiskFull] {
        for step in 1.. {
            let root = media.host(&format!("discard-{fault:?}-{step}"), true);
            let written = |root: &Path, text: &str| {
                fs::write(at(root, "/var/lib/codegraph/control.db"), text).unwrap();
            };
            written(&root, "12w");
            let command = line(&root, &["rollback", "--discard-state-since", "2"]);
            let faulty = host(&root, fault, step, true);
            let done = on(&faulty, &command).is_ok();
            let words = format!("{fault:?} at step {step}");
            on(&host(&root, Fault::Death, 0, true), &line(&root, &["recover", "--boot"])).unwrap();
            let found = (current(&root), state(&root));
            let (old, new) = (("generations/2", "12w"), ("generations/1", "1"));
            assert!([old, new].contains(&(&*found.0, &*found.1)), "{words}: {found:?}");
            assert!(!is_closed(&root), "{words}");
            if (&*found.0, &*found.1) == old {
                on(&host(&root, Fault::Death, 0, true), &command).unwrap();
            }
            assert_eq!((&*current(&root), &*state(&root)), new, "{words}");
            let tails = fs::read_dir(at(&root, "/var/lib/codegraph-install/audit-tails")).unwrap();
            assert_eq!(tails.count(), 1, "{words}");
            fs::remove_dir_all(&root).unwrap();
            if done {
                assert!(step > 60, "only {step} steps were tried");
                break;
            }
        }
    }
}

#[test]
fn a_collection_that_stops_at_any_step_is_completed_by_the_next() {
    let media = Media::new();
    let command = |root: &Path| line(root, &["gc", "--keep", "1"]);
    at_every_step(&media, true, command, ("generations/2", "12"), "gc");
}

#[test]
fn a_failing_release_whose_way_back_stops_at_any_step_leaves_the_old_one() {
    let media = Media::new();
    for fault in [Fault::Death, Fault::DiskFull] {
        for step in 1.. {
            let root = media.host(&format!("bad-{fault:?}-{step}"), false);
            let faulty = host(&root, fault, step, false);
            on(&faulty, &upgrade_line(&root, &media.second)).unwrap_err();
            let words = format!("{fault:?} at step {step}");
            let mut expected = "1".to_owned();
            if !is_closed(&root) {
                check_open(&root, &words);
                fs::write(at(&root, "/var/lib/codegraph/control.db"), state(&root) + "w").unwrap();
                expected.push('w');
            }
            on(&host(&root, Fault::Death, 0, false), &line(&root, &["recover", "--boot"])).unwrap();
            assert_eq!(current(&root), "generations/1", "{words}");
            assert_eq!(state(&root), expected, "{words}");
            assert!(!is_closed(&root), "{words}");
            fs::remove_dir_all(&root).unwrap();
            if faulty.steps() < step {
                assert!(step > 60, "only {step} steps were tried");
                break;
            }
        }
    }
}

/// What the programs of a release say when the disk is full: SQLite for the snapshot and the migration, the
/// C library for a copy.
fn full_at(word: &'static str, root: &Path) -> FaultyHost<SystemHost> {
    let root = root.to_path_buf();
    FaultyHost::new(SystemHost, Fault::Death, 0).answering(Box::new(move |program| {
        if program.line().contains(word) {
            let stderr = match word {
                "gate" => "codegraph: write out/graph.db: No space left on device (os error 28)",
                _ => "codegraph: control store: (code: 13) database or disk is full",
            };
            let (stdout, stderr) = (String::new(), stderr.to_owned());
            return Ok(Outcome { code: Some(2), stdout, stderr, timed_out: false });
        }
        Ok(answer(&root, program, true))
    }))
}

#[test]
fn a_program_that_finds_the_disk_full_is_told_with_path_need_and_room_and_nothing_changes() {
    let media = Media::new();
    let store = "/var/lib/codegraph/codegraph.db";
    for (word, path, need) in [
        ("db snapshot", "/var/lib/codegraph/backups/generation-1-before-2.db", 12_345),
        ("db migrate", store, 12_345),
        ("gate", "/var/lib/codegraph", 64 << 20),
    ] {
        let root = media.host(&format!("full-{need}-{}", path.len()), false);
        fs::write(at(&root, store), vec![0; 12_345]).unwrap();
        let mut before = comparable(&root);
        let line = upgrade_line(&root, &media.second);
        let error = on(&full_at(word, &root), &line).unwrap_err();
        match &error {
            Error::DiskFull { path: told, need: bytes, free } => {
                assert_eq!((told.clone(), *bytes), (at(&root, path), need), "{word}");
                assert!(*free > 0, "{word}");
            }
            other => panic!("{word}: {other}"),
        }
        assert_eq!(error.exit_code(), 1);
        assert_eq!(current(&root), "generations/1", "{word}");
        assert_eq!(state(&root), "1", "{word}");
        assert!(!is_closed(&root), "{word}");
        // What it has brought by then stays for the next run; all that was there is as it was.
        let after = comparable(&root);
        before.retain(|name, _| !name.ends_with("store/index.json"));
        for (name, value) in &before {
            assert_eq!(after.get(name), Some(value), "{word}: {name}");
        }
        on(&host(&root, Fault::Death, 0, true), &line).unwrap();
        assert_eq!((current(&root), state(&root)), ("generations/2".into(), "12".into()), "{word}");
    }
}
