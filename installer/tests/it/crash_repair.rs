//! A repair, stopped at every single step: what worked works, and the next repair mends all of it.

use std::fs;
use std::path::Path;

use codegraph_install::host::faulty::Fault;

use crate::crash::comparable;
use crate::fixture::{Bundle, Recipe, bundle, scratch};
use crate::run::{at, faulty, install_line, line, on, upgrade_line};

/// One bit turned, one blob gone, one file of a generation gone, lists damaged: as a failing disk does.
fn damage(root: &Path, release: &Bundle) {
    let store = |path: &str| {
        let digest = cg_bundle_format::Digest::of(&release.contents[path]);
        at(root, "/opt/codegraph/store/blobs/sha256").join(digest.hex())
    };
    let mut bytes = fs::read(store("lib/libduckdb.so")).unwrap();
    bytes[5_000] ^= 4;
    fs::write(store("lib/libduckdb.so"), bytes).unwrap();
    fs::remove_file(store("models/tiny/model.gguf")).unwrap();
    let of = |name: &str| at(root, "/opt/codegraph/generations").join(name);
    fs::remove_file(of("1/docs/README.md")).unwrap();
    fs::write(of("2/models.lock"), "{}").unwrap();
    fs::write(of("2/release.json"), "{}").unwrap();
}

#[test]
fn a_repair_that_stops_at_any_step_is_completed_by_the_next() {
    let folder = scratch();
    let small = Recipe { model_bytes: 2 * 4096 + 5, ..Recipe::default() };
    let first = bundle(&folder.path().join("first"), &small);
    let next =
        Recipe { version: "1.0.1", counter: 8, program: "#!/bin/sh\nexit 2 # next\n", ..small };
    let second = bundle(&folder.path().join("second"), &next);
    let media = second.volumes.iter().map(|volume| volume.display().to_string());
    let words: Vec<String> = std::iter::once("repair".to_owned()).chain(media).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for fault in [Fault::Death, Fault::DiskFull] {
        for step in 1.. {
            let root = folder.path().join(format!("{fault:?}-{step}"));
            let good = || faulty(Fault::Death, 0);
            on(&good(), &install_line(&root, &first)).unwrap();
            on(&good(), &upgrade_line(&root, &second)).unwrap();
            let whole = comparable(&root);
            damage(&root, &second);
            let host = faulty(fault, step);
            let done = on(&host, &line(&root, &words)).is_ok();
            let log = host.log();
            let place = log.get(usize::try_from(step - 1).unwrap()).cloned().unwrap_or_default();
            let what = format!("{fault:?} at step {step} ({place})");
            let current = fs::read_link(at(&root, "/opt/codegraph/current")).unwrap();
            assert_eq!(current, Path::new("generations/2"), "{what}");
            let program = fs::read(at(&root, "/opt/codegraph/current/bin/codegraph")).unwrap();
            assert_eq!(
                program, second.contents["bin/codegraph"],
                "{what}: what was whole stays so"
            );
            on(&good(), &line(&root, &words)).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(comparable(&root), whole, "{what}");
            // Nothing is left to be mended, and no media are needed to see that.
            on(&good(), &line(&root, &["repair"]))
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            fs::remove_dir_all(&root).unwrap();
            if done {
                assert!(host.steps() < step, "{what}: failed and was called a success");
                assert!(step > 40, "only {step} steps were tried");
                break;
            }
        }
    }
}
