//! Debian's `docker-registry` as a process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

pub(crate) const USER: &str = "packager";
pub(crate) const PASSWORD: &str = "correct horse";
/// bcrypt of the password, as libxcrypt made it.
const HASH: &str = "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2";

/// How the registry knows who asks.
pub(crate) enum Auth {
    None,
    Basic,
    /// Tokens from this realm, signed by the key of the server's certificate.
    Bearer(String),
}

/// The process and its folder.
pub(crate) struct Server {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) port: u16,
    child: Arc<Mutex<Option<Child>>>,
}

impl Server {
    /// Makes a CA and a certificate, and starts.
    pub(crate) fn start(auth: &Auth) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, port, child: Arc::default() };
        server.certificates();
        let auth = match auth {
            Auth::None => String::new(),
            Auth::Basic => {
                fs::write(server.path("htpasswd"), format!("{USER}:{HASH}\n")).unwrap();
                format!(
                    "auth: {{htpasswd: {{realm: here, path: {}}}}}\n",
                    server.path("htpasswd").display()
                )
            }
            Auth::Bearer(realm) => format!(
                "auth: {{token: {{realm: \"{realm}\", service: registry, issuer: tests, rootcertbundle: {}}}}}\n",
                server.path("server.pem").display()
            ),
        };
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp:\n  addr: 127.0.0.1:{port}\n  tls: {{certificate: {}, key: {}}}\n{auth}",
            server.path("storage").display(),
            server.path("server.pem").display(),
            server.path("server.key").display(),
        );
        fs::write(server.path("config.yml"), config).unwrap();
        let token = format!("{USER}:{PASSWORD}");
        let entry = base64(token.as_bytes());
        let auth = format!("{{\"auths\":{{\"127.0.0.1:{port}\":{{\"auth\":\"{entry}\"}}}}}}");
        fs::write(server.path("auth.json"), auth).unwrap();
        server.run();
        server
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// The CA that signed its certificate.
    pub(crate) fn ca(&self) -> PathBuf {
        self.path("ca/ca.crt")
    }

    /// Starts the process (again).
    pub(crate) fn run(&self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(self.path("config.yml"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        *self.child.lock().unwrap() = Some(child);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.lock().unwrap().as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "{}", fs::read_to_string(self.path("log")).unwrap());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Something that kills it with SIGKILL.
    pub(crate) fn killer(&self) -> impl FnOnce() + Send + use<> {
        let child = Arc::clone(&self.child);
        move || {
            if let Some(mut child) = child.lock().unwrap().take() {
                child.kill().unwrap();
                child.wait().unwrap();
            }
        }
    }

    /// The lines of its access log for blobs.
    pub(crate) fn blob_requests(&self) -> Vec<String> {
        let log = BufReader::new(fs::File::open(self.path("log")).unwrap());
        let lines = log.lines().map(Result::unwrap);
        lines.filter(|line| line.contains("\"GET ") && line.contains("/blobs/")).collect()
    }

    /// Pushes an image of an OCI layout by skopeo.
    pub(crate) fn push(&self, layout: &Path, tag: &str, name: &str) {
        let source = format!("oci:{}:{tag}", layout.display());
        let target = format!("docker://127.0.0.1:{}/{name}", self.port);
        let ca = self.path("ca");
        skopeo(&[
            "copy",
            "--all",
            "--dest-cert-dir",
            ca.to_str().unwrap(),
            "--dest-authfile",
            self.path("auth.json").to_str().unwrap(),
            &source,
            &target,
        ]);
    }

    fn certificates(&self) {
        let folder = self.folder.path();
        fs::create_dir(self.path("ca")).unwrap();
        fs::write(self.path("san"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
            .unwrap();
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        let ca = [
            "req",
            "-x509",
            "-subj",
            "/CN=Tests",
            "-days",
            "3650",
            "-keyout",
            "ca.key",
            "-out",
            "ca/ca.crt",
        ];
        openssl(folder, &[&ca[..], &curve[..]].concat());
        // A token registry wants an RSA key.
        openssl(
            folder,
            &[
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=127.0.0.1",
                "-keyout",
                "server.key",
                "-out",
                "server.csr",
            ],
        );
        openssl(
            folder,
            &[
                "x509",
                "-req",
                "-in",
                "server.csr",
                "-CA",
                "ca/ca.crt",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "3650",
                "-extfile",
                "san",
                "-out",
                "server.pem",
            ],
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.killer()();
    }
}

/// Runs openssl in a folder.
pub(crate) fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    output(Command::new("openssl").current_dir(folder).args(arguments))
}

/// Runs skopeo without its own policy file.
pub(crate) fn skopeo(arguments: &[&str]) -> Vec<u8> {
    output(Command::new("skopeo").arg("--insecure-policy").args(arguments))
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
