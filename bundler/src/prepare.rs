//! First pass over all inputs: hash everything, compress what shrinks. Uses all cores and little memory, and does
//! nothing that an earlier run did for the same bytes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use cg_bundle_format::{
    CHUNK_SIZE, Digest, Encoding, FRAME_SIZE, ListBuilder, Shrinks, Take, compress, sample_shrinks,
};
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::hashes::{Facts, HashingReader};
use crate::item::{Bytes, Expected, Item, Packing};
use crate::memo::Memo;

/// Bytes of each of the three parts of a sample.
const SAMPLE: u64 = 256 << 10;
/// Smaller blobs are not worth a decoder.
const SMALL: u64 = 4 << 10;
/// Bytes read at once.
const PIECE: usize = 256 << 10;
/// Kind of note: how a blob is stored. The number changes with the compressor's settings.
pub(crate) const PACKED: &str = "packed-1";

/// What is known of an item's bytes.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) encoding: Encoding,
    pub(crate) stored_digest: Digest,
    pub(crate) stored_size: u64,
    pub(crate) list: Vec<u8>,
    pub(crate) stored: Bytes,
}

/// How a blob that may be compressed is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Packed {
    /// As it is: a sample did not shrink.
    AsIs,
    /// The file beside the note holds zstd frames.
    Zstd { digest: Digest, size: u64, list: Vec<Digest> },
}

/// Prepares all items, in their order.
pub(crate) fn prepare(
    items: &[Item],
    memo: &Memo,
    bar: &ProgressBar,
) -> Result<Vec<Prepared>, Error> {
    let first = |item: &Item| {
        let found = look(item, memo)?;
        check_expected(item, &found)?;
        let done = known(item, found, memo)?;
        if done.is_some() {
            bar.inc(found.size);
        }
        Ok((found, done))
    };
    let mut all: Vec<(Facts, Option<Prepared>)> =
        items.par_iter().map(first).collect::<Result<_, Error>>()?;
    // A blob of one frame keeps one core busy; larger ones use all cores each, one after the other.
    let pack_one = |(item, slot): (&Item, &mut (Facts, Option<Prepared>))| {
        slot.1 = Some(packed(item, slot.0, memo)?);
        bar.inc(slot.0.size);
        Ok::<_, Error>(())
    };
    let waiting = |slot: &(Facts, Option<Prepared>)| slot.1.is_none();
    items
        .par_iter()
        .zip(&mut all)
        .filter(|(_, slot)| waiting(slot) && slot.0.size <= FRAME_SIZE as u64)
        .try_for_each(pack_one)?;
    items.iter().zip(&mut all).filter(|(_, slot)| waiting(slot)).try_for_each(pack_one)?;
    Ok(all.into_iter().filter_map(|(_, done)| done).collect())
}

/// Bytes of all items.
pub(crate) fn total(items: &[Item]) -> Result<u64, Error> {
    items.iter().map(|item| size(&item.bytes)).sum()
}

fn size(bytes: &Bytes) -> Result<u64, Error> {
    match bytes {
        Bytes::Memory(bytes) => Ok(bytes.len() as u64),
        Bytes::File(path) => {
            Ok(std::fs::metadata(path).map_err(Error::io("cannot read", path))?.len())
        }
    }
}

fn look(item: &Item, memo: &Memo) -> Result<Facts, Error> {
    match &item.bytes {
        Bytes::Memory(bytes) => Ok(Facts { digest: Digest::of(bytes), size: bytes.len() as u64 }),
        Bytes::File(path) => memo.look(path),
    }
}

/// What needs no compressor: small or closed blobs, and those that were packed before.
fn known(item: &Item, found: Facts, memo: &Memo) -> Result<Option<Prepared>, Error> {
    let path = match &item.bytes {
        Bytes::File(path) if item.packing == Packing::IfItShrinks && found.size >= SMALL => path,
        _ => return as_is(item, found, memo).map(Some),
    };
    let form = match memo.get(PACKED, &found.digest) {
        Some(form) => form,
        None if worth_compressing(path, found.size)? => return Ok(None),
        None => {
            memo.put(PACKED, &found.digest, &Packed::AsIs)?;
            Packed::AsIs
        }
    };
    match form {
        Packed::AsIs => as_is(item, found, memo).map(Some),
        Packed::Zstd { digest, size, list } => {
            let file = zst(memo, &found.digest);
            let whole = std::fs::metadata(&file).is_ok_and(|meta| meta.len() == size);
            Ok(whole.then(|| zstd(found, Facts { digest, size }, &list, file)))
        }
    }
}

fn zst(memo: &Memo, digest: &Digest) -> PathBuf {
    memo.file(PACKED, digest).with_extension("zst")
}

