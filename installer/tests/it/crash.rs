//! Stopped at every single step, the next run completes; a full disk is told with path, need and free bytes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use codegraph_install::error::Error;
use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{Outcome, SystemHost};

use crate::fixture::{Bundle, Recipe, bundle, scratch, tree};
use crate::run::{at, faulty, install_line, json, line, on, program, talk};

fn small() -> Recipe {
    Recipe { model_bytes: 2 * 4096 + 5, ..Recipe::default() }
}

/// The host without what legitimately differs from run to run: random secrets, times, the journal's history.
pub(crate) fn comparable(root: &Path) -> BTreeMap<String, String> {
    let mut all = tree(root);
    for (name, value) in &mut all {
        let differs = [
            "codegraph/tls/",
            "credentials/",
            "host-key",
            "receipts/",
            "codegraph-install/journal",
            "audit.jsonl",
        ];
        if differs.iter().any(|part| name.contains(part)) {
            *value = "there".to_owned();
        }
    }
    all
}

/// What holds at every moment: `current` names a whole generation or is not there, and blobs with their
/// final name are whole.
fn check_invariants(root: &Path, bundle: &Bundle, what: &str) {
    let current = at(root, "/opt/codegraph/current");
    if std::fs::symlink_metadata(&current).is_ok() {
        for (path, bytes) in &bundle.contents {
            assert_eq!(&std::fs::read(current.join(path)).unwrap(), bytes, "{what}: {path}");
        }
    }
    for blob in &bundle.manifest.blobs {
        let file = at(root, "/opt/codegraph/store/blobs/sha256").join(blob.digest.hex());
        if let Ok(bytes) = std::fs::read(&file) {
            assert_eq!(
                cg_bundle_format::Digest::of(&bytes),
                blob.digest,
                "{what}: blob in the store"
            );
        }
    }
    if at(root, "/var/lib/codegraph-install/trust.json").exists() {
        assert!(current.exists(), "{what}: trust is written last");
    }
}

/// Runs with a fault at step 1, 2, 3, … until one run meets no fault; after each, a run without one must complete.
fn at_every_step(fault: Fault, check: impl Fn(&Error, u64)) {
    let folder = scratch();
    let bundle = bundle(&folder.path().join("media"), &small());
    let clean_root = folder.path().join("clean");
    on(&faulty(fault, 0), &install_line(&clean_root, &bundle)).unwrap();
    let expected = comparable(&clean_root);
    for step in 1.. {
        let root = folder.path().join(step.to_string());
        let line = install_line(&root, &bundle);
        let host = faulty(fault, step);
        match on(&host, &line) {
            Ok(()) => {
                assert!(host.steps() < step, "step {step} failed and the run called it a success");
                assert!(step > 100, "only {step} steps were tried: the loop is broken");
                return;
            }
            Err(error) => check(&error, step),
        }
        let what = format!("step {step} ({})", host.log()[usize::try_from(step - 1).unwrap()]);
        check_invariants(&root, &bundle, &what);
        on(&faulty(fault, 0), &line)
            .unwrap_or_else(|error| panic!("second run after {what}: {error}"));
        assert_eq!(comparable(&root), expected, "after {what}");
        std::fs::remove_dir_all(&root).unwrap();
    }
}

#[test]
fn a_run_that_dies_at_any_step_is_completed_by_the_next() {
    at_every_step(Fault::Death, |_, _| ());
}

#[test]
fn a_power_loss_that_takes_everything_unflushed_is_completed_by_the_next_run() {
    at_every_step(Fault::PowerLoss, |_, _| ());
}

#[test]
fn a_disk_that_fills_up_at_any_step_leaves_a_host_that_the_next_run_completes() {
    at_every_step(Fault::DiskFull, |error, step| {
        assert!(matches!(error, Error::DiskFull { .. }), "step {step}: {error}");
        assert_eq!(error.exit_code(), 1);
        let text = error.to_string();
        assert!(text.contains("bytes needed") && text.contains("bytes free"), "{text}");
    });
}

