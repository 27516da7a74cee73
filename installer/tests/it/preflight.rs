//! `preflight`, `doctor` and the choice of builds, by the real program on machines made of files.

use std::fs;

use cg_bundle_format::Manifest;
use serde_json::Value;

use crate::fixture::{Bundle, Recipe, bundle, two_builds};
use crate::machine::{Machine, listening};
use crate::run::{at, install_line, json, line, program, talk};

/// The lines of a report by what they look at, the rights of the tester left out.
fn report(machine: &Machine, arguments: &[&str]) -> (Value, Option<i32>) {
    let mut line = vec!["codegraph-install".to_owned(), "--json".to_owned(), machine.option()];
    line.push("preflight".to_owned());
    line.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let output = program(&line);
    (json(&output), output.status.code())
}

fn found<'a>(report: &'a Value, check: &str) -> &'a Value {
    let lines = report["lines"].as_array().unwrap();
    lines.iter().find(|line| line["check"] == check).unwrap_or_else(|| panic!("no line {check}"))
}

#[test]
fn every_fact_of_a_machine_is_read_and_told() {
    let machine = Machine::with_gpu("535.183.01");
    let (report, _) = report(&machine, &[]);
    for (check, text) in [
        ("processor", "x86_64"),
        ("instructions", "AVX2, FMA, F16C"),
        ("memory", "31.1 GiB"),
        ("kernel", "6.1.0-28-amd64"),
        ("C library", "glibc 2.36"),
        ("cores", "8"),
        ("GPU", "NVIDIA L4 with 22.4 GiB, driver 535.183.01"),
        ("systemd", "252"),
        ("port", "8000 free"),
        ("cgroup", "version 2"),
        ("podman", "4.3.1"),
        ("sandbox", "apparmor, capability, landlock, lockdown, yama"),
        ("policy", "AppArmor"),
    ] {
        let line = found(&report, check);
        assert_eq!(
            (line["found"].as_str(), &line["verdict"]),
            (Some(text), &"good".into()),
            "{check}"
        );
    }
}

#[test]
fn what_a_machine_lacks_is_told_with_exit_code_4() {
    let machine = Machine::fitting();
    machine.file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu sse4_2 avx\n");
    machine.file("proc/sys/kernel/osrelease", "4.19.0-27-amd64\n");
    machine.file("proc/net/tcp6", &listening(&[8000]));
    machine.remove("run/systemd/system");
    machine.remove("sys/fs/cgroup");
    machine.remove("usr/bin/podman");
    machine.file("sys/fs/selinux/enforce", "1");
    machine.file("sys/kernel/security/lsm", "capability,selinux");
    let (report, code) = report(&machine, &[]);
    assert_eq!((code, &report["fits"]), (Some(4), &false.into()));
    for (check, verdict, words) in [
        ("instructions", "blocks", "no AVX2, FMA, F16C"),
        ("kernel", "blocks", "kernel 4.19.0-27-amd64 is too old"),
        ("port", "blocks", "TCP port 8000"),
        ("systemd", "blocks", "not started by systemd"),
        ("cgroup", "warns", "unified"),
        ("policy", "warns", "SELinux"),
        ("sandbox", "warns", "Landlock"),
    ] {
        let line = found(&report, check);
        assert_eq!(line["verdict"], verdict, "{check}");
        assert!(line["advice"].as_str().unwrap().contains(words), "{line}");
    }
    assert_eq!(found(&report, "podman")["found"], "none");
}

#[test]
fn a_profile_is_the_row_of_the_hardware_table() {
    let machine = Machine::fitting();
    let (report, code) = report(&machine, &["--profile", "production"]);
    assert_eq!(code, Some(4));
    let cores = found(&report, "cores");
    assert_eq!((&cores["found"], &cores["need"]), (&"8".into(), &"16".into()));
    assert_eq!(found(&report, "memory size")["need"], "32 GB");
    assert_eq!(found(&report, "memory size")["verdict"], "good");
    assert_eq!(found(&report, "disk size")["need"], "500 GB");
    assert_eq!(found(&report, "GPU memory")["need"], "24 GB");
    assert_eq!(found(&report, "GPU memory")["verdict"], "warns");
}

fn made(folder: &std::path::Path) -> Bundle {
    bundle(&folder.join("media"), &Recipe { bend: two_builds, ..Recipe::default() })
}

#[test]
fn the_build_for_the_gpu_is_installed_where_one_serves_and_the_reason_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = made(folder.path());
    let old = Machine::with_gpu("470.256.02");
    let cases = [
        (
            Machine::with_gpu("535.183.01"),
            &[][..],
            "models/tiny/model.gguf",
            "llm-cuda",
            "NVIDIA L4",
        ),
        (old, &[], "lib/libduckdb.so", "llm", "470.256.02 is too old"),
        (Machine::fitting(), &[], "lib/libduckdb.so", "llm", "no NVIDIA GPU"),
        (
            Machine::with_gpu("535.183.01"),
            &["--without-gpu"],
            "lib/libduckdb.so",
            "llm",
            "the operator",
        ),
    ];
    for (number, (machine, more, content, component, reason)) in cases.into_iter().enumerate() {
        let root = folder.path().join(number.to_string());
        let mut line = install_line(&root, &bundle);
        line.insert(1, machine.option());
        line.extend(more.iter().map(|option| (*option).to_owned()));
        let mut plan = line.clone();
        *plan.iter_mut().find(|word| *word == "install").unwrap() = "plan".to_owned();
        let planned = json(&program(&plan));
        assert_eq!(planned["chosen"][0]["component"], component);
        let words = planned["chosen"][0]["reason"].as_str().unwrap();
        assert!(words.contains(reason), "expected {reason:?} in {words:?}");
        plan.retain(|word| word != "--json");
        let text = String::from_utf8(program(&plan).stdout).unwrap();
        assert!(
            text.contains(&format!("chosen      {component}: ")) && text.contains(reason),
            "{text}"
        );
        let done = program(&line);
        assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
        let installed = fs::read(at(&root, "/opt/codegraph/current/bin/codegraph-llm")).unwrap();
        assert_eq!(installed, bundle.contents[content], "case {number}");
    }
}

