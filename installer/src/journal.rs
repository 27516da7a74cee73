//! The journal of an installation: one line a finished step, so that the next run goes on from there.
//!
//! Each line is `crc32 json`. A line that a power loss tore is cut off when the journal is opened.
//! What a line says of blobs was on the disk before the line was written: it is not read again. A line that
//! a power loss took costs only that its work is done once more.

mod kept;

use std::fs::File;
use std::path::{Path, PathBuf};

use cg_bundle_format::{Checkpoint, Digest};
use serde::{Deserialize, Serialize};

use crate::error::{Context, Error};
use crate::files;
use crate::host::Host;

pub use kept::Kept;

/// Largest journal that is read: a 4 TiB payload needs about 10 MB.
const MAX_BYTES: u64 = 128 << 20;

/// One finished step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Record {
    /// Installation of a release started.
    Begin {
        /// SHA-256 of `release.json`.
        release: Digest,
        /// The generation that it will be.
        generation: u64,
    },
    /// Chunks were checked and lie on the disk, in the partial file of their blob.
    Stored {
        /// The blob, by its digest in the store.
        blob: Digest,
        /// Counted from 0.
        chunks: Vec<u64>,
    },
    /// A blob is decoded so far, and that much of its partial file lies on the disk.
    Decoded {
        /// The blob, by its digest in the store.
        blob: Digest,
        /// From where decoding goes on.
        at: Checkpoint,
    },
    /// Nothing that is wanted lies on this volume any more.
    Volume {
        /// Its number.
        number: u32,
    },
    /// The generation's folder is complete.
    Generation {
        /// Its number.
        number: u64,
    },
    /// The switch to a generation is about to be made; it holds only once it is committed.
    Pending {
        /// The generation in use before; none on the first installation.
        from: Option<u64>,
        /// The generation that is tried.
        to: u64,
    },
    /// The state of the service before the switch lies in a file from which it can be restored.
    Snapshot {
        /// Name of the file in the folder of backups.
        file: String,
    },
    /// The candidate has proven that it works; from here on the switch is only ever completed.
    Proven {
        /// The generation in use.
        to: u64,
        /// What the gate said.
        gate: Vec<String>,
    },
    /// The switch was taken back, because the candidate failed.
    Reverted {
        /// The generation that failed.
        to: u64,
    },
    /// The switch was taken back, because it was cut off; it may be tried again as it is.
    Undone {
        /// The generation that was not proven.
        to: u64,
    },
    /// The release is installed, its receipt and the trust state are written.
    Committed {
        /// The generation in use.
        generation: u64,
    },
}

/// How far the installation in the journal came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was begun, or the journal was never written.
    #[default]
    Idle,
    /// Blobs are being brought into the store.
    Ingest,
    /// The generation is complete, the switch not begun.
    Ready,
    /// A switch was begun and neither committed nor taken back.
    Pending {
        /// The generation in use before.
        from: Option<u64>,
        /// The generation that is tried.
        to: u64,
        /// The file with the state of the service before the switch, once it is made.
        snapshot: Option<String>,
    },
    /// The candidate is proven, what follows from it not all written yet.
    Proven {
        /// The generation in use.
        to: u64,
        /// What the gate said.
        gate: Vec<String>,
    },
    /// The last switch was taken back.
    Reverted,
    /// The last installation is complete.
    Committed,
}

/// What the journal says, folded together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The release under way, or the last one.
    pub release: Option<Digest>,
    /// Its generation.
    pub generation: Option<u64>,
    /// How far it came.
    pub phase: Phase,
    /// What of blobs that are not whole yet lies on the disk.
    pub kept: Kept,
}

impl Phase {
    /// Whether a switch was begun that is neither complete nor taken back.
    pub fn is_unsettled(&self) -> bool {
        matches!(self, Self::Pending { .. } | Self::Proven { .. })
    }
}

