//! One bundle of everything: images of a registry, the models and extensions of the cache, source packages of a lock
//! file. Taken by the real installer, and read again by the programs of others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::fixture::*;
use crate::registry::{Auth, Layout, Server, skopeo};

/// The folder of the sources.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The folder of `scripts/deps.sh` with real models and extensions.
fn generation() -> PathBuf {
    let cache = std::env::var("CODEGRAPH_CACHE")
        .unwrap_or_else(|_| format!("{}/.cache/codegraph", std::env::var("HOME").unwrap()));
    let folder = Path::new(&cache).join("deps/generation");
    assert!(folder.join("models.lock").exists(), "{}: run `make deps`", folder.display());
    folder
}

/// A lock file with `name` and everything that it needs, taken out of the workspace's own.
fn lock_of(name: &str) -> (String, BTreeMap<String, String>) {
    let all = cargo_lock::Lockfile::load(Path::new(WORKSPACE).join("Cargo.lock")).unwrap();
    let first = all.packages.iter().find(|package| package.name.as_str() == name).unwrap();
    let mut wanted = vec![first];
    let mut seen = BTreeSet::new();
    let (mut text, mut sums) = ("version = 4\n".to_owned(), BTreeMap::new());
    while let Some(package) = wanted.pop() {
        if !seen.insert((package.name.as_str(), &package.version)) {
            continue;
        }
        let needs = package.dependencies.iter();
        wanted.extend(needs.map(|need| {
            let is_it = |p: &&cargo_lock::Package| p.name == need.name && p.version == need.version;
            all.packages.iter().find(is_it).unwrap()
        }));
        let name = &package.name;
        let sum = package.checksum.as_ref().unwrap().to_string();
        text.push_str(&format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"{}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{sum}\"\n",
            package.version
        ));
        sums.insert(format!("{name}-{}.crate", package.version), sum);
    }
    (text, sums)
}

const CONFIG: &str = r#"format: 1
product: codegraph
line: "1.0"
version: 1.0.0
arch: x86_64
release_counter: 1
issued: 2026-11-23T00:00:00Z
minimum_installer: 0.1.0
components:
  - {name: base, need: required}
  - {name: models, need: optional}
  - {name: sources, need: optional}
  - {name: images, need: optional}
files:
  - {from: "${inputs}/codegraph", to: bin/codegraph, role: program, component: base}
  - {from: "${inputs}/config.yaml", to: config/config.yaml, role: config, component: base}
  - {from: "${deps}/extensions", to: extensions, role: extension, component: base, version: 1.5.5, licence: MIT}
models:
  - {descriptor: "${workspace}/models/all-minilm-l6-v2.yaml", from: "${deps}/models/all-minilm-l6-v2", component: models}
  - {descriptor: "${workspace}/models/smollm2-135m-instruct-q4_1.yaml", from: "${deps}/models/smollm2-135m-instruct-q4_1", component: models}
crates:
  - {cargo_lock: Cargo.lock, component: sources}
images:
  - {registry: "HOST/team/one:1", reference: "team/one:1", component: images}
  - {registry: "HOST/team/two:1", reference: "team/two:1", component: images}
  - {registry: "HOST/team/many:1", reference: "team/many:1", component: images}
sbom: {cargo_lock: Cargo.lock, to: sbom.cdx.json, component: base}
"#;

/// Pushes three images that share a layer, one of them for two processors; their digests for this one.
fn images(server: &Server) -> BTreeMap<String, String> {
    let mut layout = Layout::new(&server.path("layout"));
    let shared = layout.layer(1, 300_000);
    let one = layout.image("amd64", &[shared.clone(), layout.layer(2, 100_000)]);
    let two = layout.image("amd64", &[shared.clone(), layout.layer(3, 100_000)]);
    let arm = layout.image("arm64", &[layout.layer(4, 1000)]);
    let own = layout.image("amd64", &[shared, layout.layer(5, 1000)]);
    let digest = |entry: &Value| entry["digest"].as_str().unwrap().to_owned();
    let digests = [("one", digest(&one)), ("two", digest(&two)), ("many", digest(&own))];
    let many = layout.index(&[arm, own]);
    for (entry, name) in [(one, "one"), (two, "two"), (many, "many")] {
        layout.name(entry, name);
        server.push(&layout.folder, name, &format!("team/{name}:1"));
    }
    digests.map(|(name, digest)| (format!("team/{name}:1"), digest)).into()
}

fn sha256sum(path: &Path) -> String {
    let sum = Command::new("sha256sum").arg(path).output().unwrap();
    assert!(sum.status.success(), "{}: {sum:?}", path.display());
    String::from_utf8(sum.stdout).unwrap()[..64].to_owned()
}

