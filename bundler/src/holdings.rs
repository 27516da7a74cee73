//! What a host holds already: from a receipt that it exported, or from the manifest of a release that it has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cg_bundle_format::{Blob, Carriage, Digest, Limits, Manifest};
use serde::Deserialize;

use crate::error::Error;
use crate::opened::read_bounded;

/// Blobs with their sizes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Holdings(BTreeMap<Digest, u64>);

#[derive(Deserialize)]
struct Receipt {
    format: u64,
    result: String,
    release: ReleaseName,
    blobs: Vec<Held>,
}

#[derive(Deserialize)]
struct ReleaseName {
    product: String,
}

#[derive(Deserialize)]
struct Held {
    digest: Digest,
    size: u64,
}

impl Holdings {
    /// Reads receipts and manifests for a product; a wrong one is named.
    pub(crate) fn read(files: &[PathBuf], product: &str) -> Result<Self, Error> {
        let mut holdings = Self::default();
        for file in files {
            holdings.add(file, product)?;
        }
        Ok(holdings)
    }

    fn add(&mut self, file: &Path, product: &str) -> Result<(), Error> {
        let limits = Limits::default();
        let bytes = read_bounded(file, limits.manifest_bytes)?;
        let problem = |problem: String| Error::Config { file: file.to_owned(), problem };
        let (of, blobs) = match Manifest::parse(&bytes, &limits) {
            Ok(manifest) => {
                let blobs = manifest.blobs.iter().map(|blob| (blob.digest, blob.size)).collect();
                (manifest.product, blobs)
            }
            Err(as_manifest) => {
                let receipt: Receipt = serde_json::from_slice(&bytes).map_err(|as_receipt| {
                    problem(format!(
                        "neither a release.json ({as_manifest}) nor a receipt ({as_receipt})"
                    ))
                })?;
                if receipt.format != 1 {
                    return Err(problem(format!("receipt format {} is not 1", receipt.format)));
                }
                if receipt.result == "taken-back" {
                    eprintln!(
                        "note: {} tells of a release that was taken back; the host's next clean-up removes what only that release had",
                        file.display()
                    );
                }
                let blobs: Vec<(Digest, u64)> =
                    receipt.blobs.iter().map(|held| (held.digest, held.size)).collect();
                (receipt.release.product, blobs)
            }
        };
        if of != product {
            return Err(problem(format!("it is about product {of:?}, the release is {product:?}")));
        }
        if blobs.len() > limits.items {
            return Err(problem(format!("more than {} blobs", limits.items)));
        }
        self.0.extend(blobs);
        Ok(())
    }

    /// Whether the host said that it has this blob.
    pub(crate) fn has(&self, digest: &Digest, size: u64) -> bool {
        self.0.get(digest) == Some(&size)
    }

    /// Whether this blob must travel.
    pub(crate) fn carriage(&self, blob: &Blob) -> Carriage {
        if self.has(&blob.digest, blob.size) { Carriage::Expected } else { Carriage::Carried }
    }
}
