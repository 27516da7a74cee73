//! Removal from a running system, with stand-ins for systemd and podman that remember: the inventory before and
//! after is what they and the kernel tell, and whatever is left is named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::{Arc, Mutex};

use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{HostPaths, Outcome, Program, SystemHost};
use codegraph_install::plan::Intent;
use codegraph_install::uninstall::{self, Extent, Inventory, Verdict};

use crate::fixture::{Recipe, bundle, scratch, tree};
use crate::machine::Machine;
use crate::services::bring;

const IMAGE: &str = "127.0.0.1:5000/library/postgres@sha256:00ff";

/// What systemd and podman hold.
struct Held {
    units: Vec<&'static str>,
    containers: Vec<&'static str>,
    images: Vec<&'static str>,
}

type Shared = Arc<Mutex<Held>>;

fn answer(root: &Path, held: &Shared, program: &Program) -> Outcome {
    let mut held = held.lock().unwrap();
    let line = program.line();
    let (mut code, mut stdout) = (0, String::new());
    match line.as_str() {
        _ if line.contains(" list-units ") => {
            let row = |unit: &&str| format!("{unit} loaded active running CodeGraph\n");
            stdout = held.units.iter().map(row).collect();
            // Another unit of the host names one that is not there.
            stdout.push_str(
                "codegraph-named.service not-found inactive dead codegraph-named.service\n",
            );
        }
        "podman ps --all --format {{.Names}}" => stdout = held.containers.join("\n"),
        _ if line.starts_with("podman image exists ") => {
            code = i32::from(!held.images.iter().any(|image| line.ends_with(image)));
        }
        _ if line.starts_with("podman image inspect ") => {
            code = i32::from(held.images.is_empty());
            stdout = "779b1d\n".to_owned();
        }
        _ if line.starts_with("podman image rm ") => held.images.clear(),
        _ if line.starts_with("systemctl stop codegraph-postgresql") => held.containers.clear(),
        "systemctl daemon-reload" => {
            let units = root.join("etc/systemd/system");
            held.units.retain(|unit| {
                let template = format!("{}@.timer", unit.split('@').next().unwrap());
                units.join(unit).exists() || (unit.contains('@') && units.join(template).exists())
            });
        }
        _ if line.starts_with("userdel ") || line.starts_with("groupdel ") => {
            let name = line.split(' ').next_back().unwrap();
            for file in ["etc/passwd", "etc/group"] {
                let text = fs::read_to_string(root.join(file)).unwrap();
                let kept = text.lines().filter(|line| line.split(':').next() != Some(name));
                fs::write(
                    root.join(file),
                    kept.map(|line| format!("{line}\n")).collect::<String>(),
                )
                .unwrap();
            }
        }
        _ => {}
    }
    Outcome { code: Some(code), stdout, stderr: String::new(), timed_out: false }
}

fn host(root: &Path, held: &Shared, step: u64) -> FaultyHost<SystemHost> {
    let (root, held) = (root.to_path_buf(), Arc::clone(held));
    FaultyHost::new(SystemHost, Fault::Death, step)
        .answering(Box::new(move |program| Ok(answer(&root, &held, program))))
}

/// A host with everything that an installation can bring.
fn site(folder: &Path, media: &crate::fixture::Bundle) -> (HostPaths, Shared) {
    let root = folder.join("host");
    for place in ["etc", "etc/systemd/system/other.service.d", "var/lib/other", "opt/other"] {
        fs::create_dir_all(root.join(place)).unwrap();
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0::/root:/bin/sh\n").unwrap();
    fs::write(root.join("etc/group"), "root:x:0:\n").unwrap();
    let held = Shared::new(Mutex::new(Held {
        units: Vec::new(),
        containers: Vec::new(),
        images: Vec::new(),
    }));
    bring(&host(&root, &held, 0), folder, media, Intent::Install).unwrap();
    let write = |path: &str, text: &str| {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), text).unwrap();
    };
    let units = "etc/systemd/system";
    for name in ["codegraph-backup@.timer", "codegraph-backup@.service"] {
        write(&format!("{units}/{name}"), "[Unit]\n");
    }
    write("var/lib/systemd/timers/stamp-codegraph-backup@daily.timer", "");
    write(&format!("{units}/codegraph.service.d/homes.conf"), "[Service]\nProtectHome=read-only\n");
    write("etc/containers/systemd/codegraph-postgresql.container", "[Container]\n");
    write("var/lib/codegraph-postgresql/data/base", "rows");
    write("var/cache/codegraph-llm/compiled", "kernel");
    write("opt/codegraph/generations/1/quadlets/postgresql.container", "[Container]\n");
    write(
        "opt/codegraph/generations/1/images.lock",
        r#"{"images":[{"reference":"docker.io/library/postgres:15","digest":"sha256:00ff","component":"postgresql"}]}"#,
    );
    write(
        "etc/passwd",
        "root:x:0:0::/root:/bin/sh\ncodegraph:x:990:990::/:/x\ncodegraph-llm:x:991:991::/:/x\n",
    );
    write("etc/group", "root:x:0:\ncodegraph:x:990:\ncodegraph-llm:x:991:\n");
    {
        let mut held = held.lock().unwrap();
        held.units = vec!["codegraph.service", "codegraph.target", "codegraph-backup@daily.timer"];
        held.containers = vec!["codegraph-postgresql", "somebody-else"];
        held.images = vec![IMAGE];
    }
    (HostPaths::rehearsal(&root), held)
}

