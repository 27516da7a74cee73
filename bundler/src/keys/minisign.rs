//! Minisign keys and signatures: a second way to check a release, with the stock `minisign` program.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cg_bundle_format::SigningKey;
use minisign::{ErrorKind, KeyPair, PublicKey, SecretKey, SecretKeyBox};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::keys::file;
use crate::keys::passphrase::{Passphrase, PassphraseArgs};

/// Where the seed stands in a secret key: after three marks of two bytes, salt (32), two limits (8), key number (8).
const SEED: usize = 62;
/// Where its checksum begins.
const SECRET: usize = SEED + 64;

/// Makes a key pair: the secret key in `path`, the public one beside it.
pub(crate) fn generate(path: &Path, passphrase: Option<&Passphrase>) -> Result<PathBuf, Error> {
    let public = file::public_of(path);
    file::refuse_existing(&[path, &public])?;
    let problem = |e: minisign::PError| Error::Unexpected(format!("minisign key: {e}"));
    let comment = Some("minisign secret key of codegraph-bundle");
    let (pair, secret) = match passphrase {
        Some(passphrase) => {
            let pair = KeyPair::generate_encrypted_keypair(Some(passphrase.to_string()))
                .map_err(problem)?;
            let secret = pair.sk.to_box(comment).map_err(problem)?;
            (pair, secret)
        }
        None => {
            let pair = KeyPair::generate_unencrypted_keypair().map_err(problem)?;
            let secret = pair.sk.to_box(comment).map_err(problem)?;
            (pair, secret)
        }
    };
    file::write_secret(path, secret.to_string().as_bytes())?;
    let text = pair.pk.to_box().map_err(problem)?.to_string();
    std::fs::write(&public, text).map_err(Error::io("cannot write", &public))?;
    Ok(public)
}

/// Stock minisign (`-W`) writes zeros in the place of the checksum of a key without passphrase. Its two halves
/// prove each other instead: the public one follows from the secret one.
fn without_checksum(text: &str) -> Option<SecretKey> {
    let bytes = Zeroizing::new(STANDARD.decode(text.lines().nth(1)?.trim()).ok()?);
    let (keys, checksum) = bytes.split_at_checked(SECRET)?;
    let seed = keys[SEED..SEED + 32].try_into().ok()?;
    let public = STANDARD.decode(SigningKey::from_seed(seed).public().base64()).ok()?;
    let fits = public.ends_with(&keys[SEED + 32..])
        && checksum.len() == 32
        && checksum.iter().all(|byte| *byte == 0);
    fits.then(|| SecretKey::from_bytes(&bytes).ok()).flatten()
}

/// Signs `message`; returns the text of the `.minisig` file.
pub(crate) fn sign(
    path: &Path,
    passphrases: &PassphraseArgs,
    message: &[u8],
    trusted_comment: &str,
) -> Result<String, Error> {
    let text = file::read_text(path)?;
    let problem = |e: minisign::PError| cg_bundle_format::Error::Key {
        what: path.display().to_string(),
        problem: format!("no minisign key, or a wrong passphrase: {e}"),
    };
    let read = || SecretKeyBox::from_string(&text).map_err(problem);
    // A key without passphrase says so in its bytes; asking for one would puzzle its owner.
    let secret = match read()?.into_unencrypted_secret_key() {
        Ok(secret) => secret,
        Err(e) if matches!(e.kind(), ErrorKind::Verify) => {
            without_checksum(&text).ok_or_else(|| {
                let what = path.display().to_string();
                cg_bundle_format::Error::Key { what, problem: "it is damaged".to_owned() }
            })?
        }
        Err(_) => {
            let passphrase = passphrases.of_key(0, path)?;
            read()?.into_secret_key(Some(passphrase.to_string())).map_err(problem)?
        }
    };
    let public = PublicKey::from_secret_key(&secret).map_err(problem)?;
    let signature = minisign::sign(
        Some(&public),
        &secret,
        message,
        Some(trusted_comment),
        Some("signature of release.json from codegraph-bundle"),
    )
    .map_err(problem)?;
    Ok(signature.to_string())
}
