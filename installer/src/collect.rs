//! What no generation that is kept needs any more: older generations, then blobs by reachability.
//! Only while nothing is under way. Can be stopped and done again at any point.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use cg_bundle_format::{Digest, Limits, Manifest};
use serde::Serialize;
use serde_json::json;

use crate::error::{Context, Error};
use crate::host::{Host, HostPaths};
use crate::journal::{self, Phase};
use crate::{audit, facts, files, receipt, settle};

/// Bytes of a manifest.
const MAX_MANIFEST: u64 = 16 << 20;

/// What was, or would be, collected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// Generations that stay.
    pub kept: Vec<u64>,
    /// Generations that go.
    pub generations: Vec<u64>,
    /// Blobs that go.
    pub blobs: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Snapshots of the service's state and left-overs that go, by path.
    pub files: Vec<PathBuf>,
    #[serde(skip)]
    blob_files: Vec<PathBuf>,
}

impl Collected {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.generations.is_empty() && self.blob_files.is_empty() && self.files.is_empty()
    }
}

/// Looks what may go when `keep` generations stay. Changes nothing.
pub fn look(paths: &HostPaths, keep: usize) -> Result<Collected, Error> {
    let journal = journal::read(&paths.journal())?;
    if settle::is_needed(paths)? || matches!(journal.phase, Phase::Ingest | Phase::Ready) {
        return Err(Error::Usage(
            "an installation was cut off, and what it has stored is still wanted; complete it with the same command first, or give it up with `codegraph-install gc --abandon`"
                .to_owned(),
        ));
    }
    look_anyway(paths, keep)
}

/// The same, with what an installation that was cut off has stored so far.
pub fn look_anyway(paths: &HostPaths, keep: usize) -> Result<Collected, Error> {
    let current = facts::current(paths).ok_or_else(|| {
        Error::Usage(
            "nothing is installed here; `codegraph-install uninstall` removes what is left"
                .to_owned(),
        )
    })?;
    let all = facts::generations(paths)?;
    let mut kept = BTreeSet::from([current]);
    for number in all.iter().rev() {
        if kept.len() >= keep {
            break;
        }
        // What never proved itself is nothing to go back to.
        if receipt::of_generation(paths, *number)?.is_some() {
            kept.insert(*number);
        }
    }
    let mut found = Collected {
        kept: kept.iter().copied().collect(),
        generations: all.into_iter().filter(|number| !kept.contains(number)).collect(),
        ..Collected::default()
    };
    let mut reachable = BTreeSet::new();
    for number in &kept {
        reachable.extend(blobs_of(paths, *number)?);
    }
    for path in entries(&paths.blobs())? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !reachable.contains(&name) {
            found.bytes += fs::symlink_metadata(&path).at("cannot look at", &path)?.len();
            found.blobs += 1;
            found.blob_files.push(path);
        }
    }
    found.files = entries(&paths.generations())?;
    found.files.retain(|path| path.extension().is_some_and(|ending| ending == "partial"));
    found.files.extend(snapshots(paths, &kept)?);
    Ok(found)
}

/// Removes it: generations first, because each is whole or not there, then what only they needed.
pub fn remove(host: &dyn Host, paths: &HostPaths, found: &Collected) -> Result<(), Error> {
    if found.is_empty() {
        return Ok(());
    }
    for number in &found.generations {
        let place = paths.generation(*number);
        let leaving = files::partial_of(&place);
        files::remove(host, &leaving)?;
        host.rename(&place, &leaving).at("cannot take away", &place)?;
        files::sync_parent(host, &place)?;
        files::remove(host, &leaving)?;
    }
    for path in found.files.iter().chain(&found.blob_files) {
        files::remove(host, path)?;
    }
    host.sync_dir(&paths.blobs()).at("cannot flush folder", &paths.blobs())?;
    let facts = json!({
        "kept": found.kept, "generations": found.generations, "blobs": found.blobs, "bytes": found.bytes,
    });
    audit::note(host, paths, "store.collected", facts)
}

/// File names of everything that a generation's manifest names. That a part of it was never chosen does no harm.
fn blobs_of(paths: &HostPaths, number: u64) -> Result<Vec<String>, Error> {
    let manifest = manifest_of(paths, number)?;
    let hex = |digest: &Digest| digest.hex();
    Ok(manifest.blobs.iter().map(|blob| hex(&blob.digest)).collect())
}

/// The manifest of a generation that is held. It was verified when it came, and lies where only root writes.
pub fn manifest_of(paths: &HostPaths, number: u64) -> Result<Manifest, Error> {
    let path = paths.generation(number).join("release.json");
    let bytes = files::read_bounded(&path, MAX_MANIFEST)?.ok_or_else(|| Error::State {
        path: path.clone(),
        problem:
            "it is not there; `codegraph-install repair` with the release's media brings it back"
                .to_owned(),
    })?;
    Manifest::parse(&bytes, &Limits::default()).map_err(|problem| Error::State { path, problem })
}

/// Snapshots of switches between generations of which one is not kept.
fn snapshots(paths: &HostPaths, kept: &BTreeSet<u64>) -> Result<Vec<PathBuf>, Error> {
    let mut old = entries(&paths.backups())?;
    old.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let numbers = name
            .strip_prefix("generation-")
            .and_then(|rest| rest.strip_suffix(".db"))
            .and_then(|rest| rest.split_once("-before-"))
            .and_then(|(from, to)| Some((from.parse::<u64>().ok()?, to.parse::<u64>().ok()?)));
        numbers.is_some_and(|(from, to)| !kept.contains(&from) || !kept.contains(&to))
    });
    Ok(old)
}

/// What lies in a folder, sorted; nothing where it is not there.
fn entries(folder: &std::path::Path) -> Result<Vec<PathBuf>, Error> {
    let list = match fs::read_dir(folder) {
        Ok(list) => list,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("cannot list", folder),
    };
    let mut all = Vec::new();
    for entry in list {
        all.push(entry.at("cannot list", folder)?.path());
    }
    all.sort();
    Ok(all)
}
