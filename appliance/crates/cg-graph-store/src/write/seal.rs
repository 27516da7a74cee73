//! From a written file to a published one.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::Error;

/// A published file. It never changes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Where it lies.
    pub path: PathBuf,
    /// BLAKE3 of its bytes, hexadecimal.
    pub blake3: String,
    /// Its size.
    pub bytes: u64,
}

/// Publishes a file that was written beside the databases: `folder/name.partial` becomes `folder/name`.
pub fn seal_file(folder: &Path, name: &str) -> Result<Sealed, Error> {
    seal(folder, &folder.join(format!("{name}.partial")), name)
}

/// Flushes `draft` to the disk and renames it to `folder/name`. The rename is the commit.
pub(crate) fn seal(folder: &Path, draft: &Path, name: &str) -> Result<Sealed, Error> {
    let mut file = File::open(draft).map_err(Error::io("cannot open", draft))?;
    file.sync_all().map_err(Error::io("cannot flush", draft))?;
    let (blake3, bytes) = hash(&mut file).map_err(Error::io("cannot read", draft))?;
    let path = folder.join(name);
    std::fs::rename(draft, &path).map_err(Error::io("cannot publish", &path))?;
    File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io("cannot flush", folder))?;
    Ok(Sealed { path, blake3, bytes })
}

fn hash(file: &mut File) -> std::io::Result<(String, u64)> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((hasher.finalize().to_hex().to_string(), bytes));
        }
        hasher.update(&buffer[..count]);
        bytes += count as u64;
    }
}
