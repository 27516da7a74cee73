//! Several hands that bring chunks in side by side: each takes the next job, in the order of the media.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cg_bundle_format::{Blob, Checkpoint, ChunkPlace, Encoding, Error as BundleError, Payload};

use super::Ingest;
use super::book::{Batch, Book};
use super::lack::Lack;
use crate::error::{Context, Error};
use crate::journal::{Journal, Kept, Record};

/// One blob that is brought in.
pub(super) struct Work<'a> {
    pub(super) payload: &'a Payload,
    pub(super) blob: &'a Blob,
    pub(super) place: PathBuf,
    pub(super) partial: PathBuf,
    pub(super) mode: u32,
    /// Bytes at which its partial file is cut when it is opened; none where it is kept as it is.
    pub(super) cut: Option<u64>,
    pub(super) from: Option<Checkpoint>,
    pub(super) file: Mutex<Option<Arc<File>>>,
}

/// One thing to do.
pub(super) struct Job {
    /// Which bundle, and where in it.
    pub(super) at: (usize, Option<ChunkPlace>),
    pub(super) work: usize,
    pub(super) act: Act,
}

/// What is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// Bring in one chunk as it is.
    Chunk(u64),
    /// Decode the blob.
    Decode,
    /// Nothing is left to write.
    Close,
}

