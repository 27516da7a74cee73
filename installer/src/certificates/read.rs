//! Certificates in PEM: what of them is told and decided upon.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use serde::Serialize;
use x509_cert::der::Encode as _;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectAltName, SubjectKeyIdentifier};
use x509_cert::name::Name;

use super::{DAY, MAX_BYTES, ORGANISATION};
use crate::error::Error;
use crate::files;

/// Certificates in one file.
const MAX_CHAIN: usize = 16;

/// What is known of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Names and addresses that it is good for.
    pub names: Vec<String>,
    /// Seconds since 1970 from which it is good.
    pub not_before: u64,
    /// Seconds since 1970 after which it is not.
    pub not_after: u64,
    /// The bits of its public key.
    #[serde(skip)]
    pub(super) public_key: Vec<u8>,
    /// The issuer's key, by its identifier.
    #[serde(skip)]
    pub(super) issuer_key: Vec<u8>,
    /// Its own key, by its identifier.
    #[serde(skip)]
    pub(super) own_key: Vec<u8>,
    /// The subject as it stands in the certificate.
    #[serde(skip)]
    pub(super) subject_bytes: Vec<u8>,
    /// The issuer as it stands in the certificate.
    #[serde(skip)]
    pub(super) issuer_bytes: Vec<u8>,
}

impl Certificate {
    /// Whether this installer made it.
    pub fn is_ours(&self) -> bool {
        self.issuer.split(',').any(|part| part.trim() == format!("O={ORGANISATION}"))
    }

    /// Whole days until it runs out; 0 on the last one and after.
    pub fn days_left(&self, now: u64) -> u64 {
        self.not_after.saturating_sub(now) / DAY
    }

    /// Its names, or its subject where it has none.
    pub fn names_text(&self) -> String {
        if self.names.is_empty() { self.subject.clone() } else { self.names.join(" ") }
    }

    /// Whether `other` bears the name and the key of this one's issuer.
    pub fn is_issued_by(&self, other: &Self) -> bool {
        let is_key = self.issuer_key.is_empty()
            || other.own_key.is_empty()
            || self.issuer_key == other.own_key;
        self.issuer_bytes == other.subject_bytes && is_key
    }
}

/// The certificates of a file; none where it is absent.
pub(super) fn file(path: &Path) -> Result<Vec<Certificate>, Error> {
    let Some(bytes) = files::read_bounded(path, MAX_BYTES)? else { return Ok(Vec::new()) };
    chain(&bytes).map_err(|problem| Error::State { path: path.to_path_buf(), problem })
}

/// The certificates of a PEM text, at least one.
pub(super) fn chain(pem: &[u8]) -> Result<Vec<Certificate>, String> {
    let all = x509_cert::Certificate::load_pem_chain(pem)
        .map_err(|error| format!("no certificate in PEM: {error}"))?;
    if all.is_empty() || all.len() > MAX_CHAIN {
        return Err(format!("{} certificates; 1 to {MAX_CHAIN} are expected", all.len()));
    }
    all.iter()
        .map(|one| read(one).map_err(|error| format!("certificate not readable: {error}")))
        .collect()
}

fn read(certificate: &x509_cert::Certificate) -> x509_cert::der::Result<Certificate> {
    let tbs = &certificate.tbs_certificate;
    let name = |name: &Name| name.to_string();
    let (names, own, issuer) = (
        tbs.get::<SubjectAltName>()?,
        tbs.get::<SubjectKeyIdentifier>()?,
        tbs.get::<AuthorityKeyIdentifier>()?,
    );
    let bytes = |of: Option<&[u8]>| of.map(<[u8]>::to_vec).unwrap_or_default();
    Ok(Certificate {
        subject: name(&tbs.subject),
        issuer: name(&tbs.issuer),
        names: names.iter().flat_map(|(_, list)| &list.0).filter_map(text).collect(),
        not_before: tbs.validity.not_before.to_unix_duration().as_secs(),
        not_after: tbs.validity.not_after.to_unix_duration().as_secs(),
        public_key: tbs.subject_public_key_info.subject_public_key.raw_bytes().to_vec(),
        issuer_key: bytes(
            issuer.as_ref().and_then(|(_, id)| id.key_identifier.as_ref()).map(|id| id.as_bytes()),
        ),
        own_key: bytes(own.as_ref().map(|(_, id)| id.0.as_bytes())),
        subject_bytes: tbs.subject.to_der()?,
        issuer_bytes: tbs.issuer.to_der()?,
    })
}

fn text(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            if let Ok(four) = <[u8; 4]>::try_from(bytes) {
                return Some(IpAddr::V4(Ipv4Addr::from(four)).to_string());
            }
            let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
            Some(IpAddr::V6(Ipv6Addr::from(sixteen)).to_string())
        }
        _ => None,
    }
}
