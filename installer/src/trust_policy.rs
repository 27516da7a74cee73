//! Which genuine release this host takes: product, root version, counters, lines, permits, countersignatures.

use std::path::PathBuf;

use cg_bundle_format::{DowngradePermit, KeyId, Manifest, TrustedRoot, VerifiedRelease};

use crate::countersign;
use crate::error::Error;
use crate::host::HostPaths;
use crate::permit;
use crate::trust_state::{self, FirstTrust, Installed, Said, TrustState};

/// What this program installs.
const PRODUCT: &str = "codegraph";

/// Everything about trust that the operator gave.
#[derive(Debug, Clone)]
pub struct Claims {
    /// From where trust starts.
    pub said: Said,
    /// Files with countersignatures.
    pub countersignatures: Vec<PathBuf>,
    /// A downgrade permit.
    pub permit: Option<PathBuf>,
}

impl From<Said> for Claims {
    /// Nothing but from where trust starts.
    fn from(said: Said) -> Self {
        Self { said, countersignatures: Vec::new(), permit: None }
    }
}

/// How a release came to be accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// How the root came to be trusted.
    pub first_trust: FirstTrust,
    /// The permit, where the release is only taken because of it.
    pub permit: Option<DowngradePermit>,
    /// The site's keys that countersigned; empty where the host demands none.
    pub countersigned_by: Vec<KeyId>,
}

/// Holds a release whose signatures are proven against the policy of this host.
pub fn accept(
    paths: &HostPaths,
    claims: &Claims,
    first_trust: FirstTrust,
    release: &VerifiedRelease,
) -> Result<Accepted, Error> {
    let (root, manifest) = (release.root(), release.manifest());
    let state = trust_state::read(paths)?;
    check_identity(state.as_ref(), root, manifest)?;
    let used = match (check_order(state.as_ref(), root, manifest), &claims.permit, &state) {
        (Ok(()), _, _) => None,
        (Err(_), Some(path), Some(state)) => {
            let permit = permit::read(path, root)?;
            let host = permit::host_id(paths)?;
            permit::check(&permit, host, state, manifest, release.digest())?;
            Some(permit)
        }
        (Err(refusal), _, _) => return Err(refusal),
    };
    let countersigned_by = match countersign::demand(paths)? {
        Some(demand) => countersign::check(&demand, release, &claims.countersignatures)?,
        None => Vec::new(),
    };
    Ok(Accepted { first_trust, permit: used, countersigned_by })
}

/// What no permit changes.
fn check_identity(
    state: Option<&TrustState>,
    root: &TrustedRoot,
    manifest: &Manifest,
) -> Result<(), Error> {
    if manifest.product != PRODUCT {
        return Err(Error::Untrusted(format!(
            "the bundle holds product {:?}, this program installs {PRODUCT:?}",
            manifest.product
        )));
    }
    match state {
        Some(state) if root.root().version < state.root_version => Err(Error::Untrusted(format!(
            "the bundle's newest root is version {}, this host has accepted version {}; the bundle is older than the last change of keys",
            root.root().version,
            state.root_version
        ))),
        _ => Ok(()),
    }
}

/// No way back, within a line and from line to line. A permit can lift this.
fn check_order(
    state: Option<&TrustState>,
    root: &TrustedRoot,
    manifest: &Manifest,
) -> Result<(), Error> {
    let floors = root.floors_since(state.map_or(0, |state| state.root_version));
    let remembered = state.and_then(|state| state.counters.get(&manifest.line));
    let (lowest, why) = match (floors.get(&manifest.line), remembered) {
        (Some(floor), _) => (*floor, "the root lets this line begin at"),
        (None, Some(counter)) => (*counter, "this host has already installed"),
        (None, None) => (0, ""),
    };
    if manifest.release_counter < lowest {
        return Err(Error::Untrusted(format!(
            "release {} has counter {} in line {}, {why} counter {lowest}; an older release is not installed over a newer one (without a downgrade permit)",
            manifest.version, manifest.release_counter, manifest.line
        )));
    }
    let Some(last) = state.and_then(|state| state.installed.as_ref()) else { return Ok(()) };
    if last.line != manifest.line && !manifest.replaces.lines.contains(&last.line) {
        return Err(Error::Untrusted(format!(
            "release {} is of line {}, this host has line {} ({}); the release does not say that it may replace that line",
            manifest.version, manifest.line, last.line, last.version
        )));
    }
    let versions = &manifest.replaces.versions;
    let is_same = last.version == manifest.version && last.line == manifest.line;
    if !versions.is_empty() && !is_same && !versions.contains(&last.version) {
        return Err(Error::Untrusted(format!(
            "release {} may replace only {}; this host has {}",
            manifest.version,
            versions.join(", "),
            last.version
        )));
    }
    Ok(())
}

/// The state after the release is installed.
pub fn after(
    former: Option<&TrustState>,
    accepted: &Accepted,
    root: &TrustedRoot,
    manifest: &Manifest,
) -> TrustState {
    let mut counters = former.map(|state| state.counters.clone()).unwrap_or_default();
    counters.extend(root.floors_since(former.map_or(0, |state| state.root_version)));
    counters.insert(manifest.line.clone(), manifest.release_counter);
    let mut used_permits = former.map(|state| state.used_permits.clone()).unwrap_or_default();
    used_permits.extend(accepted.permit.iter().map(|permit| permit.nonce));
    let former_issued = former.map(|state| state.newest_issued.clone()).unwrap_or_default();
    TrustState {
        format: 1,
        root: String::from_utf8_lossy(root.bytes()).into_owned(),
        root_version: root.root().version,
        root_fingerprint: root.fingerprint(),
        first_trust: former.map_or(accepted.first_trust, |state| state.first_trust),
        counters,
        // Both are written in the one form `YYYY-MM-DDThh:mm:ssZ`, which sorts as text.
        newest_issued: former_issued.max(manifest.issued.clone()),
        installed: Some(Installed {
            line: manifest.line.clone(),
            version: manifest.version.clone(),
        }),
        used_permits,
    }
}
