//! Blobs from the volumes into the store: each chunk is checked before it is written, each blob bears its
//! name only when it is whole, on the disk, and has the signed digest.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use cg_bundle_format::{Blob, BlobDecoder, Carriage, Encoding, Mode, Payload, VerifiedChunk};

use crate::error::{Context, Error, RECORDS, explain_full_disk};
use crate::files;
use crate::host::{Host, HostPaths};
use crate::journal::{Journal, Record, State};

/// Chunks that are read ahead of the one that is written: bounds memory to four chunks.
const READ_AHEAD: usize = 2;

/// What is brought into which store.
pub struct Ingest<'a> {
    /// The machine.
    pub host: &'a dyn Host,
    /// Where the store lies.
    pub paths: &'a HostPaths,
    /// The verified volumes.
    pub payload: &'a Payload,
    /// Verified bundles that bring what the volumes leave out.
    pub top_ups: &'a [Payload],
    /// Told the number of bytes that each step brought nearer to the end.
    pub tick: &'a dyn Fn(u64),
}

impl Ingest<'_> {
    /// Brings `missing` into the store, going on where the journal says that an interrupted run stopped.
    pub fn run(
        &self,
        journal: &mut Journal,
        before: &State,
        missing: &[&Blob],
    ) -> Result<(), Error> {
        let folder = self.paths.blobs();
        files::make_dir(self.host, &folder, 0o755)?;
        let mut left: u64 = missing.iter().map(|blob| blob.size).sum();
        for blob in missing {
            let finished = before.chunks.get(&blob.digest).map_or(0, prefix);
            self.blob(journal, &self.carrier(blob), finished)
                .map_err(|error| self.explain_full_disk(error, left))?;
            left = left.saturating_sub(blob.size);
        }
        self.host.sync_dir(&folder).at("cannot flush folder", &folder)
    }

    /// The payload counts where it is stored; the journal, which may lie elsewhere, is small.
    fn explain_full_disk(&self, error: Error, left: u64) -> Error {
        let is_payload =
            matches!(&error, Error::Io { path, .. } if path.starts_with(self.paths.blobs()));
        explain_full_disk(self.host, error, if is_payload { left } else { RECORDS })
    }

    /// The bundle that carries a blob, with its own description of how the blob is stored.
    fn carrier<'b>(&'b self, blob: &'b Blob) -> Carried<'b> {
        let here = Carried { payload: self.payload, blob };
        if blob.carriage == Carriage::Carried {
            return here;
        }
        let elsewhere = self.top_ups.iter().find_map(|payload| {
            let blob = payload.blob(&blob.digest)?;
            (blob.carriage == Carriage::Carried).then_some(Carried { payload, blob })
        });
        elsewhere.unwrap_or(here)
    }

    fn blob(
        &self,
        journal: &mut Journal,
        carried: &Carried<'_>,
        finished: u64,
    ) -> Result<(), Error> {
        let blob = carried.blob;
        let place = self.paths.blob(&blob.digest.hex());
        let partial = files::partial_of(&place);
        let file = self.host.open(&partial, 0o644).at("cannot create", &partial)?;
        let target = Target { file: &file, path: &partial };
        match blob.encoding {
            Encoding::Zstd => self.decoded(carried, &target)?,
            Encoding::Identity => {
                let chunks = usable(&file, blob, finished).at("cannot read", &partial)?;
                match self.plain(journal, carried, &target, chunks) {
                    // What an interrupted run left was not what its journal said (a power loss can do that).
                    Err(Error::Bundle(_)) if chunks > 0 => {
                        self.plain(journal, carried, &target, 0)?
                    }
                    other => other?,
                }
            }
        }
        self.host.set_mode(&partial, self.mode(blob)).at("cannot set the mode of", &partial)?;
        self.host.sync_file(&file).at("cannot flush", &partial)?;
        drop(file);
        self.host.rename(&partial, &place).at("cannot put in place", &place)
    }

    /// Writes the chunks as they are, from number `finished` on.
    fn plain(
        &self,
        journal: &mut Journal,
        carried: &Carried<'_>,
        target: &Target<'_>,
        finished: u64,
    ) -> Result<(), Error> {
        let blob = carried.blob;
        let kept = finished.saturating_mul(blob.chunk_size).min(blob.size);
        self.host.set_length(target.file, kept).at("cannot cut", target.path)?;
        let mut hasher = files::hash(target.file, kept).at("cannot read", target.path)?;
        (self.tick)(kept);
        carried.each_chunk(finished, |chunk| {
            self.host
                .write_at(target.file, chunk.offset(), chunk.bytes())
                .at("cannot write", target.path)?;
            hasher.update(chunk.bytes());
            journal.note(self.host, &Record::Chunk { blob: blob.digest, index: chunk.index() })?;
            (self.tick)(chunk.bytes().len() as u64);
            Ok(())
        })?;
        if hasher.finish() == blob.digest {
            return Ok(());
        }
        Err(Error::Bundle(cg_bundle_format::Error::Refused {
            part: cg_bundle_format::Part::Blob(blob.digest),
            problem: "its bytes in the store have another SHA-256; check the disk".to_owned(),
        }))
    }

    /// Decodes the chunks; stops at the signed size. A decoder cannot go on in the middle: it starts anew.
    fn decoded(&self, carried: &Carried<'_>, target: &Target<'_>) -> Result<(), Error> {
        self.host.set_length(target.file, 0).at("cannot cut", target.path)?;
        let mut decoder = BlobDecoder::new(carried.blob, carried.payload.release().limits())?;
        let mut sink = Sink { host: self.host, file: target.file, offset: 0, failure: None };
        carried.each_chunk(0, |chunk| {
            let before = sink.offset;
            let result = decoder.push(chunk, &mut sink);
            if let Some(failure) = sink.failure.take() {
                return Err(failure).at("cannot write", target.path);
            }
            (self.tick)(sink.offset - before);
            Ok(result?)
        })?;
        Ok(decoder.finish()?)
    }

    /// Executable where one of the blob's places asks for it.
    fn mode(&self, blob: &Blob) -> u32 {
        let places =
            self.payload.manifest().placements.iter().filter(|place| place.blob == blob.digest);
        places.fold(Mode::Plain.bits(), |bits, place| bits | place.mode.bits())
    }
}

