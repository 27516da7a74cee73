//! The borders of renewal and of warning, with a clock that the test sets.

use super::*;
use crate::host::faulty::{Fault, FaultyHost};
use crate::host::{Host, SystemHost};

/// 2026-11-23T00:00:00Z, by `date -u -d 2026-11-23 +%s`.
const NOW: u64 = 1_795_392_000;

fn host(now: u64) -> FaultyHost<SystemHost> {
    FaultyHost::new(SystemHost, Fault::Death, 0).at_time(now)
}

fn made(paths: &HostPaths, now: u64) -> Done {
    ensure(&host(now), paths, &Wish::default()).unwrap()
}

fn warnings(paths: &HostPaths, now: u64) -> Vec<String> {
    let lines = lines(&look(paths, now).unwrap());
    lines.into_iter().map(|line| line.advice).filter(|advice| !advice.is_empty()).collect()
}

#[test]
fn it_is_made_anew_120_days_before_its_end_and_warned_about_60_days_before() {
    let folder = tempfile::tempdir().unwrap();
    let paths = HostPaths::new(Some(folder.path()));
    assert_eq!(made(&paths, NOW), Done::Made);
    let bytes = || std::fs::read(Places::of(&paths).server).unwrap();
    let first = bytes();
    let end = look(&paths, NOW).unwrap().server.unwrap().not_after;
    assert_eq!(end, NOW + 820 * DAY);
    assert_eq!(made(&paths, end - 121 * DAY), Done::Kept);
    assert_eq!(bytes(), first);
    assert!(warnings(&paths, end - 61 * DAY).is_empty());
    let soon = warnings(&paths, end - 60 * DAY);
    assert!(soon.len() == 1 && soon[0].contains("runs out in 60 days"), "{soon:?}");
    let after = warnings(&paths, end + DAY);
    assert!(after.len() == 1 && after[0].contains("ran out on"), "{after:?}");
    let authority = || std::fs::read(Places::of(&paths).authority).unwrap();
    let before = authority();
    assert_eq!(made(&paths, end - 120 * DAY), Done::Made);
    assert_ne!(bytes(), first);
    assert_eq!(authority(), before, "clients trust the same authority");
    assert!(warnings(&paths, end).is_empty());
}

#[test]
fn a_clock_that_was_wrong_does_no_lasting_harm() {
    for wrong in [0, 4_070_908_800] {
        let folder = tempfile::tempdir().unwrap();
        let paths = HostPaths::new(Some(folder.path()));
        assert_eq!(made(&paths, wrong), Done::Made);
        assert_eq!(warnings(&paths, NOW).len(), 1, "clock {wrong}");
        assert_eq!(made(&paths, NOW), Done::Made);
        assert_eq!(warnings(&paths, NOW), Vec::<String>::new(), "clock {wrong}");
        assert_eq!(made(&paths, NOW), Done::Kept);
    }
}

#[test]
fn wherever_a_run_stops_the_next_one_completes() {
    for step in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let paths = HostPaths::new(Some(folder.path()));
        let faulty = FaultyHost::new(SystemHost, Fault::Death, step);
        let done = ensure(&faulty, &paths, &Wish::default()).is_ok();
        let now = SystemHost.now();
        ensure(&SystemHost, &paths, &Wish::default()).unwrap();
        let found = look(&paths, now).unwrap();
        assert_eq!((found.maker, &found.problem), (Maker::Installer, &None), "step {step}");
        assert!(found.server.unwrap().is_issued_by(&found.authority.unwrap()));
        if done {
            assert!(step > 20, "only {step} steps were tried");
            return;
        }
    }
}

#[test]
fn a_lost_or_foreign_half_is_made_anew_and_a_damaged_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let paths = HostPaths::new(Some(folder.path()));
    made(&paths, NOW);
    let places = Places::of(&paths);
    let is_whole = || {
        let found = look(&paths, NOW).unwrap();
        found.problem.is_none() && found.server.unwrap().is_issued_by(&found.authority.unwrap())
    };
    for lost in [&places.server, &places.server_key, &places.authority, &places.authority_key] {
        std::fs::remove_file(lost).unwrap();
        made(&paths, NOW);
        assert!(is_whole(), "{}", lost.display());
    }
    std::fs::write(&places.server_key, "nonsense").unwrap();
    assert!(look(&paths, NOW).unwrap().problem.unwrap().contains("tls.key"));
    let error = ensure(&host(NOW), &paths, &Wish::default()).unwrap_err();
    assert!(error.to_string().contains("tls.key is damaged"), "{error}");
    std::fs::write(&places.server, "nonsense").unwrap();
    assert!(
        ensure(&host(NOW), &paths, &Wish::default())
            .unwrap_err()
            .to_string()
            .contains("server.crt")
    );
}
