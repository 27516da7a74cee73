//! SHA-256 digests: the only names that are ever trusted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::digest::common::hazmat::{SerializableState as _, SerializedState};
use sha2::{Digest as _, Sha256};

use crate::Error;

/// A SHA-256 digest, written `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// A digest from its 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits, without `sha256:`.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Reads exactly 64 lower-case hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return None;
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Reads a fingerprint as people copy it from paper: groups, line ends, capital letters do not matter.
    ///
    /// # Errors
    /// [`Error::NotADigest`].
    pub fn from_paper(text: &str) -> Result<Self, Error> {
        let is_between = |c: char| c.is_whitespace() || c == '-';
        let text: String = text.chars().filter(|c| !is_between(*c)).collect();
        text.to_lowercase().parse()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = Error;

    /// Reads `sha256:<hex>`; bare hexadecimal digits are accepted too (people type fingerprints).
    fn from_str(text: &str) -> Result<Self, Error> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        Self::from_hex(hex)
            .ok_or_else(|| Error::NotADigest { text: text.chars().take(80).collect() })
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.strip_prefix("sha256:").and_then(Self::from_hex).ok_or_else(|| {
            de::Error::custom("a digest is `sha256:` and 64 lower-case hexadecimal digits")
        })
    }
}

/// What a hasher has seen, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HasherState(String);

/// Hashes a stream of bytes.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// A hasher that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// What it has seen so far, to go on from there later.
    #[must_use]
    pub fn state(&self) -> HasherState {
        HasherState(hex::encode(self.0.serialize()))
    }

    /// Goes on where [`Hasher::state`] was taken; `None` for a text that is no such state.
    #[must_use]
    pub fn resume(state: &HasherState) -> Option<Self> {
        let mut bytes = SerializedState::<Sha256>::default();
        hex::decode_to_slice(&state.0, bytes.as_mut_slice()).ok()?;
        Sha256::deserialize(&bytes).ok().map(Self)
    }

    /// The digest of everything added.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}
