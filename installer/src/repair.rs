//! Holds what is installed against its signed manifest, and takes from the media what is damaged or missing:
//! blobs in the store, the generations' links to them, and the lists beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use cg_bundle_format::{Blob, Carriage, Digest, Limits, Manifest, Payload, Selection};
use serde::Serialize;
use serde_json::json;

use crate::error::{Context, Error};
use crate::facts::{self, prove};
use crate::host::{Host, HostPaths};
use crate::ingest::Ingest;
use crate::journal::{Journal, Kept};
use crate::receipt::{self, Receipt};
use crate::{audit, files, generation};

/// Bytes of a list that lies in a generation.
const MAX_LIST: u64 = 16 << 20;

/// What is wrong with what is installed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// Generations that were looked at.
    pub generations: Vec<u64>,
    /// Blobs that were hashed.
    pub blobs: usize,
    /// Blobs that are damaged or missing.
    pub damaged: BTreeSet<Digest>,
    /// Files of generations that are missing, damaged, or no longer those of the store.
    pub files: Vec<PathBuf>,
}

impl Damage {
    /// Whether everything is as it was signed.
    pub fn is_none(&self) -> bool {
        self.damaged.is_empty() && self.files.is_empty()
    }
}

/// A generation as it must be.
struct Held {
    number: u64,
    manifest: Manifest,
    manifest_bytes: Vec<u8>,
    selection: Selection,
    receipt: Receipt,
}

/// The journal of a repair: that of an installation which was cut off stays what it is.
fn journal(paths: &HostPaths) -> PathBuf {
    paths.state().join("repair-journal")
}

/// Removes what a repair that was cut off has left beside the files that it mended.
pub fn sweep(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    files::remove(host, &journal(paths))?;
    for name in ["oci-layout", "index.json"] {
        files::remove(host, &files::partial_of(&paths.store().join(name)))?;
    }
    Ok(())
}

/// Looks at every generation that was in use. Reads every byte, changes nothing.
pub fn look(paths: &HostPaths, media: &[Payload]) -> Result<Damage, Error> {
    let held = held(paths, media)?;
    let mut damage = Damage::default();
    let blobs = blobs(&held);
    damage.blobs = blobs.len();
    damage.damaged = blobs.keys().copied().collect();
    let there: Vec<&Blob> = blobs
        .values()
        .copied()
        .filter(|blob| {
            let state = fs::symlink_metadata(paths.blob(&blob.digest.hex()));
            state.is_ok_and(|state| state.is_file() && state.len() == blob.size)
        })
        .collect();
    for good in prove(paths, &there)? {
        damage.damaged.remove(&good);
    }
    for one in &held {
        damage.generations.push(one.number);
        damage.files.extend(wrong_files(paths, one)?);
    }
    Ok(damage)
}

/// Brings it in order. The caller holds the lock; services that run keep the files that they have open.
pub fn repair(
    host: &dyn Host,
    paths: &HostPaths,
    media: &[Payload],
    damage: &Damage,
    tick: &(dyn Fn(u64) + Sync),
) -> Result<(), Error> {
    let held = held(paths, media)?;
    let facts = json!({ "damaged": damage.damaged, "files": damage.files });
    audit::note(host, paths, "repair.begin", facts)?;
    bring(host, paths, media, &damage.damaged, tick)?;
    sweep(host, paths)?;
    for one in &held {
        generation::set_modes(host, paths, &one.manifest, &one.selection)?;
        for (name, bytes) in lists(one) {
            let path = paths.generation(one.number).join(name);
            if files::read_bounded(&path, MAX_LIST)?.as_ref() != Some(&bytes) {
                files::replace(host, &path, &bytes, 0o644)?;
            }
        }
        for (link, blob) in wrong_links(paths, one)? {
            relink(host, &link, &blob)?;
        }
    }
    if let Some(current) = facts::current(paths) {
        generation::write_store_index(host, paths, current)?;
    }
    audit::note(host, paths, "repair.done", json!({ "blobs": damage.damaged.len() }))
}

fn bring(
    host: &dyn Host,
    paths: &HostPaths,
    media: &[Payload],
    damaged: &BTreeSet<Digest>,
    tick: &(dyn Fn(u64) + Sync),
) -> Result<(), Error> {
    let mut missing = Vec::new();
    for payload in media {
        let carried = |digest: &&Digest| {
            payload.blob(digest).is_some_and(|blob| blob.carriage == Carriage::Carried)
        };
        let here: Vec<&Blob> = damaged
            .iter()
            .filter(carried)
            .filter(|digest| !missing.contains(*digest))
            .filter_map(|digest| payload.blob(digest))
            .collect();
        if here.is_empty() {
            continue;
        }
        missing.extend(here.iter().map(|blob| blob.digest));
        let path = journal(paths);
        files::remove(host, &path)?;
        let (mut journal, _) = Journal::open(host, &path)?;
        let ingest = Ingest { host, paths, payload, top_ups: &[], tick };
        let lack = ingest.run(&mut journal, &mut Kept::default(), &here)?;
        if let Some(error) = lack.into_error(payload) {
            return Err(error.into());
        }
        files::remove_durably(host, &path)?;
    }
    let absent: Vec<String> =
        damaged.iter().filter(|digest| !missing.contains(digest)).map(Digest::to_string).collect();
    if absent.is_empty() {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{} damaged blobs are on none of the media that were given: {}; give a bundle of the installed release that carries everything",
        absent.len(),
        absent.join(", ")
    )))
}

