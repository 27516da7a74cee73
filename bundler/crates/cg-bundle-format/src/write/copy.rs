//! Copies chunks to their places on all cores, and has the disk begin early.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use super::layout::Place;
use crate::chunks::ChunkLists;
use crate::write::{ChunkSource, io};
use crate::{Error, Hasher, Manifest, Part};

/// Most threads; bounds memory where a source needs a whole chunk at a time.
const MOST_THREADS: usize = 8;
/// The disk is told to write whenever so many bytes have come.
const FLUSH_BYTES: u64 = 48 << 20;

/// What all chunks of a volume have in common.
pub(super) struct Task<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) lists: &'a ChunkLists,
    pub(super) source: &'a dyn ChunkSource,
    pub(super) path: &'a Path,
}

/// Which chunk is next, and what went wrong first.
#[derive(Default)]
struct State {
    next: AtomicUsize,
    stop: AtomicBool,
    first: Mutex<Option<Error>>,
}

impl State {
    fn fail(&self, error: Error) {
        self.stop.store(true, Ordering::Relaxed);
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// Copies all chunks; `tell` hears how many bytes each had.
pub(super) fn chunks(
    task: &Task<'_>,
    file: &File,
    places: &[Place],
    tell: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let state = State::default();
    let (done, heard) = channel();
    let (flush, asked) = channel();
    std::thread::scope(|scope| {
        for _ in 0..cores.clamp(1, MOST_THREADS).min(places.len()) {
            let done = done.clone();
            scope.spawn(|| work(task, file, places, &state, done));
        }
        drop(done);
        scope.spawn(|| flush_on_demand(task, file, &state, asked));
        let mut waiting = 0;
        for bytes in heard {
            tell(bytes);
            waiting += bytes;
            if waiting >= FLUSH_BYTES {
                waiting = 0;
                let _ = flush.send(());
            }
        }
        drop(flush);
    });
    match state.first.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn work(task: &Task<'_>, file: &File, places: &[Place], state: &State, done: Sender<u64>) {
    let mut buffer = Vec::new();
    while !state.stop.load(Ordering::Relaxed) {
        let Some(place) = places.get(state.next.fetch_add(1, Ordering::Relaxed)) else { return };
        match copy(task, file, place, &mut buffer) {
            Ok(bytes) => {
                let _ = done.send(bytes);
            }
            Err(error) => return state.fail(error),
        }
    }
}

fn copy(task: &Task<'_>, file: &File, place: &Place, buffer: &mut Vec<u8>) -> Result<u64, Error> {
    let blob = &task.manifest.blobs[place.blob];
    let changed = || {
        let problem = format!(
            "its chunk {} changed while the bundle was built; build again when nothing writes to the sources",
            place.chunk
        );
        Error::refused(Part::Blob(blob.digest), problem)
    };
    let size = blob.chunk_bytes(place.chunk);
    let mut hasher = Hasher::new();
    let mut written = 0;
    task.source.pass(place.blob, place.chunk, buffer, &mut |piece| {
        if written + piece.len() as u64 > size {
            return Err(changed());
        }
        hasher.update(piece);
        file.write_all_at(piece, place.at + written).map_err(io("cannot write", task.path))?;
        written += piece.len() as u64;
        Ok(())
    })?;
    if written != size || hasher.finish() != task.lists.digest(place.blob, place.chunk) {
        return Err(changed());
    }
    Ok(size)
}

/// Begins to write to the disk while the rest is still copied. An error is told once only, so it is kept.
fn flush_on_demand(task: &Task<'_>, file: &File, state: &State, asked: Receiver<()>) {
    while asked.recv().is_ok() {
        while asked.try_recv().is_ok() {}
        if let Err(error) = file.sync_data() {
            return state.fail(io("cannot sync", task.path)(error));
        }
    }
}
