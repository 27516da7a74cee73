//! Hosts made by hand, held against a release line by line.

use cg_bundle_format::{DiskNeed, Image, PlainPath};

use super::*;
use crate::certificates::{Found, Maker};
use crate::facts::{Card, Gpu};
use crate::plan::tests::{choices, digest, facts, manifest};
use crate::plan::{self, Choices};

/// One change of a fitting host: the line that must come, its verdict, and words of its advice.
fn line(check: &str, verdict: Verdict, words: &str, bend: impl FnOnce(&mut Facts)) {
    let mut facts = facts();
    bend(&mut facts);
    has(&plan::preflight(&manifest(), digest(77), &choices(), &facts), check, verdict, words);
}

fn has(table: &Table, check: &str, verdict: Verdict, words: &str) {
    let found = table
        .lines
        .iter()
        .find(|line| line.check == check && line.verdict == verdict && line.advice.contains(words));
    assert!(found.is_some(), "no {verdict:?} {check} with {words:?} in\n{table}");
    assert_eq!(words.is_empty(), verdict == Verdict::Good, "each line that is not good says why");
}

#[test]
fn a_fitting_host_has_a_good_line_for_each_fact() {
    let table = plan::preflight(&manifest(), digest(77), &choices(), &facts());
    for check in [
        "processor",
        "instructions",
        "memory",
        "kernel",
        "C library",
        "cores",
        "memory size",
        "disk size",
        "rights",
        "systemd",
        "port",
        "cgroup",
        "podman",
        "sandbox",
        "policy",
        "installer",
        "installed",
        "clock",
        "disk",
    ] {
        has(&table, check, Verdict::Good, "");
    }
    // No GPU is nothing to be warned of.
    has(&table, "GPU", Verdict::Note, "no NVIDIA GPU");
    let text = table.to_string();
    assert_eq!(text.lines().filter(|line| !line.starts_with(' ')).count(), table.lines.len());
}

#[test]
fn what_is_only_bad_warns() {
    let warns = Verdict::Warns;
    line("cores", warns, "below the minimum", |f| f.machine.cpus = 2);
    line("memory size", warns, "below the minimum", |f| f.machine.memory_bytes = 7_900_000_000);
    line("disk size", warns, "below the minimum", |f| f.disks[0].total_bytes = 49_000_000_000);
    line("cgroup", warns, "unified_cgroup_hierarchy", |f| f.machine.has_cgroup2 = false);
    line("policy", warns, "restorecon", |f| f.machine.selinux_enforces = true);
    line("sandbox", warns, "lsm=landlock", |f| f.machine.security_modules = Some([].into()));
    line("GPU", warns, "driver is not loaded", |f| {
        f.machine.gpu = Gpu { on_bus: 2, ..Gpu::default() };
    });
    line("sandbox", Verdict::Note, "cannot be read", |f| f.machine.security_modules = None);
    line("C library", Verdict::Note, "not glibc", |f| f.machine.glibc = None);
}

#[test]
fn a_profile_that_is_named_must_be_reached() {
    let of = |profile, bend: fn(&mut Facts)| {
        let mut facts = facts();
        bend(&mut facts);
        let choices = Choices { profile: Some(profile), ..choices() };
        plan::preflight(&manifest(), digest(77), &choices, &facts)
    };
    let fits = |table: &Table| table.advice(Verdict::Blocks).is_empty();
    assert!(fits(&of(Profile::Minimum, |_| ())));
    let table = of(Profile::Recommended, |_| ());
    has(&table, "cores", Verdict::Blocks, "4 processor cores");
    has(&table, "disk size", Verdict::Blocks, "100 GB");
    has(&table, "GPU memory", Verdict::Warns, "8 GB");
    let large: fn(&mut Facts) = |facts| {
        facts.machine.cpus = 16;
        facts.machine.memory_bytes = 32_000_000_000;
        facts.disks[0].total_bytes = 500_000_000_000;
        facts.machine.gpu.cards =
            vec![Card { name: "NVIDIA A10".to_owned(), memory_bytes: 24_000_000_000 }];
    };
    let table = of(Profile::Production, large);
    assert!(fits(&table) && table.advice(Verdict::Warns).is_empty(), "{table}");
    has(&table, "GPU memory", Verdict::Good, "");
    let one_less: fn(&mut Facts) = |facts| {
        facts.machine.cpus = 15;
        facts.machine.memory_bytes = 32_000_000_000;
        facts.disks[0].total_bytes = 500_000_000_000;
    };
    assert_eq!(of(Profile::Production, one_less).advice(Verdict::Blocks).len(), 1);
}

#[test]
fn a_release_can_ask_for_newer_system_software() {
    let mut manifest = manifest();
    manifest.requires.glibc = "2.38".to_owned();
    manifest.requires.kernel = "6.6".to_owned();
    manifest.requires.systemd = "254".to_owned();
    let table = |facts: &Facts| plan::preflight(&manifest, digest(77), &choices(), facts);
    let old = table(&facts());
    has(&old, "C library", Verdict::Blocks, "glibc 2.36 is too old");
    has(&old, "kernel", Verdict::Blocks, "6.6 or newer");
    has(&old, "systemd", Verdict::Blocks, "254 or newer");
    let mut new = facts();
    new.machine.glibc = Some("2.41".to_owned());
    new.machine.kernel = "6.12.1".to_owned();
    new.machine.systemd = Some(257);
    assert!(table(&new).advice(Verdict::Blocks).is_empty());
    new.machine.glibc = None;
    has(&table(&new), "C library", Verdict::Blocks, "not glibc");
}

