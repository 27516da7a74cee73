//! Start, end, and what a server refuses to start with.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

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

/// Changes the store by SQLite's own program.
fn sqlite(data: &Path, sql: &str) {
    let python =
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()";
    let done = std::process::Command::new("python3")
        .args(["-c", python])
        .arg(data.join("codegraph.db"))
        .arg(sql)
        .status()
        .unwrap();
    assert!(done.success());
}

#[test]
fn a_store_that_a_newer_release_has_extended_is_used_and_one_it_has_changed_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    sqlite(
        data.path(),
        "INSERT INTO _sqlx_migrations VALUES (999, 'later', '2030-01-01', 1, x'00', 1)",
    );
    let server = Server::start(data.path(), &[]);
    server.login("root", PASSWORD);
    assert_eq!(server.terminate(), Some(0));
    sqlite(data.path(), "PRAGMA user_version = 999");
    let refused = run(data.path(), &["db", "migrate"]);
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("wants a program of schema 999"), "{words}");
}

#[test]
fn a_server_that_is_closed_for_writing_answers_reads_and_opens_by_itself() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let token = Server::start(data.path(), &[]).login("root", PASSWORD);
    let (store, mark) = (data.path().join("codegraph.db"), data.path().join("closed-for-writing"));
    std::fs::write(&mark, "").unwrap();
    let server = Server::start(data.path(), &[]);
    assert_eq!(server.send("GET", "/api/v1/health/ready", None, None).status, 200);
    assert_eq!(server.get("/api/v1/projects", &token).status, 200);
    let bytes =
        || (std::fs::read(&store).unwrap(), std::fs::read(store.with_extension("db-wal")).ok());
    let before = bytes();
    let refused = server.try_login("root", PASSWORD);
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.head.to_ascii_lowercase().contains("retry-after: 5"), "{}", refused.head);
    assert_eq!(refused.json()["code"], "unavailable");
    assert!(refused.head.contains("application/problem+json"), "{}", refused.head);
    let body = serde_json::json!({"name": "x", "path": "/"});
    assert_ne!(server.post("/api/v1/projects", &token, &body).status, 201);
    let command = run(data.path(), &["admin", "create", "--username", "other", "--generate"]);
    assert_eq!(command.status.code(), Some(1));
    let words = String::from_utf8_lossy(&command.stderr).into_owned();
    assert!(words.contains("a release is being switched"), "{words}");
    assert_eq!(bytes(), before, "nothing is written");
    std::fs::remove_file(&mark).unwrap();
    while !server.log().contains("open for writing\"")
        && !server.log().contains("open for writing\n")
    {
        std::thread::yield_now();
    }
    server.login("root", PASSWORD);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn a_snapshot_put_back_is_the_state_of_its_moment() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let snapshot = data.path().join("backups/one.db");
    let name = snapshot.display().to_string();
    let server = Server::start(data.path(), &[]);
    let token = server.login("root", PASSWORD);
    // While the server runs.
    let done = run(data.path(), &["--json", "db", "snapshot", "--to", &name]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let body =
        serde_json::json!({"name": "late", "role": "viewer", "password": "first password of all"});
    assert_eq!(server.post("/api/v1/users", &token, &body).status, 201);
    let busy = run(data.path(), &["db", "restore", "--from", &name]);
    assert!(String::from_utf8_lossy(&busy.stderr).contains("locked by another server"));
    assert_eq!(server.terminate(), Some(0));
    assert!(run(data.path(), &["db", "restore", "--from", &name]).status.success());
    let server = Server::start(data.path(), &[]);
    assert_eq!(
        server.get("/api/v1/projects", &token).status,
        200,
        "its session was in the snapshot"
    );
    assert_eq!(server.try_login("late", "first password of all").status, 401);
    drop(server);
    std::fs::write(&snapshot, b"not a database at all").unwrap();
    let before = std::fs::read(data.path().join("codegraph.db")).unwrap();
    assert!(!run(data.path(), &["db", "restore", "--from", &name]).status.success());
    assert_eq!(std::fs::read(data.path().join("codegraph.db")).unwrap(), before);
}

