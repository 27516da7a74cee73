//! `root.json`: which keys sign what, and how many of them are needed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::manifest::FORMAT_VERSION;
use crate::texts::printable;
use crate::{Digest, KeyId, Limits, PublicKey, json};

/// One version of the root document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Always [`FORMAT_VERSION`].
    pub format: u64,
    /// Dotted names of fields that a reader must understand or refuse the root.
    #[serde(default)]
    pub critical: Vec<String>,
    /// `codegraph`.
    pub product: String,
    /// 1, 2, 3, … without gaps.
    pub version: u64,
    /// SHA-256 of the root before this one; empty for version 1. Binds the whole chain to its newest member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// When it was made, `YYYY-MM-DDThh:mm:ssZ`.
    pub issued: String,
    /// `production` or `development`.
    pub purpose: Purpose,
    /// All keys.
    pub keys: Vec<RootKey>,
    /// Who signs the next root.
    pub root: RoleKeys,
    /// Who signs releases.
    pub release: RoleKeys,
    /// Counters that replace the ones a host remembers: the way back after a stolen key ran a counter up.
    #[serde(default)]
    pub counter_floors: Vec<CounterFloor>,
}

/// What a root may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Keys are kept as production keys must be.
    Production,
    /// Keys lie in a folder beside the build: for trying out only.
    Development,
}

/// A key and its algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootKey {
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub key_id: KeyId,
    /// `ed25519`; anything else is refused.
    pub algorithm: Algorithm,
    /// Base64 of the SubjectPublicKeyInfo, as in a PEM file.
    pub public_key: PublicKey,
}

/// Signature algorithms that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// RFC 8032 Ed25519, pure.
    Ed25519,
}

/// The keys of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleKeys {
    /// How many different keys must sign.
    pub threshold: u64,
    /// The keys.
    pub keys: Vec<KeyId>,
}

/// A counter that a line starts from again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterFloor {
    /// The release line.
    pub line: String,
    /// The lowest counter that is accepted from now on.
    pub counter: u64,
}

impl Root {
    /// Parses and checks the exact bytes of a `root.json`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, String> {
        let root: Self = json::parse(bytes, limits.json_depth)?;
        root.check(limits)?;
        Ok(root)
    }

    /// The bytes that are hashed and signed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::write(self)
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, id: KeyId) -> Option<&PublicKey> {
        self.keys.iter().find(|key| key.key_id == id).map(|key| &key.public_key)
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn check(&self, limits: &Limits) -> Result<(), String> {
        if self.format != FORMAT_VERSION {
            return Err(format!(
                "format {} is unknown; this program reads format {FORMAT_VERSION}",
                self.format
            ));
        }
        if let Some(field) = self.critical.first() {
            return Err(format!(
                "critical field {field:?} is unknown to this program; use a newer one"
            ));
        }
        if self.version == 0 {
            return Err("version must be at least 1".to_owned());
        }
        if self.previous.is_some() != (self.version > 1) {
            return Err("`previous` must stand in every version but the first".to_owned());
        }
        // A signer is shown these before the root counts for anything.
        let lines = self.counter_floors.iter().map(|floor| &floor.line);
        for text in [&self.product, &self.issued].into_iter().chain(lines) {
            printable("root's texts", text)?;
        }
        if self.keys.len() > limits.keys {
            return Err(format!("{} keys; at most {} are allowed", self.keys.len(), limits.keys));
        }
        let mut ids = BTreeSet::new();
        for key in &self.keys {
            if key.public_key.id() != key.key_id {
                return Err(format!("key id {} does not belong to its public key", key.key_id));
            }
            if !ids.insert(key.key_id) {
                return Err(format!("key {} is listed twice", key.key_id));
            }
        }
        self.root.check("root", &ids)?;
        self.release.check("release", &ids)
    }
}

impl RoleKeys {
    fn check(&self, role: &str, known: &BTreeSet<KeyId>) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for id in &self.keys {
            if !known.contains(id) {
                return Err(format!("role {role} names key {id}, which is not in `keys`"));
            }
            if !seen.insert(*id) {
                return Err(format!("role {role} lists key {id} twice"));
            }
        }
        if self.threshold == 0 {
            return Err(format!(
                "role {role} has threshold 0, which would switch verification off"
            ));
        }
        if self.threshold > self.keys.len() as u64 {
            return Err(format!(
                "role {role} needs {} signatures of only {} keys",
                self.threshold,
                self.keys.len()
            ));
        }
        Ok(())
    }
}
