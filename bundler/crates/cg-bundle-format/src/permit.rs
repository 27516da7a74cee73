//! Downgrade permits: the vendor's signed word that one host may go from one release back to another, once.

use serde::{Deserialize, Serialize};

use crate::keys::{PERMIT_PREFIX, SigningKey};
use crate::manifest::FORMAT_VERSION;
use crate::root::Root;
use crate::signatures::{KeySignature, Signatures, Signed};
use crate::texts::printable;
use crate::trust::TrustedRoot;
use crate::{Digest, Error, KeyId, Limits, Manifest, Part, json};

/// A host, where it is, where it may go, and a number that is used once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DowngradePermit {
    /// Always [`FORMAT_VERSION`].
    pub format: u64,
    /// Names of fields that a reader must understand or refuse the permit.
    #[serde(default)]
    pub critical: Vec<String>,
    /// `codegraph`.
    pub product: String,
    /// The host: the id of the key with which it signs receipts.
    pub host: KeyId,
    /// The newest release that the host has had in the line that it leaves.
    pub from: NamedRelease,
    /// The release that it may go back to.
    pub to: NamedRelease,
    /// Random: a host takes each only once.
    pub nonce: Digest,
    /// When it was made, `YYYY-MM-DDThh:mm:ssZ`.
    pub issued: String,
    /// Why, for the audit.
    #[serde(default)]
    pub reason: String,
}

/// A release, named so that no other can be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedRelease {
    /// Release line.
    pub line: String,
    /// Counter within the line.
    pub counter: u64,
    /// SHA-256 of `release.json`; may be absent where only the counter is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Digest>,
}

/// The file: the permit's exact text, and signatures of it by release keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedPermit {
    /// The exact text that is signed.
    pub permit: String,
    /// One for each key, ascending by key id.
    pub signatures: Vec<KeySignature>,
}

impl NamedRelease {
    /// The name of this release.
    #[must_use]
    pub fn of(manifest: &Manifest, release: Digest) -> Self {
        Self {
            line: manifest.line.clone(),
            counter: manifest.release_counter,
            release: Some(release),
        }
    }
}

impl DowngradePermit {
    /// Parses the exact text of a permit.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, String> {
        let permit: Self = json::parse(bytes, limits.json_depth)?;
        if permit.format != FORMAT_VERSION {
            return Err(format!("format {} is unknown", permit.format));
        }
        if let Some(field) = permit.critical.first() {
            return Err(format!("critical field {field:?} is unknown to this program"));
        }
        for text in [&permit.reason, &permit.issued, &permit.from.line, &permit.to.line] {
            printable("permit's texts", text)?;
        }
        if permit.to.release.is_none() {
            return Err("it does not name the release that may be gone back to".to_owned());
        }
        Ok(permit)
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::write(self)
    }
}

impl SignedPermit {
    /// Signs a permit.
    #[must_use]
    pub fn make(permit: &DowngradePermit, keys: &[&SigningKey]) -> Self {
        let bytes = permit.to_bytes();
        let signatures = Signatures::make(PERMIT_PREFIX, &bytes, keys).signatures;
        Self { permit: String::from_utf8_lossy(&bytes).into_owned(), signatures }
    }

    /// Parses the file. Nothing in it is trusted yet.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        if bytes.len() as u64 > limits.root_bytes {
            let problem = format!("{} bytes; at most {}", bytes.len(), limits.root_bytes);
            return Err(Error::refused(Part::Permit, problem));
        }
        let signed: Self = json::parse(bytes, limits.json_depth)
            .map_err(|problem| Error::refused(Part::Permit, problem))?;
        let ascending = signed.signatures.is_sorted_by(|a, b| a.key_id < b.key_id);
        if signed.signatures.len() > limits.keys || !ascending {
            return Err(Error::refused(
                Part::Permit,
                "too many signatures, or not ascending by key id with each key once",
            ));
        }
        Ok(signed)
    }

    /// The bytes of the file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::write(self)
    }

    /// Counts the signatures by the release keys of a trusted root, and only then parses the permit.
    ///
    /// # Errors
    /// [`Error::Threshold`] or [`Error::Refused`].
    pub fn verify(&self, root: &TrustedRoot, limits: &Limits) -> Result<DowngradePermit, Error> {
        self.check(root.root())?;
        let permit = DowngradePermit::parse(self.permit.as_bytes(), limits)
            .map_err(|problem| Error::refused(Part::Permit, problem))?;
        if permit.product != root.root().product {
            let problem = format!("it is for product {:?}", permit.product);
            return Err(Error::refused(Part::Permit, problem));
        }
        Ok(permit)
    }

    /// Counts the signatures by the release keys of `root`.
    ///
    /// # Errors
    /// [`Error::Threshold`] or [`Error::Refused`].
    pub fn check(&self, root: &Root) -> Result<Vec<KeyId>, Error> {
        let signatures = Signatures { signatures: self.signatures.clone() };
        let signed =
            Signed { prefix: PERMIT_PREFIX, message: self.permit.as_bytes(), part: Part::Permit };
        signatures.check(root, &root.release, &signed)
    }
}