/// What a backup made by its timer holds, and which ones stay.
#[test]
fn a_backup_of_a_tier_is_checked_pruned_and_restores_every_row() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let backups = data.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    for day in 1..=31 {
        std::fs::write(backups.join(format!("daily-202001{day:02}T000000Z.db")), "old").unwrap();
        std::fs::write(backups.join(format!("daily-202001{day:02}T000000Z.db.sha256")), "")
            .unwrap();
    }
    for other in ["weekly-20190101T000000Z.db", "generation-1-before-2.db"] {
        std::fs::write(backups.join(other), "not of this tier").unwrap();
    }
    std::fs::write(backups.join("daily-20200101T000000Z.db.partial"), "cut off").unwrap();
    let server = Server::start(data.path(), &[]);
    let token = server.login("root", PASSWORD);
    let add = |name: &str| {
        let body = serde_json::json!({"name": name, "role": "viewer", "password": "first password of all"});
        assert_eq!(server.post("/api/v1/users", &token, &body).status, 201);
    };
    add("early");
    // While the server runs.
    let done = run(data.path(), &["--json", "db", "snapshot", "--tier", "daily"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let file = report["file"].as_str().unwrap().to_owned();
    let before = rows(data.path());
    add("late");
    assert_ne!(rows(data.path()), before);
    assert_eq!(server.terminate(), Some(0));
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(&backups).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let of_tier = |end: &str| {
        names().iter().filter(|name| name.starts_with("daily-") && name.ends_with(end)).count()
    };
    assert_eq!((of_tier(".db"), of_tier(".sha256"), of_tier(".partial")), (30, 30, 0));
    assert!(!names().contains(&"daily-20200102T000000Z.db".to_owned()), "the oldest go");
    assert!(names().contains(&"daily-20200103T000000Z.db".to_owned()));
    assert!(names().contains(&"weekly-20190101T000000Z.db".to_owned()));
    assert!(names().contains(&"generation-1-before-2.db".to_owned()));
    let stock = std::process::Command::new("sha256sum")
        .current_dir(&backups)
        .args(["--check", "--strict"])
        .arg(format!("{file}.sha256"))
        .status()
        .unwrap();
    assert!(stock.success());
    let whole = std::fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    let at = damaged.len() - 7;
    damaged[at] ^= 1;
    std::fs::write(&file, damaged).unwrap();
    let refused = run(data.path(), &["db", "restore", "--from", &file]);
    assert_eq!(refused.status.code(), Some(3));
    std::fs::write(&file, whole).unwrap();
    assert!(run(data.path(), &["db", "restore", "--from", &file]).status.success());
    assert_eq!(rows(data.path()), before, "every table has the rows of the backup's moment");
    let fewer = run(data.path(), &["db", "snapshot", "--tier", "daily", "--keep", "2"]);
    assert!(fewer.status.success());
    assert_eq!((of_tier(".db"), of_tier(".sha256")), (2, 2));
    for wrong in [&["db", "snapshot"][..], &["db", "snapshot", "--tier", "yearly"]] {
        assert_eq!(run(data.path(), wrong).status.code(), Some(1), "{wrong:?}");
    }
}

/// How many rows each table of the control store has and what they add up to, by SQLite's own program.
fn rows(data: &Path) -> String {
    let python = "import sqlite3, sys, hashlib
c = sqlite3.connect(sys.argv[1])
for (name,) in c.execute(\"SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name\").fetchall():
    all = sorted(map(repr, c.execute('SELECT * FROM \"%s\"' % name)))
    print(name, len(all), hashlib.sha256('\\n'.join(all).encode()).hexdigest())";
    let done = std::process::Command::new("python3")
        .args(["-c", python])
        .arg(data.join("codegraph.db"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn going_back_with_a_new_epoch_exports_the_audit_tail_and_ends_all_sessions() {
    let data = tempfile::tempdir().unwrap();
    make_admin(data.path());
    let (name, tail) = (
        data.path().join("backups/one.db").display().to_string(),
        data.path().join("backups/tail.jsonl").display().to_string(),
    );
    let server = Server::start(data.path(), &[]);
    let token = server.login("root", PASSWORD);
    assert!(run(data.path(), &["db", "snapshot", "--to", &name]).status.success());
    server.try_login("intruder", "x");
    assert_eq!(server.terminate(), Some(0));
    std::fs::write(data.path().join("closed-for-writing"), "").unwrap();
    let done =
        run(data.path(), &["--json", "db", "restore", "--from", &name, "--audit-tail", &tail]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::remove_file(data.path().join("closed-for-writing")).unwrap();
    let exported = std::fs::read_to_string(&tail).unwrap();
    let events: Vec<serde_json::Value> =
        exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["discarded_audit_events"], events.len());
    let actions: Vec<_> = events.iter().map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["auth.login", "server.stop"]);
    let server = Server::start(data.path(), &[]);
    assert_eq!(server.get("/api/v1/projects", &token).status, 401, "every session has ended");
    drop(server);
    let verified = run(data.path(), &["--json", "audit", "verify"]);
    assert_eq!(verified.status.code(), Some(0));
    let list = run(data.path(), &["--json", "audit", "list"]).stdout;
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let epoch = list["items"].as_array().unwrap().iter().find(|e| e["action"] == "audit.epoch");
    let head = epoch.unwrap()["detail"]["former_head"].as_str().unwrap().to_owned();
    let last = events.last().unwrap();
    assert_eq!(head, format!("{}:{}", last["sequence"], last["hash"].as_str().unwrap()));
    // Whoever noted the discarded end sees that it is gone.
    let noted = run(data.path(), &["--json", "audit", "verify", "--noted", &head]);
    assert_eq!(noted.status.code(), Some(3));
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
