//! From what a person or a host trusts to a root whose release keys count.

use std::collections::BTreeMap;

use crate::keys::{RELEASE_PREFIX, ROOT_PREFIX};
use crate::root::{CounterFloor, Purpose, Root};
use crate::signatures::{Signatures, Signed};
use crate::{Digest, Error, KeyId, Limits, Part};

/// What the caller trusts before it looks into the bundle.
#[derive(Debug, Clone)]
pub enum TrustAnchor {
    /// SHA-256 of a `root.json`, got by another way than the media.
    Fingerprint(Digest),
    /// The exact bytes of the newest root that this host has accepted before.
    Pinned(Vec<u8>),
    /// Believe the media. The caller must have asked the person and must record it.
    DangerousFirstUse,
}

/// The exact bytes of a root and of its signature file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRoot {
    /// `root.json`.
    pub root: Vec<u8>,
    /// Its signatures.
    pub signatures: Vec<u8>,
}

/// All roots of a bundle, version 1 first, not yet trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RootChain {
    /// Version 1, 2, ….
    pub roots: Vec<SignedRoot>,
}

/// The newest root of a chain that was proven from an anchor, with its fingerprint.
#[derive(Debug, Clone)]
pub struct TrustedRoot {
    root: Root,
    bytes: Vec<u8>,
    first_use: FirstUse,
    floors: BTreeMap<u64, Vec<CounterFloor>>,
}

/// Whether trust rests on the media alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstUse {
    /// No: a fingerprint or a pinned root was given.
    Anchored,
    /// Yes: the caller chose [`TrustAnchor::DangerousFirstUse`].
    Unproven,
}

impl TrustedRoot {
    /// The newest root.
    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Its exact bytes: what a host pins.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of its bytes.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// Whether trust rests on the media alone.
    #[must_use]
    pub fn first_use(&self) -> FirstUse {
        self.first_use
    }

    /// For each release line the counter that roots newer than version `known` say it starts from again;
    /// a newer root's word goes before an older one's. A host that skipped a root still learns of it.
    #[must_use]
    pub fn floors_since(&self, known: u64) -> BTreeMap<String, u64> {
        self.floors
            .range(known.saturating_add(1)..)
            .flat_map(|(_, floors)| floors.iter())
            .map(|floor| (floor.line.clone(), floor.counter))
            .collect()
    }

    /// Whether the keys are for trying out only.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.root.purpose
    }
}

