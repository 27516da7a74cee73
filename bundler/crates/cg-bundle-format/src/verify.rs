//! Checks the whole payload on all cores with little memory.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::payload::{Piece, unreadable};
use crate::{Digest, Error, Hasher, Part, Payload};

/// Bytes that a thread holds at once.
const BUFFER: usize = 512 << 10;
/// Most threads that are started.
const MOST_THREADS: usize = 64;

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Payload bytes checked.
    pub done: u64,
    /// Payload bytes in all.
    pub total: u64,
}

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyReport {
    /// Volumes.
    pub volumes: u64,
    /// Blobs of which something was checked.
    pub blobs: u64,
    /// Chunks.
    pub chunks: u64,
    /// Stored payload bytes.
    pub bytes: u64,
}

/// What a check of the volumes that are there found.
#[derive(Debug)]
pub struct Survey {
    /// What is good.
    pub report: VerifyReport,
    /// Chunks that the media do not give out, in the order of the volumes: each an [`Error::Unreadable`].
    pub unreadable: Vec<Error>,
}

impl Payload {
    /// Checks that the set is complete and every chunk has its signed SHA-256, on `threads` threads
    /// (0: one for each core) with half a MiB each. `progress` is called from all of them.
    ///
    /// # Errors
    /// The first wrong chunk in the order of the volumes that was found, [`Error::MissingVolumes`],
    /// [`Error::Unreadable`].
    pub fn verify_all(
        &self,
        threads: usize,
        progress: &(dyn Fn(VerifyProgress) + Sync),
    ) -> Result<VerifyReport, Error> {
        self.require_complete()?;
        let mut survey = self.survey(threads, &|_, _| true, progress)?;
        if survey.unreadable.is_empty() {
            let carried = |blob: &&crate::Blob| blob.carriage == crate::Carriage::Carried;
            let blobs = self.manifest().blobs.iter().filter(carried).count() as u64;
            return Ok(VerifyReport { blobs, ..survey.report });
        }
        Err(survey.unreadable.swap_remove(0))
    }

    /// Checks the `wanted` chunks (blob, number) of the volumes that are there. What cannot be read is told at
    /// the end; what is read and is not what was signed stops the check.
    ///
    /// # Errors
    /// [`Error::Refused`]: the first wrong chunk in the order of the volumes that was found.
    pub fn survey(
        &self,
        threads: usize,
        wanted: &dyn Fn(&Digest, u64) -> bool,
        progress: &(dyn Fn(VerifyProgress) + Sync),
    ) -> Result<Survey, Error> {
        let mut pieces = self.in_volume_order();
        pieces.retain(|piece| wanted(&self.manifest().blobs[piece.blob].digest, piece.chunk));
        let total = pieces.iter().map(|piece| self.piece_bytes(piece)).sum();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if threads == 0 { cores } else { threads }.clamp(1, MOST_THREADS);
        let next = AtomicUsize::new(0);
        let done = AtomicU64::new(0);
        let found: Mutex<Vec<(usize, Error)>> = Mutex::new(Vec::new());
        let work = || {
            let mut buffer = vec![0; BUFFER];
            loop {
                let position = next.fetch_add(1, Ordering::Relaxed);
                let Some(piece) = pieces.get(position) else { return };
                if let Err(error) = self.check_piece(piece, &mut buffer) {
                    if !matches!(error, Error::Unreadable { .. }) {
                        next.store(pieces.len(), Ordering::Relaxed);
                    }
                    found
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push((position, error));
                    continue;
                }
                let bytes = self.piece_bytes(piece);
                progress(VerifyProgress {
                    done: done.fetch_add(bytes, Ordering::Relaxed) + bytes,
                    total,
                });
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        found.sort_by_key(|(position, _)| *position);
        let is_wrong = |(_, error): &(usize, Error)| !matches!(error, Error::Unreadable { .. });
        if let Some(first) = found.iter().position(is_wrong) {
            return Err(found.swap_remove(first).1);
        }
        let blobs: BTreeSet<usize> = pieces.iter().map(|piece| piece.blob).collect();
        Ok(Survey {
            report: VerifyReport {
                volumes: self.release().volumes().len() as u64,
                blobs: blobs.len() as u64,
                chunks: (pieces.len() - found.len()) as u64,
                bytes: done.into_inner(),
            },
            unreadable: found.into_iter().map(|(_, error)| error).collect(),
        })
    }

    fn piece_bytes(&self, piece: &Piece) -> u64 {
        self.manifest().blobs[piece.blob].chunk_bytes(piece.chunk)
    }

    fn check_piece(&self, piece: &Piece, buffer: &mut [u8]) -> Result<(), Error> {
        let blob = &self.manifest().blobs[piece.blob];
        let volume = &self.release().volumes()[piece.place.volume as usize];
        let mut hasher = Hasher::new();
        let mut left = blob.chunk_bytes(piece.chunk);
        let mut offset = piece.place.offset;
        while left > 0 {
            let now = left.min(buffer.len() as u64);
            let part = &mut buffer[..usize::try_from(now).expect("at most the buffer")];
            volume.read_at(part, offset).map_err(|error| {
                unreadable(error, volume, piece.place, blob.digest, piece.chunk)
            })?;
            hasher.update(part);
            left -= now;
            offset += now;
        }
        if hasher.finish() != self.release().lists().digest(piece.blob, piece.chunk) {
            let part =
                Part::Chunk { volume: volume.number(), blob: blob.digest, index: piece.chunk };
            return Err(Error::refused(
                part,
                "its SHA-256 is not the signed one; the medium or the copy is damaged, or it was tampered with",
            ));
        }
        Ok(())
    }
}
