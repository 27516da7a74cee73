//! `lock`, `update`, `build --locked`: what is pinned, what is refused, what stays the same.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::fixture::*;

fn inputs(fixture: &Fixture) -> String {
    format!("inputs={}", fixture.path("inputs").display())
}

/// `lock` or `update` with more arguments.
fn command(fixture: &Fixture, name: &str, more: &[&str]) -> Value {
    let inputs = inputs(fixture);
    let base = [name, "--config", "bundle.yaml", "--set", &inputs, "--json"];
    serde_json::from_str(&stdout(&fixture.run(&[&base[..], more].concat()))).unwrap()
}

fn lock(fixture: &Fixture) -> Value {
    serde_json::from_slice(&fs::read(fixture.path("bundle.lock")).unwrap()).unwrap()
}

/// `sha256sum` of a file.
fn sha256(path: &std::path::Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    format!("sha256:{}", &String::from_utf8(output.stdout).unwrap()[..64])
}

#[test]
fn the_lock_names_every_input_with_its_size_and_hash() {
    let fixture = Fixture::new();
    command(&fixture, "lock", &[]);
    let lock = lock(&fixture);
    assert_eq!(lock["config"], sha256(&fixture.path("bundle.yaml")));
    let seen: Vec<(&str, &str)> = lock["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|input| (input["kind"].as_str().unwrap(), input["name"].as_str().unwrap()))
        .collect();
    let expected = [
        ("definition", "Cargo.lock"),
        ("definition", "image.yaml"),
        ("definition", "model.yaml"),
        ("file", "${inputs}/bin/codegraph-install"),
        ("file", "${inputs}/docs/a.md"),
        ("file", "${inputs}/docs/deep/b.md"),
        ("model", "${inputs}/model/weights"),
        ("image-file", "${inputs}/bin/codegraph-install"),
    ];
    assert_eq!(seen, expected);
    for input in lock["inputs"].as_array().unwrap() {
        let name = input["name"].as_str().unwrap().replace("${inputs}", "inputs");
        let path = fixture.path(&name);
        assert_eq!(input["digest"], sha256(&path), "{name}");
        assert_eq!(input["size"], fs::metadata(&path).unwrap().len(), "{name}");
    }
    let text = lock.to_string();
    assert!(!text.contains(fixture.path("").to_str().unwrap()), "no path of this machine");
}

#[test]
fn a_locked_build_refuses_what_moved_and_names_it() {
    let fixture = Fixture::new();
    let (code, text) = failure(&fixture.build("out", &["--locked"]));
    assert!(
        code == 1 && text.contains("bundle.lock") && text.contains("codegraph-bundle lock"),
        "{text}"
    );
    command(&fixture, "lock", &[]);
    let before = fs::read(fixture.path("bundle.lock")).unwrap();
    stdout(&fixture.build("out", &["--locked"]));

    fixture.put("inputs/docs/a.md", b"# B\n");
    let (code, text) = failure(&fixture.build("out", &["--locked", "--replace"]));
    assert!(code == 1 && text.contains("${inputs}/docs/a.md"), "{text}");
    assert!(!text.contains("b.md") && text.contains("update"), "{text}");
    fixture.put("inputs/docs/c.md", b"new");
    let (_, text) = failure(&fixture.build("out", &["--locked", "--replace"]));
    assert!(text.contains("docs/c.md: new"), "{text}");
    assert_eq!(fs::read(fixture.path("bundle.lock")).unwrap(), before);

    // Back to what was locked: a touched file with the same bytes is the same input.
    fixture.put("inputs/docs/a.md", b"# A\n");
    fs::remove_file(fixture.path("inputs/docs/c.md")).unwrap();
    stdout(&fixture.build("out", &["--locked", "--replace"]));
    fixture.edit("bundle.yaml", "summary: All of it.", "summary: Most of it.");
    let (code, text) = failure(&fixture.build("out", &["--locked", "--replace"]));
    assert!(code == 1 && text.contains("bundle.yaml changed"), "{text}");
}

#[test]
fn update_shows_what_moved_and_a_build_says_so() {
    let fixture = Fixture::new();
    assert_eq!(command(&fixture, "lock", &[])["written"], true);
    let first = lock(&fixture);
    assert_eq!(command(&fixture, "lock", &[])["written"], false, "the same again");
    fixture.put("inputs/docs/a.md", b"# B\n");
    fs::remove_file(fixture.path("inputs/docs/deep/b.md")).unwrap();
    let shown = command(&fixture, "update", &["--dry-run"]);
    assert_eq!(shown["written"], false);
    let names: Vec<&str> =
        shown["changes"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["${inputs}/docs/a.md", "${inputs}/docs/deep/b.md"]);
    assert!(shown["changes"][1]["to"].is_null());
    assert_eq!(lock(&fixture), first);
    let built = fixture.build("out", &[]);
    let said = String::from_utf8(built.stderr.clone()).unwrap();
    stdout(&built);
    assert!(said.contains("written anew") && said.contains("docs/a.md"), "{said}");
    assert_eq!(command(&fixture, "update", &[])["changes"], json!([]));
}

#[test]
fn time_and_counter_come_from_the_lock_where_the_configuration_gives_none() {
    let fixture = Fixture::new();
    fixture.edit("bundle.yaml", "release_counter: 1\nissued: 2026-11-23T00:00:00Z\n", "");
    stdout(&fixture.build("one", &[]));
    let first = lock(&fixture);
    assert_eq!(first["release_counter"], 1);
    stdout(&fixture.build("two", &["--locked"]));
    let (one, two) = (volumes(&fixture.path("one")), volumes(&fixture.path("two")));
    assert_eq!(fs::read(&one[0]).unwrap(), fs::read(&two[0]).unwrap());
    let inspected = stdout(&fixture.run(&["inspect", "two", "--json"]));
    let manifest = serde_json::from_str::<Value>(&inspected).unwrap()["manifest"].clone();
    assert_eq!(manifest["issued"], first["issued"]);
    fixture.put("inputs/docs/a.md", b"# B\n");
    command(&fixture, "update", &[]);
    assert_eq!(lock(&fixture)["release_counter"], 2);
}

#[test]
fn the_same_lock_gives_the_same_volumes_from_an_empty_and_from_a_warm_cache() {
    let fixture = Fixture::new();
    stdout(&fixture.build("cold", &["--volume-size", "48KiB"]));
    stdout(&fixture.build("warm", &["--locked", "--volume-size", "48KiB"]));
    stdout(
        &fixture.build("other", &["--locked", "--volume-size", "48KiB", "--cache", "elsewhere"]),
    );
    let cold = volumes(&fixture.path("cold"));
    for folder in ["warm", "other"] {
        let these = volumes(&fixture.path(folder));
        assert_eq!(these.len(), cold.len());
        for (a, b) in cold.iter().zip(&these) {
            assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap(), "{folder}");
        }
    }
}

