//! What the host is and has: read once, changed by nothing, handed to the plan as plain values.

mod gpu;
mod libc;
mod machine;
mod proof;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cg_bundle_format::Manifest;
use cg_bundle_format::{Carriage, Digest, Limits};
use serde::Serialize;

use crate::certificates;
use crate::error::{Context, Error};
use crate::generation;
use crate::host::{Host, HostPaths};
use crate::journal::{self, Phase};
use crate::trust_state::{self, TrustState};

pub use gpu::{Card, Gpu};

/// Bytes of a `release.json`.
const MAX_RELEASE: u64 = 16 << 20;
pub use proof::prove;

/// Everything that the plan depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The machine.
    pub machine: Machine,
    /// The file systems that the installer writes to.
    pub disks: Vec<Disk>,
    /// What is installed.
    pub existing: Existing,
    /// The site's certificates.
    pub certificates: certificates::Found,
}

/// The machine and its system software.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Processor architecture, as `x86_64`.
    pub arch: String,
    /// Processor features by the kernel's names.
    pub cpu_features: BTreeSet<String>,
    /// Processors that the kernel uses.
    pub cpus: u64,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Kernel release, as `6.1.0-18-amd64`.
    pub kernel: String,
    /// systemd's version; none where the system was not started by systemd.
    pub systemd: Option<u32>,
    /// Version of the C library; none where it is not glibc or cannot be told.
    pub glibc: Option<String>,
    /// Whether services are limited by control groups of version 2 alone.
    pub has_cgroup2: bool,
    /// podman's version; none where it is not there.
    pub podman: Option<String>,
    /// Security modules of the kernel, as `landlock`; none where the kernel does not tell.
    pub security_modules: Option<BTreeSet<String>>,
    /// Whether SELinux refuses what its policy does not allow.
    pub selinux_enforces: bool,
    /// Graphics processors and their driver.
    pub gpu: Gpu,
    /// TCP ports that somebody listens on.
    pub ports_in_use: BTreeSet<u16>,
    /// Whether the installer may change the whole system.
    pub is_superuser: bool,
    /// Seconds since 1970 by the clock, which may be wrong.
    pub clock: u64,
}

/// A file system and the folders of ours on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// What we put there.
    pub folders: Vec<Folder>,
    /// A path on it, for people.
    pub path: PathBuf,
    /// Free bytes.
    pub free_bytes: u64,
    /// All bytes of the file system.
    pub total_bytes: u64,
}

/// A place that needs room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Folder {
    /// Blobs and generations.
    Product,
    /// Data of the service.
    Data,
    /// State of the installer.
    State,
    /// Images as podman unpacks them.
    Images,
}

/// What is on the host of us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Existing {
    /// The generation that `current` names.
    pub current: Option<u64>,
    /// The release of that generation.
    pub current_release: Option<Digest>,
    /// The version of that release.
    pub current_version: Option<String>,
    /// The accelerator for which that generation has the special build.
    pub current_accelerator: Option<String>,
    /// All generations, ascending.
    pub generations: Vec<u64>,
    /// Blobs in the store with the size that the manifest says, by digest.
    pub held: BTreeSet<Digest>,
    /// Bytes that unfinished blobs already take in the store.
    pub partial_bytes: BTreeMap<Digest, u64>,
    /// How far the journal's installation came.
    pub phase: Phase,
    /// The release of the journal.
    pub journal_release: Option<Digest>,
    /// The generation of the journal.
    pub journal_generation: Option<u64>,
    /// What the host trusts.
    pub trust: Option<TrustState>,
    /// Whether this user may not look at the installer's own state: journal and trust are unknown then.
    pub is_hidden: bool,
    /// Whether a configuration is there.
    pub has_config: bool,
    /// Bytes of the service's control store, which a switch copies.
    pub store_bytes: u64,
}

/// Gathers everything. Reads only.
pub fn gather(host: &dyn Host, paths: &HostPaths, manifest: &Manifest) -> Result<Facts, Error> {
    gather_again(host, paths, manifest, &BTreeSet::new())
}

/// Gathers everything anew; blobs that were `proven` moments ago are not hashed again.
pub fn gather_again(
    host: &dyn Host,
    paths: &HostPaths,
    manifest: &Manifest,
    proven: &BTreeSet<Digest>,
) -> Result<Facts, Error> {
    gather_with(host, paths, Some(manifest), proven)
}

/// Gathers what can be told without a release.
pub fn gather_alone(host: &dyn Host, paths: &HostPaths) -> Result<Facts, Error> {
    gather_with(host, paths, None, &BTreeSet::new())
}

/// The graphics processors alone: they decide which builds are chosen, before all else is gathered.
pub fn gpu(host: &dyn Host, paths: &HostPaths) -> Gpu {
    gpu::look(host, paths)
}

/// Whether this process may change the whole system.
pub fn is_superuser() -> bool {
    rustix::process::geteuid().is_root()
}

/// TCP sockets that listen: their port by the number of the kernel's file for them.
pub fn listening_sockets(paths: &HostPaths) -> BTreeMap<u64, u16> {
    machine::listening_sockets(paths)
}

fn gather_with(
    host: &dyn Host,
    paths: &HostPaths,
    manifest: Option<&Manifest>,
    proven: &BTreeSet<Digest>,
) -> Result<Facts, Error> {
    Ok(Facts {
        machine: machine::look(host, paths),
        disks: disks(host, paths)?,
        existing: existing(paths, manifest, proven)?,
        certificates: certificates::look(paths, host.now())?,
    })
}