/// A blob in the bundle that carries it.
struct Carried<'a> {
    payload: &'a Payload,
    blob: &'a Blob,
}

impl Carried<'_> {
    /// Reads and checks chunks on a second thread while the former one is written.
    fn each_chunk(
        &self,
        from: u64,
        mut act: impl FnMut(&VerifiedChunk) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (payload, blob) = (self.payload, self.blob);
        std::thread::scope(|scope| {
            let (full, ready) = mpsc::sync_channel(READ_AHEAD);
            // Buffers go round: fresh memory for each chunk would cost more than hashing it.
            let (back, empty) = mpsc::channel();
            scope.spawn(move || {
                for index in from..blob.chunk_count() {
                    let buffer: Vec<u8> = empty.try_recv().unwrap_or_default();
                    let chunk = payload.read_chunk(&blob.digest, index, buffer);
                    let is_last = chunk.is_err();
                    if full.send(chunk).is_err() || is_last {
                        break;
                    }
                }
            });
            for chunk in ready {
                let chunk = chunk?;
                act(&chunk)?;
                // The reader may be at its end already.
                let _ = back.send(chunk.into_buffer());
            }
            Ok(())
        })
    }
}

/// Removes what earlier runs left unfinished in the store.
pub fn sweep(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    let folder = paths.blobs();
    let mut partials: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&folder).at("cannot list", &folder)? {
        let path = entry.at("cannot list", &folder)?.path();
        if path.extension().is_some_and(|ending| ending == "partial") {
            partials.push(path);
        }
    }
    for partial in partials {
        files::remove(host, &partial)?;
    }
    Ok(())
}

struct Target<'a> {
    file: &'a File,
    path: &'a Path,
}

struct Sink<'a> {
    host: &'a dyn Host,
    file: &'a File,
    offset: u64,
    failure: Option<io::Error>,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.host.write_at(self.file, self.offset, bytes) {
            self.failure = Some(io::Error::new(error.kind(), error.to_string()));
            return Err(error);
        }
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The number of chunks 0, 1, … without a gap.
fn prefix(finished: &BTreeSet<u64>) -> u64 {
    finished.iter().zip(0..).take_while(|(index, expected)| **index == *expected).count() as u64
}

/// How many of the finished chunks the partial file really reaches.
fn usable(file: &File, blob: &Blob, finished: u64) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let whole = if length >= blob.size { blob.chunk_count() } else { length / blob.chunk_size };
    Ok(finished.min(whole))
}
