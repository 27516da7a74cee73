//! Puts signatures that were made elsewhere into volumes in which room was kept for them. No payload is moved.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::envelope::{Check, Envelope};
use crate::read::open_volume;
use crate::signatures::Signatures;
use crate::tar::{Header, entry_bytes, padding};
use crate::trust::{TrustAnchor, verify_release};
use crate::{Digest, Error, Limits, Part, names};

/// Writes `signatures` over the ones in the volume file `path`, after they were counted against the newest
/// root that the volume carries. The file keeps its length; done again after an interruption it completes.
///
/// # Errors
/// [`Error::Threshold`], [`Error::Refused`]; [`Error::Unwritable`] when the number of signatures is not the one
/// for which room was kept; [`Error::Io`].
pub fn attach_signatures(
    path: &Path,
    release: Digest,
    signatures: &Signatures,
    limits: &Limits,
) -> Result<(), Error> {
    let (_, old) = open_volume(path, limits)?;
    if old.release_digest() != release {
        let problem = format!(
            "it carries release {}, the signatures are for {release}",
            old.release_digest()
        );
        return Err(Error::refused(Part::File(path.to_owned()), problem));
    }
    let root = old.roots.verify(&TrustAnchor::DangerousFirstUse, limits)?;
    let role = &root.root().release;
    let room = usize::try_from(role.threshold).unwrap_or(usize::MAX);
    let known = signatures.signatures.iter().filter(|entry| role.keys.contains(&entry.key_id));
    // Room is kept for the threshold; more signatures would say no more.
    let signatures = &Signatures { signatures: known.take(room).cloned().collect() };
    let bytes = signatures.to_bytes();
    verify_release(&root, &old.manifest, &bytes, limits)?;
    let new =
        Envelope { checks: Check::all(root.root(), signatures), signatures: bytes, ..old.clone() };
    let (start, before) = signed_part(&old);
    let (_, after) = signed_part(&new);
    if before.len() != after.len() {
        return Err(Error::Unwritable {
            problem: format!(
                "{} keeps room for another number of signatures than the root's threshold; build it anew with --unsigned",
                path.display()
            ),
        });
    }
    let io = |source| Error::Io { action: "cannot write", path: path.to_owned(), source };
    let file = OpenOptions::new().write(true).open(path).map_err(io)?;
    file.write_all_at(&after, start).map_err(io)?;
    file.sync_all().map_err(io)
}

/// Where `release.sig.json` begins, and the bytes from there to the end of `check/`.
fn signed_part(envelope: &Envelope) -> (u64, Vec<u8>) {
    let entries = envelope.entries();
    let is_signed = |header: &Header| {
        header.name == names::RELEASE_SIGNATURES || header.name.starts_with("check/")
    };
    let label = entry_bytes(1);
    let before = entries.iter().take_while(|(header, _)| !is_signed(header));
    let start = label + before.map(|(header, _)| entry_bytes(header.size)).sum::<u64>();
    let mut bytes = Vec::new();
    for (header, content) in entries.iter().filter(|(header, _)| is_signed(header)) {
        bytes.extend_from_slice(&header.to_block());
        bytes.extend_from_slice(content);
        let pad = usize::try_from(padding(header.size)).expect("less than a block");
        bytes.resize(bytes.len() + pad, 0);
    }
    (start, bytes)
}
