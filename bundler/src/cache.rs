//! The cache on the connected machine: complete blobs by their SHA-256, and what has come so far of others.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cg_bundle_format::{Digest, Hasher};
use rustix::fs::FlockOperation;

use crate::error::Error;
use crate::vars::lookup;

const BUFFER: usize = 1 << 20;

/// Bytes that a blob has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// No more, no less.
    Exactly(u64),
    /// Nobody said; this is the limit.
    AtMost(u64),
}

impl From<u64> for Size {
    fn from(bytes: u64) -> Self {
        Self::Exactly(bytes)
    }
}

impl Size {
    /// The most that is taken.
    pub(crate) fn limit(self) -> u64 {
        match self {
            Self::Exactly(bytes) | Self::AtMost(bytes) => bytes,
        }
    }
}

/// The folder. `blobs/sha256/<hex>` is complete and was checked; `partial/<hex>` is not. Runs that work with it share
/// a lock on the file `lock`; who removes something holds it alone.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: Arc<PathBuf>,
    _lock: Arc<File>,
}

impl Cache {
    /// `folder`, or else what the environment says. Made if it is not there. Waits while another process removes
    /// something.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, Error> {
        Self::hold(folder, FlockOperation::LockShared)
    }

    /// The same, for nobody else at the same time.
    pub(crate) fn alone(folder: Option<&Path>) -> Result<Self, Error> {
        Self::hold(folder, FlockOperation::NonBlockingLockExclusive)
    }

    fn hold(folder: Option<&Path>, operation: FlockOperation) -> Result<Self, Error> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => default_folder()?,
        };
        for below in ["blobs/sha256", "partial"] {
            let path = folder.join(below);
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&path)
                .map_err(Error::io("cannot create", &path))?;
        }
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        let lock = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let lock = lock.open(&path).map_err(Error::io("cannot open", &path))?;
        rustix::fs::flock(&lock, operation).map_err(|error| match error {
            rustix::io::Errno::WOULDBLOCK => Error::Usage(format!(
                "another run works with the cache {}; try again when it has ended",
                folder.display()
            )),
            other => Error::io("cannot lock", &path)(other.into()),
        })?;
        Ok(Self { folder: Arc::new(folder), _lock: Arc::new(lock) })
    }

    /// Where the cache lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A complete blob.
    pub(crate) fn get(&self, digest: &Digest) -> Option<PathBuf> {
        let path = self.complete(digest);
        path.is_file().then_some(path)
    }

    /// Bytes that an earlier run left of a blob; they are read again when it is begun.
    pub(crate) fn left(&self, digest: &Digest) -> u64 {
        let path = self.folder.join("partial").join(digest.hex());
        fs::metadata(path).map_or(0, |meta| meta.len())
    }

    /// Starts a blob or goes on where a run before stopped. Waits while another process writes it.
    pub(crate) fn begin(&self, digest: &Digest, size: impl Into<Size>) -> Result<Partial, Error> {
        let path = self.folder.join("partial").join(digest.hex());
        let io = |action| Error::io(action, &path);
        let file = loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(io("cannot open"))?;
            rustix::fs::flock(&file, FlockOperation::LockExclusive)
                .map_err(|e| io("cannot lock")(e.into()))?;
            // The one who held the lock may have renamed or removed the file.
            let held = file.metadata().map_err(io("cannot look at"))?;
            match fs::metadata(&path) {
                Ok(named) if (named.dev(), named.ino()) == (held.dev(), held.ino()) => break file,
                _ => {}
            }
        };
        let mut partial = Partial {
            file,
            complete: self.complete(digest),
            path,
            digest: *digest,
            size: size.into(),
            hasher: Hasher::new(),
            len: 0,
            found: false,
        };
        if partial.complete.is_file() {
            fs::remove_file(&partial.path).map_err(Error::io("cannot remove", &partial.path))?;
            partial.found = true;
            partial.len = partial.complete.metadata().map_or(0, |meta| meta.len());
        } else {
            partial.take_up()?;
        }
        Ok(partial)
    }

    /// Keeps `bytes` and tells their name.
    pub(crate) fn insert_bytes(&self, bytes: &[u8]) -> Result<Digest, Error> {
        let digest = Digest::of(bytes);
        if self.get(&digest).is_none() {
            let mut partial = self.begin(&digest, bytes.len() as u64)?;
            partial.restart()?;
            partial.append(bytes)?;
            partial.finish()?;
        }
        Ok(digest)
    }

    fn complete(&self, digest: &Digest) -> PathBuf {
        self.folder.join("blobs/sha256").join(digest.hex())
    }
}

