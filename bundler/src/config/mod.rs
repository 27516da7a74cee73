//! `bundle.yaml` and the files of `models/` and `images/`. Unknown keys are refused with their line.

mod image;
mod load;
mod model;
mod needs;

use cg_bundle_format::{Mode, Need};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use image::{ImageDefinition, ImageEntry, Layer, LayerEntry};
pub(crate) use load::Loaded;
pub(crate) use model::{ModelDescriptor, ModelEntry, ModelFile, ModelFormat, ModelKind};
pub(crate) use needs::{AlternativeEntry, Requires};

/// What goes into a bundle. Paths are relative to the file and may hold `${NAME}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "bundle.yaml")]
pub(crate) struct Config {
    /// Version of this file's form: 1.
    pub(crate) format: u64,
    /// Must be the product of the root that signs.
    pub(crate) product: String,
    /// Release line; counters are compared within a line only.
    pub(crate) line: String,
    /// Version of the release.
    pub(crate) version: String,
    /// Architecture, as `x86_64`.
    pub(crate) arch: String,
    /// Strictly increasing within the line. Left out: the lock counts.
    #[serde(default)]
    pub(crate) release_counter: u64,
    /// The only time in the bundle, as `2026-11-23T00:00:00Z`. Left out: the time of the lock.
    #[serde(default)]
    pub(crate) issued: String,
    /// After this time an installer warns that the release is old. Left out: never.
    #[serde(default)]
    pub(crate) advise_after: String,
    /// Oldest installer that can install the release.
    pub(crate) minimum_installer: String,
    /// Versions whose stored state the release can migrate.
    #[serde(default)]
    pub(crate) migrates_from: Vec<String>,
    /// What the release may take the place of.
    #[serde(default)]
    pub(crate) replaces: Replaces,
    /// The oldest system software that the programs run on. Left out: what the installer itself needs.
    #[serde(default)]
    pub(crate) requires: Requires,
    /// Parts that a site installs as a whole or not at all.
    pub(crate) components: Vec<Component>,
    /// Single files, and all files below folders.
    #[serde(default)]
    pub(crate) files: Vec<Files>,
    /// Models.
    #[serde(default)]
    pub(crate) models: Vec<ModelEntry>,
    /// Source packages of Rust programs.
    #[serde(default)]
    pub(crate) crates: Vec<CratesEntry>,
    /// Container images.
    #[serde(default)]
    pub(crate) images: Vec<ImageEntry>,
    /// The bill of materials.
    pub(crate) sbom: Option<SbomEntry>,
    /// What stands as plain entries in front of the payload of volume 1.
    #[serde(default)]
    pub(crate) front: Vec<FrontEntry>,
}

/// What a release may take the place of.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replaces {
    /// Release lines.
    #[serde(default)]
    pub(crate) lines: Vec<String>,
    /// Versions.
    #[serde(default)]
    pub(crate) versions: Vec<String>,
}

/// A part that is installed as a whole or not at all.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    /// Short name.
    pub(crate) name: String,
    /// `required` or `optional`.
    #[schemars(with = "NeedName")]
    pub(crate) need: Need,
    /// One sentence for people.
    #[serde(default)]
    pub(crate) summary: String,
    /// Makes it the build for hosts with an accelerator: it takes the place of another component there,
    /// and may place files at the same paths.
    pub(crate) alternative: Option<AlternativeEntry>,
}

/// The words for [`Need`] in the schema.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is used")]
enum NeedName {
    Required,
    Optional,
}

/// The words for [`Mode`] in the schema.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
enum ModeName {
    #[schemars(rename = "0644")]
    Plain,
    #[schemars(rename = "0755")]
    Executable,
}

/// A file, or all files below a folder.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Files {
    /// The file or folder. Links are refused.
    pub(crate) from: String,
    /// Path in a generation on the host.
    pub(crate) to: String,
    /// program, library, extension, model, config, unit, doc, sbom, licence, crate or file.
    pub(crate) role: String,
    /// The component it belongs to.
    pub(crate) component: String,
    /// 0755 for programs and libraries, 0644 for the rest, unless given.
    #[schemars(with = "Option<ModeName>")]
    pub(crate) mode: Option<Mode>,
    /// Refused when the file has another one.
    pub(crate) sha256: Option<String>,
    /// For the bill of materials; an extension must be made for this version of DuckDB.
    pub(crate) version: Option<String>,
    /// For the bill of materials: an SPDX expression.
    pub(crate) licence: Option<String>,
}

/// All packages of a registry that a lock file names.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CratesEntry {
    /// The `Cargo.lock`.
    pub(crate) cargo_lock: String,
    /// The component they belong to.
    pub(crate) component: String,
    /// Sparse index of the registry that has what cargo's own cache has not. The public one unless given.
    pub(crate) index: Option<String>,
}

/// The bill of materials.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SbomEntry {
    /// The lock file whose crates are listed.
    pub(crate) cargo_lock: String,
    /// Path in a generation.
    pub(crate) to: String,
    /// The component it belongs to.
    pub(crate) component: String,
}

/// A placed file, or all files placed below a folder, that stand in front of the payload of volume 1.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FrontEntry {
    /// Name of the tar entry.
    pub(crate) name: String,
    /// Path in a generation.
    pub(crate) placement: String,
}
