//! A folder with everything that a small bundle needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `bundle.yaml` of the tests.
const CONFIG: &str = r#"format: 1
product: codegraph
line: "1.0"
version: 1.0.0
arch: x86_64
release_counter: 1
issued: 2026-11-23T00:00:00Z
minimum_installer: 0.1.0
components:
  - {name: base, need: required, summary: All of it.}
  - {name: model, need: optional}
files:
  - {from: "${inputs}/bin/codegraph-install", to: bin/codegraph-install, role: program, component: base}
  - {from: "${inputs}/docs", to: docs, role: doc, component: base}
models:
  - {descriptor: model.yaml, from: "${inputs}/model", component: model}
images:
  - {assemble: image.yaml, component: base}
sbom: {cargo_lock: Cargo.lock, to: sbom.cdx.json, component: base}
front:
  - {name: codegraph-install, placement: bin/codegraph-install}
  - {name: sbom.cdx.json, placement: sbom.cdx.json}
"#;

const IMAGE: &str = r#"reference: codegraph/test:1
platform: linux/amd64
user: "10001"
entrypoint: [/bin/program]
layers:
  - comment: first
    entries:
      - {to: etc/passwd, text: "x\n"}
      - {to: tmp, mode: "1777"}
  - comment: second
    entries:
      - {to: bin/program, from: "${inputs}/bin/codegraph-install", mode: "0755"}
"#;

const MODEL: &str = r#"id: m
kind: embedding
format: safetensors
source: made up
licence: Apache-2.0
dimensions: 3
template: none
memory_bytes: 1
files:
  - {name: weights, size: 4, sha256: 88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589}
"#;

const LOCK: &str = r#"version = 4

[[package]]
name = "codegraph"
version = "1.0.0"

[[package]]
name = "serde"
version = "1.0.0"
source = "registry+https://index.example/crates"
checksum = "9a8e94ea7f378bd32cbbd37198a4a91436180c5bb472411e48b5ec2e2124ae9e"
"#;

/// The folder.
pub(crate) struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    /// Inputs, keys, configuration.
    pub(crate) fn new() -> Self {
        let fixture = Self { folder: tempfile::tempdir().unwrap() };
        fixture.put("inputs/bin/codegraph-install", &noise(16_000));
        fixture.put("inputs/docs/a.md", b"# A\n");
        fixture.put("inputs/docs/deep/b.md", &b"words and words\n".repeat(1_000_000));
        fixture.put("inputs/model/weights", b"abcd");
        fixture.put("bundle.yaml", CONFIG.as_bytes());
        fixture.put("image.yaml", IMAGE.as_bytes());
        fixture.put("model.yaml", MODEL.as_bytes());
        fixture.put("Cargo.lock", LOCK.as_bytes());
        let keygen = fixture.run(&["keygen", "--development", "keys"]);
        assert!(keygen.status.success());
        assert!(String::from_utf8(keygen.stderr).unwrap().contains("DEVELOPMENT KEYS"));
        fixture
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn put(&self, below: &str, bytes: &[u8]) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Replaces text in a file of the folder.
    pub(crate) fn edit(&self, below: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(below)).unwrap();
        assert!(text.contains(from), "{below} holds no {from:?}");
        self.put(below, text.replacen(from, to, 1).as_bytes());
    }

    /// Runs the program in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    /// The same, with variables of the environment.
    pub(crate) fn run_with(
        &self,
        arguments: &[impl AsRef<std::ffi::OsStr>],
        environment: &[(&str, &str)],
    ) -> Output {
        Command::new(env!("CARGO_BIN_EXE_codegraph-bundle"))
            .args(arguments)
            .envs(environment.iter().copied())
            .env("CODEGRAPH_BUNDLE_CACHE", self.path("cache"))
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// Builds into `out`.
    pub(crate) fn build(&self, out: &str, more: &[&str]) -> Output {
        let inputs = format!("inputs={}", self.path("inputs").display());
        let base =
            ["build", "--config", "bundle.yaml", "--set", &inputs, "--key", "keys", "--out", out];
        self.run(&[&base[..], more].concat())
    }

    pub(crate) fn fingerprint(&self) -> String {
        stdout(&self.run(&["fingerprint", "keys"])).trim().to_owned()
    }

    /// Verifies the volumes in `folder`.
    pub(crate) fn verify(&self, folder: &str) -> Output {
        self.run(&["verify", folder, "--root-fingerprint", &self.fingerprint(), "--json"])
    }
}

/// The real installer; cargo puts it beside the program under test.
pub(crate) fn installer(arguments: &[&str]) -> Output {
    let program =
        Path::new(env!("CARGO_BIN_EXE_codegraph-bundle")).with_file_name("codegraph-install");
    assert!(program.exists(), "{} is not there: run `make build` first", program.display());
    Command::new(program).args(arguments).output().unwrap()
}

/// A stand-in for the product's program: it migrates, and its gate is good.
pub(crate) const GOOD_PROGRAM: &str = "#!/bin/sh\ncase \"$1\" in\ndb) echo migrated;;\ngate) echo 'sample: good';;\n*) exit 2;;\nesac\n";

/// Every file below a folder with its SHA-256.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(here) = todo.pop() {
        for entry in fs::read_dir(&here).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let state = if meta.is_dir() {
                todo.push(path.clone());
                "folder".to_owned()
            } else if meta.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else {
                hex::encode(<sha2::Sha256 as sha2::Digest>::digest(fs::read(&path).unwrap()))
            };
            found.insert(path, state);
        }
    }
    found
}

/// stdout of a run that must have succeeded.
pub(crate) fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The exit code and stderr of a run.
pub(crate) fn failure(output: &Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

/// The volumes in a folder, by name; none where it was never made.
pub(crate) fn volumes(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Bytes that do not compress and are the same in every run (a linear congruential generator).
fn noise(count: usize) -> Vec<u8> {
    noise_of(1, count)
}

/// The same, from another beginning.
pub(crate) fn noise_of(seed: u64, count: usize) -> Vec<u8> {
    let step = |state: &mut u64| {
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((*state >> 56) as u8)
    };
    std::iter::repeat_n((), count).scan(seed, |state, ()| step(state)).collect()
}
