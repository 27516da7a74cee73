//! `facts.bin`: of each file of a base the hash of its bytes and what linking keeps of it.
//!
//! `CGFACTS1`, the maker (64 hexadecimal digits: the extractor's version and what it was told), then for each file: key (u32), BLAKE3 of its
//! bytes (32), length of its facts (u32), the facts. Numbers are little-endian.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use cg_graph_store::{Sealed, seal_file};
use cg_link::FileFacts;
use cg_types::{ContentHash, FileKey};

use crate::IndexError;
use crate::job::{Base, IndexJob};

/// Name in a snapshot's folder.
const FACTS_FILE: &str = "facts.bin";
const MAGIC: &[u8; 8] = b"CGFACTS1";
/// Version of what makes rows and facts of a file.
const EXTRACTOR: &str = env!("EXTRACTOR");
/// Length of [`maker`].
const MAKER: usize = 64;
/// Bytes before the facts of a file: key, hash, length.
const HEAD: usize = 4 + 32 + 4;

/// What decides the rows of a file beside its bytes: the extractor, the limits, the full-text index.
fn maker(job: &IndexJob) -> String {
    let (time, bytes, search) =
        (job.file_time_ms, job.file_max_bytes, job.extensions_dir.is_some());
    blake3::hash(format!("{EXTRACTOR} {time} {bytes} {search}").as_bytes()).to_hex().to_string()
}

/// Writes the facts of a base.
pub(crate) struct FactsWriter {
    folder: PathBuf,
    path: PathBuf,
    out: BufWriter<File>,
}

impl FactsWriter {
    /// Starts the file in the job's output folder.
    pub(crate) fn create(job: &IndexJob) -> Result<Self, IndexError> {
        let folder = job.output.as_path();
        let path = folder.join(format!("{FACTS_FILE}.partial"));
        let start = || -> std::io::Result<_> {
            let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
            out.write_all(MAGIC)?;
            out.write_all(maker(job).as_bytes())?;
            Ok(out)
        };
        let out = start().map_err(|source| IndexError::Output { path: path.clone(), source })?;
        Ok(Self { folder: folder.to_owned(), path, out })
    }

    /// Adds a file.
    pub(crate) fn append(
        &mut self,
        key: FileKey,
        hash: ContentHash,
        facts: &[u8],
    ) -> Result<(), IndexError> {
        let length = u32::try_from(facts.len()).unwrap_or(u32::MAX);
        [&key.0.to_le_bytes()[..], &hash.0, &length.to_le_bytes(), facts]
            .into_iter()
            .try_for_each(|part| self.out.write_all(part))
            .map_err(|source| IndexError::Output { path: self.path.clone(), source })
    }

    /// Publishes the file.
    pub(crate) fn seal(mut self) -> Result<Sealed, IndexError> {
        self.out
            .flush()
            .map_err(|source| IndexError::Output { path: self.path.clone(), source })?;
        drop(self.out);
        Ok(seal_file(&self.folder, FACTS_FILE)?)
    }
}

/// The facts of a base.
pub(crate) struct BaseFacts {
    bytes: Vec<u8>,
    /// Hash of each file, and where its facts lie.
    files: HashMap<u32, (ContentHash, std::ops::Range<usize>)>,
}

impl BaseFacts {
    /// Reads the facts of a base; nothing if they are not as the snapshot's list says, or would be made in
    /// another way by this job.
    pub(crate) fn read(job: &IndexJob, base: &Base) -> Option<Self> {
        let bytes = std::fs::read(&base.facts).ok()?;
        if blake3::hash(&bytes).to_hex().as_str() != base.facts_blake3 {
            return None;
        }
        let mut at = MAGIC.len() + MAKER;
        let head = bytes.get(..at)?;
        if !head.starts_with(MAGIC) || !head.ends_with(maker(job).as_bytes()) {
            return None;
        }
        let mut files = HashMap::new();
        while at < bytes.len() {
            let head = bytes.get(at..at + HEAD)?;
            let key = u32::from_le_bytes(head[..4].try_into().ok()?);
            let hash = ContentHash(head[4..36].try_into().ok()?);
            let length = u32::from_le_bytes(head[36..].try_into().ok()?) as usize;
            let facts = at + HEAD..at + HEAD + length;
            bytes.get(facts.clone())?;
            at = facts.end;
            files.insert(key, (hash, facts));
        }
        Some(Self { bytes, files })
    }

    /// Keys of all files.
    pub(crate) fn keys(&self) -> impl Iterator<Item = u32> {
        self.files.keys().copied()
    }

    /// BLAKE3 of a file's bytes.
    pub(crate) fn hash(&self, key: FileKey) -> Option<ContentHash> {
        self.files.get(&key.0).map(|(hash, _)| *hash)
    }

    /// The facts of some files; nothing if they are damaged.
    pub(crate) fn facts(&self, keys: &[FileKey]) -> Option<Vec<FileFacts>> {
        let parts: Vec<&[u8]> = keys
            .iter()
            .map(|key| self.files.get(&key.0).map(|(_, range)| &self.bytes[range.clone()]))
            .collect::<Option<_>>()?;
        cg_link::all_facts_from_bytes(&parts).ok()
    }
}
