//! SHA-256 of files, remembered as long as size, times and inode stay the same.
//!
//! What is remembered only saves time: every chunk is hashed again while it is written into a volume.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use cg_bundle_format::{CHUNK_SIZE, Digest, Hasher};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Bytes read at once.
const BUFFER: usize = 512 << 10;
/// A file that was touched so shortly ago could change again without a new time.
const SETTLED_NANOSECONDS: i128 = 2_000_000_000;
/// Largest file of remembered hashes.
const MOST_BYTES: u64 = 64 << 20;

/// What is known of a file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

impl Facts {
    /// The chunk list of a blob of at most one chunk: its digest, or nothing.
    pub(crate) fn short_list(&self) -> Option<Vec<u8>> {
        match self.size {
            0 => Some(Vec::new()),
            size if size <= CHUNK_SIZE => Some(self.digest.as_bytes().to_vec()),
            _ => None,
        }
    }
}

/// Facts together with the chunk list.
#[derive(Debug)]
pub(crate) struct Hashed {
    pub(crate) facts: Facts,
    pub(crate) list: Vec<u8>,
}

/// How a file looked when it was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Look {
    device: u64,
    inode: u64,
    size: u64,
    modified: i128,
    changed: i128,
}

impl Look {
    fn of(meta: &Metadata) -> Self {
        let time = |seconds: i64, nanoseconds: i64| {
            i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds)
        };
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: time(meta.mtime(), meta.mtime_nsec()),
            changed: time(meta.ctime(), meta.ctime_nsec()),
        }
    }

    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        let now = i128::try_from(now).unwrap_or(i128::MAX);
        now - self.modified.max(self.changed) > SETTLED_NANOSECONDS
    }
}

type Known = BTreeMap<PathBuf, (Look, Digest)>;

/// The remembered hashes.
#[derive(Debug)]
pub(crate) struct Hashes {
    file: PathBuf,
    known: Mutex<(Known, bool)>,
}

impl Hashes {
    /// From `file`; empty when it is absent or damaged.
    pub(crate) fn read(file: PathBuf) -> Self {
        let small = fs::metadata(&file).is_ok_and(|meta| meta.len() <= MOST_BYTES);
        let bytes = if small { fs::read(&file).unwrap_or_default() } else { Vec::new() };
        let entries: Vec<(PathBuf, (Look, Digest))> =
            serde_json::from_slice(&bytes).unwrap_or_default();
        Self { file, known: Mutex::new((entries.into_iter().collect(), false)) }
    }

    /// What was remembered, when the file still looks the same.
    pub(crate) fn get(&self, path: &Path) -> Result<Option<Facts>, Error> {
        let place = place(path)?;
        let meta = fs::metadata(&place).map_err(Error::io("cannot read", path))?;
        let look = Look::of(&meta);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known
            .0
            .get(&place)
            .filter(|(then, _)| *then == look)
            .map(|(_, digest)| Facts { digest: *digest, size: look.size }))
    }

    /// Reads and hashes a file.
    pub(crate) fn hash(&self, path: &Path) -> Result<Hashed, Error> {
        let file = File::open(path).map_err(Error::io("cannot read", path))?;
        let meta = || file.metadata().map_err(Error::io("cannot read", path));
        let before = meta()?;
        if !before.is_file() {
            return Err(Error::Config {
                file: path.to_owned(),
                problem: "it is no regular file".to_owned(),
            });
        }
        let look = Look::of(&before);
        let hashed = hash(&file, path, look.size)?;
        if Look::of(&meta()?) != look {
            return Err(changed(path));
        }
        if look.is_settled() {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.0.insert(place(path)?, (look, hashed.facts.digest));
            known.1 = true;
        }
        Ok(hashed)
    }

    /// Writes them down. That it fails costs time only.
    pub(crate) fn save(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.1 {
            return;
        }
        known.0.retain(|path, _| path.exists());
        let entries: Vec<_> = known.0.iter().collect();
        let partial = self.file.with_extension(format!("{}.partial", std::process::id()));
        let done = serde_json::to_vec(&entries)
            .map_err(std::io::Error::other)
            .and_then(|bytes| fs::write(&partial, bytes))
            .and_then(|()| fs::rename(&partial, &self.file));
        known.1 = done.is_err();
    }

    /// Forgets all of them.
    pub(crate) fn forget(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = (Known::new(), true);
        let _ = fs::remove_file(&self.file);
    }
}

fn place(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::io("cannot read", path))
}

fn changed(path: &Path) -> Error {
    Error::Config {
        file: path.to_owned(),
        problem: "it changed while it was read; run again when nothing writes to it".to_owned(),
    }
}

/// Whole and by chunks, side by side; a file of one chunk is hashed once.
fn hash(file: &File, path: &Path, size: u64) -> Result<Hashed, Error> {
    let part = |from: u64, length: u64| -> Result<Digest, Error> {
        let mut hasher = Hasher::new();
        let mut buffer = vec![0; BUFFER.min(usize::try_from(length).unwrap_or(BUFFER))];
        let mut at = from;
        while at < from + length {
            let step = usize::try_from((from + length - at).min(BUFFER as u64)).unwrap_or(BUFFER);
            file.read_exact_at(&mut buffer[..step], at).map_err(|e| match e.kind() {
                std::io::ErrorKind::UnexpectedEof => changed(path),
                _ => Error::io("cannot read", path)(e),
            })?;
            hasher.update(&buffer[..step]);
            at += step as u64;
        }
        Ok(hasher.finish())
    };
    if size <= CHUNK_SIZE {
        let facts = Facts { digest: part(0, size)?, size };
        return Ok(Hashed { facts, list: facts.short_list().unwrap_or_default() });
    }
    let chunks = || {
        (0..size.div_ceil(CHUNK_SIZE))
            .into_par_iter()
            .map(|index| part(index * CHUNK_SIZE, CHUNK_SIZE.min(size - index * CHUNK_SIZE)))
            .collect::<Result<Vec<_>, _>>()
    };
    let (digest, chunks) = rayon::join(|| part(0, size), chunks);
    let list = chunks?.iter().flat_map(|digest| *digest.as_bytes()).collect();
    Ok(Hashed { facts: Facts { digest: digest?, size }, list })
}

/// Passes bytes on and hashes them.
pub(crate) struct HashingReader<R> {
    pub(crate) inner: R,
    pub(crate) hasher: Hasher,
    pub(crate) size: u64,
}

impl<R> HashingReader<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, hasher: Hasher::new(), size: 0 }
    }

    /// Whether what went through is `facts`.
    pub(crate) fn check(self, path: &Path, facts: &Facts) -> Result<(), Error> {
        let same = self.size == facts.size && self.hasher.finish() == facts.digest;
        if same { Ok(()) } else { Err(changed(path)) }
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.size += count as u64;
        Ok(count)
    }
}
