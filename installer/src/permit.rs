//! A downgrade permit on this host: whether it speaks of this host, of where it is, and was not used before.

use std::path::Path;

use cg_bundle_format::{
    Digest, DowngradePermit, KeyId, Limits, Manifest, SignedPermit, SigningKey, TrustedRoot,
};

use crate::error::Error;
use crate::files;
use crate::host::HostPaths;
use crate::trust_state::TrustState;

/// Bytes of a permit file.
const MAX_BYTES: u64 = 64 << 10;

/// Reads a permit and proves it with the release keys of the root that is trusted now.
pub fn read(path: &Path, root: &TrustedRoot) -> Result<DowngradePermit, Error> {
    let bytes = files::read_bounded(path, MAX_BYTES)?
        .ok_or_else(|| Error::Usage(format!("the permit {} is not there", path.display())))?;
    let limits = Limits::default();
    Ok(SignedPermit::parse(&bytes, &limits)?.verify(root, &limits)?)
}

/// The name of this host: the id of the key with which it signs receipts. None before the first installation.
pub fn host_id(paths: &HostPaths) -> Result<Option<KeyId>, Error> {
    let path = paths.host_key();
    let Some(bytes) = files::read_bounded(&path, MAX_BYTES)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(SigningKey::from_pem(&text, &path.display().to_string())?.public().id()))
}

/// Refuses a genuine permit that is not about this host, its state and this release.
pub fn check(
    permit: &DowngradePermit,
    host: Option<KeyId>,
    state: &TrustState,
    manifest: &Manifest,
    release: Digest,
) -> Result<(), Error> {
    let refused =
        |problem: String| Err(Error::Untrusted(format!("the downgrade permit {problem}")));
    if host != Some(permit.host) {
        let own = host.map_or_else(|| "without a name yet".to_owned(), |id| id.to_string());
        return refused(format!("is for host {}; this one is {own}", permit.host));
    }
    let to = (&permit.to.line, permit.to.counter, permit.to.release);
    if to != (&manifest.line, manifest.release_counter, Some(release)) {
        return refused(format!(
            "leads to line {} counter {}, the bundle holds line {} counter {} ({release})",
            permit.to.line, permit.to.counter, manifest.line, manifest.release_counter
        ));
    }
    let remembered = state.counters.get(&permit.from.line).copied();
    let is_here = state.installed.as_ref().is_none_or(|last| last.line == permit.from.line);
    if remembered != Some(permit.from.counter) || !is_here {
        return refused(format!(
            "leads away from line {} counter {}; this host is elsewhere (see `codegraph-install status`)",
            permit.from.line, permit.from.counter
        ));
    }
    if state.used_permits.contains(&permit.nonce) {
        return refused("was used on this host before; each serves once".to_owned());
    }
    Ok(())
}
