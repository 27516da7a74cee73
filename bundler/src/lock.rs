//! `bundle.lock`: digest and size of every input, and what a rebuild must not invent anew (time, counter).

mod compare;

use std::collections::BTreeMap;
use std::path::Path;

use cg_bundle_format::Digest;
use serde::{Deserialize, Serialize};

use crate::collect::Collected;
use crate::error::Error;
use crate::sbom::Licences;
use crate::source::registry::ResolvedImage;

pub(crate) use compare::{Change, changes};

/// Version of the file's form.
const FORMAT: u64 = 1;
/// Largest lock in bytes: stops memory use; 50,000 inputs need about 10 MiB.
const MOST_BYTES: u64 = 64 << 20;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    pub(crate) format: u64,
    /// SHA-256 of `bundle.yaml`.
    pub(crate) config: Digest,
    /// The only time in the bundle.
    pub(crate) issued: String,
    pub(crate) release_counter: u64,
    /// Sorted by kind and name, each once.
    pub(crate) inputs: Vec<Input>,
    /// Images of registries with all of their blobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) images: Vec<ResolvedImage>,
    /// Licences of the crates in the bill of materials, as cargo told when the lock was made; absent: it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) licences: Option<Licences>,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    pub(crate) kind: Kind,
    /// As the configuration writes it, not as a machine expands it; what lies in a folder is added.
    pub(crate) name: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// What was read in its header, or resolved for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) facts: BTreeMap<String, String>,
}

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A descriptor, an image definition, a `Cargo.lock`.
    Definition,
    /// A file that is placed as it is.
    File,
    /// An extension of DuckDB.
    Extension,
    /// A file of a model.
    Model,
    /// A source package.
    Crate,
    /// A file in an image that is put together here.
    ImageFile,
    /// A part of an image in a layout.
    Layout,
    /// An image of a registry: its manifest or index.
    Registry,
}

impl Kind {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::File => "file",
            Self::Extension => "extension",
            Self::Model => "model",
            Self::Crate => "crate",
            Self::ImageFile => "image file",
            Self::Layout => "layout",
            Self::Registry => "image",
        }
    }
}

impl Lock {
    /// Reads a lock; `None` where there is none.
    pub(crate) fn read(file: &Path) -> Result<Option<Self>, Error> {
        let problem = |problem: String| Error::Config {
            file: file.to_owned(),
            problem: format!("{problem}; remove the file and run `codegraph-bundle lock`"),
        };
        let size = match std::fs::metadata(file) {
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("cannot read", file)(error)),
        };
        if size > MOST_BYTES {
            return Err(problem(format!("{size} bytes; at most {MOST_BYTES} are allowed")));
        }
        let bytes = std::fs::read(file).map_err(Error::io("cannot read", file))?;
        let lock: Self = serde_json::from_slice(&bytes).map_err(|e| problem(e.to_string()))?;
        if lock.format != FORMAT {
            return Err(problem(format!("format {} is not {FORMAT}", lock.format)));
        }
        Ok(Some(lock))
    }

    /// The lock of what was found. Time and counter come from the configuration where it gives them, else from
    /// `prior` where nothing moved, else they are new.
    pub(crate) fn of(
        config: &crate::config::Config,
        digest: Digest,
        found: &Collected,
        prior: Option<&Self>,
    ) -> Result<Self, Error> {
        let mut lock = Self {
            format: FORMAT,
            config: digest,
            issued: config.issued.clone(),
            release_counter: config.release_counter,
            inputs: found.inputs.clone(),
            images: found.resolved.clone(),
            licences: found.licences.clone(),
        };
        let same = prior.filter(|prior| {
            prior.config == digest && prior.inputs == lock.inputs && prior.images == lock.images
        });
        if lock.issued.is_empty() {
            lock.issued = match same {
                Some(prior) => prior.issued.clone(),
                None => now()?,
            };
        }
        if lock.release_counter == 0 {
            lock.release_counter = match (same, prior) {
                (Some(same), _) => same.release_counter,
                (None, Some(prior)) => prior.release_counter + 1,
                (None, None) => 1,
            };
        }
        Ok(lock)
    }

    /// The bytes of the file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes =
            serde_json::to_vec_pretty(self).map_err(|e| Error::Unexpected(e.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Writes the file: the old one or the new one is there, never a part.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Error> {
        let partial = file.with_extension("lock.partial");
        let done = std::fs::write(&partial, self.to_bytes()?)
            .and_then(|()| std::fs::File::open(&partial)?.sync_all())
            .and_then(|()| std::fs::rename(&partial, file));
        done.map_err(Error::io("cannot write (choose another place with --lock)", file))
    }
}

fn now() -> Result<String, Error> {
    let form = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time::OffsetDateTime::now_utc().format(form).map_err(|e| Error::Unexpected(e.to_string()))
}
