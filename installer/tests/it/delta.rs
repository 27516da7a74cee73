//! Bundles that leave out what the host has: proven before anything is changed, asked for where it is not there.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cg_bundle_format::Digest;

use crate::fixture::{BAD_PROGRAM, Bundle, Recipe, bundle, tree};
use crate::run::{at, install_line, json, line, program, talk};

/// What the delta of these tests carries: the program that was mended.
fn delta_carries(path: &str) -> bool {
    path == "bin/codegraph"
}

/// A host on which a full release was taken back, and the delta that mends its program.
struct Story {
    folder: tempfile::TempDir,
    root: PathBuf,
    full: Bundle,
    delta: Bundle,
}

impl Story {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("host");
        let full = bundle(
            &folder.path().join("full"),
            &Recipe { program: BAD_PROGRAM, ..Recipe::default() },
        );
        assert_eq!(program(&install_line(&root, &full)).status.code(), Some(1));
        let delta = bundle(
            &folder.path().join("delta"),
            &Recipe {
                version: "1.0.1",
                counter: 8,
                carries: Some(delta_carries),
                ..Recipe::default()
            },
        );
        Self { folder, root, full, delta }
    }

    /// The file of what is placed at `path`, in the store.
    fn stored(&self, path: &str) -> PathBuf {
        let digest = Digest::of(&self.delta.contents[path]);
        at(&self.root, "/opt/codegraph/store/blobs/sha256").join(digest.hex())
    }

    fn request(&self) -> PathBuf {
        self.folder.path().join("request.json")
    }

    fn install(&self, more: &[&str]) -> std::process::Output {
        let mut line = install_line(&self.root, &self.delta);
        line.extend(["--request".to_owned(), self.request().display().to_string()]);
        line.extend(more.iter().map(|word| (*word).to_owned()));
        program(&line)
    }

    /// The installation must be refused with the host as it was; returns the digests that are asked for.
    fn asks_for(&self, more: &[&str]) -> Vec<String> {
        let before = tree(&self.root);
        let output = self.install(more);
        assert_eq!(output.status.code(), Some(4), "{}", talk(&output));
        assert!(talk(&output).contains("request.json"), "{}", talk(&output));
        assert_eq!(tree(&self.root), before, "nothing may be changed");
        let text = fs::read_to_string(self.request()).unwrap();
        fs::remove_file(self.request()).unwrap();
        let request: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(request["version"], "1.0.1");
        assert_eq!(request["release"], Digest::of(&self.delta.manifest.to_bytes()).to_string());
        let blobs = request["blobs"].as_array().unwrap();
        blobs.iter().map(|blob| blob["digest"].as_str().unwrap().to_owned()).collect()
    }

    /// A bundle of the release that carries what `carries` says.
    fn top_up(&self, name: &str, carries: fn(&str) -> bool) -> String {
        let folder = self.folder.path().join(name);
        let recipe =
            Recipe { version: "1.0.1", counter: 8, carries: Some(carries), ..Recipe::default() };
        bundle(&folder, &recipe);
        folder.display().to_string()
    }

    fn is_installed_whole(&self) {
        let current = at(&self.root, "/opt/codegraph/current");
        for (path, bytes) in &self.delta.contents {
            assert_eq!(&fs::read(current.join(path)).unwrap(), bytes, "{path}");
            assert_eq!(
                fs::metadata(current.join(path)).unwrap().ino(),
                fs::metadata(self.stored(path)).unwrap().ino()
            );
        }
    }
}

fn names(story: &Story, paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| Digest::of(&story.delta.contents[*path]).to_string()).collect()
}

#[test]
fn a_delta_brings_the_changed_program_and_finds_the_rest_in_the_store() {
    let story = Story::new();
    let done = story.install(&[]);
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    story.is_installed_whole();
    let changed = story.delta.contents["bin/codegraph"].len();
    assert_eq!(json(&done)["plan"]["new_bytes"], changed);
    assert!(!story.request().exists());
    assert!(story.full.volumes.len() > story.delta.volumes.len());
}

#[test]
fn what_the_store_lost_or_damaged_is_asked_for_and_a_top_up_brings_it() {
    let story = Story::new();
    let (lost, damaged) = ("lib/libduckdb.so", "config/config.yaml");
    fs::remove_file(story.stored(lost)).unwrap();
    let mut bytes = fs::read(story.stored(damaged)).unwrap();
    bytes[1_000] ^= 1;
    fs::write(story.stored(damaged), bytes).unwrap();
    assert_eq!(story.asks_for(&[]), names(&story, &[lost, damaged]));

    // Half of it is not enough: what is still missing is asked for again.
    let half = story.top_up("half", |path| path == "lib/libduckdb.so");
    assert_eq!(story.asks_for(&["--top-up", &half]), names(&story, &[damaged]));
    let other = story.top_up("other", |path| path == "config/config.yaml");
    let done = story.install(&["--top-up", &half, "--top-up", &other]);
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    story.is_installed_whole();
    let receipts = at(&story.root, "/var/lib/codegraph-install/receipts");
    let receipt = fs::read_to_string(receipts.join("000002-1.0.1-installed.json")).unwrap();
    let receipt: serde_json::Value = serde_json::from_str(&receipt).unwrap();
    assert_eq!(receipt["volumes"].as_array().unwrap().len(), story.delta.volumes.len() + 2);
}

