//! Start, end, and what a server refuses to start with.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::server::{PASSWORD, Server, make_admin, run};

#[test]
fn two_servers_do_not_share_a_data_folder() {
    let data = tempfile::tempdir().unwrap();
    let first = Server::start(data.path(), &[]);
    let refused = Server::try_start(data.path(), &[]).err().unwrap();
    assert!(refused.contains("locked by another server"), "{refused}");
    assert_eq!(first.send("GET", "/api/v1/health/ready", None, None).status, 200);
    first.kill();
    Server::start(data.path(), &[]);
}

#[test]
fn what_this_release_cannot_do_is_refused_in_words() {
    for (variable, value, word) in [
        ("DATABASE_URL", "postgresql+asyncpg://u:hidden@h/db", "SQLite"),
        ("API_JWT_SECRET", "<64-char-random-string>", "placeholder"),
        ("API_JWT_SECRET", "short", "32 bytes"),
        ("CODEGRAPH__LLM__PROVIDER", "gigachat", "isolated"),
        ("CODEGRAPH__API__PROT", "1", "unknown key"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let stderr = Server::try_start(data.path(), &[(variable, value)]).err().unwrap();
        assert!(stderr.contains(word), "{variable}={value}: {stderr}");
        assert!(!stderr.contains("hidden") && !stderr.contains("short\""), "{stderr}");
    }
}

#[test]
fn what_is_missing_is_said_loudly() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("SIEM_ENABLED", "true"), ("DLP_ENABLED", "true")]);
    for key in ["security.siem.enabled", "security.dlp.enabled"] {
        let said = server.log().lines().any(|line| line.contains(key) && line.contains("WARN"));
        assert!(said, "{key}: {}", server.log());
    }
}

#[test]
fn a_request_that_runs_may_end_when_the_server_is_asked_to_stop() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let server = Server::start(data.path(), &[]);
    let body = format!("{{\"username\":\"root\",\"password\":\"{PASSWORD}\"}}");
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // The body waits until the server has said that it is stopping.
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..5]).unwrap();
    let running = server.send("GET", "/api/v1/health/live", None, None);
    assert_eq!(running.status, 200);
    let log = data.path().join(format!("stderr-{}", std::process::id()));
    let ended = std::thread::spawn(move || server.terminate());
    while !std::fs::read_to_string(&log).unwrap().contains("no new requests") {
        std::thread::yield_now();
    }
    stream.write_all(&body.as_bytes()[5..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(ended.join().unwrap(), Some(0));
}

#[test]
fn a_store_of_a_newer_release_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    assert!(run(data.path(), &["db", "migrate"]).status.success());
    let python = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(\"INSERT INTO _sqlx_migrations VALUES (999, 'later', '2030-01-01', 1, x'00', 1)\"); c.commit()";
    let done = std::process::Command::new("python3")
        .args(["-c", python])
        .arg(data.path().join("codegraph.db"))
        .status()
        .unwrap();
    assert!(done.success());
    let refused = run(data.path(), &["db", "migrate"]);
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("does not fit this release"), "{words}");
}

#[test]
fn admin_create_takes_the_place_of_the_unused_one_time_password() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let done =
        run(data.path(), &["--json", "admin", "create", "--username", "admin", "--generate"]);
    let made: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let token = server.login("admin", made["password"].as_str().unwrap());
    assert_eq!(server.get("/api/v1/projects", &token).status, 200);
    assert!(!data.path().join("initial-admin-password").exists());
    let again = run(data.path(), &["admin", "create", "--username", "admin", "--generate"]);
    assert_eq!(again.status.code(), Some(1));
}
