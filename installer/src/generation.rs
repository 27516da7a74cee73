//! A generation: a folder of links into the store, with the lists that the programs read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cg_bundle_format::{Alternative, Limits, Manifest, Mode, Selection};

use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths};

/// Bytes of a `release.json`.
const MAX_RELEASE: u64 = 16 << 20;
/// Bytes of an index of images.
const MAX_INDEX: u64 = 16 << 20;

/// What a generation is made from.
pub struct Recipe<'a> {
    /// The signed manifest.
    pub manifest: &'a Manifest,
    /// Its exact bytes.
    pub manifest_bytes: &'a [u8],
    /// The chosen components.
    pub selection: &'a Selection,
    /// The generation's number.
    pub number: u64,
}

/// Writes the generation's folder: beside its place first, then renamed, so that it is whole or not there.
pub fn build(host: &dyn Host, paths: &HostPaths, recipe: &Recipe<'_>) -> Result<(), Error> {
    let place = paths.generation(recipe.number);
    let partial = files::partial_of(&place);
    files::make_dir(host, &paths.generations(), 0o755)?;
    files::remove(host, &partial)?;
    let mut folders = BTreeSet::from([partial.clone()]);
    host.make_dir(&partial, 0o755).at("cannot create folder", &partial)?;
    for placement in
        recipe.manifest.placements.iter().filter(|p| recipe.selection.has(&p.component))
    {
        let link = partial.join(placement.path.as_str());
        make_folders(host, &partial, &link, &mut folders)?;
        let blob = paths.blob(&placement.blob.hex());
        host.hard_link(&blob, &link).at("cannot link", &link)?;
    }
    let lists = [
        ("models.lock", recipe.manifest.models_lock(recipe.selection)),
        ("images.lock", recipe.manifest.images_lock(recipe.selection)),
        ("release.json", recipe.manifest_bytes.to_vec()),
        ("index.json", recipe.manifest.oci_index(recipe.selection)),
    ];
    for (name, bytes) in lists {
        files::replace(host, &partial.join(name), &bytes, 0o644)?;
    }
    for folder in folders.iter().rev() {
        host.sync_dir(folder).at("cannot flush folder", folder)?;
    }
    files::remove(host, &place)?;
    host.rename(&partial, &place).at("cannot put in place", &place)?;
    files::sync_parent(host, &place)
}

fn make_folders(
    host: &dyn Host,
    top: &Path,
    file: &Path,
    made: &mut BTreeSet<PathBuf>,
) -> Result<(), Error> {
    let mut missing: Vec<&Path> =
        file.ancestors().skip(1).take_while(|folder| *folder != top).collect();
    missing.reverse();
    for folder in missing {
        if made.insert(folder.to_path_buf()) {
            host.make_dir(folder, 0o755).at("cannot create folder", folder)?;
        }
    }
    Ok(())
}

/// Gives the blobs in the store the permission bits that their places ask for. One blob has one set of
/// bits however many names it has: executable wins.
pub fn set_modes(
    host: &dyn Host,
    paths: &HostPaths,
    manifest: &Manifest,
    selection: &Selection,
) -> Result<(), Error> {
    let mut modes = BTreeMap::new();
    for placement in manifest.placements.iter().filter(|p| selection.has(&p.component)) {
        let bits = modes.entry(placement.blob).or_insert(Mode::Plain.bits());
        *bits |= placement.mode.bits();
    }
    for (digest, bits) in modes {
        let path = paths.blob(&digest.hex());
        let now = fs::metadata(&path).at("cannot look at", &path)?.mode() & 0o7777;
        if now != bits {
            host.set_mode(&path, bits).at("cannot set the mode of", &path)?;
            let file = host.open(&path, bits).at("cannot open", &path)?;
            host.sync_file(&file).at("cannot flush", &path)?;
        }
    }
    Ok(())
}

/// Makes the store an OCI layout of a generation's images, which podman, skopeo and oras read.
pub fn write_store_index(host: &dyn Host, paths: &HostPaths, number: u64) -> Result<(), Error> {
    let store = paths.store();
    let of_generation = paths.generation(number).join("index.json");
    let Some(index) = files::read_bounded(&of_generation, MAX_INDEX)? else { return Ok(()) };
    let layout = b"{\"imageLayoutVersion\":\"1.0.0\"}\n";
    files::replace(host, &store.join("oci-layout"), layout, 0o644)?;
    files::replace(host, &store.join("index.json"), &index, 0o644)
}

/// Makes `current` name the generation, in one step.
pub fn point_current(host: &dyn Host, paths: &HostPaths, number: u64) -> Result<(), Error> {
    let current = paths.current();
    let target = PathBuf::from(format!("generations/{number}"));
    if fs::read_link(&current).is_ok_and(|there| there == target) {
        return Ok(());
    }
    let partial = files::partial_of(&current);
    files::remove(host, &partial)?;
    host.symlink(&target, &partial).at("cannot create link", &partial)?;
    host.rename(&partial, &current).at("cannot switch", &current)?;
    files::sync_parent(host, &current)
}

/// The accelerator for which a generation has the special build; none where it has the plain ones, or where
/// that cannot be told. Read from the files themselves: whoever brings a generation back knows nothing else of it.
pub fn accelerator(paths: &HostPaths, generation: &Path) -> Option<String> {
    let bytes = files::read_bounded(&generation.join("release.json"), MAX_RELEASE).ok()??;
    let manifest = Manifest::parse(&bytes, &Limits::default()).ok()?;
    let file_of = |path: &Path| fs::symlink_metadata(path).map(|s| (s.dev(), s.ino())).ok();
    let is_there = |alternative: &&Alternative| {
        let mut placed =
            manifest.placements.iter().filter(|p| p.component == alternative.component);
        placed.any(|place| {
            let link = file_of(&generation.join(place.path.as_str()));
            link.is_some() && link == file_of(&paths.blob(&place.blob.hex()))
        })
    };
    manifest.alternatives.iter().find(is_there).map(|alternative| alternative.accelerator.clone())
}

/// Removes `current`: no generation is in use.
pub fn remove_current(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    files::remove_durably(host, &paths.current())
}
