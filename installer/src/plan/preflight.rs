//! What of the host is held against the release before anything is written.

use cg_bundle_format::{Blob, Manifest};
use serde::Serialize;

use super::{Choices, Scope};
use crate::clock;
use crate::facts::{Disk, Facts, Folder};
use crate::sizes;

/// Processor features without which the programs cannot run.
const CPU_FEATURES: [(&str, &str); 3] = [("avx2", "AVX2"), ("fma", "FMA"), ("f16c", "F16C")];
/// Oldest kernel, as (major, minor).
const OLDEST_KERNEL: (u32, u32) = (5, 10);
/// This program.
const INSTALLER: &str = env!("CARGO_PKG_VERSION");
/// Oldest systemd.
const OLDEST_SYSTEMD: u32 = 247;
/// The port that the server listens on by default.
const PORT: u16 = 8000;
/// Memory that the server and its workers take beside the models.
const MEMORY_BESIDE_MODELS: u64 = 1 << 30;
/// Room for the journal, receipts and the control store of a new installation.
const STATE_BYTES: u64 = 16 << 20;
/// Room that a new installation's data need before anything is indexed.
const DATA_BYTES: u64 = 64 << 20;
/// A journal line for each chunk, folders, links.
const OVERHEAD_BYTES: u64 = 4 << 20;

/// Something worth saying about the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What follows from it.
    pub weight: Weight,
    /// The sentence.
    pub text: String,
}

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// The release is not installed.
    Blocks,
    /// The operator is told.
    Warns,
}

fn blocks(text: impl Into<String>) -> Finding {
    Finding { weight: Weight::Blocks, text: text.into() }
}

fn warns(text: impl Into<String>) -> Finding {
    Finding { weight: Weight::Warns, text: text.into() }
}

/// Processor, memory, kernel, systemd, ports, clock.
pub(super) fn machine(
    manifest: &Manifest,
    choices: &Choices,
    facts: &Facts,
    is_resumed: bool,
) -> Vec<Finding> {
    let machine = &facts.machine;
    let mut findings = Vec::new();
    if machine.arch != manifest.arch {
        findings.push(blocks(format!(
            "the release is for {} processors, this host has {}; bring the bundle for {}",
            manifest.arch, machine.arch, machine.arch
        )));
    }
    if numbers(&manifest.minimum_installer) > numbers(INSTALLER) {
        findings.push(blocks(format!(
            "the release needs codegraph-install {} or newer, this is {INSTALLER}; use the one that came with the bundle",
            manifest.minimum_installer
        )));
    }
    let missing: Vec<&str> = CPU_FEATURES
        .iter()
        .filter(|(flag, _)| !machine.cpu_features.contains(*flag))
        .map(|(_, name)| *name)
        .collect();
    if !missing.is_empty() {
        findings.push(blocks(format!(
            "the processor has no {}; the models need it (in a virtual machine pass the host's processor through)",
            missing.join(", ")
        )));
    }
    let models: u64 = manifest
        .models
        .iter()
        .filter(|m| choices.selection.has(&m.component))
        .map(|m| m.memory_bytes)
        .sum();
    let comfortable = models.saturating_add(MEMORY_BESIDE_MODELS);
    if machine.memory_bytes < models {
        findings.push(blocks(format!(
            "the models need {} of memory, this host has {}; leave out an optional model with --without or add memory",
            sizes::text(models),
            sizes::text(machine.memory_bytes)
        )));
    } else if machine.memory_bytes < comfortable {
        findings.push(warns(format!(
            "memory is tight: {} on this host, {} advised for the models and the server",
            sizes::text(machine.memory_bytes),
            sizes::text(comfortable)
        )));
    }
    if version_pair(&machine.kernel).is_none_or(|version| version < OLDEST_KERNEL) {
        findings.push(blocks(format!(
            "kernel {} is too old; {}.{} or newer is needed for the sandbox of the workers",
            machine.kernel, OLDEST_KERNEL.0, OLDEST_KERNEL.1
        )));
    }
    if choices.scope == Scope::System {
        findings.extend(system(facts, is_resumed));
    }
    findings.extend(clock_findings(manifest, machine.clock));
    findings
}

