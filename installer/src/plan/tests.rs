//! Plans from facts made by hand: nothing of this machine decides.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use cg_bundle_format::{
    Carriage, Component, Encoding, Need, Origin, Placement, PlainPath, Replaces, Role,
};

use super::*;
use crate::facts::{Disk, Existing, Folder, Gpu, Machine};
use crate::journal::Phase;

pub(crate) fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

fn blob(byte: u8, size: u64) -> Blob {
    Blob {
        digest: digest(byte),
        size,
        encoding: Encoding::Identity,
        stored_digest: digest(byte),
        stored_size: size,
        chunk_size: 4096,
        chunk_list: digest(byte),
        media_type: String::new(),
        role: Role::File,
        component: "server".to_owned(),
        need: Need::Required,
        carriage: Carriage::Carried,
        origin: Origin { source: String::new(), checked: String::new() },
    }
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        format: 1,
        critical: Vec::new(),
        product: "codegraph".to_owned(),
        line: "1.0".to_owned(),
        version: "1.0.0".to_owned(),
        arch: "x86_64".to_owned(),
        release_counter: 1,
        replaces: Replaces::default(),
        issued: "2026-01-01T00:00:00Z".to_owned(),
        advise_after: "2027-01-01T00:00:00Z".to_owned(),
        minimum_installer: "0.1.0".to_owned(),
        migrates_from: Vec::new(),
        requires: Default::default(),
        alternatives: Vec::new(),
        format_note: digest(0),
        components: vec![Component {
            name: "server".to_owned(),
            need: Need::Required,
            summary: String::new(),
        }],
        blobs: vec![blob(1, 10_000_000), blob(2, 500)],
        front: Vec::new(),
        placements: vec![Placement {
            path: PlainPath::new("bin/a").unwrap(),
            blob: digest(1),
            mode: cg_bundle_format::Mode::Executable,
            component: "server".to_owned(),
        }],
        images: Vec::new(),
        artifacts: Vec::new(),
        models: Vec::new(),
        sboms: Vec::new(),
        disk: Vec::new(),
    }
}

pub(crate) fn facts() -> Facts {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    Facts {
        machine: Machine {
            arch: "x86_64".to_owned(),
            cpu_features: words(&["avx2", "fma", "f16c"]),
            cpus: 4,
            memory_bytes: 8 << 30,
            kernel: "6.1.0-18-amd64".to_owned(),
            systemd: Some(252),
            glibc: Some("2.36".to_owned()),
            has_cgroup2: true,
            podman: Some("5.4.2".to_owned()),
            security_modules: Some(words(&["landlock", "apparmor"])),
            selinux_enforces: false,
            gpu: Gpu::default(),
            ports_in_use: BTreeSet::new(),
            is_superuser: true,
            clock: 1_780_000_000,
        },
        disks: vec![Disk {
            folders: vec![Folder::Product, Folder::Data, Folder::State],
            path: PathBuf::from("/"),
            free_bytes: 1 << 30,
            total_bytes: 64 << 30,
        }],
        existing: Existing::default(),
        certificates: Default::default(),
    }
}

pub(crate) fn choices() -> Choices {
    Choices {
        selection: Selection::all(&manifest()),
        gate: GateChoice::Run,
        scope: Scope::System,
        topped_up: BTreeSet::new(),
        chosen: Vec::new(),
        profile: None,
        tls: Tls::default(),
        intent: Intent::Install,
    }
}

const RELEASE: u8 = 77;

fn planned(facts: &Facts) -> Result<Plan, Error> {
    plan(&manifest(), digest(RELEASE), &choices(), facts)
}

/// One change of the facts, and the words that must come back as a preflight failure.
fn blocked(words: &str, change: impl FnOnce(&mut Facts)) {
    let mut changed = facts();
    change(&mut changed);
    let error = planned(&changed).unwrap_err();
    assert_eq!(error.exit_code(), 4, "{error}");
    assert!(error.to_string().contains(words), "expected {words:?} in: {error}");
}

#[test]
fn a_fitting_host_gets_the_whole_plan_in_order() {
    let plan = planned(&facts()).unwrap();
    let text = plan.to_string();
    assert_eq!(plan.new_bytes, 10_000_500);
    assert_eq!((plan.generation, plan.replaces), (1, None));
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    let words = [
        "blobs",
        "generation 1",
        "secrets",
        "configuration",
        "units",
        "migrate",
        "current",
        "start",
        "gate",
        "open",
        "receipt",
    ];
    assert_eq!(lines.len(), words.len(), "{text}");
    for (line, word) in lines.iter().zip(words) {
        assert!(line.contains(word), "{line} must speak of {word}");
    }
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
}

#[test]
fn every_way_in_which_a_host_does_not_fit_is_said() {
    blocked("AVX2, F16C", |f| f.machine.cpu_features = BTreeSet::from(["fma".to_owned()]));
    blocked("kernel 4.19.0 is too old", |f| f.machine.kernel = "4.19.0".to_owned());
    blocked("systemd 232 is too old", |f| f.machine.systemd = Some(232));
    blocked("not started by systemd", |f| f.machine.systemd = None);
    blocked("TCP port 8000", |f| f.machine.ports_in_use = BTreeSet::from([8000]));
    blocked("needs root", |f| f.machine.is_superuser = false);
    blocked("has aarch64", |f| f.machine.arch = "aarch64".to_owned());
    blocked("1000 bytes free", |f| f.disks[0].free_bytes = 1000);
}