fn disks(host: &dyn Host, paths: &HostPaths) -> Result<Vec<Disk>, Error> {
    use std::os::unix::fs::MetadataExt as _;
    let mut disks: Vec<(u64, Disk)> = Vec::new();
    for (folder, path) in [
        (Folder::Product, paths.product()),
        (Folder::Data, paths.data()),
        (Folder::State, paths.state()),
        (Folder::Images, paths.at("/var/lib/containers")),
    ] {
        let there = nearest(&path);
        let device = fs::metadata(&there).at("cannot look at", &there)?.dev();
        if let Some((_, disk)) = disks.iter_mut().find(|(known, _)| *known == device) {
            disk.folders.push(folder);
            continue;
        }
        let free_bytes = host.free_bytes(&there).at("cannot measure the free space of", &there)?;
        let total_bytes = total_bytes(&there).at("cannot measure", &there)?;
        let disk = Disk { folders: vec![folder], path: there, free_bytes, total_bytes };
        disks.push((device, disk));
    }
    Ok(disks.into_iter().map(|(_, disk)| disk).collect())
}

fn total_bytes(path: &Path) -> std::io::Result<u64> {
    let state = rustix::fs::statvfs(path)?;
    Ok(state.f_blocks.saturating_mul(state.f_frsize))
}

/// The nearest existing folder at or above `path`.
fn nearest(path: &Path) -> PathBuf {
    path.ancestors()
        .find(|ancestor| ancestor.is_dir())
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

fn existing(
    paths: &HostPaths,
    manifest: Option<&Manifest>,
    proven: &BTreeSet<Digest>,
) -> Result<Existing, Error> {
    let mut is_hidden = false;
    // An ordinary user may look at the host all the same.
    let mut seen = |error: Error| {
        is_hidden = error.is_refused();
        if is_hidden { Ok(()) } else { Err(error) }
    };
    let journal = match journal::read(&paths.journal()) {
        Ok(journal) => journal,
        Err(error) => seen(error).map(|()| journal::State::default())?,
    };
    let trust = match trust_state::read(paths) {
        Ok(trust) => trust,
        Err(error) => seen(error).map(|()| None)?,
    };
    let current = current(paths);
    let mut held = BTreeSet::new();
    let mut partial_bytes = BTreeMap::new();
    let mut unproven = Vec::new();
    for blob in manifest.map_or(&[][..], |manifest| &manifest.blobs) {
        let path = paths.blob(&blob.digest.hex());
        match fs::symlink_metadata(&path) {
            Ok(state) if state.is_file() && state.len() == blob.size => {
                // A blob that the bundle does not carry must prove itself: nothing could repair it later.
                if blob.carriage == Carriage::Carried || proven.contains(&blob.digest) {
                    held.insert(blob.digest);
                } else {
                    unproven.push(blob);
                }
            }
            _ => {
                let bytes = journal.kept.bytes(blob);
                if bytes > 0 {
                    partial_bytes.insert(blob.digest, bytes);
                }
            }
        }
    }
    held.extend(prove(paths, &unproven)?);
    Ok(Existing {
        current,
        current_release: current.and_then(|number| release_of(paths, number)),
        current_version: current.and_then(|number| version_of(paths, number)),
        current_accelerator: current
            .and_then(|number| generation::accelerator(paths, &paths.generation(number))),
        generations: generations(paths)?,
        held,
        partial_bytes,
        phase: journal.phase,
        journal_release: journal.release,
        journal_generation: journal.generation,
        trust,
        is_hidden,
        has_config: paths.config().exists(),
        store_bytes: store_bytes(paths),
    })
}

/// Bytes of the service's control store with its log; 0 where there is none.
pub fn store_bytes(paths: &HostPaths) -> u64 {
    let store = paths.control_store();
    let log = store.with_extension("db-wal");
    let of = |path: &Path| fs::metadata(path).map_or(0, |state| state.len());
    of(&store).saturating_add(of(&log))
}

/// The generation that `current` names.
pub fn current(paths: &HostPaths) -> Option<u64> {
    let target = fs::read_link(paths.current()).ok()?;
    target.file_name()?.to_str()?.parse().ok()
}

/// SHA-256 of a generation's `release.json`.
pub fn release_of(paths: &HostPaths, generation: u64) -> Option<Digest> {
    let path = paths.generation(generation).join("release.json");
    let bytes = crate::files::read_bounded(&path, MAX_RELEASE).ok()??;
    Some(Digest::of(&bytes))
}

/// The version that a generation's `release.json` states.
pub fn version_of(paths: &HostPaths, generation: u64) -> Option<String> {
    manifest_of(paths, generation).map(|manifest| manifest.version)
}

/// A generation's `release.json`; none where it is missing or damaged.
pub fn manifest_of(paths: &HostPaths, generation: u64) -> Option<Manifest> {
    let path = paths.generation(generation).join("release.json");
    let bytes = crate::files::read_bounded(&path, MAX_RELEASE).ok()??;
    Manifest::parse(&bytes, &Limits::default()).ok()
}

/// The numbers of the complete generations, ascending.
pub fn generations(paths: &HostPaths) -> Result<Vec<u64>, Error> {
    let folder = paths.generations();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("cannot list", &folder),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let entry = entry.at("cannot list", &folder)?;
        if let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}
