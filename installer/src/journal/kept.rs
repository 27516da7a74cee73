//! What of blobs that are not whole yet lies on the disk, checked: nobody reads it again.

use std::collections::{BTreeMap, BTreeSet};

use cg_bundle_format::{Blob, Checkpoint, Digest, Encoding};

/// The finished parts of an installation that goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Finished chunks of blobs that are stored as they are.
    pub chunks: BTreeMap<Digest, BTreeSet<u64>>,
    /// How far the others are decoded.
    pub decoded: BTreeMap<Digest, Checkpoint>,
    /// Volumes on which nothing lies that is still wanted.
    pub volumes: BTreeSet<u32>,
    /// Blobs that this run put into the store.
    whole: BTreeSet<Digest>,
}

impl Kept {
    /// These chunks of a blob are finished.
    pub fn store(&mut self, blob: Digest, chunks: &[u64]) {
        self.chunks.entry(blob).or_default().extend(chunks);
    }

    /// A blob is decoded so far.
    pub fn decode(&mut self, blob: Digest, at: Checkpoint) {
        self.decoded.insert(blob, at);
    }

    /// A blob is in the store under its name.
    pub fn whole(&mut self, blob: Digest) {
        self.chunks.remove(&blob);
        self.decoded.remove(&blob);
        self.whole.insert(blob);
    }

    /// Whether this run has put the blob into the store.
    pub fn is_whole(&self, blob: &Digest) -> bool {
        self.whole.contains(blob)
    }

    /// Bytes of a blob that lie on the disk, in its partial file.
    pub fn bytes(&self, blob: &Blob) -> u64 {
        match blob.encoding {
            Encoding::Identity => {
                let chunks = self.chunks.get(&blob.digest).map_or(0, BTreeSet::len) as u64;
                (chunks * blob.chunk_size).min(blob.size)
            }
            Encoding::Zstd => self.decoded.get(&blob.digest).map_or(0, |at| at.decoded),
        }
    }

    /// Whether this chunk needs not be read again.
    pub fn has(&self, blob: &Blob, index: u64) -> bool {
        match blob.encoding {
            Encoding::Identity => {
                self.chunks.get(&blob.digest).is_some_and(|chunks| chunks.contains(&index))
            }
            Encoding::Zstd => {
                self.decoded.get(&blob.digest).is_some_and(|at| index < at.stored / blob.chunk_size)
            }
        }
    }
}
