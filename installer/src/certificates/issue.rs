//! Makes certificates: the authority's and the server's.

use std::net::IpAddr;
use std::str::FromStr as _;
use std::time::Duration;

use p256::ecdsa::{DerSignature, SigningKey};
use x509_cert::builder::{Builder as _, CertificateBuilder, Profile};
use x509_cert::der::asn1::{GeneralizedTime, Ia5String};
use x509_cert::der::oid::db::rfc5280::ID_KP_SERVER_AUTH;
use x509_cert::der::{DateTime, Decode as _, EncodePem as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};

use super::{Certificate, DAY, ORGANISATION};

/// Life of the server's certificate: the longest that every common client accepts is 825 days.
pub(super) const LIFE_DAYS: u64 = 820;
/// The authority is good from 2020 on, without an end: the clock of a new host may be wrong by decades.
const AUTHORITY_FROM: (u16, u8, u8) = (2020, 1, 1);
/// Longest common name.
const MAX_COMMON: usize = 40;

/// The number that a certificate bears.
pub(super) type Serial = [u8; 16];

/// The authority's certificate, signed by itself. `host` is in its name, so that people can tell hosts apart.
pub(super) fn authority(host: &str, key: &SigningKey, serial: Serial) -> Result<String, String> {
    let (year, month, day) = AUTHORITY_FROM;
    let from = DateTime::new(year, month, day, 0, 0, 0).map_err(text)?;
    let validity = Validity {
        not_before: Time::GeneralTime(GeneralizedTime::from_date_time(from)),
        not_after: Time::INFINITY,
    };
    let subject = name(&format!("Authority of {host}"))?;
    let public = SubjectPublicKeyInfoOwned::from_key(*key.verifying_key()).map_err(text)?;
    let builder =
        CertificateBuilder::new(Profile::Root, number(serial)?, validity, subject, public, key)
            .map_err(text)?;
    pem(builder)
}

/// What a server's certificate is made from.
pub(super) struct Server<'a> {
    /// Names and addresses; the first is the common name.
    pub(super) names: &'a [String],
    /// The server's key.
    pub(super) key: &'a SigningKey,
    /// Seconds since 1970.
    pub(super) now: u64,
    /// The authority.
    pub(super) authority: &'a Certificate,
    /// Its key.
    pub(super) authority_key: &'a SigningKey,
}

/// A server's certificate, signed by the authority.
pub(super) fn server(server: &Server<'_>, serial: Serial) -> Result<String, String> {
    let at = |seconds: u64| {
        let time = GeneralizedTime::from_unix_duration(Duration::from_secs(seconds));
        time.map(Time::GeneralTime).map_err(text)
    };
    // A day back: clocks of clients differ.
    let validity = Validity {
        not_before: at(server.now.saturating_sub(DAY))?,
        not_after: at(server.now.saturating_add(LIFE_DAYS * DAY))?,
    };
    let public = SubjectPublicKeyInfoOwned::from_key(*server.key.verifying_key()).map_err(text)?;
    let profile = Profile::Leaf {
        issuer: Name::from_der(&server.authority.subject_bytes).map_err(text)?,
        enable_key_agreement: false,
        enable_key_encipherment: false,
    };
    let subject = name(server.names.first().map_or("localhost", String::as_str))?;
    let mut builder = CertificateBuilder::new(
        profile,
        number(serial)?,
        validity,
        subject,
        public,
        server.authority_key,
    )
    .map_err(text)?;
    let names = server.names.iter().map(|name| general(name)).collect::<Result<_, _>>()?;
    builder.add_extension(&SubjectAltName(names)).map_err(text)?;
    builder.add_extension(&ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH])).map_err(text)?;
    pem(builder)
}

/// Whether a certificate can be made for `name`: a host's name or an address.
pub(super) fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let plain = name.strip_prefix("*.").unwrap_or(name);
    name.parse::<IpAddr>().is_ok() || (name.len() <= 253 && plain.split('.').all(is_label))
}

fn general(name: &str) -> Result<GeneralName, String> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(GeneralName::from(address));
    }
    Ia5String::new(name).map(GeneralName::DnsName).map_err(text)
}

/// `common` must consist of what [`is_name`] allows, and spaces.
fn name(common: &str) -> Result<Name, String> {
    let common: String = common.chars().take(MAX_COMMON).collect();
    // A colon or a star needs no escape.
    Name::from_str(&format!("CN={},O={ORGANISATION}", common.trim_end())).map_err(text)
}

fn number(mut serial: Serial) -> Result<SerialNumber, String> {
    // Positive, and never so short that it is written with fewer bytes.
    serial[0] = (serial[0] & 0x7f) | 0x40;
    SerialNumber::new(&serial).map_err(text)
}

fn pem(builder: CertificateBuilder<'_, SigningKey>) -> Result<String, String> {
    let certificate = builder.build::<DerSignature>().map_err(text)?;
    certificate.to_pem(p256::pkcs8::LineEnding::LF).map_err(text)
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
