//! A real server on a free port with a data folder of its own, and a small HTTP client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
    stderr: PathBuf,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}\n{}", self.head, self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// The program with an environment of its own.
pub(crate) fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codegraph"));
    command.env_clear().arg("--data").arg(data);
    if let Some(libraries) = option_env!("LD_LIBRARY_PATH") {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    command
}

/// Runs a command to its end.
pub(crate) fn run(data: &Path, arguments: &[&str]) -> Output {
    program(data).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Makes the administrator `root` with [`PASSWORD`].
pub(crate) fn make_admin(data: &Path) {
    let mut child = program(data)
        .args(["admin", "create", "--username", "root", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

impl Server {
    /// Starts a server and waits for the line that names its address.
    pub(crate) fn start(data: &Path, variables: &[(&str, &str)]) -> Self {
        Self::try_start(data, variables).unwrap_or_else(|stderr| panic!("no server: {stderr}"))
    }

    /// Starts a server, or gives what it wrote to stderr before it ended.
    pub(crate) fn try_start(data: &Path, variables: &[(&str, &str)]) -> Result<Self, String> {
        std::fs::create_dir_all(data).unwrap();
        let stderr = data.join(format!("stderr-{}", std::process::id()));
        let log = std::fs::File::options().create(true).append(true).open(&stderr).unwrap();
        let mut child = program(data)
            .arg("serve")
            .env("API_PORT", "0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            child.wait().unwrap();
            return Err(std::fs::read_to_string(&stderr).unwrap());
        };
        Ok(Self { child, address: address.to_owned(), stderr })
    }

    /// Sends a request.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let body = body.map(Value::to_string);
        self.send_raw(method, path, token, body.as_deref())
    }

    pub(crate) fn send_raw(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&str>,
    ) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
        if let Some(token) = token {
            request += &format!("authorization: Bearer {token}\r\n");
        }
        if let Some(body) = body {
            request +=
                &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        }
        request += "\r\n";
        request += body.unwrap_or_default();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        // A refused body may reset the connection after the answer.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) fn get(&self, path: &str, token: &str) -> Answer {
        self.send("GET", path, Some(token), None)
    }

    pub(crate) fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(token), Some(body))
    }

    /// Logs in; gives the answer.
    pub(crate) fn try_login(&self, name: &str, password: &str) -> Answer {
        let body = json!({"username": name, "password": password});
        self.send("POST", "/api/v1/auth/login", None, Some(&body))
    }

    /// Logs in; gives the access token.
    pub(crate) fn login(&self, name: &str, password: &str) -> String {
        let answer = self.try_login(name, password);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Makes a user of a role who has changed the first password; gives the access token.
    pub(crate) fn user(&self, admin: &str, role: &str) -> String {
        let name = format!("one-{role}");
        let first = "first password of all";
        let made = self.post(
            "/api/v1/users",
            admin,
            &json!({"name": name, "role": role, "password": first}),
        );
        assert_eq!(made.status, 201, "{}", made.body);
        let token = self.login(&name, first);
        let body = json!({"current_password": first, "new_password": PASSWORD});
        assert_eq!(self.post("/api/v1/auth/password", &token, &body).status, 204);
        self.login(&name, PASSWORD)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    /// Asks the server to end and waits for it; gives the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Ends the server as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
