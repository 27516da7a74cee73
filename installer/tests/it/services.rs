//! An installation into a running system, with a stand-in for systemd: which files, which orders, which way back.

use std::fs;
use std::path::Path;

use codegraph_install::accelerator::{self, Wish};
use codegraph_install::apply::{self, Job};
use codegraph_install::error::Error;
use codegraph_install::facts::{self, Facts, Gpu};
use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{HostPaths, Outcome, SystemHost};
use codegraph_install::media::Media;
use codegraph_install::plan::{self, Choices, GateChoice, Scope};
use codegraph_install::progress::Talk;
use codegraph_install::trust_state::Said;
use codegraph_install::uninstall::{self, Extent, Verdict};
use codegraph_install::{bundle, files, units};

use crate::fixture::{self, Recipe};

/// A host on which every program whose command line contains `bad` fails.
pub(crate) fn host(bad: &'static str) -> FaultyHost<SystemHost> {
    FaultyHost::new(SystemHost, Fault::Death, 0).answering(Box::new(move |program| {
        let fails = !bad.is_empty() && program.line().contains(bad);
        Ok(Outcome {
            code: Some(i32::from(fails)),
            stdout: "sample: good\n".to_owned(),
            stderr: if fails { "it broke".to_owned() } else { String::new() },
            timed_out: false,
        })
    }))
}

/// This machine, as if systemd had started it and nobody listened on the port.
fn fitting(mut facts: Facts) -> Facts {
    facts.machine.systemd = Some(252);
    facts.machine.is_superuser = true;
    facts.machine.ports_in_use.clear();
    facts
}

fn install(host: &FaultyHost<SystemHost>, folder: &Path) -> Result<apply::Applied, Error> {
    let made = fixture::bundle(&folder.join("media"), &Recipe::default());
    bring(host, folder, &made, plan::Intent::Install)
}

/// The way of `install` and `upgrade` from a bundle, on a folder that is treated like the running system.
pub(crate) fn bring(
    host: &FaultyHost<SystemHost>,
    folder: &Path,
    made: &fixture::Bundle,
    intent: plan::Intent,
) -> Result<apply::Applied, Error> {
    bring_on(host, folder, made, intent, &Gpu::default())
}

/// The same on a host with this graphics processor.
pub(crate) fn bring_on(
    host: &FaultyHost<SystemHost>,
    folder: &Path,
    made: &fixture::Bundle,
    intent: plan::Intent,
    gpu: &Gpu,
) -> Result<apply::Applied, Error> {
    let paths = HostPaths::rehearsal(&folder.join("host"));
    files::make_dir(host, &paths.state(), 0o700)?;
    let claims = Said::Fingerprint(made.fingerprint).into();
    let checked = bundle::check(&paths, &made.volumes, &claims, Talk::Silent)?;
    let manifest = checked.release.manifest();
    let (selection, chosen) = accelerator::select(manifest, &[], gpu, Wish::ByHost)?;
    let choices = Choices {
        selection,
        gate: GateChoice::Run,
        scope: Scope::System,
        topped_up: Default::default(),
        chosen,
        profile: None,
        tls: Default::default(),
        intent,
    };
    let facts = fitting(facts::gather(host, &paths, manifest)?);
    let plan = plan::plan(manifest, checked.release.digest(), &choices, &facts)?;
    if plan.steps.is_empty() {
        return Ok(apply::Applied {
            receipt: String::new(),
            gate: Vec::new(),
            ingest: Default::default(),
        });
    }
    let (media, _) = Media::open(&paths, &made.volumes, &claims)?;
    let job = Job {
        top_ups: &[],
        host,
        paths: &paths,
        release: &checked.release,
        facts: &facts,
        choices: &choices,
        plan: &plan,
        accepted: &checked.accepted,
        talk: Talk::Silent,
    };
    apply::apply(&job, media)
}

/// The programs that were run, without the folder of the test.
fn programs(host: &FaultyHost<SystemHost>, folder: &Path) -> Vec<String> {
    let root = folder.join("host").display().to_string();
    host.log()
        .iter()
        .filter_map(|step| step.strip_prefix("run "))
        // Looking at the machine changes nothing; what it asks depends on what is there.
        .filter(|line| !line.ends_with(" --version"))
        .map(|line| line.replace(&root, ""))
        .collect()
}

