//! What was written and is not yet on the disk, and when it is time to flush it.

use std::collections::BTreeMap;

/// Chunks of a usual size that are flushed together: what a kill at most makes the next run read again.
const CHUNKS_AT_ONCE: u64 = 8;
/// Most files that are flushed together.
const FILES_AT_ONCE: usize = 64;

/// Written parts since the last flush, and what each blob still waits for.
pub(super) struct Book {
    pending: BTreeMap<usize, Vec<u64>>,
    bytes: u64,
    /// For each blob the parts that are still to be written.
    left: Vec<u64>,
}

/// Parts that are flushed together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) parts: Vec<Part>,
}

/// What was written of one blob.
#[derive(Debug)]
pub(super) struct Part {
    /// Its number among the blobs of this run.
    pub(super) blob: usize,
    /// The chunks, where it is written chunk by chunk.
    pub(super) chunks: Vec<u64>,
    /// Whether nothing of it is left to write.
    pub(super) is_whole: bool,
}

impl Book {
    pub(super) fn new(left: Vec<u64>) -> Self {
        Self { pending: BTreeMap::new(), bytes: 0, left }
    }

    /// Notes one written part of a blob; gives out what is to be flushed now.
    pub(super) fn add(
        &mut self,
        blob: usize,
        chunk: Option<u64>,
        bytes: u64,
        chunk_size: u64,
    ) -> Option<Batch> {
        self.left[blob] = self.left[blob].saturating_sub(1);
        self.pending.entry(blob).or_default().extend(chunk);
        self.bytes += bytes;
        let is_time =
            self.bytes >= CHUNKS_AT_ONCE * chunk_size || self.pending.len() >= FILES_AT_ONCE;
        is_time.then(|| self.take())
    }

    /// Everything that waits.
    pub(super) fn take(&mut self) -> Batch {
        self.bytes = 0;
        let pending = std::mem::take(&mut self.pending).into_iter();
        let part = |(blob, chunks)| Part { blob, chunks, is_whole: self.left[blob] == 0 };
        Batch { parts: pending.map(part).collect() }
    }
}

/// Decoded bytes between two checkpoints of a blob with chunks of this size.
pub(super) fn between_checkpoints(chunk_size: u64) -> u64 {
    CHUNKS_AT_ONCE * chunk_size
}
