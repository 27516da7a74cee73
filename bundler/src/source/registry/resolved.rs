//! What is asked of a registry, and what stands in the lock file afterwards.

use std::path::PathBuf;

use cg_bundle_format::Digest;
use serde::{Deserialize, Serialize};

/// An image by name.
#[derive(Debug, Clone)]
pub(crate) struct ImageRequest {
    /// As `registry.example/team/app:1.2`, with or without `@sha256:…`.
    pub(crate) reference: String,
    /// As `linux/amd64` or `linux/arm64/v8`.
    pub(crate) platform: String,
    /// PEM file of the cosign key that must have signed it.
    pub(crate) cosign_key: Option<PathBuf>,
    /// Ask without TLS; for a registry on this machine only.
    pub(crate) insecure_http_loopback: bool,
}

/// An image by digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolvedImage {
    /// As it was asked for.
    pub(crate) reference: String,
    /// Of the manifest for the platform.
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    pub(crate) size: u64,
    pub(crate) platform: String,
    /// The index that the manifest was chosen from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<Digest>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) insecure_http_loopback: bool,
    /// The manifest, the configuration, the layers; each once.
    pub(crate) blobs: Vec<ResolvedBlob>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) signatures: Vec<CheckedSignature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolvedBlob {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) media_type: String,
}

/// A signature that was checked and found good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckedSignature {
    /// `cosign`.
    pub(crate) scheme: String,
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    pub(crate) key: Digest,
    /// What was signed: the manifest or the index it was chosen from.
    pub(crate) covers: Digest,
    /// The signed payload.
    pub(crate) payload: Digest,
}

impl ResolvedImage {
    /// What was checked when it was pulled, for the manifest.
    pub(crate) fn checked(&self) -> String {
        let mut text = "sha256".to_owned();
        for signature in &self.signatures {
            text.push_str(&format!(
                "; {} signature by key {} over {}",
                signature.scheme, signature.key, signature.covers
            ));
        }
        text
    }
}