impl State {
    fn add(&mut self, record: &Record) {
        match record {
            Record::Begin { release, generation } => {
                if self.release != Some(*release) {
                    self.kept.volumes.clear();
                }
                self.release = Some(*release);
                self.generation = Some(*generation);
                self.phase = Phase::Ingest;
            }
            Record::Stored { blob, chunks } => self.kept.store(*blob, chunks),
            Record::Decoded { blob, at } => self.kept.decode(*blob, at.clone()),
            Record::Volume { number } => {
                self.kept.volumes.insert(*number);
            }
            Record::Generation { .. } => self.phase = Phase::Ready,
            Record::Pending { from, to } => {
                self.phase = Phase::Pending { from: *from, to: *to, snapshot: None };
            }
            Record::Snapshot { file } => {
                if let Phase::Pending { snapshot, .. } = &mut self.phase {
                    *snapshot = Some(file.clone());
                }
            }
            Record::Proven { to, gate } => {
                self.phase = Phase::Proven { to: *to, gate: gate.clone() };
            }
            Record::Reverted { .. } => self.phase = Phase::Reverted,
            // Without a release under way it was a way back to a generation that is there anyhow.
            Record::Undone { .. } => {
                self.phase = if self.release.is_some() { Phase::Ready } else { Phase::Reverted };
            }
            Record::Committed { .. } => {
                self.phase = Phase::Committed;
                self.kept = Kept::default();
            }
        }
    }
}

/// Reads the journal without changing it; a torn tail is left out.
pub fn read(path: &Path) -> Result<State, Error> {
    Ok(parse(&files::read_bounded(path, MAX_BYTES)?.unwrap_or_default()).0)
}

/// An open journal.
pub struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Journal {
    /// Opens the journal, cuts a torn tail, and says what it holds.
    pub fn open(host: &dyn Host, path: &Path) -> Result<(Self, State), Error> {
        let bytes = files::read_bounded(path, MAX_BYTES)?;
        let is_new = bytes.is_none();
        let bytes = bytes.unwrap_or_default();
        let (state, length) = parse(&bytes);
        let file = host.open(path, 0o600).at("cannot open", path)?;
        if length < bytes.len() as u64 {
            host.set_length(&file, length).at("cannot cut the torn end of", path)?;
            host.sync_file(&file).at("cannot flush", path)?;
        }
        if is_new {
            files::sync_parent(host, path)?;
        }
        Ok((Self { path: path.to_path_buf(), file, length }, state))
    }

    /// Starts an empty journal in the place of one whose installation is over.
    pub fn restart(self, host: &dyn Host) -> Result<Self, Error> {
        drop(self.file);
        files::replace(host, &self.path, b"", 0o600)?;
        let file = host.open(&self.path, 0o600).at("cannot open", &self.path)?;
        Ok(Self { path: self.path, file, length: 0 })
    }

    /// Adds a record that may be lost in a power loss (its work is then done again).
    pub fn note(&mut self, host: &dyn Host, record: &Record) -> Result<(), Error> {
        self.note_all(host, std::slice::from_ref(record))
    }

    /// Adds several of them in one write.
    pub fn note_all(&mut self, host: &dyn Host, records: &[Record]) -> Result<(), Error> {
        let lines: Vec<u8> = records.iter().flat_map(line_of).collect();
        host.write_at(&self.file, self.length, &lines).at("cannot write", &self.path)?;
        self.length += lines.len() as u64;
        Ok(())
    }

    /// Adds several records and waits until they are on the disk.
    pub fn commit_all(&mut self, host: &dyn Host, records: &[Record]) -> Result<(), Error> {
        self.note_all(host, records)?;
        host.sync_file(&self.file).at("cannot flush", &self.path)
    }

    /// Adds a record and waits until it is on the disk.
    pub fn commit(&mut self, host: &dyn Host, record: &Record) -> Result<(), Error> {
        self.note(host, record)?;
        host.sync_file(&self.file).at("cannot flush", &self.path)
    }
}

fn line_of(record: &Record) -> Vec<u8> {
    let json = serde_json::to_string(record).expect("a record holds only digests and numbers");
    format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes()
}

/// The folded records and the length of the part that is whole.
fn parse(bytes: &[u8]) -> (State, u64) {
    let mut state = State::default();
    let mut length = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(record) = record_of(line) else { break };
        state.add(&record);
        length += line.len() as u64;
    }
    (state, length)
}

fn record_of(line: &[u8]) -> Option<Record> {
    let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (sum, json) = text.split_once(' ')?;
    (u32::from_str_radix(sum, 16).ok()? == crc32fast::hash(json.as_bytes())).then_some(())?;
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests;
