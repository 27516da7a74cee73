//! From prepared items to a signed release.

use cg_bundle_format::{
    Carriage, Check, ChunkSource, Digest, Envelope, Manifest, NoteFacts, Take, format_note,
};

use crate::assemble::{self, Parts};
use crate::config::{Config, Loaded};
use crate::error::Error;
use crate::item::Bytes;
use crate::keys::ring::Keyring;
use crate::pack::Ready;
use crate::prepare;

/// A signed release and where its stored bytes are.
pub(crate) struct Release {
    pub(crate) manifest: Manifest,
    pub(crate) envelope: Envelope,
    pub(crate) stored: Vec<(Bytes, u64)>,
    pub(crate) newest_root: Vec<u8>,
}

impl ChunkSource for Release {
    fn pass(
        &self,
        blob: usize,
        chunk: u64,
        buffer: &mut Vec<u8>,
        take: Take<'_>,
    ) -> Result<(), cg_bundle_format::Error> {
        let (stored, size) = &self.stored[blob];
        prepare::pass_chunk(stored, chunk, *size, buffer, take)
    }
}

/// Which blobs the volumes hold.
pub(crate) type Carry<'a> = &'a dyn Fn(&Digest) -> Carriage;

/// Writes the manifest and signs it.
pub(crate) fn sign(
    config: &Loaded<Config>,
    keyring: &Keyring,
    ready: Ready,
    carriage: Carry<'_>,
) -> Result<Release, Error> {
    let value = &config.value;
    let root = &keyring.root;
    if root.product != value.product {
        return Err(config.problem(format!(
            "product {:?}, but the root is for {:?}",
            value.product, root.product
        )));
    }
    let note = format_note(&NoteFacts {
        product: &value.product,
        version: &value.version,
        arch: &value.arch,
        root,
    });
    let assembled = assemble::manifest(Parts {
        config,
        items: &ready.items,
        prepared: &ready.prepared,
        models: ready.models,
        images: ready.images,
        artifacts: ready.artifacts,
        glibc: ready.glibc,
        format_note: Digest::of(note.as_bytes()),
        carriage,
    })?;
    let bytes = assembled.manifest.to_bytes();
    let signatures = keyring.sign_release(&bytes);
    let chosen = || assembled.sources.iter().map(|&number| &ready.prepared[number]);
    let newest_root =
        keyring.chain.roots.last().map(|signed| signed.root.clone()).unwrap_or_default();
    Ok(Release {
        envelope: Envelope {
            note: note.into_bytes(),
            roots: keyring.chain.clone(),
            checks: Check::all(root, &signatures),
            manifest: bytes,
            signatures: signatures.to_bytes(),
            chunk_lists: chosen().flat_map(|prepared| prepared.list.iter().copied()).collect(),
        },
        stored: chosen().map(|prepared| (prepared.stored.clone(), prepared.stored_size)).collect(),
        manifest: assembled.manifest,
        newest_root,
    })
}
