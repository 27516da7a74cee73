//! Volumes cut anew, releases compared, planned and listed.

use std::fs;

use serde_json::Value;

use crate::fixture::*;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn bytes_of(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    volumes(folder).iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

fn sha256sum(path: &std::path::Path) -> String {
    let output = std::process::Command::new("sha256sum").arg(path).output().unwrap();
    stdout(&output).split(' ').next().unwrap().to_owned()
}

#[test]
fn a_bundle_split_without_a_key_is_the_bundle_built_with_that_size() {
    let fixture = Fixture::new();
    stdout(&fixture.build("one", &["--volume-size", "none"]));
    stdout(&fixture.build("many", &["--volume-size", "48KiB"]));
    fs::rename(fixture.path("keys"), fixture.path("locked-away")).unwrap();
    let split = ["split", "one", "--out", "split", "--volume-size", "48KiB", "--json"];
    let report = json(&stdout(&fixture.run(&split)));
    assert_eq!(bytes_of(&fixture.path("split")), bytes_of(&fixture.path("many")));
    assert_eq!(report["volumes"].as_array().unwrap().len(), volumes(&fixture.path("many")).len());

    // Joined again, from volumes in another order and under other names.
    let mut names = Vec::new();
    for (number, path) in volumes(&fixture.path("split")).iter().rev().enumerate() {
        let name = format!("split/x{number}.bin");
        fs::rename(path, fixture.path(&name)).unwrap();
        names.push(name);
    }
    let mut join = vec!["join", "--out", "joined"];
    join.extend(names.iter().map(String::as_str));
    stdout(&fixture.run(&join));
    assert_eq!(bytes_of(&fixture.path("joined")), bytes_of(&fixture.path("one")));
}

#[test]
fn every_preset_and_size_bounds_the_volumes() {
    let fixture = Fixture::new();
    stdout(&fixture.build("one", &[]));
    for (size, most) in [
        ("49152", 49_152),
        ("64KiB", 65_536),
        ("fat32", 4_194_304_000u64),
        ("dvd", 4_613_734_400),
        ("bd", 24_117_248_000),
        ("none", u64::MAX),
    ] {
        stdout(&fixture.run(&["split", "one", "--out", size, "--volume-size", size]));
        for path in volumes(&fixture.path(size)) {
            assert!(path.metadata().unwrap().len() <= most, "{size}");
        }
        assert_eq!(json(&stdout(&fixture.verify(size)))["result"], "verified", "{size}");
    }
}

#[test]
fn each_volume_of_a_split_is_verified_alone_as_far_as_it_goes() {
    let fixture = Fixture::new();
    stdout(&fixture.build("out", &["--volume-size", "48KiB"]));
    for path in volumes(&fixture.path("out")) {
        let path = path.display().to_string();
        let shown = json(&stdout(&fixture.run(&[
            "inspect",
            &path,
            "--root-fingerprint",
            &fixture.fingerprint(),
            "--json",
        ])));
        assert_eq!(shown["trust"], "root-fingerprint");
        assert!(shown["volumes"][0]["index"]["chunks"].is_u64());
    }
}

#[test]
fn a_split_of_a_set_that_is_not_whole_or_in_its_own_folder_is_refused() {
    let fixture = Fixture::new();
    stdout(&fixture.build("out", &["--volume-size", "48KiB"]));
    let before = bytes_of(&fixture.path("out"));
    let (code, text) = failure(&fixture.run(&[
        "split",
        "out",
        "--out",
        "out",
        "--volume-size",
        "none",
        "--replace",
    ]));
    assert!(code == 1 && text.contains("another --out"), "{text}");
    assert_eq!(bytes_of(&fixture.path("out")), before);

    let wrong = "00".repeat(32);
    let (code, _) =
        failure(&fixture.run(&["join", "out", "--out", "new", "--root-fingerprint", &wrong]));
    assert_eq!(code, 3);

    let third = volumes(&fixture.path("out"))[2].clone();
    let good = fs::read(&third).unwrap();
    for part in 1..20 {
        let mut bytes = good.clone();
        bytes[good.len() * part / 20] ^= 1;
        fs::write(&third, bytes).unwrap();
        let (code, text) = failure(&fixture.run(&["join", "out", "--out", "new"]));
        assert!(code == 3, "{text}");
        let new = fixture.path("new");
        assert!(!new.exists() || volumes(&new).is_empty(), "nothing half is left");
    }
    fs::remove_file(&third).unwrap();
    let (code, text) = failure(&fixture.run(&["join", "out", "--out", "new"]));
    assert!(code == 3 && text.contains("missing volume 3"), "{text}");
}

#[test]
fn the_index_tells_where_things_are_and_a_cut_off_copy_is_noticed() {
    let fixture = Fixture::new();
    stdout(&fixture.build("out", &["--volume-size", "48KiB"]));
    let shown = json(&stdout(&fixture.run(&["inspect", "out", "--json"])));
    let manifest = &shown["manifest"];
    let front: Vec<&Value> =
        manifest["front"].as_array().unwrap().iter().map(|f| &f["blob"]).collect();
    let stored: u64 = manifest["blobs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|blob| !front.contains(&&blob["digest"]))
        .map(|blob| blob["stored_size"].as_u64().unwrap())
        .sum();
    let indexed: u64 = shown["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|volume| volume["index"]["payload_bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(indexed, stored);

    let second = volumes(&fixture.path("out"))[1].clone();
    let length = second.metadata().unwrap().len();
    fs::OpenOptions::new().write(true).open(&second).unwrap().set_len(length - 1_024).unwrap();
    let shown = json(&stdout(&fixture.run(&["inspect", "out", "--json"])));
    assert!(shown["volumes"][1]["problem"].as_str().unwrap().contains("not whole"));
}

/// A second release: another document, a bigger model, another crate version, one file less.
fn second_release(fixture: &Fixture) {
    fixture.edit("bundle.yaml", "version: 1.0.0", "version: 1.0.1");
    fixture.edit("bundle.yaml", "release_counter: 1", "release_counter: 2");
    fixture.put("inputs/docs/a.md", b"# B\n");
    fixture.put("inputs/docs/c.md", b"# C\n");
    fs::remove_file(fixture.path("inputs/docs/deep/b.md")).unwrap();
    fixture.edit("Cargo.lock", "version = \"1.0.0\"\nsource", "version = \"1.0.9\"\nsource");
    fixture.edit("model.yaml", "licence: Apache-2.0", "licence: MIT");
    fixture.edit("image.yaml", "reference: codegraph/test:1", "reference: codegraph/test:2");
}

#[test]
fn two_releases_are_compared_by_images_models_packages_files_and_licences() {
    let fixture = Fixture::new();
    stdout(&fixture.build("a", &[]));
    second_release(&fixture);
    stdout(&fixture.build("b", &[]));
    let diff = json(&stdout(&fixture.run(&["diff", "a", "b", "--json"])));
    assert_eq!(diff["same"], false);
    let find = |section: &str, name: &str| -> Value {
        let list = diff[section].as_array().unwrap();
        list.iter().find(|change| change["name"] == name).unwrap_or(&Value::Null).clone()
    };
    assert_eq!(find("release", "version")["before"]["value"], "1.0.0");
    assert_eq!(find("release", "version")["after"]["value"], "1.0.1");
    assert_eq!(find("packages", "pkg:cargo/serde")["before"]["version"], "1.0.0");
    assert_eq!(find("packages", "pkg:cargo/serde")["after"]["version"], "1.0.9");
    assert_eq!(find("models", "m")["before"]["licence"], "Apache-2.0");
    assert_eq!(find("models", "m")["after"]["licence"], "MIT");
    assert_eq!(find("images", "codegraph/test:1")["after"], Value::Null);
    assert!(find("images", "codegraph/test:2")["before"].is_null());
    assert_eq!(find("files", "docs/deep/b.md")["before"]["bytes"], 16_000_000);
    assert!(find("files", "docs/c.md")["before"].is_null());
    assert_eq!(find("files", "bin/codegraph-install"), Value::Null, "what is the same is not told");

    // What a host lacks, counted by hand from the two manifests.
    let blobs = |folder: &str| -> Vec<(String, u64)> {
        let shown = json(&stdout(&fixture.run(&["inspect", folder, "--json"])));
        let one = |b: &Value| {
            (b["digest"].as_str().unwrap().to_owned(), b["stored_size"].as_u64().unwrap())
        };
        shown["manifest"]["blobs"].as_array().unwrap().iter().map(one).collect()
    };
    let (a, b) = (blobs("a"), blobs("b"));
    let new: u64 =
        b.iter().filter(|(d, _)| a.iter().all(|(other, _)| other != d)).map(|(_, s)| s).sum();
    assert_eq!(diff["bytes"]["new_stored_bytes"], new);

    let text = stdout(&fixture.run(&["diff", "a", "b"]));
    assert!(text.contains("pkg:cargo/serde: version 1.0.0 -> 1.0.9"), "{text}");
    assert!(stdout(&fixture.run(&["diff", "a", "a"])).contains("the same release"));
}

#[test]
fn a_bare_manifest_can_be_compared_and_the_gap_is_told() {
    let fixture = Fixture::new();
    stdout(&fixture.build("a", &[]));
    let volume = volumes(&fixture.path("a"))[0].clone();
    let tar = std::process::Command::new("tar")
        .arg("-xOf")
        .arg(&volume)
        .arg("release.json")
        .output()
        .unwrap();
    fixture.put("release.json", stdout(&tar).as_bytes());
    second_release(&fixture);
    stdout(&fixture.build("b", &[]));
    let diff = json(&stdout(&fixture.run(&["diff", "release.json", "b", "--json"])));
    assert_eq!(diff["models"][0]["name"], "m");
    assert!(diff["notes"][0].as_str().unwrap().contains("packages are not compared"));
    fixture.put("broken.json", b"{}");
    let (code, text) = failure(&fixture.run(&["diff", "broken.json", "b"]));
    assert!(code == 1 && text.contains("broken.json"), "{text}");
}

#[test]
fn the_plan_adds_up_and_a_planned_cut_is_the_cut() {
    let fixture = Fixture::new();
    stdout(&fixture.build("one", &[]));
    let plan = json(&stdout(&fixture.run(&["plan", "one", "--volume-size", "48KiB", "--json"])));
    stdout(&fixture.run(&["split", "one", "--out", "many", "--volume-size", "48KiB"]));
    let planned: Vec<(String, u64)> = plan["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| (v["name"].as_str().unwrap().to_owned(), v["bytes"].as_u64().unwrap()))
        .collect();
    let cut: Vec<(String, u64)> =
        bytes_of(&fixture.path("many")).into_iter().map(|(n, b)| (n, b.len() as u64)).collect();
    assert_eq!(planned, cut);
    let sum = |rows: &str, field: &str| -> u64 {
        plan[rows].as_array().unwrap().iter().map(|row| row[field].as_u64().unwrap()).sum()
    };
    for field in ["blobs", "bytes", "stored_bytes", "carried_bytes"] {
        assert_eq!(sum("kinds", field), plan["total"][field].as_u64().unwrap());
        assert_eq!(sum("components", field), plan["total"][field].as_u64().unwrap());
    }
    assert_eq!(plan["room"]["medium"], cut.iter().map(|(_, b)| b).sum::<u64>());
    assert_eq!(plan["room"]["store"], plan["total"]["bytes"]);
    let text = stdout(&fixture.run(&["plan", "one"]));
    assert!(text.contains("free space needed") && text.contains("target, store"), "{text}");
}

#[test]
fn a_dry_run_of_a_build_foretells_its_volumes_and_writes_none() {
    let fixture = Fixture::new();
    let size = ["--volume-size", "48KiB", "--json"];
    let dry = json(&stdout(&fixture.build("out", &[&size[..], &["--dry-run"]].concat())));
    assert!(!fixture.path("out").exists());
    stdout(&fixture.build("out", &size));
    let planned: Vec<u64> =
        dry["volumes"].as_array().unwrap().iter().map(|v| v["bytes"].as_u64().unwrap()).collect();
    let made: Vec<u64> =
        volumes(&fixture.path("out")).iter().map(|v| v.metadata().unwrap().len()).collect();
    assert_eq!(planned, made);
}

#[test]
fn the_approver_gets_a_list_as_text_json_and_a_page_without_scripts() {
    let fixture = Fixture::new();
    fixture.edit("bundle.yaml", "summary: All of it.", "summary: \"<script>alert(1)</script>\"");
    stdout(&fixture.build("out", &["--volume-size", "48KiB"]));
    let list = json(&stdout(&fixture.run(&["list", "out", "--sums", "--json"])));
    for (listed, path) in
        list["volumes"].as_array().unwrap().iter().zip(volumes(&fixture.path("out")))
    {
        assert_eq!(listed["sha256"], sha256sum(&path).as_str());
        assert_eq!(listed["bytes"], path.metadata().unwrap().len());
    }
    assert_eq!(list["models"][0]["licence"], "Apache-2.0");
    assert_eq!(list["images"][0]["reference"], "codegraph/test:1");
    assert!(list["packages"].as_array().unwrap().iter().any(|p| p["name"] == "serde"));
    assert!(list["licences"].as_array().unwrap().iter().any(|l| l["licence"] == "Apache-2.0"));
    let program = list["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["path"] == "bin/codegraph-install")
        .unwrap();
    assert_eq!(
        program["digest"],
        format!("sha256:{}", sha256sum(&fixture.path("inputs/bin/codegraph-install")))
    );

    let page = stdout(&fixture.run(&["list", "out", "--format", "html"]));
    assert!(page.contains("&lt;script&gt;alert(1)"));
    for forbidden in ["<script", "http://", "https://", "<a ", "<img", "<link", "\u{1b}"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for needed in ["@page", "Approved by", "Not proven", "development keys", "docs/a.md"] {
        assert!(page.contains(needed), "{needed}");
    }
    let grouped: String = fixture
        .fingerprint()
        .as_bytes()
        .chunks(4)
        .map(|g| std::str::from_utf8(g).unwrap())
        .collect::<Vec<_>>()
        .join(" ");
    assert!(page.contains(&grouped));
    let text = stdout(&fixture.run(&["list", "out", "--root-fingerprint", &fixture.fingerprint()]));
    assert!(
        !text.contains('\u{1b}') && text.contains("docs/a.md") && !text.contains("Not proven"),
        "{text}"
    );
}