#[test]
fn a_damaged_cache_is_seen_or_made_again() {
    let fixture = Fixture::new();
    stdout(&fixture.build("one", &["--volume-size", "none"]));
    let good = fs::read(&volumes(&fixture.path("one"))[0]).unwrap();
    // Notes that were cut off are made again.
    for kind in ["packed-1", "layer-2"] {
        for file in volumes(&fixture.path("cache/prepared").join(kind)) {
            if file.extension().is_none() {
                fs::write(file, b"{").unwrap();
            }
        }
    }
    stdout(&fixture.build("two", &["--locked", "--volume-size", "none"]));
    assert_eq!(fs::read(&volumes(&fixture.path("two"))[0]).unwrap(), good);
    // A wrong byte in a compressed blob never reaches a volume.
    for file in volumes(&fixture.path("cache/prepared/packed-1")) {
        if file.extension().is_some() {
            let mut bytes = fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&file, bytes).unwrap();
        }
    }
    let (code, text) = failure(&fixture.build("three", &["--locked"]));
    assert!(code == 3 && text.contains("changed while"), "{code} {text}");
    assert!(volumes(&fixture.path("three")).is_empty());
    stdout(&fixture.build("three", &["--locked", "--volume-size", "none"]));
    assert_eq!(fs::read(&volumes(&fixture.path("three"))[0]).unwrap(), good);
}

