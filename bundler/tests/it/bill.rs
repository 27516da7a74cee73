//! The bill of materials of a bundle with an image, held against the official schema by another program.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fixture::*;

const STATUS: &str = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u10\nSource: glibc\n\nPackage: removed\nStatus: install ok installed\nArchitecture: all\nVersion: 1:1~2\n";
const COPYRIGHT: &str = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: x\nLicense: LGPL-2.1+\n";
const OS: &str = "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n";

fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// A layer with these files, packed by gzip.
fn layer(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// Adds an OCI layout with an image of these layers to the bundle.
fn add_image(fixture: &Fixture, layers: &[Vec<u8>]) {
    let put = |bytes: &[u8], kind: &str| {
        let digest = sha256(bytes);
        fixture.put(&format!("inputs/layout/blobs/sha256/{}", &digest[7..]), bytes);
        json!({"mediaType": kind, "digest": digest, "size": bytes.len()})
    };
    let config = put(
        br#"{"os":"linux","architecture":"amd64"}"#,
        "application/vnd.oci.image.config.v1+json",
    );
    let layers: Vec<Value> = layers
        .iter()
        .map(|layer| put(layer, "application/vnd.oci.image.layer.v1.tar+gzip"))
        .collect();
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string();
    let manifest = put(manifest.as_bytes(), "application/vnd.oci.image.manifest.v1+json");
    let index = json!({"schemaVersion": 2, "manifests": [manifest]}).to_string();
    fixture.put("inputs/layout/index.json", index.as_bytes());
    let entry = "images:\n  - {layout: \"${inputs}/layout\", reference: \"registry.example:5000/Team/base:12\", component: base}\n";
    fixture.edit("bundle.yaml", "images:\n", entry);
}

fn sbom(fixture: &Fixture) -> Value {
    stdout(&fixture.build("out", &["--replace"]));
    let text = stdout(&fixture.run(&["sbom", "out", "--root-fingerprint", &fixture.fingerprint()]));
    valid(&text);
    serde_json::from_str(&text).unwrap()
}

/// Holds the document against CycloneDX's own schema: strict, so that unknown keys are refused too.
fn valid(text: &str) {
    let cache = std::env::var("CODEGRAPH_CACHE")
        .unwrap_or_else(|_| format!("{}/.cache/codegraph", std::env::var("HOME").unwrap()));
    let script = "import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(0 if problem is None else str(problem)[:2000])";
    let mut child = Command::new("python3")
        .args(["-c", script])
        .env("PYTHONPATH", format!("{cache}/validator"))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
#[should_panic(expected = "not-a-version")]
fn the_validator_refuses_what_is_wrong() {
    valid(r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": "not-a-version"}"#);
}

#[test]
fn packages_of_images_stand_in_a_document_that_the_official_schema_allows() {
    let fixture = Fixture::new();
    let base = layer(&[
        ("etc/os-release", OS),
        ("var/lib/dpkg/status", STATUS),
        ("usr/share/doc/libc6/copyright", COPYRIGHT),
    ]);
    let top = layer(&[("var/lib/dpkg/status", STATUS.split("\n\n").next().unwrap())]);
    add_image(&fixture, &[base, top]);
    let document = sbom(&fixture);
    let images: Vec<&Value> = document["components"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["type"] == "container")
        .collect();
    let image = images.iter().find(|i| i["name"] == "registry.example:5000/Team/base:12").unwrap();
    let digest = image["version"].as_str().unwrap().replace(':', "%3A");
    assert_eq!(
        image["purl"],
        format!(
            "pkg:oci/base@{digest}?arch=amd64&repository_url=registry.example:5000%2Fteam%2Fbase&tag=12"
        )
    );
    let inside = image["components"].as_array().unwrap();
    assert_eq!(inside.len(), 2, "the upper layer's database counts");
    assert_eq!(
        (&inside[0]["type"], &inside[0]["name"], &inside[0]["version"]),
        (&json!("operating-system"), &json!("debian"), &json!("12"))
    );
    assert_eq!(
        inside[1]["purl"],
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12"
    );
    assert_eq!(inside[1]["licenses"], json!([{"license": {"id": "LGPL-2.1-or-later"}}]));
    assert!(document.get("compositions").is_none(), "everything was read");
    // Every reference that is named is there.
    let mut known = vec![document["metadata"]["component"]["bom-ref"].clone()];
    for component in document["components"].as_array().unwrap() {
        known.push(component["bom-ref"].clone());
        known.extend(
            component["components"].as_array().into_iter().flatten().map(|c| c["bom-ref"].clone()),
        );
    }
    for edge in document["dependencies"].as_array().unwrap() {
        assert!(known.contains(&edge["ref"]));
        assert!(edge["dependsOn"].as_array().unwrap().iter().all(|on| known.contains(on)));
    }
}

#[test]
fn an_image_that_cannot_be_read_is_called_incomplete() {
    let fixture = Fixture::new();
    add_image(&fixture, &[b"no layer at all".repeat(100)]);
    let built = fixture.build("out", &[]);
    stdout(&built);
    let talk = String::from_utf8(built.stderr).unwrap();
    assert!(
        talk.contains("note: image registry.example:5000/Team/base:12: layer 1 cannot be read"),
        "{talk}"
    );
    let document = sbom(&fixture);
    assert_eq!(
        document["compositions"],
        json!([{"aggregate": "incomplete", "assemblies": ["image:registry.example:5000/Team/base:12"]}])
    );
}

#[test]
fn licences_are_counted() {
    let fixture = Fixture::new();
    add_image(
        &fixture,
        &[layer(&[("var/lib/dpkg/status", STATUS), ("usr/share/doc/libc6/copyright", COPYRIGHT)])],
    );
    stdout(&fixture.build("out", &[]));
    let trust = ["--root-fingerprint", &fixture.fingerprint(), "--licences"];
    let text = stdout(&fixture.run(&[&["sbom", "out"], &trust[..]].concat()));
    assert!(text.lines().any(|line| line.trim() == "1  LGPL-2.1-or-later"), "{text}");
    let counts: Value = serde_json::from_str(&stdout(
        &fixture.run(&[&["sbom", "out", "--json"], &trust[..]].concat()),
    ))
    .unwrap();
    // The model; serde and the program have none, and so has the second package.
    assert_eq!(counts["licences"]["Apache-2.0"], 1);
    assert_eq!(counts["licences"]["none stated"], 3);
}

#[test]
fn the_same_image_gives_the_same_document_with_and_without_a_cache() {
    let fixture = Fixture::new();
    add_image(&fixture, &[layer(&[("var/lib/dpkg/status", STATUS)])]);
    let first = sbom(&fixture);
    assert_eq!(sbom(&fixture), first);
    fs::remove_dir_all(fixture.path("cache")).unwrap();
    assert_eq!(sbom(&fixture), first);
}
