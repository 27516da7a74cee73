//! How old a release may be: a rule of the site, in days, in the file `max-age` of the folder of pins. Without it age
//! is only warned about.

use cg_bundle_format::Manifest;

use crate::error::Error;
use crate::host::HostPaths;
use crate::trust_state::{self, TrustState};
use crate::{clock, files};

/// Bytes of the file.
const MAX_BYTES: u64 = 4096;
const DAY: u64 = 24 * 60 * 60;

/// The most days that may lie between a release's time and now; none where the site has no such rule.
pub fn limit(paths: &HostPaths) -> Result<Option<u64>, Error> {
    let path = paths.max_age();
    let Some(bytes) = files::read_bounded(&path, MAX_BYTES)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    let number = text.trim().trim_end_matches("days").trim_end();
    match number.parse() {
        Ok(days) if days > 0 => Ok(Some(days)),
        _ => Err(Error::State {
            problem: format!(
                "{:?} is no number of days; write one, as 400, or remove the file if age is not to count",
                text.trim()
            ),
            path,
        }),
    }
}

/// Refuses a release that is older than the site allows. What this host has installed already is let pass, so that it
/// can be completed and repaired.
///
/// The clock may be wrong. Where it lies before the newest signed time that this host has seen, that time counts: a
/// clock that is set back makes no release younger.
pub fn check(paths: &HostPaths, manifest: &Manifest, now: u64) -> Result<(), Error> {
    let state = trust_state::read(paths)?;
    if is_installed(state.as_ref(), manifest) {
        return Ok(());
    }
    match too_old(paths, state.as_ref(), manifest, now)? {
        None => Ok(()),
        Some(words) => Err(Error::Untrusted(format!(
            "release {} was issued {words}; bring a newer one, mend the clock if it is wrong, or change {}",
            manifest.version,
            paths.max_age().display()
        ))),
    }
}

/// By how much a release is older than the site allows, in words; none where it is not.
pub fn too_old(
    paths: &HostPaths,
    state: Option<&TrustState>,
    manifest: &Manifest,
    now: u64,
) -> Result<Option<String>, Error> {
    let Some(days) = limit(paths)? else { return Ok(None) };
    let seen = state.and_then(|state| clock::seconds(&state.newest_issued)).unwrap_or(0);
    let (today, source) = match seen > now {
        true => (seen, "the newest release that this host has seen"),
        false => (now, "the clock of this host"),
    };
    let issued = clock::seconds(&manifest.issued).unwrap_or(0);
    if today <= issued.saturating_add(days.saturating_mul(DAY)) {
        return Ok(None);
    }
    Ok(Some(format!(
        "{}, {} days before {} ({source}); this host takes none that is older than {days} days",
        manifest.issued,
        (today - issued) / DAY,
        clock::text(today)
    )))
}

fn is_installed(state: Option<&TrustState>, manifest: &Manifest) -> bool {
    state.and_then(|state| state.installed.as_ref()).is_some_and(|installed| {
        installed.line == manifest.line && installed.version == manifest.version
    })
}
