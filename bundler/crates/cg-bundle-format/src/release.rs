//! A release whose signatures are proven.

use crate::envelope::{Check, Envelope};
use crate::read::{UnverifiedBundle, VolumeFile};
use crate::signatures::Signatures;
use crate::trust::{TrustAnchor, TrustedRoot, verify_release};
use crate::{ChunkLists, Digest, Error, KeyId, Limits, Manifest, Part, Payload, RootChain};

/// A release whose root chain, signatures, manifest and chunk lists are proven. The payload is not yet looked at.
#[derive(Debug)]
pub struct VerifiedRelease {
    envelope: Envelope,
    root: TrustedRoot,
    signers: Vec<KeyId>,
    manifest: Manifest,
    lists: ChunkLists,
    volumes: Vec<VolumeFile>,
    limits: Limits,
}

impl VerifiedRelease {
    pub(crate) fn new(bundle: UnverifiedBundle, anchor: &TrustAnchor) -> Result<Self, Error> {
        let UnverifiedBundle { volumes, mut envelope, limits } = bundle;
        let root = envelope.roots.verify(anchor, &limits)?;
        let signers = verify_release(&root, &envelope.manifest, &envelope.signatures, &limits)?;
        let manifest = Manifest::parse(&envelope.manifest, &limits)
            .map_err(|e| Error::refused(Part::Manifest, e))?;
        if manifest.product != root.root().product {
            let problem = format!(
                "it is for product {:?}, its root for {:?}",
                manifest.product,
                root.root().product
            );
            return Err(Error::refused(Part::Manifest, problem));
        }
        let entry =
            |name: &str| Part::Entry { file: volumes[0].path().to_owned(), name: name.to_owned() };
        if Digest::of(&envelope.note) != manifest.format_note {
            return Err(Error::refused(
                entry(crate::names::FORMAT),
                "its SHA-256 is not the one in release.json",
            ));
        }
        let signatures = Signatures::parse(&envelope.signatures, &limits)
            .map_err(|e| Error::refused(Part::Signatures, e))?;
        if envelope.checks != Check::all(root.root(), &signatures) {
            return Err(Error::refused(
                entry("check/"),
                "the files for a check by hand do not follow from root.json and release.sig.json",
            ));
        }
        let lists =
            ChunkLists::check(&manifest, std::mem::take(&mut envelope.chunk_lists), &limits)?;
        Ok(Self { envelope, root, signers, manifest, lists, volumes, limits })
    }

    /// The signed manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The exact bytes of `release.json`.
    #[must_use]
    pub fn manifest_bytes(&self) -> &[u8] {
        &self.envelope.manifest
    }

    /// The exact bytes of `release.sig.json`.
    #[must_use]
    pub fn signature_bytes(&self) -> &[u8] {
        &self.envelope.signatures
    }

    /// SHA-256 of `release.json`: the name of the release.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.envelope.release_digest()
    }

    /// The root that vouches for the release; `bytes()` is what a host pins.
    #[must_use]
    pub fn root(&self) -> &TrustedRoot {
        &self.root
    }

    /// All roots that the bundle carries.
    #[must_use]
    pub fn root_chain(&self) -> &RootChain {
        &self.envelope.roots
    }

    /// The release keys that signed.
    #[must_use]
    pub fn signers(&self) -> &[KeyId] {
        &self.signers
    }

    /// The volumes that are there, ascending by number.
    #[must_use]
    pub fn volumes(&self) -> &[VolumeFile] {
        &self.volumes
    }

    /// Numbers of the volumes that are not there, ascending, as the labels of the others tell.
    #[must_use]
    pub fn missing_volumes(&self) -> Vec<u32> {
        let of = self.volumes.first().map_or(0, VolumeFile::of);
        (1..=of)
            .filter(|number| self.volumes.iter().all(|volume| volume.number() != *number))
            .collect()
    }

    /// Reads every tar header of every volume and holds it against the manifest. No payload is read.
    ///
    /// # Errors
    /// [`Error::Refused`] naming the volume and the entry.
    pub fn scan(self) -> Result<Payload, Error> {
        Payload::new(self)
    }

    /// The opening entries, to write the release into other volumes (no key is needed for that).
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        Envelope { chunk_lists: self.lists.bytes().to_vec(), ..self.envelope.clone() }
    }

    /// The same release without its volumes: what is held while media are taken out and others put in.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self {
            envelope: self.envelope.clone(),
            root: self.root.clone(),
            signers: self.signers.clone(),
            manifest: self.manifest.clone(),
            lists: self.lists.clone(),
            volumes: Vec::new(),
            limits: self.limits.clone(),
        }
    }

    pub(crate) fn lists(&self) -> &ChunkLists {
        &self.lists
    }

    /// The limits that the bundle was opened with.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}
