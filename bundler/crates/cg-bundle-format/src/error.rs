//! What can go wrong, and which part of the bundle it concerns.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::{Digest, KeyId};

/// The part of a bundle that an error speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// A whole volume, by its file.
    File(PathBuf),
    /// A volume by its number.
    Volume(u32),
    /// A tar entry of a volume file.
    Entry {
        /// The volume's file.
        file: PathBuf,
        /// The entry's name, or its byte offset where the name cannot be read.
        name: String,
    },
    /// `root.json` of this version in the chain.
    Root(u64),
    /// The manifest.
    Manifest,
    /// The signatures of the manifest.
    Signatures,
    /// The countersignatures that the host demands.
    Countersignatures,
    /// A downgrade permit.
    Permit,
    /// The list of chunk hashes of a blob.
    ChunkList(Digest),
    /// A blob as a whole.
    Blob(Digest),
    /// One chunk of a blob, counted from 0.
    Chunk {
        /// The volume's number.
        volume: u32,
        /// The blob.
        blob: Digest,
        /// Counted from 0.
        index: u64,
    },
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "volume file {}", path.display()),
            Self::Volume(number) => write!(f, "volume {number}"),
            Self::Entry { file, name } => write!(f, "entry {name:?} of {}", file.display()),
            Self::Root(version) => write!(f, "root.json version {version}"),
            Self::Manifest => f.write_str("release.json"),
            Self::Signatures => f.write_str("signatures of release.json"),
            Self::Countersignatures => f.write_str("countersignatures of release.json"),
            Self::Permit => f.write_str("downgrade permit"),
            Self::ChunkList(blob) => write!(f, "chunk list of blob {blob}"),
            Self::Blob(blob) => write!(f, "blob {blob}"),
            Self::Chunk { volume, blob, index } => {
                write!(f, "volume {volume}, chunk {index} of blob {blob}")
            }
        }
    }
}

/// Everything that reading, verifying or writing a bundle can report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A part is not what the format or the signed manifest says.
    #[error("verification failed: {part}: {problem}")]
    Refused {
        /// The part that is wrong.
        part: Part,
        /// What is wrong with it.
        problem: String,
    },
    /// The signatures do not reach the threshold of a role.
    #[error(
        "verification failed: {part}: {valid} of {needed} needed signatures are valid; the bundle was not signed by keys that this root trusts"
    )]
    Threshold {
        /// What was signed.
        part: Part,
        /// Distinct trusted keys whose signature is right.
        valid: usize,
        /// Distinct keys that are needed.
        needed: usize,
    },
    /// No root in the bundle is the one that the caller trusts.
    #[error(
        "verification failed: no root in the bundle has the fingerprint {expected}; the newest carries {found}; compare it with the one you got by another way"
    )]
    Fingerprint {
        /// What the caller trusts.
        expected: Digest,
        /// The fingerprint of the newest root in the bundle.
        found: Digest,
    },
    /// Volumes of the set are not there.
    #[error("verification failed: missing volume {}; bring the missing media and name all volumes or their folder", list(.missing))]
    MissingVolumes {
        /// Numbers of the missing volumes, ascending.
        missing: Vec<u32>,
    },
    /// The caller gave no volume.
    #[error("no volume found in {}; name .cgb files or a folder that holds them", .places.join(", "))]
    NoVolumes {
        /// Where was looked.
        places: Vec<String>,
    },
    /// The text is no digest.
    #[error("{text:?} is no SHA-256 digest; give 64 lower-case hexadecimal digits")]
    NotADigest {
        /// The text, shortened.
        text: String,
    },
    /// A key file cannot be used.
    #[error("key {what}: {problem}")]
    Key {
        /// Which key.
        what: String,
        /// What is wrong.
        problem: String,
    },
    /// A key is not in the root's role, so a signature by it would be worth nothing.
    #[error(
        "key {key} is not among the release keys of the newest root; sign with a key that the root names"
    )]
    ForeignKey {
        /// The key.
        key: KeyId,
    },
    /// What is to be written cannot be written in this format.
    #[error("cannot write: {problem}")]
    Unwritable {
        /// Why, and what to do.
        problem: String,
    },
    /// The medium does not give out the bytes of a chunk, however often it is asked.
    #[error(
        "cannot read volume {volume}, {} at byte {offset} (chunk {index} of blob {blob}): {source}; the medium is damaged or was taken out: bring a fresh copy of this volume",
        .path.display()
    )]
    Unreadable {
        /// The volume's number.
        volume: u32,
        /// Its file.
        path: PathBuf,
        /// Where the chunk begins in the file.
        offset: u64,
        /// The blob.
        blob: Digest,
        /// The chunk, counted from 0.
        index: u64,
        /// The system's answer.
        source: io::Error,
    },
    /// A file could not be read or written.
    #[error("{action} {}: {source}", .path.display())]
    Io {
        /// What was tried, as `cannot read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// Shorthand for [`Error::Refused`].
    pub(crate) fn refused(part: Part, problem: impl Into<String>) -> Self {
        Self::Refused { part, problem: problem.into() }
    }

    /// The volume of which a fresh copy would help: one of its chunks cannot be read, or is not the signed one.
    #[must_use]
    pub fn bad_volume(&self) -> Option<u32> {
        match self {
            Self::Unreadable { volume, .. }
            | Self::Refused { part: Part::Chunk { volume, .. }, .. } => Some(*volume),
            _ => None,
        }
    }

    /// The exit code of a program that ends with this error: 1 user error, 2 unexpected, 3 verification failed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. }
            | Self::Threshold { .. }
            | Self::Fingerprint { .. }
            | Self::MissingVolumes { .. } => 3,
            Self::NoVolumes { .. }
            | Self::NotADigest { .. }
            | Self::Key { .. }
            | Self::ForeignKey { .. }
            | Self::Unwritable { .. } => 1,
            Self::Io { .. } | Self::Unreadable { .. } => 2,
        }
    }
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
