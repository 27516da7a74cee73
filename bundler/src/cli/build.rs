//! Arguments of the commands that make a bundle.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Delta;
use crate::keys::ring::KeyArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum BuildCommand {
    /// Resolve every input to size and SHA-256, bring it into the cache, and write the lock.
    Lock(LockInputs),
    /// Resolve everything anew and show what moved.
    Update(Update),
    /// Pack and sign a bundle.
    Build(Build),
    /// Print the JSON Schema of bundle.yaml, for editors and checks.
    Schema(Schema),
}

/// What goes in, and where it is kept.
#[derive(Debug, Args)]
pub(crate) struct Inputs {
    /// What goes into the bundle.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Value for ${NAME} in the configuration; goes before the environment. Can be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The lock; beside the configuration unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Option<PathBuf>,
    /// Where downloads and prepared forms are kept; $CODEGRAPH_BUNDLE_CACHE or the user's cache folder unless given.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Further certificates (PEM) to trust when something is downloaded.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LockInputs {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Only show what moved; leave the lock as it is.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Take exactly what the lock names, and never touch the network. An input that moved is an error.
    #[arg(long)]
    pub(crate) locked: bool,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    /// Sign nothing: write the volumes under another name and a request for `sign --request`.
    #[arg(long)]
    pub(crate) unsigned: bool,
    /// Where the volumes go. Made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Largest volume: bytes, a number with KiB, MiB or GiB, `fat32`, `dvd`, `bd`, or `none` for one volume.
    #[arg(long, value_name = "SIZE", default_value = "fat32")]
    pub(crate) volume_size: String,
    /// Remove volumes of the same release that are in the way.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Show bytes by kind, component and volume, and the room that they need; write no volume.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) delta: Delta,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which file's schema.
    #[arg(value_enum, default_value_t = SchemaOf::Bundle)]
    pub(crate) of: SchemaOf,
}

/// A file that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SchemaOf {
    /// bundle.yaml
    Bundle,
    /// A file of models/
    Model,
    /// A file of images/
    Image,
}
