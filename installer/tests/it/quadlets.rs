//! All optional components at once: what their units run, held against podman's own generator, and what
//! each finds on the host at its first start.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use codegraph_install::components::COMPONENTS;
use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{HostPaths, Outcome, SystemHost};
use codegraph_install::units;

use crate::fixture::{scratch, tree};

/// What podman 5.4.2 makes of the same files.
const GENERATED: &str = include_str!("podman/generator-5.4.2.txt");
/// What an old podman needs besides: it leaves this file.
const REMOVED: &str = "-/bin/rm -f %t/%N.cid";

fn host(podman: &'static str, at: u64) -> FaultyHost<SystemHost> {
    FaultyHost::new(SystemHost, Fault::Death, at).answering(Box::new(move |program| {
        let is_asked = program.line() == "podman --version";
        let stdout = if is_asked { format!("podman version {podman}\n") } else { String::new() };
        Ok(Outcome { code: Some(0), stdout, stderr: String::new(), timed_out: false })
    }))
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../images").join(name)
}

/// A generation with every component, as the bundler places their files.
fn site(root: &Path) -> (HostPaths, PathBuf) {
    let generation = root.join("opt/codegraph/generations/1");
    let (mut passwd, mut images) = (String::new(), Vec::new());
    fs::create_dir_all(generation.join("units")).unwrap();
    fs::create_dir_all(generation.join("quadlets")).unwrap();
    for name in COMPONENTS {
        let quadlet = format!("{name}.container");
        fs::copy(source(name).join(&quadlet), generation.join("quadlets").join(quadlet)).unwrap();
        let config = source(name).join("config");
        if config.is_dir() {
            let to = generation.join("config");
            fs::create_dir_all(&to).unwrap();
            let status = Command::new("cp").arg("-r").arg(config).arg(to.join(name)).status();
            assert!(status.unwrap().success());
        }
        passwd.push_str(&format!("codegraph-{name}:x:977:976::/:/x\n"));
        images.push(format!(
            r#"{{"reference":"docker.io/a/{name}:1","digest":"sha256:00ff","component":"{name}"}}"#
        ));
    }
    let lock = format!(r#"{{"images":[{}]}}"#, images.join(","));
    fs::write(generation.join("images.lock"), lock).unwrap();
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(root.join("etc/passwd"), passwd).unwrap();
    (HostPaths::rehearsal(root), generation)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn unit(root: &Path, name: &str) -> PathBuf {
    root.join(format!("etc/systemd/system/codegraph-{name}.service"))
}

/// One command line as podman understands it: options by name, then the image and what it is given.
fn meaning(line: &str) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
    const LONG: [(&str, &str); 2] = [("-d", "--detach"), ("-v", "--volume")];
    const ALONE: [&str; 4] = ["--replace", "--rm", "--detach", "--read-only"];
    let mut words = line.split(' ').skip(1).peekable();
    assert_eq!(words.next(), Some("run"));
    let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(word) = words.next_if(|word| word.starts_with('-')) {
        let (name, value) = word.split_once('=').map_or((word, None), |(n, v)| (n, Some(v)));
        let name = LONG.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| *long);
        let value = match value {
            Some(value) => value.to_owned(),
            None if ALONE.contains(&name) => String::new(),
            None => words.next().unwrap().to_owned(),
        };
        options.entry(name.to_owned()).or_default().push(value);
    }
    options.values_mut().for_each(|values| values.sort());
    (options, words.map(str::to_owned).collect())
}

#[test]
fn a_plain_unit_runs_what_podmans_own_generator_would() {
    let folder = scratch();
    let (paths, generation) = site(folder.path());
    units::install(&host("4.3.1", 0), &paths, &generation).unwrap();
    for name in COMPONENTS {
        let unit = fs::read_to_string(unit(folder.path(), name)).unwrap();
        for key in ["ExecStartPre=", "ExecStopPost="] {
            assert!(unit.lines().any(|line| line == format!("{key}{REMOVED}")), "{name}: {key}");
        }
        for key in ["ExecStart=", "ExecStop=", "ExecStopPost="] {
            let of = |text: &str, start: &str| {
                let lines = text.lines().filter_map(|line| line.strip_prefix(start));
                let mut lines = lines.filter(|line| *line != REMOVED);
                let line = lines.next().unwrap_or_else(|| panic!("{name}: no {start}")).to_owned();
                assert_eq!(lines.next(), None, "{name}: two of {start}");
                line
            };
            let expected = of(GENERATED, &format!("{name} {key}"));
            let found = of(&unit, key);
            if key == "ExecStart=" {
                let (expected, (mut options, rest)) = (meaning(&expected), meaning(&found));
                // Later podman chooses it by itself: what the program says goes to the journal.
                assert_eq!(options.remove("--log-driver").unwrap(), ["passthrough"]);
                assert_eq!((options, rest), expected, "{name}");
            } else {
                assert_eq!(found, expected, "{name}");
            }
        }
    }
}

