//! What the installer did, taken into the audit log. The installer appends one JSON object a line to a file of its
//! own, `{"at": RFC 3339, "event": text, …facts}`, and flushes each line before it goes on; its unit shows the
//! server that one file, read-only.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::PathBuf;

use cg_audit::{Action, Event, Outcome};
use cg_store::Store;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::environment::Environment;
use crate::{audit_log, clock};

/// Names the file.
const VARIABLE: &str = "CODEGRAPH_INSTALLER_AUDIT";
/// Lines taken in one transaction.
const BATCH: usize = 200;
/// Longest line whose facts are kept, in bytes.
const MAX_LINE: usize = 16 << 10;
/// Events that tell of a release that did not come into use.
const FAILURES: [&str; 3] = ["gate.failed", "switch.taken-back", "switch.undone"];

/// The installer's file, and how far it was taken.
pub(crate) struct InstallerAudit {
    path: PathBuf,
    taken: u64,
}

/// One line: where it begins, and what it says.
struct Line {
    offset: u64,
    bytes: Vec<u8>,
}

impl InstallerAudit {
    /// The file that the environment names, from its beginning: what the log has already is not taken twice.
    pub(crate) fn find(environment: &Environment) -> Option<Self> {
        Some(Self { path: environment.path(VARIABLE)?, taken: 0 })
    }

    /// Takes the whole lines that came since; gives how many were new to the log.
    ///
    /// # Errors
    /// When the file or the store fails; the same lines are taken again by the next call.
    pub(crate) async fn take(&mut self, store: &Store) -> anyhow::Result<usize> {
        let mut new = 0;
        loop {
            let lines = self.read()?;
            let Some(last) = lines.last() else { return Ok(new) };
            let end = last.offset + last.bytes.len() as u64;
            let mut tx = store.write().await?;
            for line in &lines {
                let id = line.id();
                if !tx.has_audit(&id).await? {
                    audit_log::record_as(&mut tx, id, line.at(), &line.event()).await?;
                    new += 1;
                }
            }
            tx.commit().await?;
            self.taken = end;
        }
    }

    /// The next lines that are ended. A file that is gone has none; one that became shorter is another file.
    fn read(&mut self) -> std::io::Result<Vec<Line>> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        if file.metadata()?.len() < self.taken {
            self.taken = 0;
        }
        let mut offset = self.taken;
        file.seek(SeekFrom::Start(offset))?;
        let mut reader = BufReader::new(file);
        let mut lines = Vec::new();
        while lines.len() < BATCH {
            let mut bytes = Vec::new();
            reader.read_until(b'\n', &mut bytes)?;
            if bytes.last() != Some(&b'\n') {
                break;
            }
            let length = bytes.len() as u64;
            lines.push(Line { offset, bytes });
            offset += length;
        }
        Ok(lines)
    }
}

impl Line {
    /// The same for the same line of the same file, so that it comes into the log once.
    fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.offset.to_be_bytes());
        hash.update(&self.bytes);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
    }

    fn facts(&self) -> Option<Map<String, Value>> {
        let is_kept = self.bytes.len() <= MAX_LINE;
        is_kept.then(|| serde_json::from_slice(&self.bytes).ok()).flatten()
    }

    fn at(&self) -> i64 {
        let facts = self.facts();
        let at = facts.as_ref().and_then(|facts| facts.get("at")?.as_str());
        at.and_then(clock::milliseconds).unwrap_or_else(clock::now_ms)
    }

    /// A line that a power loss tore, or that is too long, is told of by its beginning.
    fn event(&self) -> Event {
        let event = |outcome| Event::new(Action::InstallerStep, outcome, "codegraph-install");
        let Some(mut facts) = self.facts() else {
            let start = self.bytes.trim_ascii().get(..MAX_LINE).unwrap_or(self.bytes.trim_ascii());
            return event(Outcome::Failure)
                .on("unreadable line")
                .with("line", String::from_utf8_lossy(start).as_ref());
        };
        facts.remove("at");
        let name = match facts.remove("event") {
            Some(Value::String(name)) => name,
            _ => "unnamed".to_owned(),
        };
        let failed = FAILURES.contains(&name.as_str());
        let start = event(if failed { Outcome::Failure } else { Outcome::Success }).on(name);
        facts.into_iter().fold(start, |event, (name, value)| event.with(&name, value))
    }
}