#[test]
fn an_installed_release_is_named_and_its_data_must_be_migratable() {
    let mut facts = facts();
    facts.existing.current = Some(3);
    facts.existing.current_version = Some("0.9.0".to_owned());
    facts.machine.ports_in_use = [8000].into();
    let mut manifest = manifest();
    let table = |manifest: &Manifest| plan::preflight(manifest, digest(77), &choices(), &facts);
    has(&table(&manifest), "installed", Verdict::Note, "does not say");
    manifest.migrates_from = vec!["0.8.0".to_owned()];
    has(&table(&manifest), "installed", Verdict::Blocks, "0.8.0, installed is 0.9.0");
    manifest.migrates_from.push("0.9.0".to_owned());
    has(&table(&manifest), "installed", Verdict::Good, "");
    // Its own port is not in its way.
    has(&table(&manifest), "port", Verdict::Good, "");
}

#[test]
fn images_are_unpacked_where_podman_is_and_need_room_there() {
    let mut manifest = manifest();
    manifest.images.push(Image {
        reference: "x".to_owned(),
        digest: digest(1),
        media_type: String::new(),
        size: 10_000_000,
        platform: "linux/amd64".to_owned(),
        component: "server".to_owned(),
    });
    manifest.disk.push(DiskNeed {
        phase: "images".to_owned(),
        component: "server".to_owned(),
        bytes: 1 << 40,
    });
    let mut facts = facts();
    facts.disks[0].folders.push(crate::facts::Folder::Images);
    let table = |facts: &Facts| plan::preflight(&manifest, digest(77), &choices(), facts);
    has(&table(&facts), "disk", Verdict::Warns, "to unpack the images");
    facts.machine.podman = Some("4.3.1".to_owned());
    has(&table(&facts), "podman", Verdict::Note, "knows no quadlets");
    facts.machine.podman = None;
    has(&table(&facts), "podman", Verdict::Note, "without podman");
    has(&table(&facts), "disk", Verdict::Good, "");
}

#[test]
fn a_component_that_runs_as_a_container_needs_podman() {
    let mut manifest = manifest();
    manifest.images.push(Image {
        reference: "x".to_owned(),
        digest: digest(1),
        media_type: String::new(),
        size: 1,
        platform: "linux/amd64".to_owned(),
        component: "server".to_owned(),
    });
    manifest.placements[0].path = PlainPath::new("quadlets/postgresql.container").unwrap();
    let component = manifest.placements[0].component.clone();
    let mut facts = facts();
    facts.machine.podman = None;
    let table = |facts: &Facts| plan::preflight(&manifest, digest(77), &choices(), facts);
    has(&table(&facts), "podman", Verdict::Blocks, &format!("--without {component}"));
    // Where it would listen nobody may listen yet.
    facts.machine.ports_in_use = [3000, 9090].into();
    assert!(!table(&facts).advice(Verdict::Blocks).iter().any(|line| line.contains("TCP port")));
    facts.machine.ports_in_use = [5432].into();
    has(&table(&facts), "port", Verdict::Blocks, "TCP port 5432");
}

#[test]
fn a_component_needs_its_port_and_the_way_out_is_named() {
    let mut manifest = manifest();
    manifest.placements[0].path = PlainPath::new("quadlets/postgresql.container").unwrap();
    let mut facts = facts();
    facts.machine.ports_in_use = [5432].into();
    let table = plan::preflight(&manifest, digest(77), &choices(), &facts);
    has(&table, "port", Verdict::Blocks, "TCP port 5432");
    has(&table, "port", Verdict::Blocks, "--without postgresql");
    // Without the component its port is nobody's business.
    let table = plan::preflight(&plan::tests::manifest(), digest(77), &choices(), &facts);
    assert!(!table.lines.iter().any(|line| line.found.contains("5432")));
}

#[test]
fn damaged_certificates_are_told() {
    line("certificate", Verdict::Warns, "tls.key is missing; bring a new one", |f| {
        let problem = Some("tls.key is missing".to_owned());
        f.certificates = Found { maker: Maker::Site, problem, ..Found::default() };
    });
}

#[test]
fn an_upgrade_needs_room_for_three_copies_of_the_state() {
    let mut facts = facts();
    let table = |facts: &Facts| plan::preflight(&manifest(), digest(77), &choices(), facts);
    facts.existing.store_bytes = facts.disks[0].free_bytes;
    has(&table(&facts), "disk", Verdict::Good, "");
    facts.existing.current = Some(1);
    has(&table(&facts), "disk", Verdict::Blocks, "bytes are needed");
    facts.existing.store_bytes = 1 << 20;
    has(&table(&facts), "disk", Verdict::Good, "");
    let line = table(&facts).lines.into_iter().find(|line| line.check == "disk").unwrap();
    assert!(
        line.need.contains("snapshot 1.0 MiB + migration 1.0 MiB + way back 1.0 MiB"),
        "{}",
        line.need
    );
}
