//! Arguments of a build that leaves out what the target has.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Delta {
    /// Leave out what the target has: a receipt that it exported, or the release.json of a release that it
    /// installed. Given several times, what all of them have is left out, so that one bundle fits all those hosts.
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Vec<PathBuf>,
    /// Carry only what a host lacks, by the request that its installer wrote.
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    pub(crate) top_up: Option<PathBuf>,
}
