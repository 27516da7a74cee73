//! Our image, as another reader of OCI sees it; and an image taken from a layout.

use std::fs;
use std::io::Read;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fixture::*;
use crate::registry::Layout;

pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// Blobs of a bundle with one volume, put together from its chunk entries by plain tar reading.
pub(crate) fn blobs(fixture: &Fixture) -> Vec<(String, Vec<u8>)> {
    let volume = fs::File::open(&volumes(&fixture.path("out"))[0]).unwrap();
    let mut blobs: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in tar::Archive::new(volume).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let Some((digest, _)) =
            name.strip_prefix("blobs/sha256/").and_then(|rest| rest.split_once('/'))
        else {
            continue;
        };
        let digest = format!("sha256:{digest}");
        if blobs.last().is_none_or(|last| last.0 != digest) {
            blobs.push((digest, Vec::new()));
        }
        entry.read_to_end(&mut blobs.last_mut().unwrap().1).unwrap();
    }
    blobs
}

#[test]
fn our_image_is_a_valid_oci_image() {
    let fixture = Fixture::new();
    stdout(&fixture.build("out", &["--volume-size", "none"]));
    let blobs = blobs(&fixture);
    let find =
        |digest: &Value| &blobs.iter().find(|blob| blob.0 == digest.as_str().unwrap()).unwrap().1;
    let text = stdout(&fixture.run(&["inspect", "out", "--json"]));
    let image = serde_json::from_str::<Value>(&text).unwrap()["manifest"]["images"][0].clone();
    let manifest: Value = serde_json::from_slice(find(&image["digest"])).unwrap();
    assert_eq!(manifest["schemaVersion"], 2);
    let config: Value = serde_json::from_slice(find(&manifest["config"]["digest"])).unwrap();
    assert_eq!(
        (config["os"].as_str(), config["architecture"].as_str()),
        (Some("linux"), Some("amd64"))
    );
    assert_eq!(config["config"]["Entrypoint"], json!(["/bin/program"]));
    let mut seen = Vec::new();
    for (layer, diff_id) in manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .zip(config["rootfs"]["diff_ids"].as_array().unwrap())
    {
        let packed = find(&layer["digest"]);
        assert_eq!(sha256(packed), layer["digest"].as_str().unwrap());
        assert_eq!(packed.len() as u64, layer["size"]);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(sha256(&unpacked), diff_id.as_str().unwrap());
        for entry in tar::Archive::new(unpacked.as_slice()).entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap()), (0, 0));
            seen.push((entry.path().unwrap().display().to_string(), header.mode().unwrap()));
        }
    }
    let expected = [
        ("etc/", 0o755),
        ("etc/passwd", 0o644),
        ("tmp/", 0o1777),
        ("bin/", 0o755),
        ("bin/program", 0o755),
    ];
    assert_eq!(seen, expected.map(|(path, mode)| (path.to_owned(), mode)));
}

/// An OCI layout with one image of one layer, written by hand.
fn layout(fixture: &Fixture, layer: &[u8]) -> String {
    let put = |bytes: &[u8]| {
        let digest = sha256(bytes);
        fixture.put(&format!("inputs/layout/blobs/sha256/{}", &digest[7..]), bytes);
        json!({"digest": digest, "size": bytes.len()})
    };
    let with = |mut descriptor: Value, kind: &str| {
        descriptor["mediaType"] = json!(kind);
        descriptor
    };
    let config = with(
        put(br#"{"os":"linux","architecture":"amd64"}"#),
        "application/vnd.oci.image.config.v1+json",
    );
    let layer = with(put(layer), "application/vnd.oci.image.layer.v1.tar+gzip");
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]}).to_string();
    let manifest = with(put(manifest.as_bytes()), "application/vnd.oci.image.manifest.v1+json");
    let digest = manifest["digest"].as_str().unwrap().to_owned();
    fixture.put(
        "inputs/layout/index.json",
        json!({"schemaVersion": 2, "manifests": [manifest]}).to_string().as_bytes(),
    );
    digest
}

#[test]
fn an_image_of_a_layout_keeps_its_bytes_and_digests() {
    let fixture = Fixture::new();
    // Compressible on purpose: layers are stored as they are all the same.
    let layer = b"layer ".repeat(100_000);
    let digest = layout(&fixture, &layer);
    let entry = "images:\n  - {layout: \"${inputs}/layout\", reference: \"example/image:1\", component: base}\n";
    fixture.edit("bundle.yaml", "images:\n", entry);
    stdout(&fixture.build("out", &["--volume-size", "none"]));
    let text = stdout(&fixture.run(&["inspect", "out", "--json"]));
    let images = serde_json::from_str::<Value>(&text).unwrap()["manifest"]["images"].clone();
    let image = images
        .as_array()
        .unwrap()
        .iter()
        .find(|image| image["reference"] == "example/image:1")
        .unwrap();
    assert_eq!(image["digest"], digest);
    assert!(blobs(&fixture).iter().any(|blob| blob.0 == sha256(&layer) && blob.1 == layer));
}

#[test]
fn a_layout_whose_blob_is_not_what_its_name_says_is_refused() {
    let fixture = Fixture::new();
    layout(&fixture, b"layer");
    fixture.put(&format!("inputs/layout/blobs/sha256/{}", &sha256(b"layer")[7..]), b"lager");
    fixture.edit("bundle.yaml", "images:\n", "images:\n  - {layout: \"${inputs}/layout\", reference: \"example/image:1\", component: base}\n");
    let (code, text) = failure(&fixture.build("out", &[]));
    assert!(code == 1 && text.contains("was asked for"), "{text}");
}

#[test]
fn an_image_for_several_processors_is_taken_from_a_layout_by_platform() {
    let fixture = Fixture::new();
    let mut layout = Layout::new(&fixture.path("inputs/layout"));
    let images =
        ["arm64", "amd64"].map(|arch| layout.image(arch, &[layout.layer(arch.len() as u64, 100)]));
    let index = layout.index(&images);
    layout.name(index, "many");
    let entry = "images:\n  - {layout: \"${inputs}/layout\", reference: \"example/image:1\", component: base}\n";
    fixture.edit("bundle.yaml", "images:\n", entry);
    stdout(&fixture.build("out", &["--volume-size", "none"]));
    let text = stdout(&fixture.run(&["inspect", "out", "--json"]));
    let report: Value = serde_json::from_str(&text).unwrap();
    let all = report["manifest"]["images"].as_array().unwrap();
    let image = all.iter().find(|image| image["reference"] == "example/image:1").unwrap();
    assert_eq!(image["digest"], images[1]["digest"]);
    fixture.edit(
        "bundle.yaml",
        "reference: \"example/image:1\"",
        "platform: linux/s390x, reference: \"example/image:1\"",
    );
    let (code, text) = failure(&fixture.build("out", &["--replace"]));
    assert!(code == 1 && text.contains("linux/arm64, linux/amd64"), "{text}");
}
