//! Names of tar entries. They find things; they are never trusted and never become paths.

use crate::{Digest, KeyId, PlainPath};

pub(crate) const FORMAT: &str = "FORMAT";
pub(crate) const LABEL: &str = "volume.json";
pub(crate) const RELEASE: &str = "release.json";
pub(crate) const RELEASE_SIGNATURES: &str = "release.sig.json";
pub(crate) const PREFIX: &str = "check/release.prefix";
pub(crate) const CHUNK_LISTS: &str = "chunks.sha256";
pub(crate) const INDEX: &str = "index";

/// `root/00001.json`.
pub(crate) fn root(version: u64) -> String {
    format!("root/{version:05}.json")
}

/// `root/00001.sig.json`.
pub(crate) fn root_signatures(version: u64) -> String {
    format!("root/{version:05}.sig.json")
}

/// The PEM file of a release key.
pub(crate) fn check_pem(key: KeyId) -> String {
    format!("check/{key}.pem")
}

/// The raw signature of a release key.
pub(crate) fn check_signature(key: KeyId) -> String {
    format!("check/{key}.sig")
}

/// `blobs/sha256/<hex>/<8 digits>`: 86 bytes.
pub(crate) fn chunk(blob: &Digest, index: u64) -> String {
    format!("blobs/sha256/{}/{index:08}", blob.hex())
}

/// Reads what [`chunk`] wrote.
pub(crate) fn parse_chunk(name: &str) -> Option<(Digest, u64)> {
    let (hex, index) = name.strip_prefix("blobs/sha256/")?.split_once('/')?;
    if index.len() != 8 || !index.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((Digest::from_hex(hex)?, index.parse().ok()?))
}

/// Whether a front entry may bear this name.
pub(crate) fn allowed_in_front(path: &PlainPath) -> bool {
    let first = path.as_str().split('/').next().unwrap_or_default().to_ascii_lowercase();
    let reserved = [
        "format",
        LABEL,
        "root",
        RELEASE,
        RELEASE_SIGNATURES,
        "check",
        CHUNK_LISTS,
        "blobs",
        INDEX,
    ];
    !reserved.contains(&first.as_str())
}
