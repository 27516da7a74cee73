//! Private keys: made from the kernel's random source, and recognised when a site brings its own.

use p256::ecdsa::SigningKey;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding, PrivateKeyInfo};
use x509_cert::der::{Decode as _, Encode as _, pem};
use zeroize::Zeroizing;

use crate::error::{Context as _, Error};
use crate::host::Host;

/// RSA, by its number in PKCS #8.
const RSA: &str = "1.2.840.113549.1.1.1";
/// Elliptic curves, by their number in PKCS #8.
const ELLIPTIC: &str = "1.2.840.10045.2.1";
/// Random numbers that are no key are so rare that this many in a row mean a broken source.
const TRIES: usize = 8;

/// A new key on the curve P-256, which every TLS client knows.
pub(super) fn make(host: &dyn Host, place: &std::path::Path) -> Result<SigningKey, Error> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    for _ in 0..TRIES {
        host.random(&mut *bytes).at("cannot get random bytes for", place)?;
        if let Ok(key) = SigningKey::from_slice(&*bytes) {
            return Ok(key);
        }
    }
    Err(std::io::Error::other("the random source gives no key")).at("cannot make", place)
}

/// The key as PEM (PKCS #8).
pub(super) fn to_pem(key: &SigningKey) -> Result<Zeroizing<String>, String> {
    key.to_pkcs8_pem(LineEnding::LF).map_err(|error| error.to_string())
}

/// A key of ours.
pub(super) fn from_pem(pem: &[u8]) -> Result<SigningKey, String> {
    let text = std::str::from_utf8(pem).map_err(|_| "no text".to_owned())?;
    SigningKey::from_pkcs8_pem(text).map_err(|error| format!("no private key on P-256: {error}"))
}

/// The public half of any unencrypted key in PEM, as the bits of a certificate have it; none where the
/// kind of key is not known here.
pub(super) fn public_of(pem: &[u8]) -> Result<Option<Vec<u8>>, String> {
    // Programs put the curve's parameters in front of an elliptic key.
    let text = String::from_utf8_lossy(pem);
    let start = text
        .match_indices("-----BEGIN ")
        .map(|(at, _)| at)
        .find(|at| text[*at..].lines().next().is_some_and(|line| line.contains("PRIVATE KEY")))
        .ok_or("no private key in PEM")?;
    let text = Zeroizing::new(text[start..].to_owned());
    let end = text.find("-----END ").and_then(|at| {
        let rest = &text[at + 9..];
        rest.find("-----").map(|dashes| at + 9 + dashes + 5)
    });
    let block = &text[..end.ok_or("the private key has no end line")?];
    let (label, der) =
        pem::decode_vec(block.as_bytes()).map_err(|error| format!("no private key: {error}"))?;
    let der = Zeroizing::new(der);
    let public = match label {
        "PRIVATE KEY" => return of_pkcs8(&der),
        "EC PRIVATE KEY" => of_elliptic(&der)?,
        "RSA PRIVATE KEY" => Some(of_rsa(&der)?),
        "ENCRYPTED PRIVATE KEY" => {
            return Err(
                "the private key is encrypted; nobody could type its password at boot, so write it without one (`openssl pkey`)"
                    .to_owned(),
            );
        }
        other => return Err(format!("{other:?} is no kind of private key that is known here")),
    };
    Ok(public)
}

fn of_pkcs8(der: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let info = PrivateKeyInfo::try_from(der).map_err(|error| format!("no private key: {error}"))?;
    match info.algorithm.oid.to_string().as_str() {
        RSA => of_rsa(info.private_key).map(Some),
        ELLIPTIC => match of_elliptic(info.private_key)? {
            Some(public) => Ok(Some(public)),
            None => Ok(SigningKey::from_pkcs8_der(der)
                .ok()
                .map(|key| key.verifying_key().to_encoded_point(false).as_bytes().to_vec())),
        },
        _ => Ok(info.public_key.map(<[u8]>::to_vec)),
    }
}

fn of_rsa(der: &[u8]) -> Result<Vec<u8>, String> {
    let key =
        pkcs1::RsaPrivateKey::from_der(der).map_err(|error| format!("no RSA key: {error}"))?;
    key.public_key().to_der().map_err(|error| error.to_string())
}

fn of_elliptic(der: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let key =
        sec1::EcPrivateKey::try_from(der).map_err(|error| format!("no elliptic key: {error}"))?;
    Ok(key.public_key.map(<[u8]>::to_vec))
}