fn zstd(found: Facts, stored: Facts, list: &[Digest], file: PathBuf) -> Prepared {
    Prepared {
        digest: found.digest,
        size: found.size,
        encoding: Encoding::Zstd,
        stored_digest: stored.digest,
        stored_size: stored.size,
        list: list.iter().flat_map(|digest| *digest.as_bytes()).collect(),
        stored: Bytes::File(file),
    }
}

fn worth_compressing(path: &Path, size: u64) -> Result<bool, Error> {
    let starts = [0, (size / 2).saturating_sub(SAMPLE / 2), size.saturating_sub(SAMPLE)];
    let file = File::open(path).map_err(Error::io("cannot read", path))?;
    let mut parts = Vec::new();
    for start in starts {
        let length = usize::try_from(SAMPLE.min(size - start.min(size)))
            .map_err(|e| Error::Unexpected(e.to_string()))?;
        let mut part = vec![0; length];
        file.read_exact_at(&mut part, start).map_err(Error::io("cannot read", path))?;
        parts.push(part);
    }
    let shrinks =
        sample_shrinks(&parts).map_err(|e| Error::Unexpected(format!("compressor: {e}")))?;
    Ok(shrinks == Shrinks::Yes)
}

/// Hands chunk `index` of stored bytes of `stored_size` on, in pieces that fit the processor's cache.
pub(crate) fn pass_chunk(
    stored: &Bytes,
    index: u64,
    stored_size: u64,
    buffer: &mut Vec<u8>,
    take: Take<'_>,
) -> Result<(), cg_bundle_format::Error> {
    let start = index * CHUNK_SIZE;
    let end = stored_size.min(start + CHUNK_SIZE);
    match stored {
        Bytes::File(path) => {
            let io = |source| cg_bundle_format::Error::Io {
                action: "cannot read",
                path: path.clone(),
                source,
            };
            let file = File::open(path).map_err(io)?;
            buffer.resize(PIECE, 0);
            let mut at = start;
            while at < end {
                let most = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
                file.read_exact_at(&mut buffer[..most], at).map_err(io)?;
                take(&buffer[..most])?;
                at += most as u64;
            }
            Ok(())
        }
        Bytes::Memory(bytes) => {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            take(bytes.get(place(start)..place(end)).unwrap_or_default())
        }
    }
}

fn as_is(item: &Item, found: Facts, memo: &Memo) -> Result<Prepared, Error> {
    let list = match &item.bytes {
        Bytes::File(path) => memo.chunks(path, &found)?,
        Bytes::Memory(bytes) => {
            let mut builder = ListBuilder::new(CHUNK_SIZE);
            builder.push(bytes);
            builder.finish().2
        }
    };
    Ok(Prepared {
        digest: found.digest,
        size: found.size,
        encoding: Encoding::Identity,
        stored_digest: found.digest,
        stored_size: found.size,
        list,
        stored: item.bytes.clone(),
    })
}

/// Compresses into the cache.
fn packed(item: &Item, found: Facts, memo: &Memo) -> Result<Prepared, Error> {
    let Bytes::File(path) = &item.bytes else { return as_is(item, found, memo) };
    let file = File::open(path).map_err(Error::io("cannot read", path))?;
    let mut input = HashingReader::new(file);
    let new = memo.create(PACKED)?;
    let (digest, size, list) = {
        let mut output = Output {
            writer: BufWriter::with_capacity(1 << 20, &new.file),
            list: ListBuilder::new(CHUNK_SIZE),
        };
        compress(&mut input, &mut output)
            .and_then(|()| output.flush())
            .map_err(Error::io("cannot compress to", &new.path))?;
        output.list.finish()
    };
    input.check(path, &found)?;
    let name = zst(memo, &found.digest);
    new.keep_synced(&name)?;
    let list = crate::memo::digests(&list);
    memo.put(PACKED, &found.digest, &Packed::Zstd { digest, size, list: list.clone() })?;
    Ok(zstd(found, Facts { digest, size }, &list, name))
}

struct Output<W: Write> {
    writer: BufWriter<W>,
    list: ListBuilder,
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write_all(bytes)?;
        self.list.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

fn check_expected(item: &Item, done: &Facts) -> Result<(), Error> {
    let Some(Expected { digest, size }) = item.expected else { return Ok(()) };
    if digest == done.digest && size.is_none_or(|size| size == done.size) {
        return Ok(());
    }
    let file = match &item.bytes {
        Bytes::File(path) => path.clone(),
        Bytes::Memory(_) => PathBuf::from(&item.origin.source),
    };
    Err(Error::Config {
        file,
        problem: format!("it is {} with {} bytes; {digest} was asked for", done.digest, done.size),
    })
}
