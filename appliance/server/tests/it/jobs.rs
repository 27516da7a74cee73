//! Index jobs: from a folder to answers, over restarts, cancelled in time.

use std::path::Path;

use serde_json::{Value, json};

use crate::server::{PASSWORD, Server, make_admin, run};

/// A small repository: `main` calls `helper`.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("a.c"),
        "static int helper(int x) {\n    return x + 1;\n}\n\nint main(void) {\n    return helper(1);\n}\n",
    )
    .unwrap();
    folder
}

fn start(data: &Path, root: &Path) -> Server {
    Server::start(data, &[("CODEGRAPH__INDEX__ROOTS", root.to_str().unwrap())])
}

fn project(server: &Server, token: &str, path: &Path) {
    let body = json!({"name": "p", "path": path.to_str().unwrap()});
    assert_eq!(server.post("/api/v1/projects", token, &body).status, 201);
}

/// Follows a job to its end by its events; gives the last one's name and data.
fn follow(server: &Server, token: &str, job: &str) -> (String, Value) {
    let answer = server.get(&format!("/api/v1/jobs/{job}/events"), token);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let lines: Vec<&str> = answer.body.lines().collect();
    let at = lines.iter().rposition(|line| line.starts_with("event: ")).unwrap();
    let data = lines[at + 1].strip_prefix("data: ").unwrap();
    (lines[at]["event: ".len()..].to_owned(), serde_json::from_str(data).unwrap())
}

fn index(server: &Server, token: &str) -> (String, Value) {
    let queued = server.post("/api/v1/projects/p/index", token, &json!({}));
    assert_eq!(queued.status, 202, "{}", queued.body);
    follow(server, token, queued.json()["id"].as_str().unwrap())
}