#[test]
fn licences_are_those_of_the_lock_whatever_cargo_says_later() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    let cargo = |licence: &str| {
        let answer =
            json!({"packages": [{"name": "serde", "version": "1.0.0", "license": licence}]});
        fixture.put("bin/cargo", format!("#!/bin/sh\necho '{answer}'\n").as_bytes());
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(fixture.path("bin/cargo"), mode).unwrap();
    };
    let run = |arguments: &[&str], cache: &str, path: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_codegraph-bundle"))
            .args(arguments)
            .args(["--config", "bundle.yaml", "--set", &inputs(&fixture)])
            .env("CODEGRAPH_BUNDLE_CACHE", fixture.path(cache))
            .env("PATH", format!("{}:/usr/bin:/bin", fixture.path(path).display()))
            .current_dir(fixture.path(""))
            .output()
            .unwrap();
        stdout(&output);
    };
    let build = |out| ["build", "--locked", "--key", "keys", "--volume-size", "none", "--out", out];
    cargo("MIT");
    run(&["lock"], "cache", "bin");
    assert_eq!(lock(&fixture)["licences"], json!({"serde 1.0.0": "MIT"}));
    run(&build("one"), "cache", "bin");
    cargo("Zlib");
    run(&build("two"), "another", "bin");
    run(&build("three"), "third", "none");
    let read = |out: &str| fs::read(&volumes(&fixture.path(out))[0]).unwrap();
    assert_eq!(read("one"), read("two"));
    assert_eq!(read("one"), read("three"));
}

#[test]
fn a_locked_build_makes_no_socket() {
    let fixture = Fixture::new();
    command(&fixture, "lock", &[]);
    let inputs = inputs(&fixture);
    let log = fixture.path("calls");
    let run = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=socket,connect", "-o"])
        .arg(&log)
        .arg(env!("CARGO_BIN_EXE_codegraph-bundle"))
        .args(["build", "--locked", "--config", "bundle.yaml", "--set", &inputs])
        .args(["--key", "keys", "--out", "out"])
        .env("CODEGRAPH_BUNDLE_CACHE", fixture.path("cache"))
        .current_dir(fixture.path(""))
        .output()
        .unwrap();
    stdout(&run);
    let calls = fs::read_to_string(log).unwrap();
    assert!(!calls.contains("AF_INET"), "{calls}");
}

#[test]
fn the_schema_knows_every_key_of_the_example() {
    let fixture = Fixture::new();
    let schema: Value = serde_json::from_str(&stdout(&fixture.run(&["schema"]))).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    let top = concat!(env!("CARGO_MANIFEST_DIR"), "/bundle.example.yaml");
    let example = fs::read_to_string(top).unwrap();
    for key in schema["properties"].as_object().unwrap().keys() {
        assert!(example.contains(&format!("\n{key}:")), "bundle.example.yaml does not show {key}");
    }
    for line in example.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())) {
        let key = line.split(':').next().unwrap();
        assert!(schema["properties"][key].is_object(), "the schema does not know {key}");
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/bundle.schema.json");
    let text = stdout(&fixture.run(&["schema"]));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(page, &text).unwrap();
    }
    assert!(
        fs::read_to_string(page).is_ok_and(|written| written == text),
        "docs/reference/bundle.schema.json is out of date; run the tests once with UPDATE_DOCS=1"
    );
}