fn default_folder() -> Result<PathBuf, Error> {
    if let Some(folder) = lookup("CODEGRAPH_BUNDLE_CACHE") {
        return Ok(folder.into());
    }
    let base = lookup("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| lookup("HOME").map(|home| Path::new(&home).join(".cache")));
    base.map(|base| base.join("codegraph-bundle")).ok_or_else(|| {
        Error::Usage("no folder for the cache: give --cache DIR or set HOME".to_owned())
    })
}

/// A blob on its way into the cache. What was written stays when this is dropped.
#[derive(Debug)]
pub(crate) struct Partial {
    file: File,
    path: PathBuf,
    complete: PathBuf,
    digest: Digest,
    size: Size,
    hasher: Hasher,
    len: u64,
    /// Another process finished it.
    found: bool,
}

impl Partial {
    /// Bytes that are there.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing more is needed.
    pub(crate) fn is_complete(&self) -> bool {
        self.found || self.size == Size::Exactly(self.len)
    }

    /// Adds bytes; more than the blob can have are refused.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.found {
            return Ok(());
        }
        if self.len + bytes.len() as u64 > self.size.limit() {
            return Err(self.refused(format!("more than {} bytes came", self.size.limit())));
        }
        self.file.write_all(bytes).map_err(Error::io("cannot write", &self.path))?;
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Forgets what is there.
    pub(crate) fn restart(&mut self) -> Result<(), Error> {
        if self.found {
            return Ok(());
        }
        self.file.set_len(0).map_err(Error::io("cannot empty", &self.path))?;
        self.file.rewind().map_err(Error::io("cannot empty", &self.path))?;
        self.hasher = Hasher::new();
        self.len = 0;
        Ok(())
    }

    /// Checks size and digest, and puts the blob among the complete ones. Wrong bytes are removed.
    pub(crate) fn finish(self) -> Result<PathBuf, Error> {
        if self.found {
            return Ok(self.complete);
        }
        if let Size::Exactly(size) = self.size
            && self.len != size
        {
            return Err(self.refused(format!("it has {} bytes instead of {size}", self.len)));
        }
        let digest = self.hasher.clone().finish();
        if digest != self.digest {
            fs::remove_file(&self.path).map_err(Error::io("cannot remove", &self.path))?;
            return Err(self.refused(format!("what came is {digest}")));
        }
        let io = |action| Error::io(action, &self.path);
        self.file.set_permissions(Permissions::from_mode(0o444)).map_err(io("cannot seal"))?;
        self.file.sync_all().map_err(io("cannot write"))?;
        fs::rename(&self.path, &self.complete).map_err(io("cannot rename"))?;
        if let Some(folder) = self.complete.parent() {
            let sync = File::open(folder).and_then(|folder| folder.sync_all());
            sync.map_err(Error::io("cannot write", folder))?;
        }
        Ok(self.complete)
    }

    /// Hashes what an earlier run left.
    fn take_up(&mut self) -> Result<(), Error> {
        let io = |action| Error::io(action, &self.path);
        let there = self.file.metadata().map_err(io("cannot look at"))?.len();
        if there > self.size.limit() {
            return self.restart();
        }
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = self.file.read(&mut buffer).map_err(io("cannot read"))?;
            if count == 0 {
                break;
            }
            self.hasher.update(&buffer[..count]);
            self.len += count as u64;
        }
        self.file.seek(SeekFrom::Start(self.len)).map_err(io("cannot read"))?;
        Ok(())
    }

    fn refused(&self, problem: String) -> Error {
        Error::Refused { what: self.digest.to_string(), problem }
    }
}
