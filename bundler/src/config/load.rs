//! Reads a configuration file and resolves the paths in it.

use std::path::{Path, PathBuf};

use cg_bundle_format::Digest;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::vars::Vars;

/// Largest configuration file in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// A parsed file, with what is needed to resolve the paths in it.
#[derive(Debug)]
pub(crate) struct Loaded<T> {
    pub(crate) file: PathBuf,
    pub(crate) value: T,
    /// SHA-256 of the file, for the lock.
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

impl<T: DeserializeOwned> Loaded<T> {
    /// Reads and parses `file`.
    pub(crate) fn read(file: &Path) -> Result<Self, Error> {
        let size = std::fs::metadata(file).map_err(Error::io("cannot read", file))?.len();
        if size > MOST_BYTES {
            return Err(Error::Config {
                file: file.to_owned(),
                problem: format!("{size} bytes; at most {MOST_BYTES} are allowed"),
            });
        }
        let text = std::fs::read_to_string(file).map_err(Error::io("cannot read", file))?;
        let value = serde_saphyr::from_str(&text)
            .map_err(|e| Error::Config { file: file.to_owned(), problem: e.to_string() })?;
        Ok(Self {
            file: file.to_owned(),
            value,
            digest: Digest::of(text.as_bytes()),
            size: text.len() as u64,
        })
    }
}

impl<T> Loaded<T> {
    /// An error that names the file.
    pub(crate) fn problem(&self, problem: impl Into<String>) -> Error {
        Error::Config { file: self.file.clone(), problem: problem.into() }
    }

    /// Expands `text` and resolves it against the file's folder.
    pub(crate) fn path(&self, text: &str, vars: &Vars) -> Result<PathBuf, Error> {
        let expanded = vars.expand(text).map_err(|problem| self.problem(problem))?;
        let folder =
            self.file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(folder.join(expanded))
    }
}
