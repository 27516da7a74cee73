//! `bundle.yaml` and the files of `models/` and `images/`. Unknown keys are refused with their line.

use std::path::{Path, PathBuf};

use cg_bundle_format::{Mode, Need};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::vars::Vars;

/// Largest configuration file in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// What goes into a bundle. Paths are relative to the file and may hold `${NAME}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Version of this file's form: 1.
    pub(crate) format: u64,
    pub(crate) product: String,
    pub(crate) line: String,
    pub(crate) version: String,
    pub(crate) arch: String,
    pub(crate) release_counter: u64,
    pub(crate) issued: String,
    #[serde(default)]
    pub(crate) advise_after: String,
    pub(crate) minimum_installer: String,
    #[serde(default)]
    pub(crate) migrates_from: Vec<String>,
    #[serde(default)]
    pub(crate) replaces: Replaces,
    pub(crate) components: Vec<Component>,
    #[serde(default)]
    pub(crate) files: Vec<Files>,
    #[serde(default)]
    pub(crate) models: Vec<ModelEntry>,
    #[serde(default)]
    pub(crate) images: Vec<ImageEntry>,
    pub(crate) sbom: Option<SbomEntry>,
    #[serde(default)]
    pub(crate) front: Vec<FrontEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replaces {
    #[serde(default)]
    pub(crate) lines: Vec<String>,
    #[serde(default)]
    pub(crate) versions: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) need: Need,
    #[serde(default)]
    pub(crate) summary: String,
}

/// A file, or all files below a folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Files {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) role: String,
    pub(crate) component: String,
    /// 0755 for programs and libraries, 0644 for the rest, unless given.
    pub(crate) mode: Option<Mode>,
    /// Refused when the file has another one.
    pub(crate) sha256: Option<String>,
    /// For the bill of materials.
    pub(crate) version: Option<String>,
    /// For the bill of materials: an SPDX expression.
    pub(crate) licence: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelEntry {
    /// A file of `models/`.
    pub(crate) descriptor: String,
    /// The folder that holds the model's files.
    pub(crate) from: String,
    pub(crate) component: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageEntry {
    /// A file of `images/`: an image that is put together from built files.
    pub(crate) assemble: Option<String>,
    /// An OCI layout on disk.
    pub(crate) layout: Option<String>,
    /// Which image of the layout: the value of `org.opencontainers.image.ref.name`. Not needed when it holds one.
    pub(crate) select: Option<String>,
    /// Name with tag in the bundle; needed for a layout.
    pub(crate) reference: Option<String>,
    pub(crate) component: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SbomEntry {
    /// The lock file whose crates are listed.
    pub(crate) cargo_lock: String,
    pub(crate) to: String,
    pub(crate) component: String,
}

/// A placed file, or all files placed below a folder, that stand in front of the payload of volume 1.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FrontEntry {
    pub(crate) name: String,
    pub(crate) placement: String,
}

/// A file of `models/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelDescriptor {
    pub(crate) id: String,
    pub(crate) kind: ModelKind,
    pub(crate) format: ModelFormat,
    /// Where the files can be had, for people.
    pub(crate) source: String,
    pub(crate) licence: String,
    #[serde(default)]
    pub(crate) context: u64,
    #[serde(default)]
    pub(crate) dimensions: u64,
    #[serde(default)]
    pub(crate) languages: Vec<String>,
    pub(crate) template: String,
    pub(crate) memory_bytes: u64,
    pub(crate) files: Vec<ModelFile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ModelKind {
    Chat,
    Embedding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ModelFormat {
    Gguf,
    Safetensors,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelFile {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

/// A file of `images/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageDefinition {
    pub(crate) reference: String,
    /// As `linux/amd64`.
    pub(crate) platform: String,
    pub(crate) user: String,
    #[serde(default)]
    pub(crate) entrypoint: Vec<String>,
    #[serde(default)]
    pub(crate) cmd: Vec<String>,
    #[serde(default)]
    pub(crate) env: Vec<String>,
    #[serde(default)]
    pub(crate) ports: Vec<String>,
    #[serde(default)]
    pub(crate) volumes: Vec<String>,
    #[serde(default)]
    pub(crate) workdir: String,
    #[serde(default)]
    pub(crate) labels: std::collections::BTreeMap<String, String>,
    pub(crate) layers: Vec<Layer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    /// One sentence for the image's history.
    pub(crate) comment: String,
    pub(crate) entries: Vec<LayerEntry>,
}

/// A file taken from the disk, a file with this text, or an empty folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayerEntry {
    pub(crate) to: String,
    pub(crate) from: Option<String>,
    pub(crate) text: Option<String>,
    /// Octal, as "0755". Files 0644 and folders 0755 unless given.
    pub(crate) mode: Option<String>,
    /// Number of the owner and group, 0 unless given.
    #[serde(default)]
    pub(crate) owner: u64,
}

/// A parsed file, with what is needed to resolve the paths in it.
#[derive(Debug)]
pub(crate) struct Loaded<T> {
    pub(crate) file: PathBuf,
    pub(crate) value: T,
}

impl<T: DeserializeOwned> Loaded<T> {
    /// Reads and parses `file`.
    pub(crate) fn read(file: &Path) -> Result<Self, Error> {
        let size = std::fs::metadata(file).map_err(Error::io("cannot read", file))?.len();
        if size > MOST_BYTES {
            return Err(Error::Config {
                file: file.to_owned(),
                problem: format!("{size} bytes; at most {MOST_BYTES} are allowed"),
            });
        }
        let text = std::fs::read_to_string(file).map_err(Error::io("cannot read", file))?;
        let value = serde_saphyr::from_str(&text)
            .map_err(|e| Error::Config { file: file.to_owned(), problem: e.to_string() })?;
        Ok(Self { file: file.to_owned(), value })
    }
}

impl<T> Loaded<T> {
    /// An error that names the file.
    pub(crate) fn problem(&self, problem: impl Into<String>) -> Error {
        Error::Config { file: self.file.clone(), problem: problem.into() }
    }

    /// Expands `text` and resolves it against the file's folder.
    pub(crate) fn path(&self, text: &str, vars: &Vars) -> Result<PathBuf, Error> {
        let expanded = vars.expand(text).map_err(|problem| self.problem(problem))?;
        let folder =
            self.file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(folder.join(expanded))
    }
}