#[test]
fn two_deaths_one_after_the_other_are_completed_too() {
    let folder = scratch();
    let bundle = bundle(&folder.path().join("media"), &small());
    for first in (5..150).step_by(13) {
        for second in (3..90).step_by(17) {
            let root = folder.path().join(format!("{first}-{second}"));
            let line = install_line(&root, &bundle);
            let _ = on(&faulty(Fault::Death, first), &line);
            let _ = on(&faulty(Fault::Death, second), &line);
            on(&faulty(Fault::Death, 0), &line).unwrap();
            check_invariants(&root, &bundle, "two deaths");
            assert!(!tree(&root).keys().any(|name| name.ends_with(".partial")));
            std::fs::remove_dir_all(&root).unwrap();
        }
    }
}

#[test]
fn a_real_kill_in_the_middle_is_completed_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = Recipe { model_bytes: 3000 * 4096, volume_size: 4_000_000, ..Recipe::default() };
    let bundle = bundle(&folder.path().join("media"), &recipe);
    let journal = |root: &Path| at(root, "/var/lib/codegraph-install/journal");
    for wanted in [1, 20_000, 100_000, 300_000] {
        let root = folder.path().join(wanted.to_string());
        let line = install_line(&root, &bundle);
        let mut child = Command::new(env!("CARGO_BIN_EXE_codegraph-install"))
            .args(&line[1..])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Killed as soon as the journal has grown to the wanted length, or after the end.
        while std::fs::metadata(journal(&root)).map_or(0, |state| state.len()) < wanted {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        check_invariants(&root, &bundle, "kill -9");
        let done = program(&line);
        assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
        check_invariants(&root, &bundle, "after kill -9");
        assert!(!tree(&root).keys().any(|name| name.ends_with(".partial")));
        let status = json(&program(&self::line(&root, &["status"])));
        assert_eq!(status["installed"], true);
    }
}

#[test]
fn a_gate_that_fails_takes_back_even_after_a_death_in_the_switch() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(&folder.path().join("media"), &small());
    let root = folder.path().join("host");
    let line = install_line(&root, &bundle);
    let probe = faulty(Fault::Death, 0);
    on(&probe, &install_line(&folder.path().join("clean"), &bundle)).unwrap();
    let gate = probe.log().iter().position(|step| step.contains(" gate ")).unwrap() as u64 + 1;
    on(&faulty(Fault::Death, gate), &line).unwrap_err();
    assert!(
        at(&root, "/opt/codegraph/current").exists(),
        "the machine died between the switch and the gate"
    );
    let bad = FaultyHost::new(SystemHost, Fault::Death, 0).answering(Box::new(|program| {
        let is_gate = program.line().contains(" gate ");
        let stderr = if is_gate { "no rows".to_owned() } else { String::new() };
        Ok(Outcome {
            code: Some(i32::from(is_gate)),
            stdout: String::new(),
            stderr,
            timed_out: false,
        })
    }));
    let error = on(&bad, &line).unwrap_err();
    assert!(matches!(error, Error::Gate { .. }), "{error}");
    assert!(std::fs::symlink_metadata(at(&root, "/opt/codegraph/current")).is_err());
    assert!(!at(&root, "/var/lib/codegraph/closed-for-writing").exists());
}

#[test]
fn a_second_installer_is_told_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(&folder.path().join("media"), &small());
    let root = folder.path().join("host");
    let paths = codegraph_install::host::HostPaths::new(Some(&root));
    let held = codegraph_install::lock::take(&SystemHost, &paths, &|_| ()).unwrap();
    let refused = program(&install_line(&root, &bundle));
    assert_eq!(refused.status.code(), Some(1));
    assert!(talk(&refused).contains("another codegraph-install"), "{}", talk(&refused));
    drop(held);
    assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
}
