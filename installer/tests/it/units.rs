//! The service files: what they promise, and systemd's own judgement of them.

use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// The names of all units of a kind.
fn units(kind: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut found: Vec<String> = names.filter(|name| name.ends_with(&format!(".{kind}"))).collect();
    found.sort();
    found
}

/// The number in `→ Overall exposure level for x.service: 1.4 OK`.
fn exposure(report: &str) -> f64 {
    let line = report.lines().find(|line| line.contains("Overall exposure level")).unwrap();
    let rest = line.rsplit_once(": ").unwrap().1;
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn systemd_finds_every_service_hardly_exposed() {
    for name in units("service") {
        let unit = folder().join(&name);
        let output = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager"])
            .arg(&unit)
            .env("LC_ALL", "C.UTF-8")
            .output();
        let Ok(output) = output else {
            eprintln!("systemd-analyze is not on this machine: nothing judged {name}");
            return;
        };
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(exposure(&report) <= 2.0, "{name}: {report}");
    }
}

#[test]
fn systemd_understands_every_line_of_the_services() {
    for name in ["service", "target", "timer"].iter().flat_map(|kind| units(kind)) {
        let output =
            Command::new("systemd-analyze").arg("verify").arg(folder().join(name)).output();
        let Ok(output) = output else { return };
        let complaints: Vec<String> = String::from_utf8_lossy(&output.stderr)
            .lines()
            .filter(|line| line.contains("systemd/codegraph"))
            // The programs are not installed on the machine that tests.
            .filter(|line| !line.contains("is not executable"))
            .map(str::to_owned)
            .collect();
        assert_eq!(complaints, Vec::<String>::new());
    }
}

#[test]
fn the_model_server_has_no_network_another_user_and_no_secret() {
    let (server, models) = (text("codegraph.service"), text("codegraph-llm.service"));
    let has = |unit: &str, line: &str| unit.lines().any(|found| found == line);
    assert!(has(&models, "PrivateNetwork=yes") && has(&models, "RestrictAddressFamilies=AF_UNIX"));
    assert!(has(&models, "User=codegraph-llm") && has(&models, "Group=codegraph"));
    assert!(!models.contains("LoadCredential"));
    assert!(models.contains("InaccessiblePaths=-/etc/codegraph/credentials -/var/lib/codegraph "));
    assert!(has(&server, "User=codegraph"));
    assert!(has(
        &server,
        "LoadCredential=api.jwt_secret:/etc/codegraph/credentials/api.jwt_secret"
    ));
}

#[test]
fn the_registry_is_nobody_speaks_to_this_host_only_and_sees_no_secret() {
    let registry = text("codegraph-registry.service");
    let has = |line: &str| registry.lines().any(|found| found == line);
    assert!(has("DynamicUser=yes") && has("IPAddressDeny=any") && has("IPAddressAllow=localhost"));
    assert!(!registry.contains("LoadCredential") && !registry.contains("config.yaml"));
    assert!(
        registry.contains("InaccessiblePaths=-/etc/codegraph/credentials -/var/lib/codegraph ")
    );
}

/// A service that says it is ready must be asked for it, and one that hangs must be noticed.
#[test]
fn every_service_that_stays_tells_when_it_is_ready_and_is_watched() {
    for name in units("service") {
        let unit = text(&name);
        if unit.contains("Type=oneshot") {
            continue;
        }
        let has = |line: &str| unit.lines().any(|found| found == line);
        assert!(has("Type=notify") && has("NotifyAccess=main"), "{name}");
        assert!(unit.contains("\nWatchdogSec=") && has("PartOf=codegraph.target"), "{name}");
        assert!(has("WantedBy=codegraph.target"), "{name}");
    }
}
