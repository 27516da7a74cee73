//! A manifest by name: each question answered without a walk over all of it, because a hostile one is long.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use cg_bundle_format::{Blob, Digest, Manifest, Model};

/// Blobs by digest, placed blobs by path, bytes by component.
#[derive(Debug)]
pub(crate) struct Lookup<'a> {
    blobs: HashMap<Digest, &'a Blob>,
    placed: BTreeMap<&'a str, Digest>,
    components: HashMap<&'a str, u64>,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(manifest: &'a Manifest) -> Self {
        let mut components: HashMap<&str, u64> = HashMap::new();
        for blob in &manifest.blobs {
            *components.entry(&blob.component).or_default() += blob.size;
        }
        Self {
            blobs: manifest.blobs.iter().map(|blob| (blob.digest, blob)).collect(),
            placed: manifest.placements.iter().map(|p| (p.path.as_str(), p.blob)).collect(),
            components,
        }
    }

    pub(crate) fn blob(&self, digest: &Digest) -> Option<&'a Blob> {
        self.blobs.get(digest).copied()
    }

    /// Bytes of a component in a store.
    pub(crate) fn component_bytes(&self, name: &str) -> u64 {
        self.components.get(name).copied().unwrap_or(0)
    }

    /// The files of a model: paths and blobs.
    fn files<'s>(&'s self, model: &'s Model) -> impl Iterator<Item = (&'a str, Digest)> + 's {
        let path = model.path.as_str();
        let from = self.placed.range::<str, _>((Bound::Included(path), Bound::Unbounded));
        let near = from.take_while(move |(other, _)| other.starts_with(path));
        let is_below =
            move |other: &str| other.len() == path.len() || other[path.len()..].starts_with('/');
        near.filter(move |(other, _)| is_below(other)).map(|(path, digest)| (*path, *digest))
    }

    /// The first file of a model.
    pub(crate) fn first_blob(&self, model: &Model) -> Option<&'a Blob> {
        let (_, digest) = self.files(model).next()?;
        self.blob(&digest)
    }

    /// Bytes of a model's files, and the digest of its file, or of the lines `digest  path` where there are several.
    pub(crate) fn content(&self, model: &Model) -> (u64, Digest) {
        let files: Vec<(&str, Digest)> = self.files(model).collect();
        let size = |digest: &Digest| self.blob(digest).map_or(0, |blob| blob.size);
        let bytes = files.iter().map(|(_, digest)| size(digest)).sum();
        match files.as_slice() {
            [(_, only)] => (bytes, *only),
            _ => {
                let line = |(path, digest): &(&str, Digest)| format!("{}  {path}\n", digest.hex());
                let text: String = files.iter().map(line).collect();
                (bytes, Digest::of(text.as_bytes()))
            }
        }
    }
}
