//! First pass over all inputs: hash everything, compress what shrinks. Uses all cores and little memory.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use cg_bundle_format::{
    CHUNK_SIZE, Digest, Encoding, Hasher, ListBuilder, Shrinks, compress, sample_shrinks,
};
use indicatif::ProgressBar;
use rayon::prelude::*;

use crate::error::Error;
use crate::item::{Bytes, Expected, Item, Packing};

/// Bytes read at once.
const BUFFER: usize = 512 << 10;
/// Bytes of each of the three parts of a sample.
const SAMPLE: u64 = 256 << 10;
/// Smaller blobs are not worth a decoder.
const SMALL: u64 = 4 << 10;

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

/// Prepares all items, in their order. Compressed forms go to `staging`.
pub(crate) fn prepare(
    items: &[Item],
    staging: &Path,
    bar: &ProgressBar,
) -> Result<Vec<Prepared>, Error> {
    let shrinking: Vec<bool> = items.par_iter().map(worth_compressing).collect::<Result<_, _>>()?;
    let plain = |(item, shrinks): (&Item, &bool)| {
        if *shrinks { Ok(None) } else { as_is(item, bar).map(Some) }
    };
    let plain: Vec<Option<Prepared>> =
        items.par_iter().zip(&shrinking).map(plain).collect::<Result<_, _>>()?;
    // One after the other: each uses all cores, and memory stays bounded.
    let mut prepared = Vec::with_capacity(items.len());
    for (number, (item, done)) in items.iter().zip(plain).enumerate() {
        let done = match done {
            Some(done) => done,
            None => compressed(item, staging.join(format!("blob-{number}.zst")), bar)?,
        };
        check_expected(item, &done)?;
        prepared.push(done);
    }
    Ok(prepared)
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

fn worth_compressing(item: &Item) -> Result<bool, Error> {
    let size = size(&item.bytes)?;
    if item.packing == Packing::AsIs || size < SMALL {
        return Ok(false);
    }
    let starts = [0, (size / 2).saturating_sub(SAMPLE / 2), size.saturating_sub(SAMPLE)];
    let mut parts = Vec::new();
    for start in starts {
        let mut part = vec![
            0;
            usize::try_from(SAMPLE.min(size))
                .map_err(|e| Error::Unexpected(e.to_string()))?
        ];
        read_at(&item.bytes, start, &mut part)?;
        parts.push(part);
    }
    let shrinks =
        sample_shrinks(&parts).map_err(|e| Error::Unexpected(format!("compressor: {e}")))?;
    Ok(shrinks == Shrinks::Yes)
}

/// Fills `buffer` from `offset`.
fn read_at(bytes: &Bytes, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
    match bytes {
        Bytes::File(path) => {
            let file = File::open(path).map_err(Error::io("cannot read", path))?;
            file.read_exact_at(buffer, offset).map_err(Error::io("cannot read", path))
        }
        Bytes::Memory(bytes) => {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let part = bytes.get(start..).and_then(|rest| rest.get(..buffer.len()));
            buffer.copy_from_slice(part.ok_or_else(|| {
                Error::Unexpected("a chunk outside of a blob was asked for".to_owned())
            })?);
            Ok(())
        }
    }
}

/// Chunk `index` of stored bytes of `stored_size`.
pub(crate) fn read_chunk(
    stored: &Bytes,
    index: u64,
    stored_size: u64,
    buffer: &mut Vec<u8>,
) -> Result<(), Error> {
    let offset = index * CHUNK_SIZE;
    let length = CHUNK_SIZE.min(stored_size.saturating_sub(offset));
    buffer.resize(usize::try_from(length).map_err(|e| Error::Unexpected(e.to_string()))?, 0);
    read_at(stored, offset, buffer)
}

fn as_is(item: &Item, bar: &ProgressBar) -> Result<Prepared, Error> {
    let size = size(&item.bytes)?;
    let (digest, list) = if size <= CHUNK_SIZE {
        let mut builder = ListBuilder::new(CHUNK_SIZE);
        stream(&item.bytes, size, &mut |part| builder.push(part))?;
        let (digest, _, list) = builder.finish();
        (digest, list)
    } else {
        // The blob's own digest is one long chain; the chunks are hashed beside it.
        let whole = || {
            let mut hasher = Hasher::new();
            stream(&item.bytes, size, &mut |part| hasher.update(part))?;
            Ok::<_, Error>(hasher.finish())
        };
        let chunk = |index: u64| {
            let mut hasher = Hasher::new();
            let mut buffer = vec![0; BUFFER];
            let end = size.min((index + 1) * CHUNK_SIZE);
            let mut at = index * CHUNK_SIZE;
            while at < end {
                let count = usize::try_from((end - at).min(BUFFER as u64))
                    .map_err(|e| Error::Unexpected(e.to_string()))?;
                read_at(&item.bytes, at, &mut buffer[..count])?;
                hasher.update(&buffer[..count]);
                at += count as u64;
            }
            Ok::<_, Error>(hasher.finish())
        };
        let chunks = || {
            (0..size.div_ceil(CHUNK_SIZE)).into_par_iter().map(chunk).collect::<Result<Vec<_>, _>>()
        };
        let (digest, chunks) = rayon::join(whole, chunks);
        (digest?, chunks?.iter().flat_map(|digest| *digest.as_bytes()).collect())
    };
    bar.inc(size);
    Ok(Prepared {
        digest,
        size,
        encoding: Encoding::Identity,
        stored_digest: digest,
        stored_size: size,
        list,
        stored: item.bytes.clone(),
    })
}

/// Hands exactly `size` bytes to `take`.
fn stream(bytes: &Bytes, size: u64, take: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
    let path = match bytes {
        Bytes::Memory(bytes) => {
            take(bytes);
            return Ok(());
        }
        Bytes::File(path) => path,
    };
    let mut file = File::open(path).map_err(Error::io("cannot read", path))?;
    let mut buffer = vec![0; BUFFER];
    let mut left = size;
    while left > 0 {
        let most = usize::try_from(left.min(BUFFER as u64))
            .map_err(|e| Error::Unexpected(e.to_string()))?;
        let count = file.read(&mut buffer[..most]).map_err(Error::io("cannot read", path))?;
        if count == 0 {
            return Err(Error::Config {
                file: path.clone(),
                problem: "it became shorter while it was read".to_owned(),
            });
        }
        take(&buffer[..count]);
        left -= count as u64;
    }
    Ok(())
}

fn compressed(item: &Item, file: PathBuf, bar: &ProgressBar) -> Result<Prepared, Error> {
    let reader: Box<dyn Read> = match &item.bytes {
        Bytes::Memory(bytes) => Box::new(io::Cursor::new(bytes.clone())),
        Bytes::File(path) => Box::new(File::open(path).map_err(Error::io("cannot read", path))?),
    };
    let mut input = Input { reader, hasher: Hasher::new(), size: 0, bar };
    let out = File::create(&file).map_err(Error::io("cannot create", &file))?;
    let mut output = Output {
        writer: BufWriter::with_capacity(1 << 20, out),
        list: ListBuilder::new(CHUNK_SIZE),
    };
    compress(&mut input, &mut output)
        .and_then(|()| output.flush())
        .map_err(Error::io("cannot compress to", &file))?;
    let (stored_digest, stored_size, list) = output.list.finish();
    let digest = input.hasher.finish();
    Ok(Prepared {
        digest,
        size: input.size,
        encoding: Encoding::Zstd,
        stored_digest,
        stored_size,
        list,
        stored: Bytes::File(file),
    })
}

struct Input<'a> {
    reader: Box<dyn Read>,
    hasher: Hasher,
    size: u64,
    bar: &'a ProgressBar,
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.size += count as u64;
        self.bar.inc(count as u64);
        Ok(count)
    }
}

struct Output {
    writer: BufWriter<File>,
    list: ListBuilder,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write_all(bytes)?;
        self.list.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

fn check_expected(item: &Item, done: &Prepared) -> Result<(), Error> {
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
