//! Public keys of upstream signers: ECDSA P-256 and Ed25519 in the usual PEM form.

use std::path::Path;

use cg_bundle_format::Digest;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;

use crate::error::Error;

/// Largest key file in bytes.
const MOST_BYTES: u64 = 64 << 10;
/// SubjectPublicKeyInfo up to the point: id-ecPublicKey, prime256v1, uncompressed (RFC 5480).
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// SubjectPublicKeyInfo up to the key: id-Ed25519 (RFC 8410).
const ED: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A key of somebody else.
#[derive(Debug)]
pub(crate) struct PublicKey {
    key: Kind,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub(crate) id: Digest,
}

#[derive(Debug)]
enum Kind {
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// Reads a PEM file with one public key.
    pub(crate) fn read(file: &Path) -> Result<Self, Error> {
        let problem =
            |problem: &str| Error::Config { file: file.to_owned(), problem: problem.to_owned() };
        let size = std::fs::metadata(file).map_err(Error::io("cannot read", file))?.len();
        if size > MOST_BYTES {
            return Err(problem("too large for a public key"));
        }
        let pem = std::fs::read(file).map_err(Error::io("cannot read", file))?;
        let der = SubjectPublicKeyInfoDer::from_pem_slice(&pem)
            .map_err(|_| problem("holds no public key in PEM form (-----BEGIN PUBLIC KEY-----)"))?;
        let id = Digest::of(&der);
        let key = match (der.strip_prefix(P256), der.strip_prefix(ED)) {
            (Some(point), _) if point.len() == 65 && point[0] == 4 => Kind::P256(point.to_vec()),
            (_, Some(key)) if key.len() == 32 => Kind::Ed25519(key.to_vec()),
            _ => return Err(problem("the key is neither ECDSA P-256 nor Ed25519")),
        };
        Ok(Self { key, id })
    }

    /// Whether `signature` over `message` is this key's. ECDSA signatures are DER over SHA-256.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Kind::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
                .verify(message, signature)
                .is_ok(),
            Kind::Ed25519(key) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
            }
        }
    }
}