#[test]
fn the_same_bundle_given_again_follows_the_gpu_that_came_or_went() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = made(folder.path());
    let root = folder.path().join("host");
    let (without, with) = (Machine::with_gpu("470.256.02"), Machine::with_gpu("535.183.01"));
    let on = |machine: &Machine, verb: &str, more: &[&str]| {
        let mut line = install_line(&root, &bundle);
        *line.iter_mut().find(|word| *word == "install").unwrap() = verb.to_owned();
        line.insert(1, machine.option());
        line.extend(more.iter().map(|option| (*option).to_owned()));
        let done = program(&line);
        assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
        json(&done)
    };
    let status = || json(&program(&line(&root, &["status"])));
    let seen = |content: &str, accelerator: Value| {
        let installed = fs::read(at(&root, "/opt/codegraph/current/bin/codegraph-llm")).unwrap();
        assert_eq!(installed, bundle.contents[content]);
        assert_eq!(status()["accelerator"], accelerator);
    };
    assert_eq!(on(&without, "install", &[])["changed"], true);
    seen("lib/libduckdb.so", Value::Null);
    assert_eq!(on(&without, "upgrade", &[])["changed"], false);
    // The driver is new enough now.
    assert_eq!(on(&with, "plan", &[])["replaces"], 1);
    assert_eq!(on(&with, "upgrade", &[])["changed"], true);
    seen("models/tiny/model.gguf", "cuda".into());
    assert_eq!(status()["generation"], 2);
    assert_eq!(on(&with, "upgrade", &[])["changed"], false);
    let mut doctor = line(&root, &["doctor"]);
    doctor.insert(1, without.option());
    assert_eq!(
        program(&doctor).status.code(),
        Some(0),
        "an old driver is there: its release decides"
    );
    let none = Machine::fitting();
    doctor[1] = none.option();
    let sick = program(&doctor);
    assert_eq!(sick.status.code(), Some(1));
    assert!(talk(&sick).contains("upgrade --without-gpu"), "{}", talk(&sick));
    assert_eq!(on(&with, "upgrade", &["--without-gpu"])["changed"], true);
    seen("lib/libduckdb.so", Value::Null);
    assert_eq!(status()["generation"], 3);
    assert_eq!(program(&line(&root, &["rollback"])).status.code(), Some(0));
    seen("models/tiny/model.gguf", "cuda".into());
}

#[test]
fn a_bundle_that_needs_a_newer_c_library_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let bend: fn(&mut Manifest) = |manifest| manifest.requires.glibc = "2.38".to_owned();
    let bundle = bundle(&folder.path().join("media"), &Recipe { bend, ..Recipe::default() });
    let root = folder.path().join("host");
    fs::create_dir(&root).unwrap();
    let mut line = install_line(&root, &bundle);
    line.insert(1, Machine::fitting().option());
    let machine = Machine::fitting();
    line[1] = machine.option();
    let refused = program(&line);
    assert_eq!(refused.status.code(), Some(4));
    assert!(talk(&refused).contains("glibc 2.36 is too old"), "{}", talk(&refused));
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
    machine.file("lib/x86_64-linux-gnu/libc.so.6", "GLIBC_2.38");
    assert_eq!(program(&line).status.code(), Some(0));
}

#[test]
fn the_doctor_finds_what_was_broken_and_names_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    let machine = Machine::fitting();
    assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
    let mut line = line(&root, &["doctor"]);
    line.insert(1, machine.option());
    let healthy = program(&line);
    assert_eq!(healthy.status.code(), Some(0), "{}", talk(&healthy));
    assert_eq!(json(&healthy)["healthy"], true);
    let sick = |words: &str| {
        let output = program(&line);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(talk(&output).contains(words), "expected {words:?} in {}", talk(&output));
    };
    let jwt = at(&root, "/etc/codegraph/credentials/api.jwt_secret");
    set_mode(&jwt, 0o644);
    sick("is open to others (mode 0644)");
    set_mode(&jwt, 0o600);
    let config = at(&root, "/etc/codegraph/config.yaml");
    let text = fs::read(&config).unwrap();
    fs::remove_file(&config).unwrap();
    sick("config.yaml is missing; copy it from");
    fs::write(&config, text).unwrap();
    let library = at(&root, "/opt/codegraph/current/lib/libduckdb.so");
    fs::remove_file(&library).unwrap();
    sick("the first is lib/libduckdb.so");
    fs::write(&library, "short").unwrap();
    sick("missing or have another size");
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
