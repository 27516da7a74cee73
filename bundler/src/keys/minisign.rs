//! Minisign keys and signatures: a second way to check a release, with the stock `minisign` program.

use std::path::{Path, PathBuf};

use minisign::{ErrorKind, KeyPair, PublicKey, SecretKeyBox};

use crate::error::Error;
use crate::keys::file;
use crate::keys::passphrase::{Passphrase, PassphraseArgs};

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
        // Stock minisign writes no checksum into keys without passphrase; the library takes that for damage.
        Err(e) if matches!(e.kind(), ErrorKind::Verify) => {
            let what = path.display().to_string();
            let problem = "it is damaged, or has no passphrase and was made by `minisign -W`; make one with passphrase, or by `key generate --role minisign`";
            return Err(cg_bundle_format::Error::Key { what, problem: problem.to_owned() }.into());
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
