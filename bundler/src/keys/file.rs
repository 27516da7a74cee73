//! Key files: PKCS #8 PEM, encrypted with a passphrase (scrypt, AES-256-CBC) so that `openssl pkey` reads them.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use cg_bundle_format::{PublicKey, SigningKey};
use pkcs8::der::pem::LineEnding;
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::{EncryptedPrivateKeyInfo, PrivateKeyInfo, SecretDocument};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::keys::passphrase::{Passphrase, PassphraseArgs};

const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// Most bytes of a key file.
const MOST_BYTES: u64 = 64 << 10;
/// scrypt with N = 2^14, r = 8, p = 5: the most memory that OpenSSL allows by default (32 MiB) is not
/// exceeded, and the work is that of N = 2^17, p = 1.
const SCRYPT: (u8, u32, u32) = (14, 8, 5);

/// Reads the key file that was given as number `number` (from 0) on the command line.
pub(crate) fn read(
    path: &Path,
    passphrases: &PassphraseArgs,
    number: usize,
) -> Result<SigningKey, Error> {
    let pem = read_text(path)?;
    let what = path.display().to_string();
    if !is_protected(&pem) {
        return Ok(SigningKey::from_pem(&pem, &what)?);
    }
    let passphrase = passphrases.of_key(number, path)?;
    let problem = |problem: String| cg_bundle_format::Error::Key { what: what.clone(), problem };
    let (_, document) = SecretDocument::from_pem(&pem)
        .map_err(|e| problem(format!("no encrypted PKCS #8 PEM: {e}")))?;
    let encrypted = EncryptedPrivateKeyInfo::try_from(document.as_bytes())
        .map_err(|e| problem(format!("no encrypted PKCS #8 PEM: {e}")))?;
    let plain = encrypted.decrypt(passphrase.as_bytes()).map_err(|e| {
        problem(format!(
            "the passphrase is wrong, or the file is damaged or encrypted in a way unknown here (PBES2 with scrypt or PBKDF2 and AES is read): {e}"
        ))
    })?;
    let pem = plain
        .to_pem(PLAIN, LineEnding::LF)
        .map_err(|e| problem(format!("it cannot be written as PEM: {e}")))?;
    Ok(SigningKey::from_pem(&pem, &what)?)
}

/// Whether a key file asks for a passphrase.
pub(crate) fn is_protected(pem: &str) -> bool {
    pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

/// The text of a key file; it has a bounded size.
pub(crate) fn read_text(path: &Path) -> Result<Zeroizing<String>, Error> {
    let file = std::fs::File::open(path).map_err(Error::io("cannot read key", path))?;
    let mut text = Zeroizing::new(String::new());
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(Error::io("cannot read key", path))?;
    Ok(text)
}

/// Writes a private key (mode 0600) and beside it the public half, `.pub`. Overwrites nothing.
pub(crate) fn write(
    path: &Path,
    key: &SigningKey,
    passphrase: Option<&Passphrase>,
) -> Result<PathBuf, Error> {
    let public = public_of(path);
    refuse_existing(&[path, &public])?;
    let pem = match passphrase {
        Some(passphrase) => encrypt(key, passphrase)?,
        None => key.to_pem(),
    };
    write_secret(path, pem.as_bytes())?;
    std::fs::write(&public, key.public().pem()).map_err(Error::io("cannot write", &public))?;
    Ok(public)
}

fn encrypt(key: &SigningKey, passphrase: &Passphrase) -> Result<Zeroizing<String>, Error> {
    let unexpected = |e: &dyn std::fmt::Display| Error::Unexpected(format!("encryption: {e}"));
    let (mut salt, mut iv) = ([0u8; 16], [0u8; 16]);
    for bytes in [&mut salt, &mut iv] {
        rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, bytes)
            .map_err(|e| unexpected(&e))?;
    }
    let pem = key.to_pem();
    let (_, plain) = SecretDocument::from_pem(&pem).map_err(|e| unexpected(&e))?;
    let info = PrivateKeyInfo::try_from(plain.as_bytes()).map_err(|e| unexpected(&e))?;
    let (log_n, r, p) = SCRYPT;
    let cost = scrypt::Params::new(log_n, r, p, 32).map_err(|e| unexpected(&e))?;
    let scheme =
        pbes2::Parameters::scrypt_aes256cbc(cost, &salt, &iv).map_err(|e| unexpected(&e))?;
    let encrypted =
        info.encrypt_with_params(scheme, passphrase.as_bytes()).map_err(|e| unexpected(&e))?;
    encrypted.to_pem(ENCRYPTED, LineEnding::LF).map_err(|e| unexpected(&e))
}

/// `x.key` → `x.pub`.
pub(crate) fn public_of(path: &Path) -> PathBuf {
    path.with_extension("pub")
}

/// Reads a public key file.
pub(crate) fn read_public(path: &Path) -> Result<PublicKey, Error> {
    let text = read_text(path)?;
    if text.contains("PRIVATE KEY-----") {
        return Err(Error::Usage(format!(
            "{} is a private key; give its public half ({}), and keep this one where it is",
            path.display(),
            public_of(path).display()
        )));
    }
    PublicKey::from_pem(&text).map_err(|problem| {
        cg_bundle_format::Error::Key { what: path.display().to_string(), problem }.into()
    })
}

/// Refuses to overwrite keys.
pub(crate) fn refuse_existing(paths: &[&Path]) -> Result<(), Error> {
    match paths.iter().find(|path| path.exists()) {
        Some(path) => Err(Error::Usage(format!(
            "{} is there already; keys are never overwritten, choose another name",
            path.display()
        ))),
        None => Ok(()),
    }
}

/// Writes a file that only its owner reads; it must not be there.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(Error::io("cannot write", path))
}
