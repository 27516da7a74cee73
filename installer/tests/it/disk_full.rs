//! A file system of its own that is really full from some step of an upgrade on: told with path, need and free
//! bytes; the old release stays; freed room is enough for the same command to go on.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use codegraph_install::error::Error;
use codegraph_install::host::SystemHost;
use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{Host as _, Outcome};

use crate::fixture::{Bundle, Recipe, bundle};
use crate::run::{at, faulty, install_line, on, upgrade_line};

/// An ext4 file system in a file.
struct Small(PathBuf);

impl Small {
    /// None where this process may not mount.
    fn mount(folder: &Path) -> Option<Self> {
        let (image, place) = (folder.join("image"), folder.join("small"));
        fs::create_dir(&place).unwrap();
        fs::File::create(&image).unwrap().set_len(128 << 20).unwrap();
        let run = |words: &[&str], file: &Path, last: Option<&Path>| {
            Command::new(words[0])
                .args(&words[1..])
                .arg(file)
                .args(last)
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        let is_there = run(&["mkfs.ext4", "-q", "-m", "0"], &image, None)
            && run(&["mount", "-o", "loop"], &image, Some(&place));
        is_there.then_some(Self(place))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Takes the last byte that is free.
fn fill(filler: &Path) {
    let mut file = fs::File::create(filler).unwrap();
    let free = SystemHost.free_bytes(filler).unwrap();
    // Most of it at once, the rest until nothing goes in.
    let most = free.saturating_sub(4 << 20);
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, most).unwrap();
    file.seek(std::io::SeekFrom::End(0)).unwrap();
    for size in [64 << 10, 4 << 10, 512, 1] {
        while file.write_all(&vec![7; size]).is_ok() {}
    }
    let _ = file.sync_all();
}

fn is_whole(root: &Path, bundle: &Bundle) -> bool {
    let current = at(root, "/opt/codegraph/current");
    bundle
        .contents
        .iter()
        .all(|(path, bytes)| fs::read(current.join(path)).is_ok_and(|found| found == *bytes))
}

#[test]
fn a_disk_that_is_really_full_in_any_phase_is_told_and_freed_room_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let Some(small) = Small::mount(folder.path()) else {
        eprintln!("skipped: no file system may be mounted here");
        return;
    };
    let old = bundle(&folder.path().join("old"), &Recipe::default());
    let recipe = Recipe {
        version: "1.0.1",
        counter: 8,
        model_bytes: 90 * 4096,
        volume_size: 200_000,
        ..Recipe::default()
    };
    let new = bundle(&folder.path().join("new"), &recipe);
    let root = small.0.join("host");
    let fresh = || {
        let _ = fs::remove_dir_all(&root);
        on(&faulty(Fault::Death, 0), &install_line(&root, &old)).unwrap();
    };
    fresh();
    let probe = faulty(Fault::Death, 0);
    on(&probe, &upgrade_line(&root, &new)).unwrap();
    let mut told = 0;
    for step in (3..=probe.steps()).step_by(13) {
        fresh();
        let filler = small.filler();
        let host = FaultyHost::new(SystemHost, Fault::Elsewhere, step)
            .answering(Box::new(|_| {
                let (stdout, stderr) = ("sample: good\n".to_owned(), String::new());
                Ok(Outcome { code: Some(0), stdout, stderr, timed_out: false })
            }))
            .meanwhile(Box::new(move || fill(&filler)));
        let what = format!("step {step} ({})", probe.log()[usize::try_from(step - 1).unwrap()]);
        match on(&host, &upgrade_line(&root, &new)) {
            // Nothing more was to be written.
            Ok(()) => assert!(is_whole(&root, &new), "{what}"),
            // Looked at before it began.
            Err(Error::Preflight(_)) => assert!(is_whole(&root, &old), "{what}"),
            Err(Error::DiskFull { path, free, .. }) => {
                told += 1;
                assert!(path.starts_with(&root), "{what}: {}", path.display());
                assert!(free < 1 << 16, "{what}: {free}");
                assert!(is_whole(&root, &old) || is_whole(&root, &new), "{what}");
            }
            Err(error) => panic!("{what}: {error}"),
        }
        fs::remove_file(small.filler()).unwrap();
        assert!(SystemHost.free_bytes(&root).unwrap() > 1 << 20);
        on(&faulty(Fault::Death, 0), &upgrade_line(&root, &new))
            .unwrap_or_else(|error| panic!("after {what}: {error}"));
        assert!(is_whole(&root, &new), "after {what}");
    }
    assert!(told > 5, "only {told} runs met the full disk");
}