#[test]
fn images_models_packages_and_extensions_travel_in_one_bundle() {
    let (fixture, server) = (Fixture::new(), Server::start(&Auth::Basic));
    let digests = images(&server);
    let (lock, sums) = lock_of("serde_json");
    assert!(sums.len() > 3, "{sums:?}");
    let host = format!("127.0.0.1:{}", server.port);
    fixture.put("bundle.yaml", CONFIG.replace("HOST", &host).as_bytes());
    fixture.put("Cargo.lock", lock.as_bytes());
    fixture.put("inputs/codegraph", GOOD_PROGRAM.as_bytes());
    fixture.put("inputs/config.yaml", b"# nothing\n");
    let deps = generation();
    let set = [
        format!("inputs={}", fixture.path("inputs").display()),
        format!("deps={}", deps.display()),
        format!("workspace={WORKSPACE}"),
    ];
    let (ca, auth) = (server.ca().display().to_string(), server.path("auth.json"));
    let command = |words: &[&str]| {
        let mut line: Vec<&str> = words.to_vec();
        line.extend(["--config", "bundle.yaml", "--ca", &ca]);
        set.iter().for_each(|pair| line.extend(["--set", pair]));
        fixture.run_with(&line, &[("REGISTRY_AUTH_FILE", auth.to_str().unwrap())])
    };
    stdout(&command(&["lock"]));
    server.killer()();
    let build = ["build", "--locked", "--key", "keys", "--out", "out", "--volume-size", "64MiB"];
    stdout(&command(&build));
    let count = volumes(&fixture.path("out")).len();
    assert!(count > 2, "several volumes");

    let out = fixture.path("out").display().to_string();
    let (root, trust) = (fixture.path("host").display().to_string(), fixture.fingerprint());
    let on_host = |words: &[&str]| {
        let mut line = vec!["--json", "--root", root.as_str()];
        line.extend(words);
        stdout(&installer(&line))
    };
    let trusted = [out.as_str(), "--root-fingerprint", &trust];
    let proof: Value =
        serde_json::from_str(&on_host(&[&["verify"], &trusted[..]].concat())).unwrap();
    assert_eq!((&proof["verified"], &proof["volumes"]), (&true.into(), &count.into()));
    on_host(&[&["install"], &trusted[..]].concat());
    let current = fixture.path("host/opt/codegraph/current");

    // Models and extensions: the bytes that the cache has, by another program's sums.
    let mut seen = 0;
    for below in ["models/all-minilm-l6-v2", "models/smollm2-135m-instruct-q4_1", "extensions"] {
        for file in volumes(&deps.join(below)) {
            let installed = current.join(below).join(file.file_name().unwrap());
            assert_eq!(sha256sum(&installed), sha256sum(&file), "{}", file.display());
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen} files");

    // Images: skopeo reads them out of the store and checks each blob; the digests are those that were pushed.
    let store = fixture.path("host/opt/codegraph/store");
    for (name, digest) in &digests {
        let to = fixture.path(&format!("again/{}", &digest[7..]));
        fs::create_dir_all(&to).unwrap();
        let from = format!("oci:{}:{name}", store.display());
        skopeo(&["copy", &from, &format!("dir:{}", to.display())]);
        let found = skopeo(&["manifest-digest", to.join("manifest.json").to_str().unwrap()]);
        assert_eq!(String::from_utf8(found).unwrap().trim(), digest, "{name}");
    }

    // Source packages: cargo builds from them, from nothing else.
    let crates = fixture.path("crates").display().to_string();
    on_host(&["crates", "export", &crates]);
    for (file, sum) in &sums {
        assert_eq!(&sha256sum(&fixture.path("crates").join(file)), sum, "{file}");
    }
    fixture.put(
        "project/Cargo.toml",
        b"[package]\nname = \"p\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[dependencies]\nserde_json = \"1\"\n[workspace]\n",
    );
    let main = b"fn main() { println!(\"{}\", serde_json::json!({\"a\": 1})) }\n";
    fixture.put("project/src/main.rs", main);
    let cargo = Command::new(env!("CARGO"))
        .args(["run", "--offline", "--quiet", "--config"])
        .arg(fixture.path("crates/config.toml"))
        .current_dir(fixture.path("project"))
        .env("CARGO_HOME", fixture.path("cargo-home"))
        .env("CARGO_TARGET_DIR", fixture.path("cargo-target"))
        .output()
        .unwrap();
    assert_eq!(stdout(&cargo), "{\"a\":1}\n");

    // The bill of materials knows all of it; licences of packages come from the packages themselves.
    let bill: Value =
        serde_json::from_slice(&fs::read(current.join("sbom.cdx.json")).unwrap()).unwrap();
    let components = bill["components"].as_array().unwrap();
    let find = |kind: &str, name: &str| {
        components
            .iter()
            .find(|c| c["type"] == kind && c["name"] == name)
            .unwrap_or_else(|| panic!("{name}"))
    };
    let package = find("library", "serde_json");
    assert_eq!(package["licenses"][0]["expression"], "MIT OR Apache-2.0", "{package}");
    find("library", "extensions/vss.duckdb_extension");
    find("machine-learning-model", "models/all-minilm-l6-v2/model.safetensors");
    for name in digests.keys() {
        find("container", name);
    }
}
