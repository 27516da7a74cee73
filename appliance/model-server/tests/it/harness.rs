//! Starts the program and speaks HTTP with it, byte by byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(120);

/// The development generation, with both models.
pub(crate) fn generation() -> PathBuf {
    let cache = std::env::var_os("CODEGRAPH_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache/codegraph")
    });
    let generation = cache.join("deps/generation");
    let lock = generation.join("models.lock");
    assert!(lock.exists(), "{} is missing: run `make deps`", lock.display());
    generation
}

/// A running server; killed at the end of the test.
pub(crate) struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts with both models and waits until they answer.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(&generation().join("models.lock"), arguments)
    }

    pub(crate) fn start_with(lock: &Path, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = spawn(lock, &folder.path().join("s.sock"), arguments);
        let server = Self { child, folder };
        server.wait_until_ready();
        server
    }

    pub(crate) fn wait_until_ready(&self) {
        wait_until("the models are ready", || {
            self.try_get("/health").is_some_and(|answer| answer.status == 200)
        });
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("s.sock")
    }

    /// `kill -9`, as the kernel does when memory ends.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it anew on the same socket.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&generation().join("models.lock"), &self.socket(), SMALL);
        self.wait_until_ready();
    }

    /// SIGTERM; gives the exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }

    fn try_get(&self, path: &str) -> Option<Answer> {
        let mut stream = UnixStream::connect(self.socket()).ok()?;
        send(&mut stream, "GET", path, "");
        Some(Answer::read(stream))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.try_get(path).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::read(self.open(path, body))
    }

    /// Sends a request and leaves the answer on the wire.
    pub(crate) fn open(&self, path: &str, body: &Value) -> UnixStream {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        send(&mut stream, "POST", path, &body.to_string());
        stream
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").body;
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0.0)
    }
}

/// Little memory, one slot, one waiting request, one thread: tests run side by side.
pub(crate) const SMALL: &[&str] =
    &["--n-ctx", "1024", "--slots", "1", "--queue", "1", "--n-threads", "1"];

fn spawn(lock: &Path, socket: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_codegraph-llm"))
        .arg("serve")
        .arg("--models")
        .arg(lock)
        .arg("--socket")
        .arg(socket)
        .args(arguments)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs the program to its end; gives the exit code and what it said.
pub(crate) fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_codegraph-llm")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Looks again until it is so; the limit is for a test that hangs, not a measurement.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < LIMIT, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

fn send(stream: &mut UnixStream, method: &str, path: &str, body: &str) {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn read(stream: UnixStream) -> Self {
        let mut bytes = Vec::new();
        // An end without a goodbye is what some tests are about.
        let _ = (&stream).read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if chunked { dechunk(body) } else { body.to_owned() };
        Self { status, head: head.to_ascii_lowercase(), body }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The events of a stream, `[DONE]` as a string.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| serde_json::from_str(data).unwrap_or_else(|_| Value::from(data)))
            .collect()
    }

    /// The text of a streamed answer.
    pub(crate) fn streamed_text(&self) -> String {
        let text = |e: &Value| e["choices"][0]["delta"]["content"].as_str().map(str::to_owned);
        self.events().iter().filter_map(text).collect()
    }
}

fn dechunk(body: &str) -> String {
    let mut reader = BufReader::new(body.as_bytes());
    let mut whole = Vec::new();
    let mut size = String::new();
    while reader.read_line(&mut size).is_ok_and(|n| n > 0) {
        let length = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        size.clear();
        let mut piece = vec![0; length];
        if length == 0 || reader.read_exact(&mut piece).is_err() {
            break;
        }
        whole.extend(piece);
        let _ = reader.read_line(&mut size);
        size.clear();
    }
    String::from_utf8(whole).unwrap()
}

/// Reads the wire until a text has come.
pub(crate) fn read_until(stream: &mut UnixStream, wanted: &str) -> String {
    let mut seen = Vec::new();
    let mut piece = [0; 1024];
    while !String::from_utf8_lossy(&seen).contains(wanted) {
        let n = stream.read(&mut piece).unwrap();
        assert!(n > 0, "the stream ended before {wanted:?}: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&piece[..n]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}
