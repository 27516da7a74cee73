//! Arguments of the commands that cut volumes anew and that tell people what is in them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum TransferCommand {
    /// Cut a signed bundle into volumes of another size. Needs no key.
    Split(Split),
    /// Put a signed bundle together into one volume. Needs no key.
    Join(Join),
    /// Compare two releases: images, models, packages, files, sizes, licences.
    Diff(Diff),
    /// Count bytes by kind, component and volume, and the room that they need.
    Plan(Plan),
    /// List what a bundle holds, for the person who approves the transfer.
    List(List),
}

#[derive(Debug, Args)]
pub(crate) struct Split {
    #[command(flatten)]
    pub(crate) recut: Recut,
    /// Largest volume: bytes, a number with KiB, MiB or GiB, `fat32`, `dvd`, `bd`, or `none` for one volume.
    #[arg(long, value_name = "SIZE", default_value = "fat32")]
    pub(crate) volume_size: String,
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    #[command(flatten)]
    pub(crate) recut: Recut,
}

/// What is cut anew, and where the new volumes go.
#[derive(Debug, Args)]
pub(crate) struct Recut {
    /// All volumes of the bundle, or folders that hold them, in any order.
    #[arg(required = true)]
    pub(crate) volumes: Vec<PathBuf>,
    /// Where the new volumes go: another folder than that of the old ones. Made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Remove volumes of the same release that are in the way.
    #[arg(long)]
    pub(crate) replace: bool,
    /// SHA-256 of root.json, got by another way. Without it the new volumes are as trustworthy as the old ones.
    #[arg(long, value_name = "SHA256")]
    pub(crate) root_fingerprint: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The older release: a volume, a folder of volumes, or a release.json.
    pub(crate) a: PathBuf,
    /// The newer release, likewise.
    pub(crate) b: PathBuf,
    /// SHA-256 of root.json, got by another way; without it nothing that is shown is proven.
    #[arg(long, value_name = "SHA256")]
    pub(crate) root_fingerprint: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Volumes, folders that hold them, or a release.json.
    #[arg(required = true)]
    pub(crate) volumes: Vec<PathBuf>,
    /// Show the volumes that `split` would make with this size.
    #[arg(long, value_name = "SIZE")]
    pub(crate) volume_size: Option<String>,
    /// What the target holds already: a receipt or a release.json.
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Vec<PathBuf>,
    /// SHA-256 of root.json, got by another way; without it nothing that is shown is proven.
    #[arg(long, value_name = "SHA256")]
    pub(crate) root_fingerprint: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Volumes, or folders that hold them.
    #[arg(required = true)]
    pub(crate) volumes: Vec<PathBuf>,
    /// Form of the list; `--json` is the same as `--format json`.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ListFormat,
    /// Add the SHA-256 of each volume file. Reads all of them.
    #[arg(long)]
    pub(crate) sums: bool,
    /// SHA-256 of root.json, got by another way; without it nothing that is shown is proven.
    #[arg(long, value_name = "SHA256")]
    pub(crate) root_fingerprint: Option<String>,
}

/// Form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// One page without scripts or links, to be printed and signed.
    Html,
}
