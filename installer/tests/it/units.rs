//! The service files: what they promise, and systemd's own judgement of them.

use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// The number in `→ Overall exposure level for x.service: 1.4 OK`.
fn exposure(report: &str) -> f64 {
    let line = report.lines().find(|line| line.contains("Overall exposure level")).unwrap();
    let rest = line.rsplit_once(": ").unwrap().1;
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn systemd_finds_both_services_hardly_exposed() {
    for name in ["codegraph.service", "codegraph-llm.service", "codegraph-certificates.service"] {
        let unit = folder().join(name);
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
    let timed = ["codegraph-certificates.service", "codegraph-certificates.timer"];
    for name in ["codegraph.service", "codegraph-llm.service"].into_iter().chain(timed) {
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
