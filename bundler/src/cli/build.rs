//! Arguments of the commands that make a bundle.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum BuildCommand {
    /// Pack and sign a bundle.
    Build(Build),
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
