//! What skopeo, an independent client of the specification, makes of the registry.

use std::fs;

use cg_registry::Digest;
use serde_json::Value;

use crate::fixture::{Running, Store, good, skopeo};

#[test]
fn skopeo_copies_images_by_tag_and_by_digest_byte_for_byte() {
    let (store, plain, platform) = Store::filled();
    let running = Running::over(&store);
    let address = running.address();
    let target = tempfile::tempdir().unwrap();
    let cases = [
        ("codegraph/appliance:0.1.0".to_owned(), &plain),
        (format!("codegraph/appliance@{}", plain.digest), &plain),
        // The index leads to the platform that is there.
        ("library/postgres:16".to_owned(), &platform),
        ("docker.io/library/postgres:16".to_owned(), &platform),
        (format!("library/postgres@{}", platform.digest), &platform),
    ];
    for (number, (name, image)) in cases.into_iter().enumerate() {
        let folder = target.path().join(number.to_string());
        let source = format!("docker://{address}/{name}");
        let to = format!("oci:{}:copy", folder.display());
        good(&skopeo(&["copy", "--preserve-digests", "--src-tls-verify=false", &source, &to]));
        let read =
            |digest: Digest| fs::read(folder.join("blobs/sha256").join(digest.hex())).unwrap();
        assert_eq!(read(image.digest), image.manifest, "{name}");
        assert_eq!(read(image.config_digest), fs::read(store.file(image.config_digest)).unwrap());
        let index: Value =
            serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
        assert_eq!(index["manifests"][0]["digest"], image.digest.to_string(), "{name}");
        assert_eq!(read(image.layer_digest), image.layer, "{name}");
    }
}

#[test]
fn skopeo_sees_the_tags_and_the_manifest_as_it_was_signed() {
    let (store, plain, _) = Store::filled();
    let running = Running::over(&store);
    let of = |name: &str| format!("docker://{}/{name}", running.address());
    let tags = good(&skopeo(&["list-tags", "--tls-verify=false", &of("codegraph/appliance")]));
    let tags: Value = serde_json::from_str(&tags).unwrap();
    assert_eq!(tags["Tags"], serde_json::json!(["0.1.0"]));
    let raw = skopeo(&["inspect", "--raw", "--tls-verify=false", &of("codegraph/appliance:0.1.0")]);
    assert_eq!(good(&raw).into_bytes(), plain.manifest);
}

#[test]
fn skopeo_can_neither_push_nor_delete() {
    let (store, ..) = Store::filled();
    let before = files(&store);
    let running = Running::over(&store);
    let address = running.address();
    let source = format!("docker://{address}/codegraph/appliance:0.1.0");
    let target = format!("docker://{address}/codegraph/other:1");
    let pushed = skopeo(&[
        "copy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        "--retry-times=0",
        &source,
        &target,
    ]);
    assert!(!pushed.status.success());
    assert!(!skopeo(&["delete", "--tls-verify=false", &source]).status.success());
    assert_eq!(files(&store), before);
}

fn files(store: &Store) -> Vec<String> {
    let entries = fs::read_dir(store.path().join("blobs/sha256")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
