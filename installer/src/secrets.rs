//! Secrets that an installation needs: made once from random bytes, never overwritten, never shown.

use std::io;

use cg_bundle_format::SigningKey;
use zeroize::Zeroizing;

use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths};

/// The key that signs access tokens. The file bears the name of the configuration key: the unit hands it over by that name.
pub const JWT_SECRET: &str = "api.jwt_secret";
/// The password with which the server reaches a database of its own; nobody else knows it.
pub const DATABASE_PASSWORD: &str = "database.password";
/// The token with which a collector on this host reads the server's measurements.
pub const METRICS_TOKEN: &str = "metrics.token";
/// What is made of random bytes.
pub const MADE: [&str; 3] = [JWT_SECRET, DATABASE_PASSWORD, METRICS_TOKEN];
/// Bytes of randomness in a secret.
const SECRET_BYTES: usize = 48;

/// Makes the credentials that are not there yet.
pub fn ensure_credentials(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    MADE.iter().try_for_each(|name| ensure(host, paths, name))
}

/// Makes one credential, unless it is there: what the site laid there, or made with another tool, stays.
pub fn ensure(host: &dyn Host, paths: &HostPaths, name: &str) -> Result<(), Error> {
    let folder = paths.credentials();
    files::make_dir(host, &folder, 0o700)?;
    let path = folder.join(name);
    if path.exists() {
        return Ok(());
    }
    let mut bytes = Zeroizing::new([0_u8; SECRET_BYTES]);
    host.random(&mut *bytes).at("cannot get random bytes for", &path)?;
    let text = Zeroizing::new(hex::encode(*bytes));
    files::replace(host, &path, text.as_bytes(), 0o600)
}

/// The key with which this host signs receipts; made on first use.
pub fn ensure_host_key(host: &dyn Host, paths: &HostPaths) -> Result<SigningKey, Error> {
    let path = paths.host_key();
    if let Some(bytes) = files::read_bounded(&path, 1024)? {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let key = SigningKey::from_pem(&text, &path.display().to_string())?;
        return with_public_half(host, paths, key);
    }
    let mut seed = [0_u8; 32];
    host.random(&mut seed).at("cannot get random bytes for", &path)?;
    if seed == [0; 32] {
        return Err(io::Error::other("the random source gave only zeros")).at("cannot make", &path);
    }
    let key = SigningKey::from_seed(&seed);
    files::replace(host, &path, key.to_pem().as_bytes(), 0o600)?;
    with_public_half(host, paths, key)
}

/// Writes the public half where it is missing: auditors check receipts with it.
fn with_public_half(
    host: &dyn Host,
    paths: &HostPaths,
    key: SigningKey,
) -> Result<SigningKey, Error> {
    let path = paths.host_key().with_extension("pub");
    if !path.exists() {
        files::replace(host, &path, key.public().pem().as_bytes(), 0o644)?;
    }
    Ok(key)
}