impl RootChain {
    /// SHA-256 of the newest root: what `fingerprint` and `inspect` print. Says nothing about trust.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Digest> {
        self.roots.last().map(|signed| Digest::of(&signed.root))
    }

    /// Proves the whole chain from `anchor` and returns its newest root.
    ///
    /// The anchored root is found by its bytes before anything is parsed. From it each next root must
    /// be signed by the old and the new threshold and be exactly one version higher; the older ones
    /// are bound by the hash that their successor carries.
    ///
    /// # Errors
    /// [`Error::Fingerprint`], [`Error::Threshold`] or [`Error::Refused`] that names the root.
    pub fn verify(&self, anchor: &TrustAnchor, limits: &Limits) -> Result<TrustedRoot, Error> {
        let Some(newest) = self.fingerprint() else {
            return Err(Error::refused(Part::Root(1), "the bundle carries no root"));
        };
        let (start, first_use) = match anchor {
            TrustAnchor::DangerousFirstUse => (self.roots.len() - 1, FirstUse::Unproven),
            TrustAnchor::Fingerprint(expected) => {
                (self.position(*expected, newest)?, FirstUse::Anchored)
            }
            TrustAnchor::Pinned(bytes) => {
                (self.position(Digest::of(bytes), newest)?, FirstUse::Anchored)
            }
        };
        let anchored = self.parse(start, limits)?;
        let mut floors = BTreeMap::from([(anchored.version, anchored.counter_floors.clone())]);
        // Older ones: known by hash, so parsing them is parsing trusted bytes.
        let mut newer = anchored.clone();
        for index in (0..start).rev() {
            if newer.previous != Some(Digest::of(&self.roots[index].root)) {
                return Err(Error::refused(
                    version(index),
                    "it is not the root that its successor names",
                ));
            }
            let older = self.parse(index, limits)?;
            self.check_link(index + 1, &older, &newer, limits)?;
            floors.insert(older.version, older.counter_floors.clone());
            newer = older;
        }
        if newer.version == 1 {
            self.check_signed(0, &newer, limits)?;
        }
        let mut current = anchored;
        for index in start + 1..self.roots.len() {
            let signed = self.signed(index);
            self.signatures(index, limits)?.check(&current, &current.root, &signed)?;
            let next = self.parse(index, limits)?;
            if next.previous != Some(Digest::of(&self.roots[index - 1].root)) {
                return Err(Error::refused(version(index), "it does not name the root before it"));
            }
            self.check_link(index, &current, &next, limits)?;
            floors.insert(next.version, next.counter_floors.clone());
            current = next;
        }
        let bytes = self.roots.last().map(|signed| signed.root.clone()).unwrap_or_default();
        Ok(TrustedRoot { root: current, bytes, first_use, floors })
    }

    fn position(&self, expected: Digest, newest: Digest) -> Result<usize, Error> {
        self.roots
            .iter()
            .position(|signed| Digest::of(&signed.root) == expected)
            .ok_or(Error::Fingerprint { expected, found: newest })
    }

    /// Parses root `index` (0-based), whose version must be `index + 1`.
    fn parse(&self, index: usize, limits: &Limits) -> Result<Root, Error> {
        let root = Root::parse(&self.roots[index].root, limits)
            .map_err(|e| Error::refused(version(index), e))?;
        if root.version != index as u64 + 1 {
            return Err(Error::refused(
                version(index),
                format!("it says version {}; versions go up by exactly one", root.version),
            ));
        }
        Ok(root)
    }

    fn check_link(
        &self,
        index: usize,
        old: &Root,
        new: &Root,
        limits: &Limits,
    ) -> Result<(), Error> {
        if new.product != old.product {
            return Err(Error::refused(
                version(index),
                format!("product {:?} after {:?}", new.product, old.product),
            ));
        }
        let signatures = self.signatures(index, limits)?;
        signatures.check(old, &old.root, &self.signed(index))?;
        self.check_signed(index, new, limits)
    }

    /// Checks root `index` against its own keys, and that nobody else signed it.
    fn check_signed(&self, index: usize, root: &Root, limits: &Limits) -> Result<(), Error> {
        self.signatures(index, limits)?.check(root, &root.root, &self.signed(index))?;
        Ok(())
    }

    fn signatures(&self, index: usize, limits: &Limits) -> Result<Signatures, Error> {
        Signatures::parse(&self.roots[index].signatures, limits)
            .map_err(|e| Error::refused(version(index), format!("signature file: {e}")))
    }

    fn signed(&self, index: usize) -> Signed<'_> {
        Signed { prefix: ROOT_PREFIX, message: &self.roots[index].root, part: version(index) }
    }
}

/// Checks the signatures of `release.json` against a trusted root; returns the keys that signed.
///
/// # Errors
/// [`Error::Threshold`] or [`Error::Refused`].
pub(crate) fn verify_release(
    root: &TrustedRoot,
    manifest: &[u8],
    signatures: &[u8],
    limits: &Limits,
) -> Result<Vec<KeyId>, Error> {
    let parsed =
        Signatures::parse(signatures, limits).map_err(|e| Error::refused(Part::Signatures, e))?;
    let signed = Signed { prefix: RELEASE_PREFIX, message: manifest, part: Part::Manifest };
    parsed.check(&root.root, &root.root.release, &signed)
}

fn version(index: usize) -> Part {
    Part::Root(index as u64 + 1)
}
