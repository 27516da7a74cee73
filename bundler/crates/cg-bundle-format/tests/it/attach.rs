//! Signatures that come after the volumes were written.

use std::fs;

use cg_bundle_format::*;

use crate::fixture::*;

fn unsigned(folder: &std::path::Path) -> (Fixture, Vec<std::path::PathBuf>, Signatures) {
    let mut fixture = Fixture::small();
    let several = fixture.several();
    let real = Signatures::make(RELEASE_PREFIX, &fixture.manifest_bytes(), &[&key(2)]);
    fixture.signatures = Some(Signatures::placeholder(&[key(2).public().id()]));
    let paths = fixture.write(folder, several);
    assert!(paths.len() > 1);
    (fixture, paths, real)
}

fn attach(path: &std::path::Path, fixture: &Fixture, signatures: &Signatures) -> Result<(), Error> {
    let release = Digest::of(&fixture.manifest_bytes());
    attach_signatures(path, release, signatures, &Limits::default())
}

#[test]
fn what_comes_later_makes_the_bytes_that_would_have_been_written_at_once() {
    let (late, early) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (fixture, paths, real) = unsigned(late.path());
    assert!(refusal(&paths, &fixture.anchor()).contains("has not signed yet"));
    for path in &paths {
        attach(path, &fixture, &real).unwrap();
    }
    read_all(&paths, &fixture.anchor()).unwrap();
    let at_once = Fixture::small();
    for (a, b) in paths.iter().zip(at_once.write(early.path(), at_once.several())) {
        assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap());
    }
}

#[test]
fn an_attachment_that_was_interrupted_anywhere_is_completed_by_doing_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let (fixture, paths, real) = unsigned(folder.path());
    let before = fs::read(&paths[0]).unwrap();
    attach(&paths[0], &fixture, &real).unwrap();
    let after = fs::read(&paths[0]).unwrap();
    assert_eq!(before.len(), after.len());
    let changed: Vec<usize> = (0..after.len()).filter(|&at| before[at] != after[at]).collect();
    let (first, last) = (changed[0], changed[changed.len() - 1]);
    for cut in (first..=last).step_by(17) {
        fs::write(&paths[0], [&after[..cut], &before[cut..]].concat()).unwrap();
        attach(&paths[0], &fixture, &real).unwrap();
        assert!(fs::read(&paths[0]).unwrap() == after, "cut at {cut}");
    }
}

#[test]
fn signatures_that_do_not_count_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (fixture, paths, real) = unsigned(folder.path());
    let before = fs::read(&paths[0]).unwrap();
    let message = fixture.manifest_bytes();
    let by = |prefix: &str, message: &[u8], number: u8| {
        Signatures::make(prefix, message, &[&key(number)])
    };
    for wrong in [
        Signatures::default(),
        by(RELEASE_PREFIX, &message, 3),
        by(RELEASE_PREFIX, b"another release", 2),
        by(ROOT_PREFIX, &message, 2),
        by(PERMIT_PREFIX, &message, 2),
    ] {
        let error = attach(&paths[0], &fixture, &wrong).unwrap_err();
        assert_eq!(error.exit_code(), 3, "{error}");
    }
    let other = Digest::of(b"another release");
    let error = attach_signatures(&paths[0], other, &real, &Limits::default()).unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
    assert_eq!(fs::read(&paths[0]).unwrap(), before);
    // Signatures by strangers are left out, so that the room is enough.
    let mut more = real.clone();
    more.merge(&by(RELEASE_PREFIX, &message, 77));
    attach(&paths[0], &fixture, &more).unwrap();
}
