//! Ed25519 keys: their names, their PEM files, and the one place that signs and checks.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer as _, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::{Digest, Error};

/// What is put in front of the exact bytes of `release.json` before they are signed.
pub const RELEASE_PREFIX: &str = "codegraph bundle format 1: release.json\n";
/// What is put in front of the exact bytes of `root.json` before they are signed.
pub const ROOT_PREFIX: &str = "codegraph bundle format 1: root.json\n";
/// What is put in front of the exact bytes of a downgrade permit before they are signed.
pub const PERMIT_PREFIX: &str = "codegraph bundle format 1: downgrade permit\n";

const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----\n";
const PEM_END: &str = "\n-----END PUBLIC KEY-----\n";

/// The name of a key: SHA-256 of its SubjectPublicKeyInfo (DER), 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Digest);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.hex())
    }
}

impl FromStr for KeyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Digest::from_hex(text)
            .map(Self)
            .ok_or_else(|| Error::NotADigest { text: text.chars().take(80).collect() })
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Digest::from_hex(&text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("a key id is 64 lower-case hexadecimal digits"))
    }
}

/// An Ed25519 public key. In JSON: the base64 line of its PEM form, so that a person with `sed` and
/// `openssl` can turn it into a PEM file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key's name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let der = self.0.to_public_key_der().expect("an Ed25519 key always encodes");
        KeyId(Digest::of(der.as_bytes()))
    }

    /// The key as a PEM file.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0
            .to_public_key_pem(ed25519_dalek::pkcs8::spki::der::pem::LineEnding::LF)
            .expect("an Ed25519 key always encodes")
    }

    /// The base64 line of the PEM form.
    #[must_use]
    pub fn base64(&self) -> String {
        self.pem().lines().filter(|line| !line.starts_with("-----")).collect()
    }

    /// Reads a public key from a PEM file (`openssl pkey -pubout` writes one).
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_pem(pem: &str) -> Result<Self, String> {
        let inside = pem
            .split_once("-----BEGIN PUBLIC KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PUBLIC KEY-----"))
            .ok_or("it holds no line -----BEGIN PUBLIC KEY-----")?;
        Self::from_base64(&inside.0.split_whitespace().collect::<String>())
    }

    /// Reads the base64 line of the PEM form.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_base64(text: &str) -> Result<Self, String> {
        let key = VerifyingKey::from_public_key_pem(&format!("{PEM_BEGIN}{text}{PEM_END}"))
            .map_err(|e| format!("no Ed25519 public key in base64: {e}"))?;
        if key.is_weak() {
            return Err("the key is weak: its signatures prove nothing".to_owned());
        }
        let key = Self(key);
        if key.base64() != text {
            return Err("the key is not written in its one canonical form".to_owned());
        }
        Ok(key)
    }

    /// Whether `signature` is this key's over `prefix` followed by `message`.
    #[must_use]
    pub fn verifies(&self, prefix: &str, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(&prefixed(prefix, message), &signature).is_ok()
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.base64())
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_base64(&text).map_err(de::Error::custom)
    }
}

/// The 64 bytes of an Ed25519 signature; in JSON 128 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub(crate) [u8; 64]);

impl Signature {
    /// The raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        hex::decode_to_slice(&text, &mut bytes)
            .map_err(|_| de::Error::custom("a signature is 128 hexadecimal digits"))?;
        Ok(Self(bytes))
    }
}

/// A private Ed25519 key. Wiped from memory when dropped; never shown by `Debug`.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from the system's random numbers.
    ///
    /// # Errors
    /// [`Error::Key`] when the system gives none.
    pub fn generate() -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0u8; 32]);
        rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, seed.as_mut()).map_err(|e| {
            Error::Key { what: "new".to_owned(), problem: format!("no random numbers: {e}") }
        })?;
        Ok(Self::from_seed(&seed))
    }

    /// The key that belongs to a 32-byte seed (RFC 8032 section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads a PKCS #8 PEM file (`openssl genpkey -algorithm ed25519` makes one too).
    ///
    /// # Errors
    /// [`Error::Key`] when it holds no such key; `what` names the file in the message.
    pub fn from_pem(pem: &str, what: &str) -> Result<Self, Error> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|e| Error::Key {
            what: what.to_owned(),
            problem: format!("no Ed25519 private key in PKCS #8 PEM: {e}"),
        })
    }

    /// The key as a PKCS #8 PEM file.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        // Version 1 of the structure (no public key inside): what OpenSSL reads.
        let pair =
            ed25519_dalek::pkcs8::KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        pair.to_pkcs8_pem(ed25519_dalek::pkcs8::spki::der::pem::LineEnding::LF)
            .expect("an Ed25519 key always encodes")
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs `prefix` followed by `message`.
    #[must_use]
    pub fn sign(&self, prefix: &str, message: &[u8]) -> Signature {
        Signature(self.0.sign(&prefixed(prefix, message)).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().id())
    }
}

fn prefixed(prefix: &str, message: &[u8]) -> Vec<u8> {
    [prefix.as_bytes(), message].concat()
}