fn names(found: &Inventory, verdict: Verdict) -> Vec<String> {
    let of_it = found.there.iter().filter(|item| item.verdict == verdict);
    of_it.map(|item| item.name.clone()).collect()
}

#[test]
fn a_purge_proves_by_what_was_there_that_nothing_is() {
    let folder = scratch();
    let media = bundle(&folder.path().join("media"), &Recipe::default());
    let clean = folder.path().join("clean");
    fs::create_dir(&clean).unwrap();
    let (paths, held) = site(&clean, &media);
    let root = clean.join("host");
    let found =
        uninstall::uninstall(&host(&root, &held, 0), &paths, Extent::EverythingAndTrust).unwrap();
    let before: Vec<String> = found.before.iter().map(ToString::to_string).collect();
    for name in [
        "unit codegraph.service",
        "unit codegraph.target",
        "timer codegraph-backup@daily.timer",
        "user codegraph",
        "group codegraph-llm",
        "container codegraph-postgresql",
        &format!("image {IMAGE}"),
        &paths.trust().display().to_string(),
        &root.join("etc/systemd/system/codegraph.service.d").display().to_string(),
        &root
            .join("var/lib/systemd/timers/stamp-codegraph-backup@daily.timer")
            .display()
            .to_string(),
    ] {
        assert!(before.iter().any(|found| found == name), "{name} is not in {before:#?}");
    }
    assert!(!before.iter().any(|name| name.contains("other") || name.contains("somebody")));
    assert_eq!(found.after, []);
    assert_eq!(found.gone, found.before);
    let left = tree(&root);
    assert!(!left.keys().any(|name| name.contains("codegraph")), "{left:#?}");
    assert!(left.contains_key("opt/other") && left.contains_key("var/lib/other"));
}

#[test]
fn without_a_purge_data_users_and_changes_of_the_site_are_listed_as_kept() {
    let folder = scratch();
    let media = bundle(&folder.path().join("media"), &Recipe::default());
    let (paths, held) = site(folder.path(), &media);
    let root = folder.path().join("host");
    let found = uninstall::uninstall(&host(&root, &held, 0), &paths, Extent::Product).unwrap();
    assert_eq!(names(&found, Verdict::LeftBehind), Vec::<String>::new());
    let kept = names(&found, Verdict::Kept);
    for path in [
        "etc/codegraph",
        "var/lib/codegraph",
        "var/lib/codegraph-postgresql",
        "var/lib/codegraph-install/trust.json",
        "etc/systemd/system/codegraph.service.d",
    ] {
        assert!(kept.contains(&root.join(path).display().to_string()), "{path}: {kept:#?}");
    }
    assert!(
        kept.contains(&"user codegraph".to_owned()) && kept.contains(&"group codegraph".to_owned())
    );
    assert!(!kept.iter().any(|name| name.starts_with("unit ") || name.starts_with("image ")));
}

/// Each of these is left by somebody else than the installer, and is named all the same.
#[test]
fn what_is_left_behind_is_named_with_its_path() {
    let folder = scratch();
    let media = bundle(&folder.path().join("media"), &Recipe::default());
    let (paths, held) = site(folder.path(), &media);
    let root = folder.path().join("host");
    let stray = root.join("etc/systemd/system/codegraph-extra.service");
    fs::write(&stray, "[Unit]\n").unwrap();
    // A server that outlives its unit, and somebody else's on another port.
    let machine = Machine::fitting();
    machine.file("proc/net/tcp", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
        0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000   990        0 4711 1 0\n   \
        1: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0\n");
    for (process, group, socket) in [
        (41, "0::/system.slice/codegraph.service\n", 4711),
        (42, "0::/system.slice/registry.service\n", 4712),
    ] {
        machine.file(&format!("proc/{process}/cgroup"), group);
        let files = machine.folder().join(format!("proc/{process}/fd"));
        fs::create_dir_all(&files).unwrap();
        symlink(format!("socket:[{socket}]"), files.join("5")).unwrap();
    }
    held.lock().unwrap().containers.push("codegraph-grafana");
    let paths = paths.of_machine(machine.folder());
    let found =
        uninstall::uninstall(&host(&root, &held, 0), &paths, Extent::EverythingAndTrust).unwrap();
    let mut left = names(&found, Verdict::LeftBehind);
    left.sort();
    // The stand-in's containers go with their unit; the port stays, because nobody has ended the process.
    let mut expected = vec![stray.display().to_string(), "port 8000".to_owned()];
    expected.sort();
    assert_eq!(left, expected);
}

#[test]
fn a_purge_of_a_running_system_that_dies_at_any_step_is_completed_by_the_next() {
    let folder = scratch();
    let media = bundle(&folder.path().join("media"), &Recipe::default());
    for step in 1.. {
        let here = folder.path().join(step.to_string());
        fs::create_dir(&here).unwrap();
        let (paths, held) = site(&here, &media);
        let root = here.join("host");
        let done =
            uninstall::uninstall(&host(&root, &held, step), &paths, Extent::EverythingAndTrust);
        let found =
            uninstall::uninstall(&host(&root, &held, 0), &paths, Extent::EverythingAndTrust)
                .unwrap();
        assert_eq!(found.after, [], "after a death at step {step}");
        let left = tree(&root);
        assert!(!left.keys().any(|name| name.contains("codegraph")), "step {step}: {left:#?}");
        fs::remove_dir_all(&here).unwrap();
        if done.is_ok() {
            assert!(step > 60, "only {step} steps were tried");
            return;
        }
    }
}