/// What all hands share.
pub(super) struct Crew<'a> {
    pub(super) ingest: &'a Ingest<'a>,
    pub(super) works: Vec<Work<'a>>,
    pub(super) jobs: Vec<Job>,
    next: AtomicUsize,
    stop: AtomicBool,
    written: AtomicU64,
    book: Mutex<Book>,
    journal: Mutex<(&'a mut Journal, &'a mut Kept)>,
    failure: Mutex<Option<(usize, Error)>>,
    lack: Mutex<(Lack, BTreeSet<u32>)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Crew<'a> {
    pub(super) fn new(
        ingest: &'a Ingest<'a>,
        works: Vec<Work<'a>>,
        jobs: Vec<Job>,
        book: Book,
        journal: (&'a mut Journal, &'a mut Kept),
        lack: (Lack, BTreeSet<u32>),
    ) -> Self {
        Self {
            ingest,
            works,
            jobs,
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            written: AtomicU64::new(0),
            book: Mutex::new(book),
            journal: Mutex::new(journal),
            failure: Mutex::new(None),
            lack: Mutex::new(lack),
        }
    }

    /// Does all jobs, flushes what they wrote, and says what could not be had.
    pub(super) fn run(self) -> (Result<Lack, Error>, u64) {
        std::thread::scope(|scope| {
            for _ in 1..self.ingest.host.hands().min(self.jobs.len()) {
                scope.spawn(|| self.hand());
            }
            self.hand();
        });
        let rest = lock(&self.book).take();
        let flushed = self.flush(rest);
        let written = self.written.into_inner();
        let failure = self.failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut lack, unfinished) = self.lack.into_inner().unwrap_or_else(PoisonError::into_inner);
        lack.faults.sort_by_key(BundleError::bad_volume);
        lack.used_up = lack.used_up.difference(&unfinished).copied().collect();
        let result = match failure {
            Some((_, error)) => Err(error),
            None => flushed.map(|()| lack),
        };
        (result, written)
    }

    fn hand(&self) {
        let mut buffer = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = self.jobs.get(number) else { return };
            if let Err(error) = self.one(job, &mut buffer) {
                self.stop.store(true, Ordering::Relaxed);
                let mut failure = lock(&self.failure);
                if failure.as_ref().is_none_or(|(earlier, _)| number < *earlier) {
                    *failure = Some((number, error));
                }
            }
        }
    }

    fn one(&self, job: &Job, buffer: &mut Vec<u8>) -> Result<(), Error> {
        let work = &self.works[job.work];
        let (chunk, bytes) = match job.act {
            Act::Chunk(index) => {
                let digest = &work.blob.digest;
                let chunk = match work.payload.read_chunk(digest, index, std::mem::take(buffer)) {
                    Ok(chunk) => chunk,
                    Err(error) => return self.fault(work, index, error),
                };
                let file = self.file(work)?;
                let host = self.ingest.host;
                host.write_at(&file, chunk.offset(), chunk.bytes())
                    .at("cannot write", &work.partial)?;
                let length = chunk.bytes().len() as u64;
                host.start_flush(&file, chunk.offset(), length);
                self.tick(length);
                *buffer = chunk.into_buffer();
                (Some(index), length)
            }
            Act::Decode => {
                if !self.decode(work, buffer)? {
                    return Ok(());
                }
                (None, work.blob.size)
            }
            Act::Close => {
                self.file(work)?;
                (None, 0)
            }
        };
        let batch = lock(&self.book).add(job.work, chunk, bytes, work.blob.chunk_size);
        batch.map_or(Ok(()), |batch| self.flush(batch))
    }

    /// A chunk that the medium does not give out is asked for again later; anything else stops the run.
    pub(super) fn fault(
        &self,
        work: &Work<'_>,
        index: u64,
        error: BundleError,
    ) -> Result<(), Error> {
        let is_main = std::ptr::eq(work.payload, self.ingest.payload);
        if !is_main || error.bad_volume().is_none() {
            return Err(error.into());
        }
        let mut lack = lock(&self.lack);
        lack.0.faults.push(error);
        drop(lack);
        self.leave(work, index);
        Ok(())
    }

    /// Chunks of a blob from `index` on stay where they are for now.
    pub(super) fn leave(&self, work: &Work<'_>, index: u64) {
        let last = match work.blob.encoding {
            Encoding::Identity => index + 1,
            Encoding::Zstd => work.blob.chunk_count(),
        };
        let volumes = (index..last)
            .filter_map(|index| work.payload.place(&work.blob.digest, index))
            .map(|place| place.volume);
        lock(&self.lack).1.extend(volumes);
    }

    /// A wanted chunk lies on no volume that is there.
    pub(super) fn absent(&self, chunks: u64) {
        lock(&self.lack).0.absent += chunks;
    }

    pub(super) fn tick(&self, bytes: u64) {
        self.written.fetch_add(bytes, Ordering::Relaxed);
        (self.ingest.tick)(bytes);
    }

    /// The partial file of a blob, opened once.
    pub(super) fn file(&self, work: &Work<'_>) -> Result<Arc<File>, Error> {
        let mut slot = lock(&work.file);
        if let Some(file) = &*slot {
            return Ok(Arc::clone(file));
        }
        let host = self.ingest.host;
        let file = host.open(&work.partial, 0o644).at("cannot create", &work.partial)?;
        if let Some(length) = work.cut {
            host.set_length(&file, length).at("cannot cut", &work.partial)?;
        }
        Ok(Arc::clone(slot.insert(Arc::new(file))))
    }

    /// Puts parts on the disk; then, and only then, the journal tells of them, and blobs that are whole get
    /// their names.
    fn flush(&self, batch: Batch) -> Result<(), Error> {
        let host = self.ingest.host;
        let mut records = Vec::new();
        let mut whole = Vec::new();
        for part in batch.parts {
            let work = &self.works[part.blob];
            let file = self.file(work)?;
            if part.is_whole {
                host.set_mode(&work.partial, work.mode)
                    .at("cannot set the mode of", &work.partial)?;
                whole.push(work);
            } else {
                records.push(Record::Stored { blob: work.blob.digest, chunks: part.chunks });
            }
            host.sync_file(&file).at("cannot flush", &work.partial)?;
        }
        self.note(records)?;
        for work in whole {
            *lock(&work.file) = None;
            host.rename(&work.partial, &work.place).at("cannot put in place", &work.place)?;
            lock(&self.journal).1.whole(work.blob.digest);
        }
        Ok(())
    }

    pub(super) fn note(&self, records: Vec<Record>) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let mut guard = lock(&self.journal);
        let (journal, kept) = &mut *guard;
        journal.commit_all(self.ingest.host, &records)?;
        for record in records {
            match record {
                Record::Stored { blob, chunks } => kept.store(blob, &chunks),
                Record::Decoded { blob, at } => kept.decode(blob, at),
                _ => {}
            }
        }
        Ok(())
    }
}
