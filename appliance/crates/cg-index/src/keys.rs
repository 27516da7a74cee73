//! Keys of files: given once for a path of a project, never used again.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use cg_types::FileKey;
use serde::{Deserialize, Serialize};

use crate::IndexError;
use crate::walk::{Found, by_path};

/// Name of the list of new keys in the output folder.
pub(crate) const NEW_FILES: &str = "new_files.jsonl";
/// Keys stay below this, so that node ids are never negative.
const KEYS_END: u32 = 1 << 31;

#[derive(Deserialize, Serialize)]
struct Line<'a> {
    #[serde(borrow)]
    path: std::borrow::Cow<'a, str>,
    key: u32,
}

/// A file with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keyed {
    pub(crate) key: FileKey,
    pub(crate) file: Found,
}

/// Keys for all files, in the order of keys.
pub(crate) struct Keys {
    pub(crate) files: Vec<Keyed>,
    /// Keys from here on are new.
    pub(crate) first_new: u32,
    /// The smallest key never given.
    pub(crate) next: u32,
}

/// Looks up known keys and gives new ones in the order of paths.
pub(crate) fn assign(
    files: Vec<Found>,
    known: Option<&Path>,
    next: u32,
) -> Result<Keys, IndexError> {
    let first_new = next.max(1);
    let mut keys: Vec<Option<u32>> = vec![None; files.len()];
    if let Some(list) = known {
        let places = by_path(&files);
        read(list, first_new, |path, key| {
            if let Some(at) = places.get(path) {
                keys[*at] = Some(key);
            }
        })?;
    }
    let mut next = first_new;
    let mut keyed = Vec::with_capacity(files.len());
    for (file, key) in files.into_iter().zip(keys) {
        let key = match key {
            Some(key) => key,
            None if next < KEYS_END => {
                next += 1;
                next - 1
            }
            None => return Err(IndexError::KeysUsedUp),
        };
        keyed.push(Keyed { key: FileKey(key), file });
    }
    keyed.sort_by_key(|file| file.key);
    Ok(Keys { files: keyed, first_new, next })
}

fn read(list: &Path, end: u32, mut found: impl FnMut(&str, u32)) -> Result<(), IndexError> {
    let wrong =
        |line, problem: String| IndexError::KnownFiles { path: list.to_owned(), line, problem };
    let file = File::open(list).map_err(|error| wrong(0, error.to_string()))?;
    let mut seen = std::collections::HashSet::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let number = number + 1;
        let line = line.map_err(|error| wrong(number, error.to_string()))?;
        let Line { path, key } =
            serde_json::from_str(&line).map_err(|error| wrong(number, error.to_string()))?;
        if key == 0 || key >= end {
            return Err(wrong(number, format!("key {key} is not below the next key {end}")));
        }
        if !seen.insert(key) {
            return Err(wrong(number, format!("key {key} was given twice")));
        }
        found(&path, key);
    }
    Ok(())
}

/// Writes the list of new keys.
pub(crate) fn write_new(keys: &Keys, folder: &Path) -> Result<std::path::PathBuf, IndexError> {
    let path = folder.join(NEW_FILES);
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(&path)?);
        for file in keys.files.iter().filter(|file| file.key.0 >= keys.first_new) {
            serde_json::to_writer(
                &mut out,
                &Line { path: file.file.path.as_str().into(), key: file.key.0 },
            )?;
            out.write_all(b"\n")?;
        }
        out.into_inner()?.sync_all()
    };
    write().map_err(|source| IndexError::Output { path: path.clone(), source })?;
    Ok(path)
}
