//! Arguments of the commands about the bill of materials.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Trust;

#[derive(Debug, Subcommand)]
pub(crate) enum BillCommand {
    /// Print the bill of materials of a bundle (CycloneDX JSON).
    Sbom(Sbom),
}

#[derive(Debug, Args)]
pub(crate) struct Sbom {
    /// Volumes, or folders that hold them.
    #[arg(required = true)]
    pub(crate) volumes: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Count the components under each licence instead.
    #[arg(long)]
    pub(crate) licences: bool,
}