#[test]
fn systemd_understands_every_plain_unit() {
    let folder = scratch();
    let (paths, generation) = site(folder.path());
    units::install(&host("4.3.1", 0), &paths, &generation).unwrap();
    for name in COMPONENTS {
        let verify = Command::new("systemd-analyze")
            .arg("verify")
            .arg(unit(folder.path(), name))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&verify.stderr).into_owned();
        let about_it = |line: &&str| line.contains(name) && !line.contains("not executable");
        assert_eq!(said.lines().filter(about_it).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

/// An own user, no rights, nothing to write but its data, and nobody to reach but this host.
#[test]
fn every_component_is_confined() {
    for name in COMPONENTS {
        let path = source(name).join(format!("{name}.container"));
        let quadlet = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = quadlet.lines().collect();
        for line in [
            "Image=@IMAGE@",
            "User=@UID@",
            "Group=@GID@",
            "ReadOnly=true",
            "DropCapability=all",
            "NoNewPrivileges=true",
            "IPAddressDeny=any",
            "IPAddressAllow=localhost",
            "PartOf=codegraph.target",
        ] {
            assert!(lines.contains(&line), "{name}: {line}");
        }
        let writable = lines.iter().filter_map(|line| line.strip_prefix("Volume="));
        for volume in writable.filter(|volume| !volume.contains(":ro,")) {
            let own = [format!("/var/lib/codegraph-{name}:"), format!("/run/codegraph-{name}:")];
            assert!(own.iter().any(|own| volume.starts_with(own)), "{name}: {volume}");
        }
        assert!(!quadlet.contains("0.0.0.0") && !quadlet.contains("[::]"), "{name}");
    }
}

#[test]
fn configuration_is_written_once_and_then_the_sites() {
    let folder = scratch();
    let (paths, generation) = site(folder.path());
    units::install(&host("5.4.2", 0), &paths, &generation).unwrap();
    let of = |path: &str| folder.path().join("etc/codegraph").join(path);
    for (path, line) in [
        ("prometheus/prometheus.yml", "    metrics_path: /api/v1/metrics"),
        ("prometheus/rules.yml", "  - name: codegraph"),
        ("alertmanager/alertmanager.yml", "  - name: nobody"),
        ("openbao/openbao.hcl", "  address         = \"127.0.0.1:8200\""),
        ("grafana/grafana.ini", "http_addr = 127.0.0.1"),
        ("grafana/provisioning/datasources/codegraph.yaml", "    url: http://127.0.0.1:9090"),
    ] {
        let text = fs::read_to_string(of(path)).unwrap();
        assert!(text.lines().any(|found| found == line), "{path}: {text}");
        assert_eq!(mode(&of(path)), 0o644, "{path}");
    }
    let password = fs::read(of("credentials/grafana.password")).unwrap();
    assert_eq!((mode(&of("credentials/grafana.password")), password.len()), (0o600, 96));

    fs::write(of("openbao/openbao.hcl"), "ours").unwrap();
    fs::remove_file(of("prometheus/rules.yml")).unwrap();
    units::install(&host("5.4.2", 0), &paths, &generation).unwrap();
    assert_eq!(fs::read_to_string(of("openbao/openbao.hcl")).unwrap(), "ours");
    assert!(of("prometheus/rules.yml").exists());
    assert_eq!(fs::read(of("credentials/grafana.password")).unwrap(), password);
}

/// Wherever the machine stops, the next run brings the same files as an undisturbed one.
#[test]
fn stopped_at_any_step_the_next_run_completes() {
    let whole = scratch();
    let (paths, generation) = site(whole.path());
    let counted = host("5.4.2", 0);
    units::install(&counted, &paths, &generation).unwrap();
    let without_password = |root: &Path| {
        let mut found = tree(root);
        found.retain(|path: &String, _| !path.ends_with("grafana.password"));
        found
    };
    let expected = without_password(whole.path());
    for step in 1..=counted.steps() {
        let folder = scratch();
        let (paths, generation) = site(folder.path());
        assert!(units::install(&host("5.4.2", step), &paths, &generation).is_err(), "{step}");
        units::install(&host("5.4.2", 0), &paths, &generation).unwrap();
        assert_eq!(without_password(folder.path()), expected, "stopped at step {step}");
    }
}
