//! `codegraph registry`: the real program, started as systemd starts it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// A layout with one image of one empty layer; its manifest's digits.
fn layout(folder: &Path, with_image: bool) -> String {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let blob = |bytes: &str| {
        let digits = hex::encode(Sha256::digest(bytes));
        fs::write(blobs.join(&digits), bytes).unwrap();
        digits
    };
    let config = blob("{\"architecture\":\"amd64\",\"os\":\"linux\"}");
    let manifest = format!(
        "{{\"schemaVersion\":2,\"config\":{{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:{config}\",\"size\":37}},\"layers\":[]}}"
    );
    let digest = blob(&manifest);
    let entry = format!(
        "{{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:{digest}\",\"size\":{},\"annotations\":{{\"org.opencontainers.image.ref.name\":\"docker.io/team/app:1\"}}}}",
        manifest.len()
    );
    let entries = if with_image { entry } else { String::new() };
    let index = format!("{{\"schemaVersion\":2,\"manifests\":[{entries}]}}");
    fs::write(folder.join("index.json"), index).unwrap();
    digest
}

fn registry(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codegraph"));
    // A configuration that nobody could read: the registry must not try.
    command.env("CODEGRAPH_CONFIG", "/nowhere/config.yaml").arg("registry").args(arguments);
    command
}

fn list(layout: &Path, more: &[&str]) -> Output {
    registry(&["list", "--layout", layout.to_str().unwrap()]).args(more).output().unwrap()
}

#[test]
fn images_are_listed_as_podman_wants_them_and_an_empty_store_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let digest = layout(folder.path(), true);
    let output = list(folder.path(), &["--fail-if-empty"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&format!("127.0.0.1:5000/team/app@sha256:{digest}")), "{text}");
    let json = list(folder.path(), &["--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["images"][0]["reference"], "docker.io/team/app:1");
    assert_eq!(json["images"][0]["is_whole"], true);

    layout(folder.path(), false);
    assert_eq!(list(folder.path(), &[]).status.code(), Some(0));
    assert_eq!(list(folder.path(), &["--fail-if-empty"]).status.code(), Some(1));
    let absent = list(&folder.path().join("absent"), &["--fail-if-empty"]);
    assert_eq!(absent.status.code(), Some(1));
    let said = String::from_utf8(absent.stderr).unwrap();
    assert!(said.contains("absent/index.json") && said.contains("installed"), "{said}");
}

/// A registry that systemd waits for and watches; killed when dropped.
struct Running {
    child: Child,
    address: String,
    told: UnixDatagram,
    _folder: tempfile::TempDir,
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        layout(folder.path(), true);
        let socket = folder.path().join("notify");
        let told = UnixDatagram::bind(&socket).unwrap();
        told.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let mut child = registry(&["serve", "--listen", "127.0.0.1:0"])
            .arg("--layout")
            .arg(folder.path())
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", "300000")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Self { child, address, told, _folder: folder }
    }

    fn hear(&self) -> String {
        let mut buffer = [0; 512];
        let count = self.told.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    fn status(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /v2/team/app/manifests/1 HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text.lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn systemd_learns_when_the_registry_is_ready_that_it_lives_and_that_it_stops() {
    let mut running = Running::start();
    assert!(running.hear().contains("READY=1"));
    assert!(running.status().contains("200"));
    for _ in 0..3 {
        assert!(running.hear().contains("WATCHDOG=1"));
    }
    let pid = running.child.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    while !running.hear().contains("STOPPING=1") {}
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_address_for_others_needs_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    layout(folder.path(), true);
    let layout = folder.path().to_str().unwrap();
    for (arguments, says) in [
        (&["--listen", "0.0.0.0:0"][..], "without TLS"),
        (&["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"][..], "--tls-cert"),
        (&["--tls-cert", "x"][..], "--tls-listen"),
        (&["--listen", "nonsense"][..], "--listen"),
    ] {
        let output = registry(&["serve", "--layout", layout]).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?} {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty());
    }
}