/// The generations that were in use, each with its genuine manifest: from the disk, or from the media where
/// that on the disk is damaged.
fn held(paths: &HostPaths, media: &[Payload]) -> Result<Vec<Held>, Error> {
    let mut all = Vec::new();
    for number in facts::generations(paths)? {
        let Some(receipt) = receipt::of_generation(paths, number)? else { continue };
        let wanted = receipt.release.digest;
        let path = paths.generation(number).join("release.json");
        let on_disk = files::read_bounded(&path, MAX_LIST)?.filter(|b| Digest::of(b) == wanted);
        let on_media = || {
            let release = media.iter().map(Payload::release).find(|r| r.digest() == wanted);
            release.map(|release| release.manifest_bytes().to_vec())
        };
        let bytes = on_disk.or_else(on_media).ok_or_else(|| Error::State {
            path: path.clone(),
            problem: format!(
                "it is not the one that was installed; give `codegraph-install repair` the media of release {}",
                receipt.release.version
            ),
        })?;
        let manifest = Manifest::parse(&bytes, &Limits::default())
            .map_err(|problem| Error::State { path, problem })?;
        let selection = selection(&manifest, &receipt)?;
        all.push(Held { number, manifest, manifest_bytes: bytes, selection, receipt });
    }
    Ok(all)
}

/// The components that were installed: those of which the receipt names everything.
fn selection(manifest: &Manifest, receipt: &Receipt) -> Result<Selection, Error> {
    let told: BTreeSet<Digest> = receipt.blobs.iter().map(|blob| blob.digest).collect();
    let is_whole = |name: &str| {
        let own = manifest.blobs.iter().filter(|b| b.component == name).map(|b| b.digest);
        let placed = manifest.placements.iter().filter(|p| p.component == name).map(|p| p.blob);
        own.chain(placed).all(|digest| told.contains(&digest))
    };
    let chosen: Vec<String> = manifest
        .components
        .iter()
        .map(|component| component.name.clone())
        .filter(|name| is_whole(name))
        .collect();
    Selection::required_and(manifest, &chosen)
        .map_err(|name| Error::Usage(format!("no component {name:?} in the release")))
}

fn blobs(held: &[Held]) -> BTreeMap<Digest, &Blob> {
    let mut all = BTreeMap::new();
    for one in held {
        let told: BTreeSet<Digest> = one.receipt.blobs.iter().map(|blob| blob.digest).collect();
        let needed = one.manifest.blobs.iter().filter(|blob| told.contains(&blob.digest));
        all.extend(needed.map(|blob| (blob.digest, blob)));
    }
    all
}

fn lists(one: &Held) -> [(&'static str, Vec<u8>); 4] {
    [
        ("release.json", one.manifest_bytes.clone()),
        ("models.lock", one.manifest.models_lock(&one.selection)),
        ("images.lock", one.manifest.images_lock(&one.selection)),
        ("index.json", one.manifest.oci_index(&one.selection)),
    ]
}

fn wrong_files(paths: &HostPaths, one: &Held) -> Result<Vec<PathBuf>, Error> {
    let mut wrong: Vec<PathBuf> =
        wrong_links(paths, one)?.into_iter().map(|(link, _)| link).collect();
    for (name, bytes) in lists(one) {
        let path = paths.generation(one.number).join(name);
        if files::read_bounded(&path, MAX_LIST)?.as_ref() != Some(&bytes) {
            wrong.push(path);
        }
    }
    Ok(wrong)
}

/// Files of a generation that are not the file of their blob in the store, and that file.
fn wrong_links(paths: &HostPaths, one: &Held) -> Result<Vec<(PathBuf, PathBuf)>, Error> {
    let mut wrong = Vec::new();
    for place in one.manifest.placements.iter().filter(|p| one.selection.has(&p.component)) {
        let link = paths.generation(one.number).join(place.path.as_str());
        let blob = paths.blob(&place.blob.hex());
        let file_of = |path: &PathBuf| fs::symlink_metadata(path).map(|s| (s.dev(), s.ino())).ok();
        if file_of(&link).is_none() || file_of(&link) != file_of(&blob) {
            wrong.push((link, blob));
        }
    }
    Ok(wrong)
}

fn relink(host: &dyn Host, link: &std::path::Path, blob: &std::path::Path) -> Result<(), Error> {
    if let Some(folder) = link.parent() {
        files::make_dir(host, folder, 0o755)?;
    }
    let partial = files::partial_of(link);
    files::remove(host, &partial)?;
    host.hard_link(blob, &partial).at("cannot link", &partial)?;
    host.rename(&partial, link).at("cannot put in place", link)?;
    files::sync_parent(host, link)
}
