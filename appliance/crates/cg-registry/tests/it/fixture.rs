//! A small image layout, a registry over it, and a client that shows every byte of an answer.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web;
use cg_registry::{Digest, Error, Layout, Options, Registry, TlsOptions};
use serde_json::{Value, json};

pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// A layout on disk.
pub(crate) struct Store {
    pub(crate) folder: tempfile::TempDir,
    entries: Vec<Value>,
}

impl Store {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
        fs::write(folder.path().join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
        let store = Self { folder, entries: Vec::new() };
        store.write_index();
        store
    }

    /// With an image, a multi-platform one of which arm64 was left out, and an artifact.
    pub(crate) fn filled() -> (Self, Image, Image) {
        let mut store = Self::new();
        let plain = store.image("plain", "codegraph/appliance:0.1.0");
        let platform = store.manifest("several");
        let absent = Digest::of(b"left out by the packager");
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            {"mediaType": MANIFEST, "digest": platform.digest.to_string(), "size": platform.manifest.len(),
             "platform": {"os": "linux", "architecture": "amd64"}},
            {"mediaType": MANIFEST, "digest": absent.to_string(), "size": 1234,
             "platform": {"os": "linux", "architecture": "arm64"}},
        ]});
        let digest = store.blob(index.to_string().as_bytes());
        store.enter(INDEX, digest, "docker.io/library/postgres:16", &json!({}));
        store.artifact("codegraph/base:0.1.0", None);
        (store, plain, platform)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, digest: Digest) -> PathBuf {
        self.path().join("blobs/sha256").join(digest.hex())
    }

    pub(crate) fn blob(&self, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        fs::write(self.file(digest), bytes).unwrap();
        digest
    }

    /// A manifest with one layer of a file's tar, not in the index.
    fn manifest(&self, seed: &str) -> Image {
        let layer = layer(seed);
        let layer_digest = self.blob(&layer);
        let config = json!({"architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer_digest.to_string()]}});
        let config = config.to_string().into_bytes();
        let config_digest = self.blob(&config);
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": config_digest.to_string(), "size": config.len()},
            "layers": [{"mediaType": LAYER, "digest": layer_digest.to_string(), "size": layer.len()}]});
        let manifest = manifest.to_string().into_bytes();
        Image { digest: self.blob(&manifest), manifest, layer, layer_digest, config_digest }
    }

    pub(crate) fn image(&mut self, seed: &str, name: &str) -> Image {
        let image = self.manifest(seed);
        self.enter(MANIFEST, image.digest, name, &json!({}));
        image
    }

    /// An artifact that may refer to another manifest.
    pub(crate) fn artifact(&mut self, name: &str, subject: Option<&Image>) -> Digest {
        let empty = self.blob(b"{}");
        let mut manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/x-test",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty.to_string(), "size": 2},
            "layers": [], "annotations": {"made": "by hand"}});
        if let Some(image) = subject {
            manifest["subject"] = json!({"mediaType": MANIFEST, "digest": image.digest.to_string(), "size": image.manifest.len()});
        }
        let digest = self.blob(manifest.to_string().as_bytes());
        self.enter(MANIFEST, digest, name, &json!({"artifactType": "application/x-test"}));
        digest
    }

    fn enter(&mut self, media_type: &str, digest: Digest, name: &str, more: &Value) {
        let size = fs::metadata(self.file(digest)).unwrap().len();
        let mut entry = json!({"mediaType": media_type, "digest": digest.to_string(), "size": size,
            "annotations": {REF_NAME: name}});
        for (key, value) in more.as_object().unwrap() {
            entry[key] = value.clone();
        }
        self.entries.push(entry);
        self.write_index();
    }

    /// As the installer does: a new file in one step.
    fn write_index(&self) {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": self.entries});
        self.replace_index(index.to_string().as_bytes());
    }

    pub(crate) fn replace_index(&self, bytes: &[u8]) {
        let partial = self.path().join("index.json.partial");
        fs::write(&partial, bytes).unwrap();
        fs::rename(&partial, self.path().join("index.json")).unwrap();
    }
}

/// An image of one platform.
pub(crate) struct Image {
    pub(crate) digest: Digest,
    pub(crate) manifest: Vec<u8>,
    pub(crate) layer: Vec<u8>,
    pub(crate) layer_digest: Digest,
    pub(crate) config_digest: Digest,
}

/// A tar with one file of 700 KB that does not repeat, made by tar itself.
fn layer(seed: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let lines: String =
        (0..20_000).map(|n| format!("{seed} {n} {}\n", n * 7_919 % 10_007)).collect();
    fs::write(folder.path().join("file"), lines.repeat(2)).unwrap();
    let output = Command::new("tar")
        .args(["--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-cf", "-", "file"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

/// A running registry; stopped when dropped.
pub(crate) struct Running {
    pub(crate) urls: Vec<String>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn over(store: &Store) -> Self {
        let options = Options { listen: vec!["127.0.0.1:0".parse().unwrap()], tls: None };
        Self::start(store, options).unwrap()
    }

    pub(crate) fn with_tls(
        store: &Store,
        certificate: PathBuf,
        key: PathBuf,
    ) -> Result<Self, Error> {
        let listen = vec!["127.0.0.1:0".parse().unwrap()];
        let tls = Some(TlsOptions { listen, certificate, key });
        Self::start(store, Options { listen: Vec::new(), tls })
    }

    pub(crate) fn start(store: &Store, options: Options) -> Result<Self, Error> {
        let registry = Registry::open(Layout::new(store.path()))?;
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                match cg_registry::bind(web::Data::new(registry), &options) {
                    Ok(bound) => {
                        tell.send(Ok((bound.urls.clone(), bound.server.handle()))).unwrap();
                        bound.server.await.unwrap();
                    }
                    Err(error) => tell.send(Err(error)).unwrap(),
                }
            });
        });
        let (urls, handle) = told.recv().unwrap()?;
        Ok(Self { urls, handle, thread: Some(thread) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.urls[0].rsplit('/').next().unwrap().parse().unwrap()
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address()
        );
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        // An answer that is broken off ends with an error; what came is what counts.
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Answer { head, body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[])
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of the specification's error document.
    pub(crate) fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().unwrap().to_owned()
    }
}

/// Runs skopeo.
pub(crate) fn skopeo(arguments: &[&str]) -> Output {
    Command::new("skopeo")
        .args(["--insecure-policy", "--override-arch", "amd64", "--override-os", "linux"])
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs a program that must end well; its standard output.
pub(crate) fn good(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}
