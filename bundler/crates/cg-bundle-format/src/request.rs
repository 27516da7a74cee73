//! What a host lacks: written by an installer that a delta does not fit, read by the packager, who
//! makes a top-up bundle from it. Nothing is granted by it, so nothing signs it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Digest, Limits, Manifest, json};

/// A request for a top-up bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Always 1.
    pub format: u64,
    /// Product of the release.
    pub product: String,
    /// Its line.
    pub line: String,
    /// Its version.
    pub version: String,
    /// Its processor architecture.
    pub arch: String,
    /// SHA-256 of the `release.json` that could not be installed.
    pub release: Digest,
    /// The blobs that the host lacks, in the order of the manifest.
    pub blobs: Vec<Wanted>,
}

/// A blob that a host lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Its SHA-256.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
}

impl Request {
    /// For the blobs of `manifest` that `wanted` names.
    #[must_use]
    pub fn new(manifest: &Manifest, release: Digest, wanted: &BTreeSet<Digest>) -> Self {
        let blobs = manifest.blobs.iter().filter(|blob| wanted.contains(&blob.digest));
        Self {
            format: 1,
            product: manifest.product.clone(),
            line: manifest.line.clone(),
            version: manifest.version.clone(),
            arch: manifest.arch.clone(),
            release,
            blobs: blobs.map(|blob| Wanted { digest: blob.digest, size: blob.size }).collect(),
        }
    }

    /// Reads a request.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, String> {
        if bytes.len() as u64 > limits.manifest_bytes {
            return Err(format!(
                "{} bytes; a request has at most {}",
                bytes.len(),
                limits.manifest_bytes
            ));
        }
        let request: Self = json::parse(bytes, limits.json_depth)?;
        if request.format != 1 {
            return Err(format!("format {} is unknown; this program reads 1", request.format));
        }
        if request.blobs.is_empty() || request.blobs.len() > limits.items {
            return Err(format!(
                "{} blobs; a request names 1 to {}",
                request.blobs.len(),
                limits.items
            ));
        }
        Ok(request)
    }

    /// The request as a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::write(self)
    }
}