fn system(facts: &Facts, is_resumed: bool) -> Vec<Finding> {
    let machine = &facts.machine;
    let mut findings = Vec::new();
    if !machine.is_superuser {
        findings.push(blocks(
            "installing into the running system needs root; use sudo, or --root DIR for a folder",
        ));
    }
    match machine.systemd {
        None => findings.push(blocks(
            "this system was not started by systemd, so the services could not be started; use --root DIR to install files only",
        )),
        Some(version) if version < OLDEST_SYSTEMD => {
            findings.push(blocks(format!("systemd {version} is too old; {OLDEST_SYSTEMD} or newer is needed")));
        }
        Some(_) => {}
    }
    if machine.ports_in_use.contains(&PORT) && !is_resumed {
        findings.push(blocks(format!(
            "somebody listens on TCP port {PORT}; stop that service, or move it to another port"
        )));
    }
    findings
}

/// The clock may be wrong: nothing is refused for it.
fn clock_findings(manifest: &Manifest, now: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    if clock::seconds(&manifest.issued).is_some_and(|issued| now < issued) {
        findings.push(warns(format!(
            "the clock of this host says {}, the release was issued {}; receipts and logs will bear wrong times",
            clock::text(now),
            manifest.issued
        )));
    }
    if clock::seconds(&manifest.advise_after).is_some_and(|advise| now > advise) {
        findings.push(warns(format!(
            "the release is old: a newer one was advised after {}",
            manifest.advise_after
        )));
    }
    findings
}

/// Blobs that nothing on the media carries and the store does not hold.
pub(super) fn expected_blobs(absent: &[&Blob]) -> Vec<Finding> {
    let bytes: u64 = absent.iter().map(|blob| blob.size).fold(0, u64::saturating_add);
    match absent.first() {
        None => Vec::new(),
        Some(first) => vec![blocks(format!(
            "the bundle leaves out {} blobs ({}) that this host does not have, or has damaged; the first is {}; bring a bundle that carries everything, or a top-up",
            absent.len(),
            sizes::text(bytes),
            first.digest
        ))],
    }
}

/// Room on each file system.
pub(super) fn disks(
    manifest: &Manifest,
    choices: &Choices,
    facts: &Facts,
    store_bytes: u64,
) -> Vec<Finding> {
    facts
        .disks
        .iter()
        .filter_map(|disk| disk_finding(manifest, choices, disk, store_bytes))
        .collect()
}

fn disk_finding(
    manifest: &Manifest,
    choices: &Choices,
    disk: &Disk,
    store_bytes: u64,
) -> Option<Finding> {
    let need: u64 = disk
        .folders
        .iter()
        .map(|folder| match folder {
            // `ingest` is counted from the blobs themselves; images are unpacked by podman, elsewhere.
            Folder::Product => {
                let stated: u64 = manifest
                    .disk
                    .iter()
                    .filter(|need| {
                        need.phase == "generation" && choices.selection.has(&need.component)
                    })
                    .map(|need| need.bytes)
                    .fold(0, u64::saturating_add);
                store_bytes.saturating_add(stated).saturating_add(OVERHEAD_BYTES)
            }
            Folder::Data => DATA_BYTES,
            Folder::State => STATE_BYTES,
        })
        .fold(0, u64::saturating_add);
    (disk.free_bytes < need).then(|| {
        blocks(format!(
            "the file system of {} has {} bytes free ({}), {need} bytes are needed ({})",
            disk.path.display(),
            disk.free_bytes,
            sizes::text(disk.free_bytes),
            sizes::text(need)
        ))
    })
}

/// `1.10.2` → [1, 10, 2]; what follows another character than a digit or a point does not count.
fn numbers(version: &str) -> Vec<u64> {
    let plain = version.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
    plain.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// `6.1.0-18-amd64` → (6, 1).
fn version_pair(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