#[test]
fn the_former_full_bundle_is_a_top_up_too() {
    let story = Story::new();
    fs::remove_file(story.stored("models/tiny/model.gguf")).unwrap();
    assert_eq!(story.asks_for(&[]), names(&story, &["models/tiny/model.gguf"]));
    let full = story.folder.path().join("full").display().to_string();
    let done = story.install(&["--top-up", &full]);
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    story.is_installed_whole();
}

#[test]
fn a_host_with_nothing_asks_for_everything_that_was_left_out_and_no_more() {
    let story = Story::new();
    let fresh = Story { root: story.folder.path().join("fresh"), ..story };
    fs::create_dir_all(&fresh.root).unwrap();
    let mut all: Vec<&str> = fresh.delta.contents.keys().map(String::as_str).collect();
    all.retain(|path| *path != "bin/codegraph");
    let mut expected = names(&fresh, &all);
    let mut asked = fresh.asks_for(&[]);
    expected.sort();
    asked.sort();
    assert_eq!(asked, expected);
    // An optional component that is not installed is not asked for.
    let model = names(&fresh, &["models/tiny/model.gguf"]).remove(0);
    let asked = fresh.asks_for(&["--without", "chat-model"]);
    assert!(asked.len() + 1 == expected.len() && !asked.contains(&model));
}

#[test]
fn a_plan_writes_a_request_only_where_it_is_told_to() {
    let story = Story::new();
    fs::remove_file(story.stored("lib/libduckdb.so")).unwrap();
    let here = tempfile::tempdir().unwrap();
    let fingerprint = story.delta.fingerprint.hex();
    let media = story.folder.path().join("delta").display().to_string();
    let plan = line(&story.root, &["plan", &media, "--root-fingerprint", &fingerprint]);
    let run = |line: &[String]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_codegraph-install"))
            .args(&line[1..])
            .current_dir(here.path())
            .output()
            .unwrap()
    };
    let output = run(&plan);
    assert!(output.status.code() == Some(4) && talk(&output).contains("--request"));
    assert!(tree(here.path()).is_empty());
    // `install` writes it into the current folder unless told otherwise.
    let output = run(&install_line(&story.root, &story.delta));
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(tree(here.path()).keys().collect::<Vec<_>>(), ["codegraph-request-1.0.1.json"]);
}

#[test]
fn a_top_up_that_is_foreign_damaged_or_not_whole_is_refused() {
    let story = Story::new();
    fs::remove_file(story.stored("lib/libduckdb.so")).unwrap();
    let folder = story.folder.path();
    let refused = |place: &Path, words: &str| {
        let before = tree(&story.root);
        let output = story.install(&["--top-up", &place.display().to_string()]);
        assert_eq!(output.status.code(), Some(3), "{}", talk(&output));
        assert!(talk(&output).contains(words), "{}", talk(&output));
        assert_eq!(tree(&story.root), before);
    };
    bundle(&folder.join("evil"), &Recipe { root_seed: 9, ..Recipe::default() });
    refused(&folder.join("evil"), "verification failed");
    let top_up = PathBuf::from(story.top_up("good", |path| path == "lib/libduckdb.so"));
    let volume = fs::read_dir(&top_up).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&volume).unwrap();
    let needle = &story.delta.contents["lib/libduckdb.so"][..64];
    let at = good.windows(64).position(|window| window == needle).unwrap();
    let mut bad = good;
    bad[at + 10] ^= 1;
    fs::write(&volume, bad).unwrap();
    refused(&top_up, "not the signed one");
    fs::remove_file(&story.full.volumes[1]).unwrap();
    refused(&folder.join("full"), "missing volume 2");
}

#[test]
fn the_receipt_goes_out_as_it_was_signed_and_is_the_base_of_the_next_delta() {
    let story = Story::new();
    let fresh = story.folder.path().join("fresh");
    let nothing = program(&line(&fresh, &["receipt", "export"]));
    assert_eq!(nothing.status.code(), Some(1));
    assert_eq!(story.install(&[]).status.code(), Some(0));
    let out = story.folder.path().join("out/receipt.json");
    fs::create_dir(out.parent().unwrap()).unwrap();
    let export = line(&story.root, &["receipt", "export", "--to", &out.display().to_string()]);
    assert_eq!(program(&export).status.code(), Some(0));
    let state = at(&story.root, "/var/lib/codegraph-install/receipts");
    let name = "000002-1.0.1-installed.json";
    assert_eq!(fs::read(&out).unwrap(), fs::read(state.join(name)).unwrap());
    assert_eq!(
        fs::read(out.with_file_name("receipt.json.sig")).unwrap(),
        fs::read(state.join(format!("{name}.sig"))).unwrap()
    );
    let printed = program(&line(&story.root, &["receipt", "export"]));
    assert_eq!(printed.stdout, fs::read(&out).unwrap());
}
