//! What a host holds already: from a receipt that it exported, or from the manifest of a release that it has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cg_bundle_format::{Digest, Limits, Manifest};
use serde::Deserialize;

use crate::error::Error;
use crate::opened::read_bounded;

/// What all hosts that were asked hold, by digest, and the product that each file is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Holdings {
    blobs: BTreeSet<Digest>,
    products: Vec<(PathBuf, String)>,
}

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
}

impl Holdings {
    /// Reads receipts and manifests. What stands in all of them is held.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, Error> {
        let mut holdings = Self::default();
        for file in files {
            let (product, blobs) = one(file)?;
            if holdings.products.is_empty() {
                holdings.blobs = blobs;
            } else {
                holdings.blobs.retain(|digest| blobs.contains(digest));
            }
            holdings.products.push((file.clone(), product));
        }
        Ok(holdings)
    }

    /// Refuses a file that is about another product.
    pub(crate) fn check(&self, product: &str) -> Result<(), Error> {
        let other = self.products.iter().find(|(_, about)| about != product);
        other.map_or(Ok(()), |(file, about)| {
            let problem = format!("it is about product {about:?}, the release is {product:?}");
            Err(Error::Config { file: file.clone(), problem })
        })
    }

    /// Whether all of them have this blob.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.blobs.contains(digest)
    }
}

fn one(file: &Path) -> Result<(String, BTreeSet<Digest>), Error> {
    let limits = Limits::default();
    let bytes = read_bounded(file, limits.manifest_bytes)?;
    let problem = |problem: String| Error::Config { file: file.to_owned(), problem };
    let as_manifest = match Manifest::parse(&bytes, &limits) {
        Ok(manifest) => {
            let blobs = manifest.blobs.iter().map(|blob| blob.digest).collect();
            return Ok((manifest.product, blobs));
        }
        Err(as_manifest) => as_manifest,
    };
    let receipt: Receipt = serde_json::from_slice(&bytes).map_err(|as_receipt| {
        problem(format!("neither a release.json ({as_manifest}) nor a receipt ({as_receipt})"))
    })?;
    if receipt.format != 1 {
        return Err(problem(format!("receipt format {} is not 1", receipt.format)));
    }
    if receipt.blobs.len() > limits.items {
        return Err(problem(format!("more than {} blobs", limits.items)));
    }
    if receipt.result == "taken-back" {
        eprintln!(
            "note: {} tells of a release that was taken back; a clean-up of the host removes what only that release had",
            file.display()
        );
    }
    Ok((receipt.release.product, receipt.blobs.iter().map(|held| held.digest).collect()))
}
