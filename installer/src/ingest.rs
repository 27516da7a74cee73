//! Blobs from the volumes into the store: each chunk is checked before it is written, and a blob bears its
//! name only when it is whole and on the disk.
//!
//! A blob that is stored as it is, is proven chunk by chunk: the list of its chunks' hashes is signed, and each
//! chunk was held against it. So chunks may come in any order, from any volume, through several hands, and what
//! the journal says is on the disk is not read again. A compressed blob is decoded in order and hashed on the way.

mod book;
mod crew;
mod decode;
mod lack;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use cg_bundle_format::{Blob, Carriage, Encoding, Mode, Payload};

use self::book::Book;
use self::crew::{Act, Crew, Job, Work};
pub use self::lack::Lack;
use crate::error::{Context, Error, RECORDS, explain_full_disk};
use crate::files;
use crate::host::{Host, HostPaths};
use crate::journal::{Journal, Kept, Record};

/// What is brought into which store.
pub struct Ingest<'a> {
    /// The machine.
    pub host: &'a dyn Host,
    /// Where the store lies.
    pub paths: &'a HostPaths,
    /// The volumes that are there.
    pub payload: &'a Payload,
    /// Verified bundles that bring what the volumes leave out.
    pub top_ups: &'a [Payload],
    /// Told the number of bytes that each step brought nearer to the end.
    pub tick: &'a (dyn Fn(u64) + Sync),
}

impl Ingest<'_> {
    /// Brings as much of `missing` into the store as the volumes hold, leaving out what is `kept`; says what
    /// other volumes must bring.
    pub fn run(
        &self,
        journal: &mut Journal,
        kept: &mut Kept,
        missing: &[&Blob],
    ) -> Result<Lack, Error> {
        let folder = self.paths.blobs();
        files::make_dir(self.host, &folder, 0o755)?;
        let missing: Vec<&Blob> =
            missing.iter().copied().filter(|blob| !kept.is_whole(&blob.digest)).collect();
        let total: u64 = missing.iter().map(|blob| blob.size).sum();
        let mut lack = Lack::default();
        let volumes = self.payload.release().volumes();
        lack.used_up.extend(volumes.iter().map(|volume| volume.number()));
        let (mut works, mut jobs, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for blob in missing {
            let (work, acts, parts) = self.prepare(blob, kept, &mut lack)?;
            let bundle = self.top_ups.iter().position(|other| std::ptr::eq(other, work.payload));
            for act in acts {
                let index = match act {
                    Act::Chunk(index) => index,
                    Act::Decode => work.from.as_ref().map_or(0, |at| at.stored) / blob.chunk_size,
                    Act::Close => 0,
                };
                let place = work.payload.place(&blob.digest, index);
                jobs.push(Job { at: (bundle.map_or(0, |n| n + 1), place), work: works.len(), act });
            }
            works.push(work);
            left.push(parts);
        }
        jobs.sort_by_key(|job| (job.at, job.work));
        let crew = Crew::new(
            self,
            works,
            jobs,
            Book::new(left),
            (&mut *journal, &mut *kept),
            (lack, BTreeSet::new()),
        );
        let (result, written) = crew.run();
        let lack =
            result.map_err(|error| self.explain_full_disk(error, total.saturating_sub(written)))?;
        self.host.sync_dir(&folder).at("cannot flush folder", &folder)?;
        let news: Vec<Record> = lack
            .used_up
            .iter()
            .filter(|number| !kept.volumes.contains(number) && !lack.is_none())
            .map(|number| Record::Volume { number: *number })
            .collect();
        kept.volumes.extend(&lack.used_up);
        if !news.is_empty() {
            journal.commit_all(self.host, &news)?;
        }
        Ok(lack)
    }

    /// What is to be done for one blob, and how many parts of it are still to be written.
    fn prepare<'b>(
        &'b self,
        blob: &'b Blob,
        kept: &mut Kept,
        lack: &mut Lack,
    ) -> Result<(Work<'b>, Vec<Act>, u64), Error> {
        let (payload, blob) = self.carrier(blob);
        let place = self.paths.blob(&blob.digest.hex());
        let partial = files::partial_of(&place);
        let length = length(&partial)?;
        let mut work = Work {
            payload,
            blob,
            place,
            partial,
            mode: self.mode(blob),
            cut: (length > blob.size).then_some(blob.size),
            from: None,
            file: Mutex::default(),
        };
        if blob.encoding == Encoding::Zstd {
            work.from = kept.decoded.get(&blob.digest).filter(|at| at.decoded <= length).cloned();
            work.cut = Some(work.from.as_ref().map_or(0, |at| at.decoded));
            (self.tick)(work.cut.unwrap_or_default());
            return Ok((work, vec![Act::Decode], 1));
        }
        // Nothing is believed of a file that is shorter than the journal says.
        let end = |index: u64| index * blob.chunk_size + blob.chunk_bytes(index);
        let done = kept.chunks.entry(blob.digest).or_default();
        done.retain(|index| *index < blob.chunk_count() && end(*index) <= length);
        if done.is_empty() {
            work.cut = Some(0);
        }
        (self.tick)(done.iter().map(|index| blob.chunk_bytes(*index)).sum());
        let todo: Vec<u64> =
            (0..blob.chunk_count()).filter(|index| !done.contains(index)).collect();
        let (here, absent): (Vec<u64>, Vec<u64>) =
            todo.iter().partition(|index| payload.place(&blob.digest, **index).is_some());
        lack.absent += absent.len() as u64;
        if todo.is_empty() {
            return Ok((work, vec![Act::Close], 1));
        }
        Ok((work, here.into_iter().map(Act::Chunk).collect(), todo.len() as u64))
    }

    /// The payload counts where it is stored; the journal, which may lie elsewhere, is small.
    fn explain_full_disk(&self, error: Error, left: u64) -> Error {
        let is_payload =
            matches!(&error, Error::Io { path, .. } if path.starts_with(self.paths.blobs()));
        explain_full_disk(self.host, error, if is_payload { left } else { RECORDS })
    }

    /// The bundle that carries a blob, with its own description of how the blob is stored.
    fn carrier<'b>(&'b self, blob: &'b Blob) -> (&'b Payload, &'b Blob) {
        if blob.carriage == Carriage::Carried {
            return (self.payload, blob);
        }
        let elsewhere = self.top_ups.iter().find_map(|payload| {
            let blob = payload.blob(&blob.digest)?;
            (blob.carriage == Carriage::Carried).then_some((payload, blob))
        });
        elsewhere.unwrap_or((self.payload, blob))
    }

    /// Executable where one of the blob's places asks for it.
    fn mode(&self, blob: &Blob) -> u32 {
        let places =
            self.payload.manifest().placements.iter().filter(|place| place.blob == blob.digest);
        places.fold(Mode::Plain.bits(), |bits, place| bits | place.mode.bits())
    }
}

/// Bytes of a partial file; 0 where there is none.
fn length(partial: &Path) -> Result<u64, Error> {
    match std::fs::symlink_metadata(partial) {
        Ok(state) => Ok(state.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error).at("cannot look at", partial),
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
