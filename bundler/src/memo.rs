//! What was worked out once from bytes that are named by their digest: chunk lists, compressed forms, image layers.
//!
//! All of it lies in the cache below `prepared/` and can be removed at any time. A note that was torn by a power
//! loss is seen by its own checksum and made again.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use cg_bundle_format::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::hashes::{Facts, Hashes};

/// Bytes of a SHA-256 in hexadecimal digits.
const HEX: usize = 64;

/// Notes by kind and digest, and the hashes of files that did not change.
#[derive(Debug)]
pub(crate) struct Memo {
    folder: PathBuf,
    hashes: Hashes,
    next: AtomicU64,
}

impl Memo {
    /// Below the folder of the cache.
    pub(crate) fn open(cache: &Path) -> Result<Self, Error> {
        let folder = cache.join("prepared");
        fs::create_dir_all(&folder).map_err(Error::io("cannot create", &folder))?;
        let hashes = Hashes::read(folder.join("hashes"));
        Ok(Self { folder, hashes, next: AtomicU64::new(0) })
    }

    /// Digest and size of a file; read only when it changed since the last time.
    pub(crate) fn look(&self, path: &Path) -> Result<Facts, Error> {
        if let Some(facts) = self.hashes.get(path)? {
            return Ok(facts);
        }
        let hashed = self.hashes.hash(path)?;
        self.put("chunks", &hashed.facts.digest, &digests(&hashed.list))?;
        Ok(hashed.facts)
    }

    /// The chunk list of a file that [`Memo::look`] has seen.
    pub(crate) fn chunks(&self, path: &Path, facts: &Facts) -> Result<Vec<u8>, Error> {
        if let Some(list) = Facts::short_list(facts) {
            return Ok(list);
        }
        let noted: Option<Vec<Digest>> = self.get("chunks", &facts.digest);
        if let Some(list) = noted {
            return Ok(list.iter().flat_map(|digest| *digest.as_bytes()).collect());
        }
        let hashed = self.hashes.hash(path)?;
        self.put("chunks", &hashed.facts.digest, &digests(&hashed.list))?;
        Ok(hashed.list)
    }

    /// A note, when it is there and whole.
    pub(crate) fn get<T: DeserializeOwned>(&self, kind: &str, key: &Digest) -> Option<T> {
        let bytes = fs::read(self.file(kind, key)).ok()?;
        let (sum, body) = bytes.split_at_checked(HEX)?;
        (Digest::of(body).hex().as_bytes() == sum)
            .then(|| serde_json::from_slice(body).ok())
            .flatten()
    }

    /// Writes a note.
    pub(crate) fn put<T: Serialize>(
        &self,
        kind: &str,
        key: &Digest,
        value: &T,
    ) -> Result<(), Error> {
        let body = serde_json::to_vec(value).map_err(|e| Error::Unexpected(e.to_string()))?;
        let mut new = self.create(kind)?;
        new.file
            .write_all(Digest::of(&body).hex().as_bytes())
            .and_then(|()| new.file.write_all(&body))
            .map_err(Error::io("cannot write", &new.path))?;
        new.keep(&self.file(kind, key))
    }

    /// Where the bytes that belong to a note lie.
    pub(crate) fn file(&self, kind: &str, key: &Digest) -> PathBuf {
        self.folder.join(kind).join(key.hex())
    }

    /// A new file beside the others of its kind. Removed unless it is kept.
    pub(crate) fn create(&self, kind: &str) -> Result<New, Error> {
        let folder = self.folder.join(kind);
        fs::create_dir_all(&folder).map_err(Error::io("cannot create", &folder))?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".{}-{number}.partial", std::process::id()));
        let file = File::create(&path).map_err(Error::io("cannot create", &path))?;
        Ok(New { file, path, kept: false })
    }

    /// Writes down the hashes for the next run.
    pub(crate) fn save(&self) {
        self.hashes.save();
    }

    /// Forgets everything: something was not what a note said.
    pub(crate) fn forget(&self) {
        self.hashes.forget();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A chunk list, digest by digest.
pub(crate) fn digests(list: &[u8]) -> Vec<Digest> {
    let entry = |bytes: &[u8]| {
        let mut digest = [0; 32];
        digest.copy_from_slice(bytes);
        Digest::from_bytes(digest)
    };
    list.chunks_exact(32).map(entry).collect()
}

/// A file on its way into the cache.
#[derive(Debug)]
pub(crate) struct New {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    kept: bool,
}

impl New {
    /// Gives it its name.
    pub(crate) fn keep(mut self, name: &Path) -> Result<(), Error> {
        fs::rename(&self.path, name).map_err(Error::io("cannot rename to", name))?;
        self.kept = true;
        Ok(())
    }

    /// Gives it its name once its bytes are on the disk.
    pub(crate) fn keep_synced(self, name: &Path) -> Result<(), Error> {
        self.file.sync_all().map_err(Error::io("cannot write", &self.path))?;
        self.keep(name)
    }
}

impl Drop for New {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}
