//! Arguments of the commands that read volumes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Trust;

#[derive(Debug, Subcommand)]
pub(crate) enum VolumesCommand {
    /// Check signatures and every byte of a bundle.
    Verify(Verify),
    /// Show what a bundle holds. Reads no payload.
    Inspect(Inspect),
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
