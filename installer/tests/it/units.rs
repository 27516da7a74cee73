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
    let names = units("service");
    for part in ["codegraph", "codegraph-llm", "codegraph-registry", "codegraph-recover"] {
        assert!(names.contains(&format!("{part}.service")), "{part} is not among {names:?}");
    }
    assert!(names.contains(&"codegraph-certificates.service".to_owned()));
    assert!(names.contains(&"codegraph-backup@.service".to_owned()));
    // The model server with the devices of a GPU opened: a drop-in counts as if it stood in the unit.
    let scratch = tempfile::tempdir().unwrap();
    let with_gpu = scratch.path().join("codegraph-llm.service");
    let text = text("codegraph-llm.service") + &text("codegraph-llm.gpu.conf");
    std::fs::write(&with_gpu, text).unwrap();
    let all = names.iter().map(|name| folder().join(name)).chain([with_gpu]);
    for unit in all {
        let name = unit.display();
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
        // A template is judged by an instance of it.
        let name = name.replace("@.", "@daily.");
        let output =
            Command::new("systemd-analyze").arg("verify").arg(folder().join(&name)).output();
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
    for name in ["api.jwt_secret", "metrics.token"] {
        let line = format!("LoadCredential={name}:/etc/codegraph/credentials/{name}");
        assert!(has(&server, &line), "{line}");
    }
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

#[test]
fn a_gpu_opens_its_devices_and_nothing_else() {
    let drop_in = text("codegraph-llm.gpu.conf");
    let lines: Vec<&str> =
        drop_in.lines().filter(|line| line.contains('=') && !line.starts_with('#')).collect();
    for line in &lines {
        let (key, value) = line.split_once('=').unwrap();
        let is_known = match key {
            "DeviceAllow" => value.starts_with("char-nvidia"),
            "PrivateDevices" => value == "no",
            "DevicePolicy" => value == "closed",
            "Wants" | "After" | "ExecStartPre" | "CacheDirectory" | "CacheDirectoryMode" => true,
            "Environment" => value == "CUDA_CACHE_PATH=/var/cache/codegraph-llm",
            _ => false,
        };
        assert!(is_known, "{line}");
    }
    for device in ["char-nvidia-frontend rwm", "char-nvidiactl rwm", "char-nvidia-uvm rwm"] {
        assert!(lines.contains(&format!("DeviceAllow={device}").as_str()), "{device}");
    }
}

#[test]
fn a_backup_runs_as_the_server_without_network_or_secret_and_each_tier_has_its_time() {
    let service = text("codegraph-backup@.service");
    let has = |line: &str| service.lines().any(|found| found == line);
    assert!(has("User=codegraph") && has("PrivateNetwork=yes") && has("StateDirectory=codegraph"));
    assert!(service.contains("InaccessiblePaths=-/etc/codegraph/credentials "));
    assert!(service.contains(" db snapshot --tier %i\n"));
    let timer = text("codegraph-backup@.timer");
    let has = |line: &str| timer.lines().any(|found| found == line);
    assert!(has("OnCalendar=%i") && has("Persistent=yes") && has("FixedRandomDelay=yes"));
    for tier in ["hourly", "daily", "weekly"] {
        let Ok(known) = Command::new("systemd-analyze").args(["calendar", tier]).output() else {
            return;
        };
        assert!(known.status.success(), "{tier}");
    }
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