#[test]
fn timers_of_the_release_run_from_the_installation_to_the_removal() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let generation = folder.path().join("generation");
    fs::create_dir_all(generation.join("units")).unwrap();
    let files = ["certificates.service", "certificates.timer", "backup@.service", "backup@.timer"]
        .map(|name| format!("codegraph-{name}"));
    for name in &files {
        let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd").join(name);
        fs::copy(unit, generation.join("units").join(name)).unwrap();
    }
    let paths = HostPaths::rehearsal(&root);
    let units = root.join("etc/systemd/system");
    let came = host("");
    units::install(&came, &paths, &generation).unwrap();
    assert_eq!(
        programs(&came, folder.path()),
        [
            "systemctl daemon-reload",
            "systemctl enable --now codegraph-certificates.timer",
            "systemctl enable --now codegraph-backup@daily.timer",
            "systemctl enable --now codegraph-backup@weekly.timer",
        ]
    );
    assert!(files.iter().all(|name| units.join(name).exists()));
    // What a site decides about its backups stays: one that it has masked, and one more that it wants.
    let wants = units.join("timers.target.wants");
    fs::create_dir_all(&wants).unwrap();
    std::os::unix::fs::symlink("/dev/null", units.join("codegraph-backup@weekly.timer")).unwrap();
    let hourly = wants.join("codegraph-backup@hourly.timer");
    std::os::unix::fs::symlink(units.join("codegraph-backup@.timer"), &hourly).unwrap();
    let again = host("");
    units::install(&again, &paths, &generation).unwrap();
    let ran = programs(&again, folder.path());
    assert_eq!(ran.last().unwrap(), "systemctl enable --now codegraph-backup@daily.timer");
    assert!(fs::symlink_metadata(&hourly).is_ok());
    let went = host("");
    units::remove(&went, &paths).unwrap();
    let ran = programs(&went, folder.path());
    for name in ["certificates", "backup@daily", "backup@weekly", "backup@hourly"] {
        let stop = format!("systemctl disable --now codegraph-{name}.timer");
        let of_service = format!("systemctl stop codegraph-{name}.service");
        assert!(ran.contains(&stop) && ran.contains(&of_service), "{name}: {ran:?}");
    }
    let left = fixture::tree(&units);
    assert_eq!(left.keys().collect::<Vec<_>>(), ["timers.target.wants"]);
}

#[test]
fn a_release_without_backups_stops_those_of_the_one_that_it_takes_the_place_of() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let paths = HostPaths::rehearsal(&root);
    let (with, without) = (folder.path().join("with"), folder.path().join("without"));
    for generation in [&with, &without] {
        fs::create_dir_all(generation.join("units")).unwrap();
    }
    for name in ["codegraph-backup@.service", "codegraph-backup@.timer"] {
        let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd").join(name);
        fs::copy(unit, with.join("units").join(name)).unwrap();
    }
    units::install(&host(""), &paths, &with).unwrap();
    let next = host("");
    units::reinstall(&next, &paths, &without).unwrap();
    let ran = programs(&next, folder.path());
    assert!(ran.contains(&"systemctl disable --now codegraph-backup@daily.timer".to_owned()));
    assert!(!root.join("etc/systemd/system/codegraph-backup@.timer").exists());
    let back = host("");
    units::reinstall(&back, &paths, &with).unwrap();
    let ran = programs(&back, folder.path());
    let start = "systemctl enable --now --no-block codegraph-backup@daily.timer";
    assert!(ran.contains(&start.to_owned()), "{ran:?}");
}

const STOPPING: [&str; 8] = [
    "systemctl stop codegraph.service",
    "systemctl disable codegraph.service",
    "systemctl stop codegraph-llm.service",
    "systemctl disable codegraph-llm.service",
    "systemctl stop codegraph-registry.service",
    "systemctl disable codegraph-registry.service",
    "systemctl disable codegraph.target",
    "systemctl stop codegraph.target",
];

