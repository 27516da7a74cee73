//! Models and source packages that come from a server on this machine; afterwards nothing is needed from it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::fixture::*;

/// Serves these paths, and writes down what was asked.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(files: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let mut header = String::new();
                while reader.read_line(&mut header).unwrap() > 2 {
                    header.clear();
                }
                let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, body) = match files.get(&path) {
                    Some(body) => ("200 OK", body.clone()),
                    None => ("404 Not Found", Vec::new()),
                };
                log.lock().unwrap().push(path);
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// Runs a command on the fixture's configuration, with a cargo cache that is empty.
fn run(fixture: &Fixture, command: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_codegraph-bundle"))
        .args([command, "--config", "bundle.yaml"])
        .arg("--set")
        .arg(format!("inputs={}", fixture.path("inputs").display()))
        .args(more)
        .env("CODEGRAPH_BUNDLE_CACHE", fixture.path("cache"))
        .env("CARGO_HOME", fixture.path("cargo-home"))
        .env_remove("HF_TOKEN")
        .current_dir(fixture.path(""))
        .output()
        .unwrap()
}

const BUILD: [&str; 5] = ["--locked", "--key", "keys", "--out", "out"];
const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn a_model_comes_from_a_server_once_and_is_built_without_it() {
    let fixture = Fixture::new();
    let server = Server::start([("/models/m/weights".to_owned(), b"abcd".to_vec())].into());
    let from = format!("https: \"http://127.0.0.1:{}/models/m\"", server.port);
    fixture.edit("bundle.yaml", "from: \"${inputs}/model\"", &from);
    let (code, text) = failure(&run(&fixture, "build", &BUILD));
    assert!(code == 1 && text.contains("codegraph-bundle lock"), "{text}");
    assert_eq!(server.asked(), [""; 0]);
    stdout(&run(&fixture, "lock", &[]));
    assert_eq!(server.asked(), ["/models/m/weights"]);
    stdout(&run(&fixture, "lock", &[]));
    stdout(&run(&fixture, "build", &BUILD));
    assert_eq!(server.asked(), [""; 0]);
    let text = stdout(&fixture.run(&["inspect", "out", "--json"]));
    assert!(text.contains("/models/m/weights\""), "the origin is recorded");
    // Another machine has the lock and an empty cache.
    fs::remove_dir_all(fixture.path("cache")).unwrap();
    let (code, text) = failure(&run(&fixture, "build", &BUILD));
    assert!(code == 1 && text.contains("weights") && text.contains("not in the cache"), "{text}");
}

#[test]
fn wrong_bytes_of_a_server_are_refused() {
    let fixture = Fixture::new();
    let server = Server::start([("/weights".to_owned(), b"abce".to_vec())].into());
    let from = format!("https: \"http://127.0.0.1:{}\"", server.port);
    fixture.edit("bundle.yaml", "from: \"${inputs}/model\"", &from);
    let (code, text) = failure(&run(&fixture, "lock", &[]));
    assert!(code == 3 && text.contains("refused"), "{code} {text}");
    assert!(!fixture.path("bundle.lock").exists());
    fixture.edit("bundle.yaml", &format!("http://127.0.0.1:{}", server.port), "http://192.0.2.1");
    let (code, text) = failure(&run(&fixture, "lock", &[]));
    assert!(code == 1 && text.contains("192.0.2.1"), "plain http leaves no machine: {code} {text}");
}

#[test]
fn a_hugging_face_model_is_taken_at_a_commit_only() {
    let fixture = Fixture::new();
    let path = format!("/org/name/resolve/{REVISION}/weights");
    let server = Server::start([(path.clone(), b"abcd".to_vec())].into());
    let from = format!(
        "huggingface: {{repository: org/name, revision: \"{REVISION}\", endpoint: \"http://127.0.0.1:{}\"}}",
        server.port
    );
    fixture.edit("bundle.yaml", "from: \"${inputs}/model\"", &from);
    stdout(&run(&fixture, "lock", &[]));
    assert_eq!(server.asked(), [path]);
    fixture.edit("bundle.yaml", REVISION, "main");
    let (code, text) = failure(&run(&fixture, "lock", &[]));
    assert!(code == 1 && text.contains("not a commit"), "{text}");
}

