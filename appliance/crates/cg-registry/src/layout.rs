//! An OCI image layout on disk, read with limits. Nothing in it is trusted further than its digest.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::digest::Digest;
use crate::error::Error;

/// Bytes of `index.json`.
const MAX_INDEX: u64 = 16 << 20;
/// Bytes of one manifest; the specification asks registries for at least this much.
pub(crate) const MAX_MANIFEST: u64 = 4 << 20;

/// A folder with `index.json` and `blobs/sha256/`.
#[derive(Clone, Debug)]
pub struct Layout {
    folder: PathBuf,
}

/// Which state of the index was read; another one after each installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    bytes: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Layout {
    /// The layout in `folder`. Reads nothing yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    fn index_path(&self) -> PathBuf {
        self.folder.join("index.json")
    }

    /// The state of the index by the file system.
    pub(crate) fn stamp(&self) -> Result<Stamp, Error> {
        let path = self.index_path();
        let state = std::fs::metadata(&path).map_err(|cause| Error::Layout { path, cause })?;
        Ok(Stamp {
            inode: state.ino(),
            bytes: state.len(),
            seconds: state.mtime(),
            nanoseconds: state.mtime_nsec(),
        })
    }

    /// The bytes of the index.
    pub(crate) fn index(&self) -> Result<Vec<u8>, Error> {
        let path = self.index_path();
        let read = || {
            let mut bytes = Vec::new();
            File::open(&path)?.take(MAX_INDEX + 1).read_to_end(&mut bytes)?;
            io::Result::Ok(bytes)
        };
        let bytes = read().map_err(|cause| Error::Layout { path: path.clone(), cause })?;
        if bytes.len() as u64 > MAX_INDEX {
            return Err(self.damaged(format!("it has more than {MAX_INDEX} bytes")));
        }
        Ok(bytes)
    }

    /// An error of the index.
    pub(crate) fn damaged(&self, what: String) -> Error {
        Error::Index { path: self.index_path(), what }
    }

    /// Opens a blob; its size. A link or anything but a file is no blob.
    pub(crate) fn open(&self, digest: &Digest) -> io::Result<(File, u64)> {
        let path = self.folder.join("blobs/sha256").join(digest.hex());
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = File::from(rustix::fs::open(&path, flags, Mode::empty())?);
        let state = file.metadata()?;
        if !state.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a file"));
        }
        Ok((file, state.len()))
    }

    /// The bytes of a manifest, only if they are what the digest says.
    pub(crate) fn manifest(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        let (file, size) = self.open(digest)?;
        let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        if size > MAX_MANIFEST {
            return Err(bad("too large for a manifest"));
        }
        let mut bytes = Vec::new();
        file.take(MAX_MANIFEST + 1).read_to_end(&mut bytes)?;
        if Digest::of(&bytes) != *digest {
            return Err(bad("its SHA-256 is not its name"));
        }
        Ok(bytes)
    }
}
