//! What of the cache some locks still need; nobody needs the rest.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cg_bundle_format::Digest;

use crate::cache::Cache;
use crate::error::Error;
use crate::lock::Lock;
use crate::memo::Memo;
use crate::source::image::Packed;
use crate::source::{crates, image};
use crate::{pack, prepare, sbom};

/// Kinds of notes that are named by the digest of an input.
const BY_INPUT: [&str; 4] = ["chunks", prepare::PACKED, crates::NOTE, sbom::INVENTORY];

/// One file of the cache.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The folder that it lies in, below the cache.
    pub(crate) shelf: String,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) is_needed: bool,
}

/// Everything that lies in the cache, and which of it these locks need.
pub(crate) fn survey(cache: &Cache, memo: &Memo, locks: &[Lock]) -> Result<Vec<Kept>, Error> {
    let needs = Needs::of(cache, memo, locks)?;
    let mut found = Vec::new();
    for shelf in ["blobs/sha256", "partial"] {
        files(cache.folder(), shelf, &mut found, &|name| {
            Digest::from_hex(name).is_some_and(|digest| needs.inputs.contains(&digest))
        })?;
    }
    for kind in folders(&cache.folder().join("prepared"))? {
        files(cache.folder(), &format!("prepared/{kind}"), &mut found, &|name| {
            // What belongs to a note has its name and an ending.
            let key = Digest::from_hex(name.split('.').next().unwrap_or_default());
            key.is_some_and(|key| needs.note(&kind, &key))
        })?;
    }
    Ok(found)
}

/// What locks name, and what follows from it.
struct Needs {
    inputs: BTreeSet<Digest>,
    layers: BTreeSet<Digest>,
    bills: BTreeSet<Digest>,
}

impl Needs {
    fn of(cache: &Cache, memo: &Memo, locks: &[Lock]) -> Result<Self, Error> {
        let program = pack::program(memo)?;
        let mut inputs = BTreeSet::from([program]);
        for lock in locks {
            inputs.extend(lock.inputs.iter().map(|input| input.digest));
            for image in &lock.images {
                inputs.extend(image.index.into_iter().chain([image.digest]));
                inputs.extend(image.blobs.iter().map(|blob| blob.digest));
            }
        }
        let mut layers = BTreeSet::new();
        for name in names(&cache.folder().join("prepared").join(image::LAYER_NOTE))? {
            let Some(key) = Digest::from_hex(&name) else { continue };
            let Some(layer) = memo.get::<Packed>(image::LAYER_NOTE, &key) else { continue };
            if !locks.is_empty() && layer.files.iter().all(|file| inputs.contains(file)) {
                layers.insert(key);
                inputs.insert(layer.digest);
            }
        }
        let bills =
            locks.iter().map(|lock| pack::bill_key(lock, &program)).collect::<Result<_, _>>()?;
        Ok(Self { inputs, layers, bills })
    }

    fn note(&self, kind: &str, key: &Digest) -> bool {
        match kind {
            image::LAYER_NOTE => self.layers.contains(key),
            pack::BILL => self.bills.contains(key),
            _ => BY_INPUT.contains(&kind) && self.inputs.contains(key),
        }
    }
}

/// The plain files of a folder. Links are none of ours and stay.
fn files(
    cache: &Path,
    shelf: &str,
    found: &mut Vec<Kept>,
    is_needed: &dyn Fn(&str) -> bool,
) -> Result<(), Error> {
    let folder = cache.join(shelf);
    for name in names(&folder)? {
        let path = folder.join(&name);
        let meta = fs::symlink_metadata(&path).map_err(Error::io("cannot look at", &path))?;
        if meta.is_file() {
            let is_needed = is_needed(&name);
            found.push(Kept { shelf: shelf.to_owned(), path, bytes: meta.len(), is_needed });
        }
    }
    Ok(())
}

fn folders(below: &Path) -> Result<Vec<String>, Error> {
    let is_folder =
        |name: &String| fs::symlink_metadata(below.join(name)).is_ok_and(|meta| meta.is_dir());
    Ok(names(below)?.into_iter().filter(is_folder).collect())
}

/// Names in a folder, sorted; none where it is absent.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("cannot list", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("cannot list", folder))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    Ok(names)
}
