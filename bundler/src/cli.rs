//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Packs, signs and verifies bundles for machines without internet.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Write the report as JSON to stdout.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a root and a release key.
    Keygen(Keygen),
    /// Print the fingerprint of a root: the text that goes to the site on paper.
    Fingerprint(Fingerprint),
    /// Pack and sign a bundle.
    Build(Build),
    /// Check signatures and every byte of a bundle.
    Verify(Verify),
    /// Show what a bundle holds. Reads no payload.
    Inspect(Inspect),
    /// Print the bill of materials of a bundle (CycloneDX JSON).
    Sbom(Sbom),
}

#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// Make one root key and one release key that lie in a folder, for trying out. Not for production.
    #[arg(long, value_name = "DIR")]
    pub(crate) development: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Fingerprint {
    /// A key folder, a root.json, a volume, or a folder of volumes.
    pub(crate) path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// What goes into the bundle.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Value for ${NAME} in the configuration; goes before the environment. Can be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The key folder, or the release key in it.
    #[arg(long, value_name = "PATH")]
    pub(crate) key: PathBuf,
    /// Where the volumes go. Made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Largest volume: bytes, a number with KiB, MiB or GiB, `fat32`, `dvd`, `bd`, or `none` for one volume.
    #[arg(long, value_name = "SIZE", default_value = "fat32")]
    pub(crate) volume_size: String,
    /// Remove volumes of the same release that are in the way.
    #[arg(long)]
    pub(crate) replace: bool,
}

/// What to trust.
#[derive(Debug, Args)]
pub(crate) struct Trust {
    /// SHA-256 of root.json, got by another way than the media.
    #[arg(long, value_name = "SHA256")]
    pub(crate) root_fingerprint: Option<String>,
    /// Believe the root on the media. Proves only that nothing was damaged since it was signed by somebody.
    #[arg(long, conflicts_with = "root_fingerprint")]
    pub(crate) dangerous_trust_first_use: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Volumes, or folders that hold them, in any order.
    #[arg(required = true)]
    pub(crate) volumes: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Threads; 0 for one on each core.
    #[arg(long, default_value_t = 0)]
    pub(crate) threads: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Volumes, or folders that hold them. One volume is enough.
    #[arg(required = true)]
    pub(crate) volumes: Vec<PathBuf>,
    /// SHA-256 of root.json, got by another way; without it nothing that is shown is proven.
    #[arg(long, value_name = "SHA256")]
    pub(crate) root_fingerprint: Option<String>,
    /// List every file.
    #[arg(long)]
    pub(crate) files: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sbom {
    /// Volumes, or folders that hold them.
    #[arg(required = true)]
    pub(crate) volumes: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
}
