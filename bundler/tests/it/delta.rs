//! A delta carries what the target lacks and nothing else; a top-up carries what was asked for.

use std::fs;

use serde_json::{Value, json};

use crate::fixture::*;

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// `release.json` of the volumes in a folder, as tar extracts it.
fn manifest_of(fixture: &Fixture, folder: &str) -> String {
    let volume = volumes(&fixture.path(folder))[0].clone();
    let tar =
        std::process::Command::new("tar").arg("-xOf").arg(&volume).arg("release.json").output();
    stdout(&tar.unwrap())
}

fn blobs(manifest: &Value) -> Vec<Value> {
    manifest["blobs"].as_array().unwrap().clone()
}

/// A receipt as a host writes it, of the fields that matter here.
fn receipt(blobs: &[Value]) -> String {
    let held: Vec<Value> =
        blobs.iter().map(|b| json!({"digest": b["digest"], "size": b["size"]})).collect();
    json!({"format": 1, "host": "h", "result": "installed", "replaced": null,
        "release": {"product": "codegraph", "line": "1.0", "version": "1.0.0", "arch": "x86_64"}, "blobs": held})
    .to_string()
}

/// Size of all volumes of a folder.
fn size(fixture: &Fixture, folder: &str) -> u64 {
    volumes(&fixture.path(folder)).iter().map(|v| v.metadata().unwrap().len()).sum()
}

#[test]
fn a_delta_for_one_changed_program_is_that_program_and_little_more() {
    let fixture = Fixture::new();
    // Sizes of the real thing: programs of tens of megabytes that do not shrink.
    for (name, megabytes, seed) in
        [("codegraph", 24, 2), ("codegraph-llm", 16, 3), ("libduckdb.so", 40, 4)]
    {
        fixture.put(&format!("inputs/more/{name}"), &noise_of(seed, megabytes << 20));
    }
    fixture.edit(
        "bundle.yaml",
        "models:\n",
        "  - {from: \"${inputs}/more\", to: lib, role: library, component: base}\nmodels:\n",
    );
    stdout(&fixture.build("old", &[]));
    fixture.put("base/release.json", manifest_of(&fixture, "old").as_bytes());
    let program = noise_of(9, 25 << 20);
    fixture.put("inputs/more/codegraph", &program);
    fixture.edit("bundle.yaml", "version: 1.0.0", "version: 1.0.1");
    fixture.edit("bundle.yaml", "release_counter: 1", "release_counter: 2");
    let built = parse(&stdout(&fixture.build("delta", &["--base", "base/release.json", "--json"])));
    let bytes = size(&fixture, "delta");
    assert!(bytes <= program.len() as u64 + (5 << 20), "{bytes} bytes");
    assert!(bytes > program.len() as u64);
    assert!(built["expected_blobs"].as_u64().unwrap() > 5);
    // The manifest lists everything all the same.
    stdout(&fixture.build("full", &[]));
    let (delta, full) =
        (parse(&manifest_of(&fixture, "delta")), parse(&manifest_of(&fixture, "full")));
    let digests =
        |m: &Value| -> Vec<Value> { blobs(m).iter().map(|b| b["digest"].clone()).collect() };
    assert_eq!(digests(&delta), digests(&full));
    assert_eq!(parse(&stdout(&fixture.verify("delta")))["result"], "verified");
    // The plan of the full bundle foretold the delta to the byte.
    let plan =
        parse(&stdout(&fixture.run(&["plan", "full", "--base", "base/release.json", "--json"])));
    assert_eq!(plan["room"]["medium"], bytes);
}

