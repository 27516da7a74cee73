//! Where a model's files are.

use std::path::PathBuf;

use cg_bundle_format::{Digest, PlainPath};

use super::Found;
use crate::cache::Size;
use crate::config::{Loaded, ModelDescriptor, ModelEntry, ModelFile};
use crate::error::Error;
use crate::fetch::{Access, Anonymous, Bearer, Download};
use crate::source::Finding;
use crate::vars::lookup;

/// The public server of models.
const HUGGING_FACE: &str = "https://huggingface.co";
/// Hexadecimal digits of a commit.
const COMMIT: usize = 40;

/// A folder here, or an address to which names are added.
pub(super) enum Place {
    Folder { written: String, path: PathBuf },
    Server { base: String, bearer: Option<Bearer> },
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
            (None, Some(base), None) => Ok(Self::Server { base: slash(base), bearer: None }),
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
                Ok(Self::Server { base, bearer: token.map(Bearer) })
            }
            _ => Err(finding.problem(format!(
                "model {}: exactly one of `from`, `https` and `huggingface` must be given",
                descriptor.value.id
            ))),
        }
    }

    /// The files that a server has.
    pub(super) fn downloads(&self, model: &ModelDescriptor) -> Result<Vec<Download<'_>>, Error> {
        let Self::Server { base, bearer } = self else { return Ok(Vec::new()) };
        let access: &dyn Access = match bearer {
            Some(bearer) => bearer,
            None => &Anonymous,
        };
        let download = |file: &ModelFile| {
            Ok(Download {
                item: format!("{}/{}", model.id, file.name),
                url: format!("{base}{}", file.name),
                digest: file.sha256.parse::<Digest>()?,
                size: Size::Exactly(file.size),
                access,
            })
        };
        model.files.iter().map(download).collect()
    }

    /// All files; those of a server are in the cache by now.
    pub(super) fn files<'d>(
        &self,
        finding: &Finding<'_>,
        descriptor: &'d Loaded<ModelDescriptor>,
    ) -> Result<Vec<Found<'d>>, Error> {
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
        descriptor.value.files.iter().map(found).collect()
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
