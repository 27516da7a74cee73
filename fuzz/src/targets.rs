//! What is fuzzed. A target returns for every input; that it returns, within the memory that it may take,
//! and that what it accepts can be written and read again, is the promise.

use std::io::Write;
use std::path::PathBuf;

use cg_bundle_format::{BundleReader, Limits, Manifest, Root, Selection, Signatures, TrustAnchor};
use cg_inventory::{Limits as ImageLimits, Rootfs, parsers};

use crate::bundler::{gguf, safetensors};
use crate::source::oci;
use crate::{entries, index, site};

/// A target: takes any bytes.
pub type Target = fn(&[u8]);

/// All targets, by the names of their folders in `corpus/`.
pub const TARGETS: [(&str, Target); 18] = [
    ("manifest", manifest),
    ("root", root),
    ("signatures", signatures),
    ("volume", volume),
    ("tar_reader", entries::tar_reader),
    ("index", index::index),
    ("receipt", receipt),
    ("request", site::request),
    ("permit", site::permit),
    ("countersignature", site::countersignature),
    ("gguf", gguf_header),
    ("safetensors", safetensors_header),
    ("oci_index", oci_index),
    ("layer", layer),
    ("dpkg", dpkg),
    ("apk", apk),
    ("copyright", copyright),
    ("rpm", rpm),
];

/// `release.json` behind its signature.
pub fn manifest(data: &[u8]) {
    if let Ok(manifest) = Manifest::parse(data, &Limits::default()) {
        let bytes = manifest.to_bytes();
        assert_eq!(Manifest::parse(&bytes, &Limits::default()).as_ref(), Ok(&manifest));
        for blob in &manifest.blobs {
            let count = blob.chunk_count();
            if count > 0 {
                let sum = (count - 1) * blob.chunk_size + blob.chunk_bytes(count - 1);
                assert_eq!(sum, blob.stored_size, "chunks are the blob");
            }
        }
        let _ = manifest.models_lock(&Selection::all(&manifest));
    }
}

/// `root.json`.
pub fn root(data: &[u8]) {
    if let Ok(root) = Root::parse(data, &Limits::default()) {
        assert_eq!(Root::parse(&root.to_bytes(), &Limits::default()).as_ref(), Ok(&root));
        assert!(root.release.threshold > 0 && root.root.threshold > 0);
    }
}

/// A signature file.
pub fn signatures(data: &[u8]) {
    if let Ok(parsed) = Signatures::parse(data, &Limits::default()) {
        assert_eq!(parsed.to_bytes(), data, "one form only");
    }
}

/// A whole volume, its label and opening entries first.
pub fn volume(data: &[u8]) {
    let path = file(data);
    let outcome = BundleReader::open(std::slice::from_ref(&path))
        .and_then(|bundle| bundle.verify_signature(&TrustAnchor::DangerousFirstUse))
        .and_then(|release| release.scan())
        .and_then(|payload| payload.verify_all(1, &|_| ()).map(|_| payload));
    if let Ok(payload) = outcome {
        for blob in &payload.manifest().blobs {
            let _ = payload.read_small_blob(&blob.digest);
        }
    }
}

/// A receipt, as the packager gets it back from a site.
pub fn receipt(data: &[u8]) {
    if let Ok(receipt) = serde_json::from_slice::<codegraph_install::receipt::Receipt>(data) {
        let bytes = serde_json::to_vec(&receipt).expect("a receipt can be written");
        let again = serde_json::from_slice::<codegraph_install::receipt::Receipt>(&bytes);
        assert_eq!(again.ok().as_ref(), Some(&receipt));
    }
}

/// The header of a GGUF model.
pub fn gguf_header(data: &[u8]) {
    let _ = gguf::read(&file(data));
}

/// The header of a safetensors model.
pub fn safetensors_header(data: &[u8]) {
    let _ = safetensors::read(&file(data));
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A manifest or an index, as a registry serves it.
pub fn oci_index(data: &[u8]) {
    for said in [INDEX, MANIFEST, "application/json"] {
        match oci::parse(data, said) {
            Ok((oci::Document::Index(all), _)) => {
                for one in all {
                    let _ = one.sha256();
                }
            }
            Ok((oci::Document::Manifest(manifest), _)) => {
                let _ = oci::check_image(&manifest);
            }
            Err(_) => {}
        }
    }
}

/// A layer of an image, packed or not.
pub fn layer(data: &[u8]) {
    let limits = ImageLimits { layer_bytes: 8 << 20, entries: 10_000, ..ImageLimits::default() };
    let mut rootfs = Rootfs::new(limits);
    let _ = rootfs.apply(data);
    let _ = rootfs.inventory();
}

/// dpkg's list.
pub fn dpkg(data: &[u8]) {
    assert!(parsers::dpkg(data, 100).len() <= 100);
}

/// apk's list.
pub fn apk(data: &[u8]) {
    assert!(parsers::apk(data, 100).len() <= 100);
}

/// A copyright file, and `os-release`, which is as plain.
pub fn copyright(data: &[u8]) {
    assert!(parsers::copyright(data).len() <= 64);
    let _ = parsers::os_release(data);
}

/// rpm's database in any of its forms.
pub fn rpm(data: &[u8]) {
    assert!(parsers::rpm(data, 100).0.len() <= 100);
}

/// A file with these bytes, in memory; the same one for each input of a thread.
pub fn file(data: &[u8]) -> PathBuf {
    thread_local! {
        static FOLDER: tempfile::TempDir = folder();
    }
    FOLDER.with(|folder| {
        let path = folder.path().join("input.cgb");
        let mut handle = std::fs::File::create(&path).expect("the file can be emptied");
        handle.write_all(data).expect("the file can be written");
        path
    })
}

/// A folder in memory.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder can be made")
}
