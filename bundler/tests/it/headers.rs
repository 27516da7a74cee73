//! What a file says of itself must be what the configuration says of it: extensions and models.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::fixture::*;

fn lock(fixture: &Fixture) -> std::process::Output {
    let inputs = format!("inputs={}", fixture.path("inputs").display());
    fixture.run(&["lock", "--config", "bundle.yaml", "--set", &inputs])
}

/// What stands in the lock for the input with this name.
fn facts(fixture: &Fixture, name: &str) -> Value {
    let lock: Value =
        serde_json::from_slice(&fs::read(fixture.path("bundle.lock")).unwrap()).unwrap();
    let inputs = lock["inputs"].as_array().unwrap();
    inputs.iter().find(|input| input["name"] == name).unwrap()["facts"].clone()
}

/// An extension: eight fields of 32 bytes in front of 256 bytes of signature, as DuckDB's build writes them.
fn extension(fixture: &Fixture, duckdb: &str, platform: &str) {
    let mut bytes = vec![7; 1000];
    for field in ["", "", "", "CPP", "abc123", duckdb, platform, "4"] {
        let mut place = [0; 32];
        place[..field.len()].copy_from_slice(field.as_bytes());
        bytes.extend(place);
    }
    bytes.extend([9; 256]);
    fixture.put("inputs/x.duckdb_extension", &bytes);
}

#[test]
fn an_extension_is_for_the_version_and_the_platform_of_the_bundle() {
    let fixture = Fixture::new();
    let entry = "files:\n  - {from: \"${inputs}/x.duckdb_extension\", to: extensions/x, role: extension, component: base, version: 1.5.5}\n";
    fixture.edit("bundle.yaml", "files:\n", entry);
    extension(&fixture, "v1.5.5", "linux_amd64");
    stdout(&lock(&fixture));
    let seen = facts(&fixture, "${inputs}/x.duckdb_extension");
    assert_eq!(
        (seen["duckdb"].as_str(), seen["platform"].as_str()),
        (Some("v1.5.5"), Some("linux_amd64"))
    );
    for (duckdb, platform, word) in [
        ("v1.5.4", "linux_amd64", "made for DuckDB v1.5.4"),
        ("v1.5.5", "linux_arm64", "made for linux_arm64"),
        ("v1.5.5\u{1}", "linux_amd64", "no text"),
    ] {
        extension(&fixture, duckdb, platform);
        let (code, text) = failure(&lock(&fixture));
        assert!(code == 1 && text.contains(word) && text.contains("x.duckdb_extension"), "{text}");
    }
    fixture.put("inputs/x.duckdb_extension", &[0; 600]);
    assert!(failure(&lock(&fixture)).1.contains("is missing"));
    fixture.put("inputs/x.duckdb_extension", b"short");
    assert!(failure(&lock(&fixture)).1.contains("too short"));
    extension(&fixture, "v1.5.5", "linux_amd64");
    fixture.edit("bundle.yaml", ", version: 1.5.5}", "}");
    assert!(failure(&lock(&fixture)).1.contains("needs `version`"));
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

/// A GGUF file of one F16 tensor with 8 elements, written by hand after the specification.
fn gguf() -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend(1u64.to_le_bytes());
    out.extend(3u64.to_le_bytes());
    for (key, value) in [("general.architecture", "bert"), ("tokenizer.chat_template", "{{x}}")] {
        text(&mut out, key);
        out.extend(8u32.to_le_bytes());
        text(&mut out, value);
    }
    text(&mut out, "bert.context_length");
    out.extend(4u32.to_le_bytes());
    out.extend(512u32.to_le_bytes());
    text(&mut out, "w");
    out.extend(1u32.to_le_bytes());
    out.extend(8u64.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend(0u64.to_le_bytes());
    out.resize(out.len().next_multiple_of(32) + 16, 0);
    out
}

/// Makes the fixture's model be these bytes under this name.
fn model(fixture: &Fixture, name: &str, format: &str, bytes: &[u8], more: &str) {
    let _ = fs::remove_dir_all(fixture.path("inputs/model"));
    let below = format!("inputs/model/{name}");
    fixture.put(&below, bytes);
    let sum = Command::new("sha256sum").arg(fixture.path(&below)).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let descriptor = format!(
        "id: m\nkind: embedding\nformat: {format}\nsource: made up\nlicence: Apache-2.0\ntemplate: none\nmemory_bytes: 1\n{more}files:\n  - {{name: {name}, size: {}, sha256: {}}}\n",
        bytes.len(),
        &sum[..64]
    );
    fixture.put("model.yaml", descriptor.as_bytes());
}

#[test]
fn a_gguf_file_is_what_its_descriptor_says() {
    let fixture = Fixture::new();
    let good = "architecture: bert\nquantisation: F16\nparameters: 8\ncontext: 512\n";
    model(&fixture, "m.gguf", "gguf", &gguf(), good);
    stdout(&lock(&fixture));
    let seen = facts(&fixture, "${inputs}/model/m.gguf");
    assert_eq!(
        (seen["parameters"].as_str(), seen["chat_template"].as_str()),
        (Some("8"), Some("yes"))
    );
    for (from, to, word) in [
        ("bert", "llama", "`architecture` llama"),
        ("F16", "Q4_K_M", "the header says F16"),
        ("parameters: 8", "parameters: 9", "describes 8 parameters"),
        ("512", "513", "larger than the 512"),
    ] {
        model(&fixture, "m.gguf", "gguf", &gguf(), &good.replace(from, to));
        let (code, text) = failure(&lock(&fixture));
        assert!(code == 1 && text.contains(word), "{text}");
    }
    let whole = gguf();
    model(&fixture, "m.gguf", "gguf", &whole[..whole.len() - 1], good);
    assert!(failure(&lock(&fixture)).1.contains("cut off"));
    model(&fixture, "m.gguf", "gguf", b"not a model", good);
    assert!(failure(&lock(&fixture)).1.contains("not a GGUF file"));
}

#[test]
fn a_safetensors_file_is_what_its_descriptor_says() {
    let fixture = Fixture::new();
    let header = br#"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([0; 16]);
    model(&fixture, "w.safetensors", "safetensors", &bytes, "quantisation: F32\nparameters: 4\n");
    stdout(&lock(&fixture));
    assert_eq!(facts(&fixture, "${inputs}/model/w.safetensors")["parameters"], "4");
    model(&fixture, "w.safetensors", "safetensors", &bytes, "parameters: 5\n");
    assert!(failure(&lock(&fixture)).1.contains("describes 4 parameters"));
    bytes.push(0);
    model(&fixture, "w.safetensors", "safetensors", &bytes, "parameters: 4\n");
    assert!(failure(&lock(&fixture)).1.contains("17 follow the header"));
}