/// A package as cargo makes it, by tar.
fn package(fixture: &Fixture, manifest: &str) -> Vec<u8> {
    fixture.put("work/serde-1.0.0/Cargo.toml", manifest.as_bytes());
    fixture.put("work/serde-1.0.0/src/lib.rs", b"");
    let file = fixture.path("serde.crate");
    let mut tar = Command::new("tar");
    tar.arg("-czf").arg(&file).arg("-C").arg(fixture.path("work")).arg("serde-1.0.0");
    assert!(tar.status().unwrap().success());
    fs::read(file).unwrap()
}

const MANIFEST: &str = r#"[package]
name = "serde"
version = "1.0.0"
license = "MIT/Apache-2.0"
links = "thing"
[dependencies.core]
version = "1"
optional = true
package = "rustc-std-workspace-core"
[build-dependencies]
cc = "1.2"
[dev-dependencies]
trybuild = "1"
[target."cfg(unix)".dependencies.libc]
version = "0.2"
default-features = false
features = ["std"]
[features]
default = ["std"]
std = []
rare = ["dep:core"]
test = ["trybuild/diff"]
"#;

#[test]
fn source_packages_come_with_the_index_that_a_registry_has() {
    let fixture = Fixture::new();
    let bytes = package(&fixture, MANIFEST);
    let sum = Command::new("sha256sum").arg(fixture.path("serde.crate")).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap()[..64].to_owned();
    let server = Server::start(BTreeMap::from([("/files/serde/1.0.0/download".to_owned(), bytes)]));
    let index = Server::start(BTreeMap::from([(
        "/config.json".to_owned(),
        format!("{{\"dl\":\"http://127.0.0.1:{}/files\"}}", server.port).into_bytes(),
    )]));
    fixture.edit(
        "Cargo.lock",
        "9a8e94ea7f378bd32cbbd37198a4a91436180c5bb472411e48b5ec2e2124ae9e",
        &sum,
    );
    fixture.edit("bundle.yaml", "images:\n", &format!(
        "crates:\n  - {{cargo_lock: Cargo.lock, component: model, index: \"http://127.0.0.1:{}\"}}\nimages:\n",
        index.port
    ));
    let (code, text) = failure(&run(&fixture, "lock", &[]));
    assert!(code == 1 && text.contains("index.example") && text.contains("crates.io"), "{text}");
    fixture.edit(
        "Cargo.lock",
        "registry+https://index.example/crates",
        "registry+https://github.com/rust-lang/crates.io-index",
    );
    stdout(&run(&fixture, "lock", &[]));
    assert_eq!(server.asked(), ["/files/serde/1.0.0/download"]);
    stdout(&run(&fixture, "build", &BUILD));
    assert_eq!((server.asked(), index.asked()), (vec![], vec!["/config.json".to_owned()]));

    let inspected: Value =
        serde_json::from_str(&stdout(&fixture.run(&["inspect", "out", "--json"]))).unwrap();
    let placed = |path: &str| {
        let all = inspected["manifest"]["placements"].as_array().unwrap();
        all.iter().find(|p| p["path"] == path).unwrap()["blob"].as_str().unwrap().to_owned()
    };
    assert_eq!(placed("crates/serde-1.0.0.crate"), format!("sha256:{sum}"));
    let listed = Command::new("tar")
        .arg("-xOf")
        .arg(&volumes(&fixture.path("out"))[0])
        .arg(format!("blobs/sha256/{}/00000000", &placed("crates/index.jsonl")[7..]))
        .output()
        .unwrap();
    let line: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let expected = serde_json::json!({
        "name": "serde", "vers": "1.0.0", "cksum": sum, "yanked": false, "links": "thing", "v": 2,
        "features": {"default": ["std"], "std": [], "test": ["trybuild/diff"]},
        "features2": {"rare": ["dep:core"]},
        "deps": [
            {"name": "core", "req": "1", "features": [], "optional": true, "default_features": true,
             "target": null, "kind": "normal", "package": "rustc-std-workspace-core"},
            {"name": "cc", "req": "1.2", "features": [], "optional": false, "default_features": true,
             "target": null, "kind": "build", "package": null},
            {"name": "trybuild", "req": "1", "features": [], "optional": false, "default_features": true,
             "target": null, "kind": "dev", "package": null},
            {"name": "libc", "req": "0.2", "features": ["std"], "optional": false, "default_features": false,
             "target": "cfg(unix)", "kind": "normal", "package": null},
        ],
    });
    assert_eq!(line, expected);
}
