//! The audit log finds every change made behind its back.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::server::{PASSWORD, Server, make_admin, run};

/// Changes the store as somebody with the file would: by SQLite's own program, triggers dropped.
fn tamper(data: &Path, sql: &str) {
    let script = format!(
        "DROP TRIGGER IF EXISTS audit_events_no_update; DROP TRIGGER IF EXISTS audit_events_no_delete;
         DROP TRIGGER IF EXISTS audit_chain_no_update; DROP TRIGGER IF EXISTS audit_chain_no_delete; {sql}"
    );
    let python = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.executescript(sys.argv[2])";
    let done = Command::new("python3")
        .args(["-c", python])
        .arg(data.join("codegraph.db"))
        .arg(script)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn verify(data: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let done = run(data, &[&["--json", "audit", "verify"], more].concat());
    (done.status.code(), serde_json::from_slice(&done.stdout).unwrap())
}

/// A data folder with some events.
fn folder() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let server = Server::start(data.path(), &[]);
    for _ in 0..2 {
        server.login("root", PASSWORD);
        server.try_login("nobody", "x");
    }
    assert_eq!(server.terminate(), Some(0));
    data
}

#[test]
fn an_untouched_log_is_whole_and_names_who_did_what() {
    let data = folder();
    let (code, report) = verify(data.path(), &[]);
    assert_eq!((code, report["valid"].clone()), (Some(0), Value::Bool(true)));
    // user.create, server.start, 2 good and 2 bad logins, server.stop
    assert_eq!(report["rows"], 7);
    let list = run(data.path(), &["--json", "audit", "list"]).stdout;
    let list: Value = serde_json::from_slice(&list).unwrap();
    let seen: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|event| {
            format!("{} {}", event["action"].as_str().unwrap(), event["outcome"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        seen,
        [
            "user.create success",
            "server.start success",
            "auth.login success",
            "auth.login failure",
            "auth.login success",
            "auth.login failure",
            "server.stop success",
        ]
    );
}

#[test]
fn change_removal_and_exchange_are_found_in_their_row() {
    for (sql, row) in [
        ("UPDATE audit_events SET actor = 'x' WHERE position = 3", 3),
        ("UPDATE audit_events SET at = at + 1 WHERE position = 5", 5),
        ("PRAGMA foreign_keys = OFF; DELETE FROM audit_events WHERE position = 4", 4),
        ("DELETE FROM audit_chain WHERE sequence = 2", 3),
        ("UPDATE audit_chain SET sequence = 99 WHERE sequence = 3; UPDATE audit_chain SET sequence = 3 WHERE sequence = 4;
          UPDATE audit_chain SET sequence = 4 WHERE sequence = 99", 3),
        ("UPDATE audit_chain SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE sequence = 1", 1),
    ] {
        let data = folder();
        tamper(data.path(), sql);
        let (code, report) = verify(data.path(), &[]);
        assert_eq!((code, report["first_bad_row"].clone()), (Some(3), Value::from(row)), "{sql}: {report}");
    }
}

#[test]
fn a_cut_off_end_is_found_with_a_noted_head() {
    let data = folder();
    let (_, report) = verify(data.path(), &[]);
    let noted = format!("{}:{}", report["rows"], report["head"].as_str().unwrap());
    assert_eq!(verify(data.path(), &["--noted", &noted]).0, Some(0));
    tamper(
        data.path(),
        "PRAGMA foreign_keys = OFF; DELETE FROM audit_chain WHERE sequence > 5; DELETE FROM audit_events WHERE position > 5",
    );
    assert_eq!(verify(data.path(), &[]).0, Some(0), "the rest is a good chain");
    assert_eq!(
        verify(data.path(), &["--noted", &noted]).0,
        Some(3),
        "but not the one that was noted"
    );
}

#[test]
fn the_store_itself_refuses_changes() {
    let data = folder();
    let python = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2])";
    for sql in [
        "UPDATE audit_events SET actor = 'x'",
        "DELETE FROM audit_events",
        "DELETE FROM audit_chain",
    ] {
        let done = Command::new("python3")
            .args(["-c", python])
            .arg(data.path().join("codegraph.db"))
            .arg(sql)
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&done.stderr).contains("append-only"), "{sql}");
    }
}

fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..300 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it did not come to be in half a minute");
}

/// `target outcome` of the installer's steps in the log, oldest first.
fn installer_steps(data: &Path) -> Vec<String> {
    let list = run(data, &["--json", "audit", "list", "--limit", "1000"]).stdout;
    let list: Value = serde_json::from_slice(&list).unwrap();
    let items = list["items"].as_array().unwrap().iter().rev();
    let steps = items.filter(|event| event["action"] == "installer.step");
    steps
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            assert_eq!(text("actor"), "codegraph-install");
            format!("{} {}", text("target"), text("outcome"))
        })
        .collect()
}

#[test]
fn the_installers_steps_come_into_the_log_once() {
    use std::io::Write as _;
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("steps.jsonl");
    let variable = [("CODEGRAPH_INSTALLER_AUDIT", file.to_str().unwrap())];
    let begin =
        r#"{"at":"2026-01-02T03:04:05Z","event":"switch.begin","to":2,"installer":"0.1.0"}"#;
    let back =
        r#"{"at":"2026-01-02T03:05:05Z","event":"switch.taken-back","reason":"строка\u001b[2J"}"#;
    // The third line was torn by a power loss and ended later, the last one is not ended yet.
    std::fs::write(&file, format!("{begin}\n{back}\n{{\"at\":\"20\n{{\"event\":")).unwrap();
    make_admin(data.path());
    let all = ["switch.begin success", "switch.taken-back failure", "unreadable line failure"];
    for _ in 0..2 {
        let server = Server::start(data.path(), &variable);
        wait_until(|| installer_steps(data.path()).len() >= 3);
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(installer_steps(data.path()), all);
    }
    let log = run(data.path(), &["--json", "audit", "list"]).stdout;
    let log = String::from_utf8(log).unwrap();
    assert!(log.contains("2026-01-02T03:04:05Z"), "the time is that of the step: {log}");
    assert!(!log.contains("\\u001b") && log.contains("строка?[2J"), "{log}");

    let mut appended = std::fs::File::options().append(true).open(&file).unwrap();
    appended.write_all(b"\"store.collected\"}\n").unwrap();
    let server = Server::start(data.path(), &variable);
    wait_until(|| installer_steps(data.path()).len() >= 4);
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(installer_steps(data.path())[3], "store.collected success");
    assert_eq!(verify(data.path(), &[]).0, Some(0));
}