#[test]
fn services_are_prepared_started_proven_and_only_then_enabled() {
    let folder = tempfile::tempdir().unwrap();
    let host = host("");
    install(&host, folder.path()).unwrap();
    assert_eq!(
        programs(&host, folder.path()),
        [
            "systemctl daemon-reload",
            "systemctl enable codegraph-recover.service",
            "systemd-sysusers /etc/sysusers.d/codegraph.conf",
            "systemd-tmpfiles --create /etc/tmpfiles.d/codegraph.conf",
            "systemctl daemon-reload",
            "/opt/codegraph/generations/1/bin/codegraph db migrate --config /etc/codegraph/config.yaml --data /var/lib/codegraph",
            "systemctl reset-failed codegraph-registry.service",
            "systemctl restart codegraph-registry.service",
            "systemctl reset-failed codegraph-llm.service",
            "systemctl restart codegraph-llm.service",
            "systemctl reset-failed codegraph.service",
            "systemctl restart codegraph.service",
            "/opt/codegraph/generations/1/bin/codegraph gate --config /etc/codegraph/config.yaml --data /var/lib/codegraph --url http://127.0.0.1:8000",
            "systemctl enable codegraph.target codegraph-registry.service codegraph-llm.service codegraph.service",
            "systemctl start codegraph.target",
        ]
    );
    let unit = fs::read_to_string(folder.path().join("host/etc/systemd/system/codegraph.service"))
        .unwrap();
    assert_eq!(unit, include_str!("../../../systemd/codegraph.service"));
}

/// The release after the one that [`install`] installs.
fn next(folder: &Path) -> fixture::Bundle {
    let recipe = Recipe { version: "1.0.1", counter: 8, ..Recipe::default() };
    fixture::bundle(&folder.join("next"), &recipe)
}

#[test]
fn an_upgrade_stops_keeps_migrates_starts_closed_and_only_then_opens() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    install(&host(""), folder.path()).unwrap();
    let mark = root.join("var/lib/codegraph/closed-for-writing");
    assert!(!mark.exists());
    let seen = mark.clone();
    let closed = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = std::sync::Arc::clone(&closed);
    let host = FaultyHost::new(SystemHost, Fault::Death, 0).answering(Box::new(move |program| {
        noted.lock().unwrap().push((program.line(), seen.exists()));
        Ok(Outcome {
            code: Some(0),
            stdout: String::new(),
            stderr: String::new(),
            timed_out: false,
        })
    }));
    bring(&host, folder.path(), &next(folder.path()), plan::Intent::Upgrade).unwrap();
    assert_eq!(
        programs(&host, folder.path()),
        [
            "systemctl daemon-reload",
            "systemctl enable codegraph-recover.service",
            "systemctl stop codegraph.service",
            "systemctl stop codegraph-llm.service",
            "systemctl stop codegraph-registry.service",
            "/opt/codegraph/generations/1/bin/codegraph db snapshot --to /var/lib/codegraph/backups/generation-1-before-2.db --config /etc/codegraph/config.yaml --data /var/lib/codegraph",
            "systemd-sysusers /etc/sysusers.d/codegraph.conf",
            "systemd-tmpfiles --create /etc/tmpfiles.d/codegraph.conf",
            "systemctl daemon-reload",
            "/opt/codegraph/generations/2/bin/codegraph db migrate --config /etc/codegraph/config.yaml --data /var/lib/codegraph",
            "systemctl reset-failed codegraph-registry.service",
            "systemctl restart codegraph-registry.service",
            "systemctl reset-failed codegraph-llm.service",
            "systemctl restart codegraph-llm.service",
            "systemctl reset-failed codegraph.service",
            "systemctl restart codegraph.service",
            "/opt/codegraph/generations/2/bin/codegraph gate --config /etc/codegraph/config.yaml --data /var/lib/codegraph --url http://127.0.0.1:8000",
            "systemctl enable codegraph.target codegraph-registry.service codegraph-llm.service codegraph.service",
            "systemctl start codegraph.target",
        ]
    );
    let asked = closed.lock().unwrap().clone();
    let before = |(line, _): &&(String, bool)| !line.ends_with("enable codegraph-recover.service");
    for (line, was_closed) in asked.iter().skip_while(before).skip(1) {
        assert!(was_closed, "open during {line}");
    }
    assert!(!mark.exists() && !root.join("var/lib/codegraph-install/switch.json").exists());
    assert_eq!(
        fs::read_link(root.join("opt/codegraph/current")).unwrap(),
        Path::new("generations/2")
    );
}