#[test]
fn all_obstacles_are_told_at_once() {
    let mut bad = facts();
    bad.machine.systemd = None;
    bad.disks[0].free_bytes = 0;
    let text = planned(&bad).unwrap_err().to_string();
    assert!(text.contains("systemd") && text.contains("bytes free"), "{text}");
}

#[test]
fn a_wrong_clock_warns_and_blocks_nothing() {
    for (clock, words) in [(0, "issued"), (4_070_908_800, "the release is old")] {
        let mut facts = facts();
        facts.machine.clock = clock;
        let plan = planned(&facts).unwrap();
        assert!(plan.warnings.iter().any(|warning| warning.contains(words)), "{:?}", plan.warnings);
    }
}

#[test]
fn a_blob_that_is_neither_carried_nor_held_stops_before_any_change() {
    let mut manifest = manifest();
    manifest.blobs[1].carriage = Carriage::Expected;
    let absent = plan(&manifest, digest(RELEASE), &choices(), &facts()).unwrap_err();
    assert_eq!(absent.exit_code(), 4);
    assert!(absent.to_string().contains(&digest(2).hex()));
    let mut held = facts();
    held.existing.held.insert(digest(2));
    assert_eq!(plan(&manifest, digest(RELEASE), &choices(), &held).unwrap().new_bytes, 10_000_000);
}

#[test]
fn an_interrupted_run_keeps_its_number_and_needs_only_the_rest_of_the_room() {
    let mut facts = facts();
    facts.existing.journal_release = Some(digest(RELEASE));
    facts.existing.journal_generation = Some(4);
    facts.existing.phase = Phase::Ingest;
    facts.existing.partial_bytes = BTreeMap::from([(digest(1), 9_000_000)]);
    let resumed = planned(&facts).unwrap();
    assert_eq!((resumed.generation, resumed.resumed_bytes), (4, 9_000_000));
    facts.disks[0].free_bytes = (1_000_500) + (84 << 20);
    assert!(planned(&facts).is_ok());
    facts.existing.partial_bytes.clear();
    assert_eq!(planned(&facts).unwrap_err().exit_code(), 4);
}

/// A host that has generation 1 of another release, with its service on the port.
fn with_a_release() -> Facts {
    let mut facts = facts();
    facts.existing = Existing {
        current: Some(1),
        current_release: Some(digest(99)),
        generations: vec![1],
        phase: Phase::Committed,
        journal_release: Some(digest(99)),
        journal_generation: Some(1),
        has_config: true,
        ..Existing::default()
    };
    facts.machine.ports_in_use = BTreeSet::from([8000]);
    facts
}

#[test]
fn nothing_is_planned_while_a_switch_is_under_way() {
    let mut facts = with_a_release();
    for phase in [
        Phase::Pending { from: Some(1), to: 2, snapshot: None },
        Phase::Proven { to: 2, gate: Vec::new() },
    ] {
        facts.existing.phase = phase;
        let error = planned(&facts).unwrap_err();
        assert!(error.to_string().contains("codegraph-install recover"), "{error}");
    }
}

#[test]
fn a_release_that_is_in_use_needs_nothing() {
    let mut facts = with_a_release();
    facts.existing.current_release = Some(digest(RELEASE));
    assert!(planned(&facts).unwrap().steps.is_empty());
}

#[test]
fn an_installed_host_is_upgraded_and_an_empty_one_installed() {
    let upgrade = Choices { intent: Intent::Upgrade, ..choices() };
    let refused = planned(&with_a_release()).unwrap_err();
    assert!(refused.to_string().contains("codegraph-install upgrade"), "{refused}");
    let refused = plan(&manifest(), digest(RELEASE), &upgrade, &facts()).unwrap_err();
    assert!(refused.to_string().contains("codegraph-install install"), "{refused}");
    // The port is taken by the service that is replaced.
    let plan = plan(&manifest(), digest(RELEASE), &upgrade, &with_a_release()).unwrap();
    assert_eq!((plan.generation, plan.replaces), (2, Some(1)));
    let words: Vec<String> = plan.steps.iter().map(ToString::to_string).collect();
    let from_stop: Vec<&str> =
        words.iter().map(String::as_str).skip_while(|step| !step.starts_with("close")).collect();
    assert_eq!(
        from_stop,
        [
            "close generation 1 for writing, let it end its work, stop it",
            "keep a snapshot of the service's state",
            "write units, make the users codegraph and codegraph-llm",
            "migrate the service's data with the candidate's own program",
            "switch from generation 1 to 2",
            "start the services, closed for writing",
            "health gate: index and query a sample, ask the model; take all back if it fails",
            "open for writing",
            "write the signed receipt, then the trust state",
            "keep the newest 2 generations, remove what only older ones need",
        ]
    );
}
