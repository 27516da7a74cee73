//! Chunk lists: the SHA-256 of every chunk of every blob, in the manifest's order.

use crate::{Blob, Digest, Error, Hasher, Limits, Manifest, Part};

/// Bytes of one entry.
const ENTRY: usize = 32;

/// All chunk lists of a release, proven against the digests in the manifest.
#[derive(Debug, Clone)]
pub struct ChunkLists {
    bytes: Vec<u8>,
    /// For each blob of the manifest the number of its first entry.
    first: Vec<usize>,
}

impl ChunkLists {
    /// Holds `bytes` against `manifest`: right length, and each blob's list has the signed digest.
    ///
    /// # Errors
    /// [`Error::Refused`] naming the blob whose list is wrong.
    pub fn check(manifest: &Manifest, bytes: Vec<u8>, limits: &Limits) -> Result<Self, Error> {
        let mut first = Vec::with_capacity(manifest.blobs.len());
        let mut next = 0usize;
        let most = usize::try_from(limits.chunk_list_bytes).unwrap_or(usize::MAX) / ENTRY;
        for blob in &manifest.blobs {
            first.push(next);
            let count = usize::try_from(blob.chunk_count()).unwrap_or(usize::MAX);
            next = next.saturating_add(count);
            if next > most {
                return Err(Error::refused(
                    Part::Manifest,
                    format!("more than {most} chunks; the limit stops memory use"),
                ));
            }
            let list = bytes.get((next - count) * ENTRY..next * ENTRY);
            let list = list
                .ok_or_else(|| Error::refused(Part::ChunkList(blob.digest), "it ends too early"))?;
            if Digest::of(list) != blob.chunk_list {
                return Err(Error::refused(
                    Part::ChunkList(blob.digest),
                    "its SHA-256 is not the one in release.json",
                ));
            }
            // One chunk is the whole blob: two signed digests that must be the same.
            if count == 1 && list != blob.stored_digest.as_bytes() {
                return Err(Error::refused(
                    Part::ChunkList(blob.digest),
                    "its only chunk is not the stored blob",
                ));
            }
        }
        if bytes.len() != next * ENTRY {
            return Err(Error::refused(
                Part::Manifest,
                "the chunk lists hold more than its blobs need",
            ));
        }
        Ok(Self { bytes, first })
    }

    /// The signed SHA-256 of chunk `index` of the manifest's blob number `blob`. Both must be in range.
    pub(crate) fn digest(&self, blob: usize, index: u64) -> Digest {
        let entry = self.first[blob]
            + usize::try_from(index).expect("chunk numbers were bounded by `check`");
        let mut digest = [0; ENTRY];
        digest.copy_from_slice(&self.bytes[entry * ENTRY..(entry + 1) * ENTRY]);
        Digest::from_bytes(digest)
    }

    /// The bytes of the entry `chunks.sha256`.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Computes the chunk list, size and digest of one blob's stored bytes.
#[derive(Debug)]
pub struct ListBuilder {
    chunk_size: u64,
    chunk: Hasher,
    in_chunk: u64,
    whole: Hasher,
    size: u64,
    list: Vec<u8>,
}

impl ListBuilder {
    /// For chunks of `chunk_size` bytes.
    #[must_use]
    pub fn new(chunk_size: u64) -> Self {
        Self {
            chunk_size,
            chunk: Hasher::new(),
            in_chunk: 0,
            whole: Hasher::new(),
            size: 0,
            list: Vec::new(),
        }
    }

    /// Adds stored bytes.
    pub fn push(&mut self, mut bytes: &[u8]) {
        self.whole.update(bytes);
        while !bytes.is_empty() {
            let room = usize::try_from(self.chunk_size - self.in_chunk).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.chunk.update(now);
            self.in_chunk += now.len() as u64;
            self.size += now.len() as u64;
            if self.in_chunk == self.chunk_size {
                self.close();
            }
            bytes = later;
        }
    }

    fn close(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        self.list.extend_from_slice(chunk.finish().as_bytes());
        self.in_chunk = 0;
    }

    /// (SHA-256 of all stored bytes, their number, the chunk list).
    #[must_use]
    pub fn finish(mut self) -> (Digest, u64, Vec<u8>) {
        if self.in_chunk > 0 {
            self.close();
        }
        (self.whole.finish(), self.size, self.list)
    }
}

impl Blob {
    /// Largest number of chunks that an entry name can count.
    pub(crate) const MAX_CHUNKS: u64 = 99_999_999;
}
