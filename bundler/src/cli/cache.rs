//! Arguments of the commands about the cache.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// Downloads and prepared forms on this machine.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Show how large the cache is, and how much of it locks still need.
    Status(CacheStatus),
    /// Remove what no lock needs any more.
    #[command(
        after_help = "Examples:\n  codegraph-bundle cache gc --keep bundle.lock --dry-run\n  codegraph-bundle cache gc --keep bundle.lock --keep ../1.9/bundle.lock"
    )]
    Gc(CacheGc),
}

#[derive(Debug, Args)]
pub(crate) struct CacheStatus {
    #[command(flatten)]
    pub(crate) place: CachePlace,
    /// A lock whose needs are counted. Can be repeated.
    #[arg(long, value_name = "LOCK")]
    pub(crate) keep: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["keep", "all"])))]
pub(crate) struct CacheGc {
    #[command(flatten)]
    pub(crate) place: CachePlace,
    /// A lock whose inputs stay. Can be repeated: name every lock that is still built.
    #[arg(long, value_name = "LOCK")]
    pub(crate) keep: Vec<PathBuf>,
    /// Keep nothing.
    #[arg(long, conflicts_with = "keep")]
    pub(crate) all: bool,
    /// Only show what would go.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Where the cache lies.
#[derive(Debug, Args)]
pub(crate) struct CachePlace {
    /// The cache; $CODEGRAPH_BUNDLE_CACHE or the user's cache folder unless given.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
}