#[test]
fn whatever_program_fails_in_an_upgrade_the_former_release_runs_again_with_its_state() {
    for bad in [
        "db snapshot",
        "systemd-sysusers",
        "systemd-tmpfiles",
        "2/bin/codegraph db migrate",
        "2/bin/codegraph gate",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("host");
        install(&host(""), folder.path()).unwrap();
        let host = host(bad);
        let next = next(folder.path());
        let error = bring(&host, folder.path(), &next, plan::Intent::Upgrade).unwrap_err();
        assert!(matches!(error, Error::Gate { .. }), "{bad}: {error}");
        assert!(error.to_string().contains("generation 1 is in use again"), "{bad}: {error}");
        let ran = programs(&host, folder.path());
        let failed = ran.iter().position(|line| line.contains(bad)).unwrap();
        let has = |word: &str| ran[failed..].iter().any(|line| line.contains(word));
        assert_eq!(has("1/bin/codegraph db restore"), bad != "db snapshot", "{bad}: {ran:?}");
        assert!(has("restart codegraph.service"), "{bad}: {ran:?}");
        let current = fs::read_link(root.join("opt/codegraph/current")).unwrap();
        assert_eq!(current, Path::new("generations/1"), "{bad}");
        assert!(!root.join("var/lib/codegraph/closed-for-writing").exists(), "{bad}");
        assert!(root.join("etc/systemd/system/codegraph.service").is_file(), "{bad}");
    }
}

#[test]
fn whatever_program_fails_in_the_switch_no_service_and_no_release_is_left() {
    let failing = [
        "systemd-sysusers",
        "systemd-tmpfiles",
        "db migrate",
        "restart codegraph-llm.service",
        "restart codegraph.service",
        " gate ",
        "systemctl enable codegraph.target",
        "systemctl start codegraph.target",
    ];
    for bad in failing {
        let folder = tempfile::tempdir().unwrap();
        let host = host(bad);
        let error = install(&host, folder.path()).unwrap_err();
        assert!(matches!(error, Error::Gate { .. }), "{bad}: {error}");
        assert!(error.to_string().contains("it broke"), "{bad}: {error}");
        let ran = programs(&host, folder.path());
        assert!(STOPPING.iter().all(|line| ran.iter().any(|ran| ran == line)), "{bad}: {ran:?}");
        let root = folder.path().join("host");
        for path in [
            "opt/codegraph/current",
            "etc/systemd/system/codegraph.service",
            "etc/tmpfiles.d/codegraph.conf",
        ] {
            assert!(fs::symlink_metadata(root.join(path)).is_err(), "{bad}: {path} is left");
        }
    }
}

#[test]
fn a_purge_stops_the_services_and_removes_users_groups_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    install(&host(""), folder.path()).unwrap();
    let paths = HostPaths::rehearsal(&root);
    fs::write(
        root.join("etc/passwd"),
        "codegraph:x:990:990::/:/x\ncodegraph-llm:x:991:991::/:/x\n",
    )
    .unwrap();
    fs::write(root.join("etc/group"), "codegraph:x:990:\n").unwrap();
    let host = host("");
    let found = uninstall::uninstall(&host, &paths, Extent::EverythingAndTrust).unwrap();
    let ran = programs(&host, folder.path());
    let from = ran.iter().position(|line| line == STOPPING[0]).unwrap();
    assert_eq!(ran[from..from + STOPPING.len()], STOPPING);
    for line in [
        "userdel codegraph",
        "groupdel codegraph",
        "userdel codegraph-llm",
        "systemctl daemon-reload",
    ] {
        assert!(ran.iter().any(|ran| ran == line), "{line} is missing in {ran:?}");
    }
    // The stand-in removes no users, and the inventory is not taken in by that.
    let left: Vec<&str> = found
        .there
        .iter()
        .filter(|item| item.verdict == Verdict::LeftBehind)
        .map(|item| item.name.as_str())
        .collect();
    assert_eq!(left, ["user codegraph", "user codegraph-llm", "group codegraph"]);
    assert!(!root.join("etc/systemd/system/codegraph.service").exists());
    assert!(!root.join("var/lib/codegraph-install").exists());
}