#[test]
fn a_folder_becomes_answers() {
    let (data, source) = (tempfile::tempdir().unwrap(), repository());
    make_admin(data.path());
    let server = start(data.path(), source.path());
    let token = server.login("root", PASSWORD);
    project(&server, &token, source.path());
    let early = server.get("/api/v1/projects/p/graph/definition?name=helper", &token);
    assert_eq!((early.status, early.json()["code"].clone()), (409, json!("no_snapshot")));

    let (event, job) = index(&server, &token);
    assert_eq!(event, "done", "{job}");
    let definition = server.get("/api/v1/projects/p/graph/definition?name=helper", &token).json();
    assert_eq!(
        (&definition["places"][0]["path"], &definition["places"][0]["line"]),
        (&json!("a.c"), &json!(1))
    );
    let callers = server.get("/api/v1/projects/p/graph/callers?name=helper", &token).json();
    assert_eq!(callers["calls"][0]["method"]["name"], "main");
    let query = json!({"query": "SELECT * FROM GRAPH_TABLE (cpg MATCH (a:METHOD)-[c:CALL]->(b:METHOD) WHERE a.NAME = 'main' COLUMNS (b.NAME AS callee))"});
    let table = server.post("/api/v1/projects/p/graph/query", &token, &query).json();
    assert_eq!(table["rows"], json!([["helper"]]));
    for (text, status) in [
        ("SELECT * FROM read_text('/etc/passwd')", 422),
        ("DROP TABLE file", 422),
        ("SELEC 1", 422),
    ] {
        let answer = server.post("/api/v1/projects/p/graph/query", &token, &json!({"query": text}));
        assert_eq!(answer.status, status, "{text}: {}", answer.body);
    }
    let found = server.get("/api/v1/projects/p/search?q=helper", &token);
    assert_eq!(found.status, 200, "{}", found.body);
    let meaning = server.get("/api/v1/projects/p/search?q=helper&mode=meaning", &token);
    assert_eq!(meaning.status, 503, "there is no model here");
    assert_eq!(server.get("/api/v1/projects/p/summary", &token).json()["methods"], 2);

    // A second run keeps the keys of files and becomes the current snapshot.
    std::fs::write(source.path().join("b.c"), "int other(void) { return 2; }\n").unwrap();
    let (event, again) = index(&server, &token);
    assert_eq!(event, "done");
    let shown = server.get("/api/v1/projects/p", &token).json();
    assert_eq!(shown["current_snapshot"], again["snapshot"]);
    assert_ne!(again["snapshot"], job["snapshot"]);
    assert_eq!(server.get("/api/v1/projects/p/summary", &token).json()["methods"], 3);
    let snapshots = server.get("/api/v1/projects/p/snapshots", &token).json();
    assert_eq!(snapshots["items"].as_array().unwrap().len(), 2);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn a_job_that_was_running_when_the_server_died_is_run_again() {
    let (data, source) = (tempfile::tempdir().unwrap(), repository());
    make_admin(data.path());
    let server = start(data.path(), source.path());
    let token = server.login("root", PASSWORD);
    project(&server, &token, source.path());
    server.kill();
    // As a server leaves it that died in the middle of a job.
    let python = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); p = c.execute('SELECT id FROM projects').fetchone()[0]; c.execute(\"INSERT INTO jobs (id, project_id, state, attempts, requested_by, created_at, started_at) VALUES ('j1', ?, 'running', 1, 'root', 1, 1)\", (p,)); c.execute(\"INSERT INTO jobs (id, project_id, state, attempts, requested_by, created_at, started_at) VALUES ('j0', ?, 'running', 3, 'root', 1, 1)\", (p,)); c.commit()";
    let done = std::process::Command::new("python3")
        .args(["-c", python])
        .arg(data.path().join("codegraph.db"))
        .status();
    assert!(done.unwrap().success());
    let server = start(data.path(), source.path());
    let (event, job) = follow(&server, &token, "j1");
    assert_eq!((event.as_str(), &job["attempts"]), ("done", &json!(2)), "{job}");
    let (event, job) = follow(&server, &token, "j0");
    assert_eq!(event, "failed", "a job that kills the server each time is given up: {job}");
}

#[test]
fn a_job_of_a_folder_that_is_gone_fails_with_a_reason_and_the_graph_stays() {
    let (data, source) = (tempfile::tempdir().unwrap(), repository());
    let below = source.path().join("below");
    std::fs::create_dir(&below).unwrap();
    std::fs::rename(source.path().join("a.c"), below.join("a.c")).unwrap();
    make_admin(data.path());
    let server = start(data.path(), source.path());
    let token = server.login("root", PASSWORD);
    project(&server, &token, &below);
    assert_eq!(index(&server, &token).0, "done");
    std::fs::remove_dir_all(&below).unwrap();
    let (event, job) = index(&server, &token);
    assert_eq!(event, "failed");
    assert!(!job["error"].as_str().unwrap().is_empty());
    let definition = server.get("/api/v1/projects/p/graph/definition?name=helper", &token);
    assert_eq!(definition.json()["places"][0]["path"], "a.c");
}

#[test]
fn an_ended_job_cannot_be_cancelled() {
    let (data, source) = (tempfile::tempdir().unwrap(), repository());
    make_admin(data.path());
    let server = start(data.path(), source.path());
    let token = server.login("root", PASSWORD);
    project(&server, &token, source.path());
    let (_, job) = index(&server, &token);
    let path = format!("/api/v1/jobs/{}/cancel", job["id"].as_str().unwrap());
    assert_eq!(server.post(&path, &token, &json!({})).status, 409);
}

#[test]
fn the_gate_opens_on_a_working_installation() {
    let data = tempfile::tempdir().unwrap();
    let done = run(data.path(), &["--json", "gate"]);
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((done.status.code(), &report["good"]), (Some(0), &json!(true)), "{report}");
    let unreachable = run(data.path(), &["--json", "gate", "--url", "http://8.8.8.8"]);
    assert_eq!(unreachable.status.code(), Some(1), "the site is isolated");
}
