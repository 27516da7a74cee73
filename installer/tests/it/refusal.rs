//! Everything that must not be installed: refused with the right exit code, in words, and nothing is written.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::fixture::{Bundle, Recipe, bundle, noise, tree};
use crate::run::{at, install_line, line, program, talk};

/// `install` must end with `code`, say `words`, and leave the host as it was.
fn refused(root: &Path, line: &[String], code: i32, words: &str) {
    fs::create_dir_all(root).unwrap();
    let before = tree(root);
    let output = program(line);
    let text = talk(&output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(words), "expected {words:?} in: {text}");
    assert!(output.stdout.is_empty());
    assert_eq!(tree(root), before, "nothing may be written");
}

fn made(folder: &Path) -> (std::path::PathBuf, Bundle) {
    (folder.join("host"), bundle(&folder.join("media"), &Recipe::default()))
}

#[test]
fn a_flipped_byte_anywhere_in_any_volume_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (root, bundle) = made(folder.path());
    let line = install_line(&root, &bundle);
    let positions = noise(400, 11);
    for (number, volume) in bundle.volumes.iter().enumerate() {
        let original = fs::read(volume).unwrap();
        let file = fs::OpenOptions::new().write(true).open(volume).unwrap();
        for pair in positions.chunks(2).skip(number * 20).take(20) {
            let position =
                (usize::from(pair[0]) << 8 | usize::from(pair[1])) * original.len() / 65_536;
            file.write_all_at(&[original[position] ^ 0x40], position as u64).unwrap();
            refused(&root, &line, 3, "verification failed");
            file.write_all_at(&original[position..=position], position as u64).unwrap();
        }
    }
    assert_eq!(program(&line).status.code(), Some(0), "the repaired volumes install");
}

#[test]
fn a_flipped_payload_byte_is_named_by_volume_chunk_and_blob() {
    let folder = tempfile::tempdir().unwrap();
    let (root, bundle) = made(folder.path());
    let model = &bundle.contents["models/tiny/model.gguf"];
    let needle = &model[4096..4128];
    let (volume, position) = bundle
        .volumes
        .iter()
        .find_map(|volume| {
            let bytes = fs::read(volume).unwrap();
            bytes
                .windows(needle.len())
                .position(|window| window == needle)
                .map(|position| (volume, position))
        })
        .unwrap();
    let file = fs::OpenOptions::new().write(true).open(volume).unwrap();
    file.write_all_at(&[!needle[0]], position as u64).unwrap();
    let name = cg_bundle_format::Digest::of(model).to_string();
    refused(&root, &install_line(&root, &bundle), 3, &format!("chunk 1 of blob {name}"));
}

#[test]
fn a_truncated_volume_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (root, bundle) = made(folder.path());
    let last = bundle.volumes.last().unwrap();
    let bytes = fs::read(last).unwrap();
    for fiftieth in 0..50 {
        fs::write(last, &bytes[..bytes.len() * fiftieth / 50]).unwrap();
        refused(&root, &install_line(&root, &bundle), 3, "verification failed");
    }
}

#[test]
fn volumes_of_two_releases_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    let (root, old) = made(folder.path());
    let new = bundle(
        &folder.path().join("new"),
        &Recipe { version: "1.0.1", counter: 8, ..Recipe::default() },
    );
    let mut line = install_line(&root, &new);
    let last = line.len() - 1;
    line[last] = old.volumes.last().unwrap().display().to_string();
    refused(&root, &line, 3, "verification failed");
}

#[test]
fn another_root_than_the_one_on_paper_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (root, ours) = made(folder.path());
    let evil = bundle(&folder.path().join("evil"), &Recipe { root_seed: 9, ..Recipe::default() });
    let mut line = install_line(&root, &evil);
    for word in &mut line {
        if *word == evil.fingerprint.hex() {
            *word = ours.fingerprint.hex();
        }
    }
    refused(&root, &line, 3, &ours.fingerprint.hex());
}