#[test]
fn a_receipt_and_a_manifest_are_the_same_base() {
    let fixture = Fixture::new();
    stdout(&fixture.build("old", &[]));
    let old = manifest_of(&fixture, "old");
    fixture.put("base/release.json", old.as_bytes());
    fixture.put("base/receipt.json", receipt(&blobs(&parse(&old))).as_bytes());
    fixture.put("inputs/docs/a.md", b"# new\n");
    stdout(&fixture.build("by-manifest", &["--base", "base/release.json"]));
    stdout(&fixture.build("by-receipt", &["--base", "base/receipt.json"]));
    let read = |folder: &str| fs::read(&volumes(&fixture.path(folder))[0]).unwrap();
    assert_eq!(read("by-manifest"), read("by-receipt"));
    let manifest = parse(&manifest_of(&fixture, "by-receipt"));
    let carried: Vec<Value> =
        blobs(&manifest).into_iter().filter(|b| b["carriage"] == "carried").collect();
    let held: Vec<Value> = blobs(&parse(&old)).iter().map(|b| b["digest"].clone()).collect();
    assert!(!carried.is_empty() && carried.iter().all(|b| !held.contains(&b["digest"])));
    // What does not travel stands not in front either.
    let front: Vec<&str> =
        manifest["front"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert!(!front.contains(&"codegraph-install"), "{front:?}");
}

#[test]
fn one_delta_for_several_hosts_leaves_out_what_all_of_them_have() {
    let fixture = Fixture::new();
    stdout(&fixture.build("full", &[]));
    let all = blobs(&parse(&manifest_of(&fixture, "full")));
    fixture.put("one.json", receipt(&all[1..]).as_bytes());
    fixture.put("two.json", receipt(&all[..all.len() - 1]).as_bytes());
    stdout(&fixture.build("delta", &["--base", "one.json", "--base", "two.json"]));
    let made = blobs(&parse(&manifest_of(&fixture, "delta")));
    let carried: Vec<&Value> =
        made.iter().filter(|b| b["carriage"] == "carried").map(|b| &b["digest"]).collect();
    assert_eq!(carried, [&all[0]["digest"], &all[all.len() - 1]["digest"]]);
}

#[test]
fn a_top_up_carries_exactly_what_was_asked_for() {
    let fixture = Fixture::new();
    stdout(&fixture.build("full", &[]));
    let text = manifest_of(&fixture, "full");
    let all = blobs(&parse(&text));
    let wanted = [&all[1], &all[3]];
    let request = |digests: &[&Value]| {
        let blobs: Vec<Value> =
            digests.iter().map(|b| json!({"digest": b["digest"], "size": b["size"]})).collect();
        json!({"format": 1, "product": "codegraph", "line": "1.0", "version": "1.0.0", "arch": "x86_64",
            "release": all[0]["digest"], "blobs": blobs})
        .to_string()
    };
    fixture.put("request.json", request(&wanted).as_bytes());
    stdout(&fixture.build("top-up", &["--top-up", "request.json"]));
    let made = blobs(&parse(&manifest_of(&fixture, "top-up")));
    let carried: Vec<&Value> =
        made.iter().filter(|b| b["carriage"] == "carried").map(|b| &b["digest"]).collect();
    assert_eq!(carried, [&all[1]["digest"], &all[3]["digest"]]);
    assert_eq!(parse(&stdout(&fixture.verify("top-up")))["result"], "verified");

    let foreign = json!({"digest": format!("sha256:{}", "ab".repeat(32)), "size": 1});
    fixture.put("request.json", request(&[&foreign]).as_bytes());
    let (code, text) = failure(&fixture.build("no", &["--top-up", "request.json"]));
    assert!(code == 1 && text.contains("abab") && text.contains("does not have"), "{text}");
    assert!(volumes(&fixture.path("no")).is_empty());
}

#[test]
fn a_wrong_base_is_named() {
    let fixture = Fixture::new();
    let other = receipt(&[]).replace("\"codegraph\"", "\"other\"");
    for (bytes, words) in [
        (&b"{}"[..], "neither a release.json"),
        (b"\xff", "neither"),
        (other.as_bytes(), "product \"other\""),
    ] {
        fixture.put("base.json", bytes);
        let (code, text) = failure(&fixture.build("out", &["--base", "base.json"]));
        assert!(code == 1 && text.contains("base.json") && text.contains(words), "{text}");
    }
    let (code, _) = failure(&fixture.build("out", &["--base", "absent.json"]));
    assert_eq!(code, 2);
    for bytes in [&b"{}"[..], b"[1", b"{\"format\": 2}"] {
        fixture.put("request.json", bytes);
        assert_eq!(failure(&fixture.build("out", &["--top-up", "request.json"])).0, 1);
    }
}
