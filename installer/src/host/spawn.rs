//! The one place that starts processes: empty environment, no standard input, bounded output, a time limit.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bytes of each output stream that are kept; the rest is read and dropped.
pub const OUTPUT_LIMIT: usize = 256 * 1024;
/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A program to run to its end.
#[derive(Debug, Clone)]
pub struct Program {
    /// Name or path; a name is looked up in the system folders.
    pub path: PathBuf,
    /// Arguments after the program's name.
    pub arguments: Vec<OsString>,
    /// User and group number to run as; none means the installer's own.
    pub user: Option<(u32, u32)>,
    /// Time after which it is killed.
    pub limit: Duration,
}

impl Program {
    /// A program with arguments, run as the installer's user.
    pub fn new(path: impl Into<PathBuf>, limit: Duration) -> Self {
        Self { path: path.into(), arguments: Vec::new(), user: None, limit }
    }

    /// Adds arguments.
    #[must_use]
    pub fn with<I: IntoIterator<Item = A>, A: Into<OsString>>(mut self, arguments: I) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// The command line, for messages.
    pub fn line(&self) -> String {
        let mut text = self.path.display().to_string();
        for argument in &self.arguments {
            text.push(' ');
            text.push_str(&argument.to_string_lossy());
        }
        text
    }
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output, at most `OUTPUT_LIMIT` bytes.
    pub stdout: String,
    /// Standard error, at most `OUTPUT_LIMIT` bytes.
    pub stderr: String,
    /// Set when the time limit ended it.
    pub timed_out: bool,
}

impl Outcome {
    /// True for exit status 0 within the time.
    pub fn is_good(&self) -> bool {
        self.code == Some(0) && !self.timed_out
    }

    /// Whether it failed and said that the disk is full, in the words of the C library or of SQLite.
    pub fn says_full_disk(&self) -> bool {
        const WORDS: [&str; 3] = ["No space left on device", "disk is full", "Disk quota exceeded"];
        let is_said = |word: &str| self.stderr.contains(word) || self.stdout.contains(word);
        !self.is_good() && WORDS.into_iter().any(is_said)
    }

    /// The end in words, with the last lines that the program said.
    pub fn words(&self) -> String {
        let end = match (self.timed_out, self.code) {
            (true, _) => "did not end in time".to_owned(),
            (false, Some(code)) => format!("ended with status {code}"),
            (false, None) => "was ended by a signal".to_owned(),
        };
        let said = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let mut tail: Vec<&str> = said.trim().lines().rev().take(8).collect();
        tail.reverse();
        if tail.is_empty() { end } else { format!("{end}; it said: {}", tail.join(" | ")) }
    }
}

/// Runs `program` and waits for its end. Whatever it left running in its process group is killed.
pub fn run(program: &Program) -> io::Result<Outcome> {
    let mut command = Command::new(&program.path);
    command
        .args(&program.arguments)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some((uid, gid)) = program.user {
        command.uid(uid).gid(gid);
    }
    let mut child = command.spawn()?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let (code, timed_out) = wait(&mut child, program.limit)?;
    if let Some(group) = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap_or(0)) {
        // Nothing may be left behind; an empty group is not an error worth reporting.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    Ok(Outcome { code, stdout: collect(stdout), stderr: collect(stderr), timed_out })
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<(Option<i32>, bool)> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status.code(), false));
        }
        if start.elapsed() >= limit {
            child.kill()?;
            return Ok((child.wait()?.code(), true));
        }
        std::thread::sleep(POLL);
    }
}

fn drain<R: Read + Send + 'static>(stream: Option<R>) -> Option<JoinHandle<Vec<u8>>> {
    let mut stream = stream?;
    Some(std::thread::spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = vec![0_u8; 8192];
        while let Ok(count) = stream.read(&mut buffer) {
            if count == 0 {
                break;
            }
            let room = OUTPUT_LIMIT.saturating_sub(kept.len()).min(count);
            kept.extend_from_slice(&buffer[..room]);
        }
        kept
    }))
}

fn collect(reader: Option<JoinHandle<Vec<u8>>>) -> String {
    let bytes = reader.and_then(|handle| handle.join().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
