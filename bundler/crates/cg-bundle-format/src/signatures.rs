//! Signature files, and the one function that counts valid signatures.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::keys::{PublicKey, Signature, SigningKey};
use crate::root::{Algorithm, RoleKeys, Root};
use crate::{Error, KeyId, Limits, Part, json};

/// A signature file: signatures over a prefix and the exact bytes of another file. Signatures by keys
/// that the root does not know may be added later (countersignatures); they count for nothing here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signatures {
    /// One for each key, ascending by key id.
    pub signatures: Vec<KeySignature>,
}

/// A key's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySignature {
    /// The key.
    pub key_id: KeyId,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// The signature.
    pub signature: Signature,
}

impl Signatures {
    /// Signs `message` with all `keys`.
    #[must_use]
    pub fn make(prefix: &str, message: &[u8], keys: &[&SigningKey]) -> Self {
        let mut signatures: Vec<_> = keys
            .iter()
            .map(|key| KeySignature {
                key_id: key.public().id(),
                algorithm: Algorithm::Ed25519,
                signature: key.sign(prefix, message),
            })
            .collect();
        signatures.sort_by_key(|signature| signature.key_id);
        signatures.dedup_by_key(|signature| signature.key_id);
        Self { signatures }
    }

    /// Parses a signature file; it must be written in its one canonical form.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, String> {
        let parsed: Self = json::parse(bytes, limits.json_depth)?;
        if parsed.signatures.len() > limits.keys {
            return Err(format!(
                "{} signatures; at most {} are allowed",
                parsed.signatures.len(),
                limits.keys
            ));
        }
        if !parsed.signatures.is_sorted_by(|a, b| a.key_id < b.key_id) {
            return Err("signatures must ascend by key id, each key once".to_owned());
        }
        if parsed.to_bytes() != bytes {
            return Err("not written in the one canonical form".to_owned());
        }
        Ok(parsed)
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::write(self)
    }

    /// Signatures that say nothing, one for each key: they keep the room in volumes whose signers are elsewhere.
    #[must_use]
    pub fn placeholder(keys: &[KeyId]) -> Self {
        let mut signatures: Vec<_> = keys
            .iter()
            .map(|&key_id| KeySignature {
                key_id,
                algorithm: Algorithm::Ed25519,
                signature: Signature([0; 64]),
            })
            .collect();
        signatures.sort_by_key(|signature| signature.key_id);
        signatures.dedup_by_key(|signature| signature.key_id);
        Self { signatures }
    }

    /// Adds the signatures of `other`; those by the same key take the place of the ones that are here.
    pub fn merge(&mut self, other: &Self) {
        let is_new = |id| other.signatures.iter().all(|signature| signature.key_id != id);
        self.signatures.retain(|signature| is_new(signature.key_id));
        self.signatures.extend(other.signatures.iter().cloned());
        self.signatures.sort_by_key(|signature| signature.key_id);
    }

    /// Checks that enough different keys of `role` (a role of `root`) signed `message`.
    ///
    /// # Errors
    /// [`Error::Threshold`] naming `part`; [`Error::Refused`] when a trusted key's signature is wrong.
    pub fn check(
        &self,
        root: &Root,
        role: &RoleKeys,
        signed: &Signed<'_>,
    ) -> Result<Vec<KeyId>, Error> {
        let keys: Vec<(KeyId, &PublicKey)> =
            role.keys.iter().filter_map(|&id| root.key(id).map(|key| (id, key))).collect();
        self.count(&keys, role.threshold, signed)
    }

    /// Checks that enough of `keys`, which no root need know, signed `message`: countersignatures.
    ///
    /// # Errors
    /// As for [`Signatures::check`].
    pub fn check_keys(
        &self,
        keys: &[PublicKey],
        threshold: u64,
        signed: &Signed<'_>,
    ) -> Result<Vec<KeyId>, Error> {
        let keys: Vec<(KeyId, &PublicKey)> = keys.iter().map(|key| (key.id(), key)).collect();
        self.count(&keys, threshold, signed)
    }

    /// The only place where signatures are counted.
    fn count(
        &self,
        keys: &[(KeyId, &PublicKey)],
        threshold: u64,
        signed: &Signed<'_>,
    ) -> Result<Vec<KeyId>, Error> {
        let mut valid = BTreeSet::new();
        for entry in &self.signatures {
            let Some((_, key)) = keys.iter().find(|(id, _)| *id == entry.key_id) else { continue };
            if !key.verifies(signed.prefix, signed.message, &entry.signature) {
                let problem = if entry.signature.0 == [0; 64] {
                    format!(
                        "key {} has not signed yet, only room for it was kept; bring the answer of `codegraph-bundle sign`",
                        entry.key_id
                    )
                } else {
                    format!(
                        "the signature by key {} is wrong: the signed bytes or the signature were changed",
                        entry.key_id
                    )
                };
                return Err(Error::refused(signed.part.clone(), problem));
            }
            valid.insert(entry.key_id);
        }
        let needed = usize::try_from(threshold).unwrap_or(usize::MAX);
        if needed == 0 || valid.len() < needed {
            return Err(Error::Threshold { part: signed.part.clone(), valid: valid.len(), needed });
        }
        Ok(valid.into_iter().collect())
    }
}

/// What was signed.
#[derive(Debug)]
pub struct Signed<'a> {
    /// Domain separation.
    pub prefix: &'a str,
    /// The exact bytes.
    pub message: &'a [u8],
    /// How errors call it.
    pub part: Part,
}
