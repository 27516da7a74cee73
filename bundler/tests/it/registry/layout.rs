//! OCI layouts written by hand from the image specification.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub(crate) struct Layout {
    pub(crate) folder: PathBuf,
    entries: Vec<Value>,
}

impl Layout {
    pub(crate) fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
        fs::write(folder.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
        Self { folder: folder.to_owned(), entries: Vec::new() }
    }

    /// A layer with one file of noise: about `bytes` large, another for each seed.
    pub(crate) fn layer(&self, seed: u64, bytes: usize) -> (Value, String) {
        let mut tar = tar::Builder::new(Vec::new());
        let content = noise(seed, bytes);
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("file-{seed}"), content.as_slice()).unwrap();
        let plain = tar.into_inner().unwrap();
        let diff = format!("sha256:{}", hex::encode(Sha256::digest(&plain)));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        gzip.write_all(&plain).unwrap();
        let packed = gzip.finish().unwrap();
        (self.put(&packed, "application/vnd.oci.image.layer.v1.tar+gzip"), diff)
    }

    /// The manifest of an image.
    pub(crate) fn image(&self, architecture: &str, layers: &[(Value, String)]) -> Value {
        let diffs: Vec<&String> = layers.iter().map(|layer| &layer.1).collect();
        let config = json!({"os": "linux", "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": diffs}});
        let config =
            self.put(config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json");
        let layers: Vec<&Value> = layers.iter().map(|layer| &layer.0).collect();
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        let mut entry = self.put(manifest.to_string().as_bytes(), MANIFEST);
        entry["platform"] = json!({"os": "linux", "architecture": architecture});
        entry
    }

    /// An index over images.
    pub(crate) fn index(&self, images: &[Value]) -> Value {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": images});
        self.put(index.to_string().as_bytes(), INDEX)
    }

    /// Gives an image or index a name.
    pub(crate) fn name(&mut self, mut entry: Value, name: &str) {
        entry["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        self.entries.retain(|other| other["annotations"] != entry["annotations"]);
        self.entries.push(entry);
        let index = json!({"schemaVersion": 2, "manifests": self.entries});
        fs::write(self.folder.join("index.json"), index.to_string()).unwrap();
    }

    /// Writes a blob.
    pub(crate) fn put(&self, bytes: &[u8], media_type: &str) -> Value {
        let hex = hex::encode(Sha256::digest(bytes));
        fs::write(self.folder.join("blobs/sha256").join(&hex), bytes).unwrap();
        json!({"mediaType": media_type, "digest": format!("sha256:{hex}"), "size": bytes.len()})
    }
}

/// Bytes that do not compress and are the same in every run (a linear congruential generator).
pub(crate) fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let step = |()| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_n((), count).map(step).collect()
}
