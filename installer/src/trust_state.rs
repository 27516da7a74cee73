//! What this host remembers of trust: the newest root, the highest counter of each line, the newest signed time.
//!
//! It lies in a root-only folder, is read before a bundle is believed and written after everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cg_bundle_format::{Digest, TrustAnchor};
use serde::{Deserialize, Serialize};

use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths};

/// Bytes of a state file or of a pin: a root is at most 64 KiB.
const MAX_BYTES: u64 = 1 << 20;
/// Files looked at in the folder of pins.
const MAX_PINS: usize = 64;

/// `trust.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustState {
    /// Always 1.
    pub format: u64,
    /// The exact text of the newest root that was accepted.
    pub root: String,
    /// Its version.
    pub root_version: u64,
    /// SHA-256 of that text.
    pub root_fingerprint: Digest,
    /// How the first root came to be trusted.
    pub first_trust: FirstTrust,
    /// For each release line the highest counter that was installed.
    pub counters: BTreeMap<String, u64>,
    /// The newest signed time seen, `YYYY-MM-DDThh:mm:ssZ`.
    pub newest_issued: String,
    /// The release that was installed last; none in states of an older installer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed: Option<Installed>,
    /// Downgrade permits that were used here: each serves once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub used_permits: BTreeSet<Digest>,
}

/// The release that was installed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// Its release line.
    pub line: String,
    /// Its version.
    pub version: String,
}

/// How the first root came to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirstTrust {
    /// Its fingerprint was given on the command line.
    Fingerprint,
    /// Its fingerprint was pinned in the site's configuration.
    SitePin,
    /// Nothing was known of it: the operator chose to believe the media.
    DangerousFirstUse,
}

/// What the operator said about trust on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// `--root-fingerprint`.
    Fingerprint(Digest),
    /// `--dangerous-trust-first-use`.
    DangerousFirstUse,
}

/// From where trust starts in this run.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// For the verifier.
    pub anchor: TrustAnchor,
    /// What `trust.json` will say of the first trust.
    pub first_trust: FirstTrust,
}

/// Reads the state; none on a host that never installed anything.
pub fn read(paths: &HostPaths) -> Result<Option<TrustState>, Error> {
    let path = paths.trust();
    let Some(bytes) = files::read_bounded(&path, MAX_BYTES)? else { return Ok(None) };
    let damaged = |problem: String| Error::State {
        path: path.clone(),
        problem: format!(
            "{problem}; restore it from a backup, or remove it and give --root-fingerprint again"
        ),
    };
    let state: TrustState =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if state.format != 1 {
        return Err(damaged(format!("format {} is unknown to this installer", state.format)));
    }
    if Digest::of(state.root.as_bytes()) != state.root_fingerprint {
        return Err(damaged("the root does not have its own fingerprint".to_owned()));
    }
    Ok(Some(state))
}

/// Decides from where trust starts. A fingerprint given by hand must hold even where the host trusts a root already.
pub fn anchor(paths: &HostPaths, said: Said) -> Result<Anchor, Error> {
    if let Some(state) = read(paths)? {
        if let Said::Fingerprint(wanted) = said
            && wanted != state.root_fingerprint
        {
            return Ok(Anchor {
                anchor: TrustAnchor::Fingerprint(wanted),
                first_trust: state.first_trust,
            });
        }
        return Ok(Anchor {
            anchor: TrustAnchor::Pinned(state.root.into_bytes()),
            first_trust: state.first_trust,
        });
    }
    if let Said::Fingerprint(wanted) = said {
        return Ok(Anchor {
            anchor: TrustAnchor::Fingerprint(wanted),
            first_trust: FirstTrust::Fingerprint,
        });
    }
    if let Some(pin) = site_pin(&paths.trust_pins())? {
        return Ok(Anchor {
            anchor: TrustAnchor::Fingerprint(pin),
            first_trust: FirstTrust::SitePin,
        });
    }
    match said {
        Said::DangerousFirstUse => Ok(Anchor {
            anchor: TrustAnchor::DangerousFirstUse,
            first_trust: FirstTrust::DangerousFirstUse,
        }),
        Said::Fingerprint(_) | Said::Nothing => Err(Error::Untrusted(format!(
            "this host trusts no root yet, and the one on the media proves nothing about itself; give --root-fingerprint HEX as you got it by another way than the media (paper, phone, contract), or put it into {}",
            paths.trust_pins().join("root-fingerprint").display()
        ))),
    }
}

/// The fingerprint in the site's folder of pins: a file `root-fingerprint` with 64 digits, or a copy of `root.json`.
fn site_pin(folder: &Path) -> Result<Option<Digest>, Error> {
    let mut found = None;
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("cannot list", folder),
    };
    for entry in entries.take(MAX_PINS) {
        let path = entry.at("cannot list", folder)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let pin = match name.as_str() {
            "root-fingerprint" => {
                let bytes = files::read_bounded(&path, MAX_BYTES)?.unwrap_or_default();
                String::from_utf8_lossy(&bytes).trim().parse::<Digest>()?
            }
            "root.json" => Digest::of(&files::read_bounded(&path, MAX_BYTES)?.unwrap_or_default()),
            _ => continue,
        };
        if found.is_some_and(|other| other != pin) {
            return Err(Error::State {
                path: folder.to_path_buf(),
                problem:
                    "`root-fingerprint` and `root.json` name different roots; remove the wrong one"
                        .to_owned(),
            });
        }
        found = Some(pin);
    }
    Ok(found)
}

/// Writes the state: the last write of an installation.
pub fn write(host: &dyn Host, paths: &HostPaths, state: &TrustState) -> Result<(), Error> {
    let mut text =
        serde_json::to_string_pretty(state).expect("the state holds only texts and numbers");
    text.push('\n');
    files::replace(host, &paths.trust(), text.as_bytes(), 0o600)
}