#[test]
fn without_any_trust_nothing_is_installed() {
    let folder = tempfile::tempdir().unwrap();
    let (root, bundle) = made(folder.path());
    let media = folder.path().join("media").display().to_string();
    refused(&root, &line(&root, &["install", &media]), 3, "--root-fingerprint");
    let done = program(&line(&root, &["install", &media, "--dangerous-trust-first-use"]));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    let trust = fs::read_to_string(at(&root, "/var/lib/codegraph-install/trust.json")).unwrap();
    assert!(trust.contains("\"dangerous-first-use\""), "the choice is recorded");
    assert!(trust.contains(&bundle.fingerprint.hex()));
}

#[test]
fn a_fingerprint_pinned_by_the_site_is_enough_and_is_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let (root, bundle) = made(folder.path());
    let pins = at(&root, "/etc/codegraph/trust");
    fs::create_dir_all(&pins).unwrap();
    let media = folder.path().join("media").display().to_string();
    fs::write(pins.join("root-fingerprint"), "0".repeat(64)).unwrap();
    refused(
        &root,
        &line(&root, &["install", &media, "--dangerous-trust-first-use"]),
        3,
        "fingerprint",
    );
    fs::write(pins.join("root-fingerprint"), format!("{}\n", bundle.fingerprint.hex())).unwrap();
    let done = program(&line(&root, &["install", &media]));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
}

#[test]
fn after_the_first_installation_only_its_root_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (root, ours) = made(folder.path());
    assert_eq!(program(&install_line(&root, &ours)).status.code(), Some(0));
    assert_eq!(program(&line(&root, &["uninstall"])).status.code(), Some(0));
    let evil = Recipe { root_seed: 9, counter: 99, version: "9.9.9", ..Recipe::default() };
    bundle(&folder.path().join("evil"), &evil);
    let media = folder.path().join("evil").display().to_string();
    refused(
        &root,
        &line(&root, &["install", &media, "--dangerous-trust-first-use"]),
        3,
        "verification failed",
    );
}

#[test]
fn an_older_release_is_refused_even_after_an_uninstall_and_a_purge() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let old = bundle(
        &folder.path().join("old"),
        &Recipe { version: "0.9.0", counter: 6, ..Recipe::default() },
    );
    let new = bundle(&folder.path().join("new"), &Recipe::default());
    assert_eq!(program(&install_line(&root, &new)).status.code(), Some(0));
    for removal in [&["uninstall"][..], &["uninstall", "--purge"]] {
        assert_eq!(program(&line(&root, removal)).status.code(), Some(0));
        refused(&root, &install_line(&root, &old), 3, "counter 6");
    }
    assert_eq!(
        program(&line(&root, &["uninstall", "--purge", "--forget-trust"])).status.code(),
        Some(0)
    );
    let done = program(&install_line(&root, &old));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
}

#[test]
fn a_host_that_does_not_fit_is_told_why_with_exit_code_4() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let arm = bundle(&folder.path().join("arm"), &Recipe { arch: "aarch64", ..Recipe::default() });
    refused(&root, &install_line(&root, &arm), 4, "aarch64");
    let huge =
        bundle(&folder.path().join("huge"), &Recipe { disk_bytes: 1 << 60, ..Recipe::default() });
    refused(&root, &install_line(&root, &huge), 4, "bytes are needed");
}

#[test]
fn another_release_beside_an_installed_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (root, first) = made(folder.path());
    assert_eq!(program(&install_line(&root, &first)).status.code(), Some(0));
    let second = bundle(
        &folder.path().join("second"),
        &Recipe { version: "1.0.1", counter: 8, ..Recipe::default() },
    );
    refused(&root, &install_line(&root, &second), 1, "generation 1 is installed");
}

#[test]
fn a_damaged_trust_state_stops_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (root, bundle) = made(folder.path());
    let trust = at(&root, "/var/lib/codegraph-install/trust.json");
    fs::create_dir_all(trust.parent().unwrap()).unwrap();
    fs::write(&trust, "{}").unwrap();
    refused(&root, &install_line(&root, &bundle), 2, "trust.json is damaged");
}
