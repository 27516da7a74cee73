//! A delta: the same release, with blobs left out that the target proves to have.

use std::collections::BTreeSet;

use cg_bundle_format::{Blob, Carriage, Digest, Manifest};

/// Decides for each blob whether it travels. Front entries that do not travel are no front entries:
/// the host has them in its store.
pub(crate) fn apply(manifest: &mut Manifest, carriage: &dyn Fn(&Blob) -> Carriage) {
    let mut left_out: BTreeSet<Digest> = BTreeSet::new();
    for blob in &mut manifest.blobs {
        blob.carriage = carriage(blob);
        if blob.carriage == Carriage::Expected {
            left_out.insert(blob.digest);
        }
    }
    manifest.front.retain(|front| !left_out.contains(&front.blob));
}

/// Bytes that travel.
pub(crate) fn carried_bytes(manifest: &Manifest) -> u64 {
    let carried = manifest.blobs.iter().filter(|blob| blob.carriage == Carriage::Carried);
    carried.map(|blob| blob.stored_size).sum()
}
