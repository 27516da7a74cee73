//! Where a model's files are.

use std::path::PathBuf;

use cg_bundle_format::{Digest, PlainPath};

use super::Found;
use crate::cache::Size;
use crate::config::{Loaded, ModelDescriptor, ModelEntry, ModelFile};
use crate::error::Error;
use crate::fetch::{Access, Anonymous, Bearer, Download, fetch_all};
use crate::source::Finding;
use crate::vars::lookup;

/// The public server of models.
const HUGGING_FACE: &str = "https://huggingface.co";
/// Hexadecimal digits of a commit.
const COMMIT: usize = 40;

/// A folder here, or an address to which names are added.
pub(super) enum Place {
    Folder { written: String, path: PathBuf },
    Server { base: String, token: Option<String> },
}

impl Place {
    pub(super) fn of(
        finding: &Finding<'_>,
        descriptor: &Loaded<ModelDescriptor>,
        entry: &ModelEntry,
    ) -> Result<Self, Error> {
        match (&entry.from, &entry.https, &entry.huggingface) {
            (Some(from), None, None) => {
                Ok(Self::Folder { written: from.clone(), path: finding.path(from)? })
            }
            (None, Some(base), None) => Ok(Self::Server { base: slash(base), token: None }),
            (None, None, Some(from)) => {
                let fixed = from.revision.len() == COMMIT
                    && from.revision.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if !fixed {
                    return Err(finding.problem(format!(
                        "model {}: revision {:?} is not a commit (40 hexadecimal digits); branches and tags move",
                        descriptor.value.id, from.revision
                    )));
                }
                let endpoint = from.endpoint.as_deref().unwrap_or(HUGGING_FACE);
                let repository = PlainPath::new(&from.repository)
                    .map_err(|problem| finding.problem(format!("repository: {problem}")))?;
                let base = format!("{}{repository}/resolve/{}/", slash(endpoint), from.revision);
                let token = lookup("HF_TOKEN").and_then(|token| token.into_string().ok());
                Ok(Self::Server { base, token })
            }
            _ => Err(finding.problem(format!(
                "model {}: exactly one of `from`, `https` and `huggingface` must be given",
                descriptor.value.id
            ))),
        }
    }

    /// All files, on this machine when this returns.
    pub(super) fn files<'d>(
        &self,
        finding: &Finding<'_>,
        descriptor: &'d Loaded<ModelDescriptor>,
    ) -> Result<Vec<Found<'d>>, Error> {
        let files = &descriptor.value.files;
        if let (Self::Server { base, token }, Some(door)) = (self, finding.context.door) {
            let bearer = token.clone().map(Bearer);
            let access: &dyn Access = match &bearer {
                Some(bearer) => bearer,
                None => &Anonymous,
            };
            let mut downloads = Vec::new();
            for file in files {
                let digest = file.sha256.parse::<Digest>()?;
                if finding.context.cache.get(&digest).is_none() {
                    downloads.push(Download {
                        item: format!("{}/{}", descriptor.value.id, file.name),
                        url: format!("{base}{}", file.name),
                        digest,
                        size: Size::Exactly(file.size),
                        access,
                    });
                }
            }
            if !downloads.is_empty() {
                fetch_all(door.net()?, &downloads, finding.context.cache, door.report)?;
            }
        }
        let found = |file: &'d ModelFile| {
            let below =
                PlainPath::new(&file.name).map_err(|problem| descriptor.problem(problem))?;
            let digest = file.sha256.parse::<Digest>()?;
            let (name, path) = match self {
                Self::Folder { written, path } => {
                    (format!("{written}/{below}"), path.join(below.as_str()))
                }
                Self::Server { base, .. } => {
                    let name = format!("{base}{below}");
                    let path = finding.cached(&name, &digest)?;
                    (name, path)
                }
            };
            Ok(Found { file, name, path, digest })
        };
        files.iter().map(found).collect()
    }

    /// What the manifest says about the source.
    pub(super) fn origin(&self, described: &str, name: &str) -> String {
        match self {
            Self::Folder { .. } => described.to_owned(),
            Self::Server { .. } => name.to_owned(),
        }
    }
}

fn slash(base: &str) -> String {
    format!("{}/", base.trim_end_matches('/'))
}
