//! The entries that open every volume: enough to verify a volume with nothing but itself and a trusted root.

use crate::keys::RELEASE_PREFIX;
use crate::root::Root;
use crate::signatures::Signatures;
use crate::tar::{Header, entry_bytes};
use crate::trust::RootChain;
use crate::{Digest, names};

/// The opening entries, as exact bytes, the same in every volume of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// `FORMAT`.
    pub note: Vec<u8>,
    /// `root/…`.
    pub roots: RootChain,
    /// `release.json`.
    pub manifest: Vec<u8>,
    /// `release.sig.json`.
    pub signatures: Vec<u8>,
    /// `check/…`: the same signatures in the form that `openssl` takes.
    pub checks: Vec<Check>,
    /// `chunks.sha256`.
    pub chunk_lists: Vec<u8>,
}

/// A file for a check with stock tools. It says nothing that `root.json` and `release.sig.json` do
/// not say; a reader demands that it is exactly what follows from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Name of the tar entry.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Check {
    /// The files that follow from the newest root and the signatures.
    #[must_use]
    pub fn all(root: &Root, signatures: &Signatures) -> Vec<Self> {
        let mut checks =
            vec![Self { name: names::PREFIX.to_owned(), bytes: RELEASE_PREFIX.into() }];
        for entry in &signatures.signatures {
            if let Some(key) =
                root.key(entry.key_id).filter(|_| root.release.keys.contains(&entry.key_id))
            {
                checks.push(Self {
                    name: names::check_pem(entry.key_id),
                    bytes: key.pem().into_bytes(),
                });
                let signature = entry.signature.as_bytes().to_vec();
                checks.push(Self { name: names::check_signature(entry.key_id), bytes: signature });
            }
        }
        checks
    }
}

impl Envelope {
    /// Entries in their order, without the volume's own label (which follows `FORMAT`).
    pub(crate) fn entries(&self) -> Vec<(Header, &[u8])> {
        let mut entries: Vec<(String, &[u8])> = vec![(names::FORMAT.to_owned(), &self.note)];
        for (index, signed) in self.roots.roots.iter().enumerate() {
            let version = index as u64 + 1;
            entries.push((names::root(version), &signed.root));
            entries.push((names::root_signatures(version), &signed.signatures));
        }
        entries.push((names::RELEASE.to_owned(), &self.manifest));
        entries.push((names::RELEASE_SIGNATURES.to_owned(), &self.signatures));
        entries
            .extend(self.checks.iter().map(|check| (check.name.clone(), check.bytes.as_slice())));
        entries.push((names::CHUNK_LISTS.to_owned(), &self.chunk_lists));
        entries
            .into_iter()
            .map(|(name, bytes)| (Header::plain(name, bytes.len() as u64), bytes))
            .collect()
    }

    /// Bytes that the entries and one label take in a volume.
    pub(crate) fn volume_bytes(&self) -> u64 {
        let label = entry_bytes(1);
        self.entries().iter().map(|(header, _)| entry_bytes(header.size)).sum::<u64>() + label
    }

    /// SHA-256 of `release.json`: the name of the release.
    #[must_use]
    pub fn release_digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }
}
