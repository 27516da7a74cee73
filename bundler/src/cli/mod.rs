//! The command line: one file for each group of commands.

mod bill;
mod build;
mod cache;
mod delta;
mod keys;
mod sign;
mod transfer;
mod volumes;

use clap::{Args, Parser, Subcommand};

pub(crate) use bill::{BillCommand, Sbom};
pub(crate) use build::{Build, BuildCommand, Inputs, LockInputs, Schema, SchemaOf, Update};
pub(crate) use cache::{CacheCommand, CacheGc, CacheStatus};
pub(crate) use delta::Delta;
pub(crate) use keys::{
    Fingerprint, Generate, Import, KeyCommand, KeyRole, Keygen, KeysCommand, Protection,
    RootCommand, RootCreate, RootFolder, RootRotate, SheetForm, Show, SignNow,
};
pub(crate) use sign::{Countersign, Minisign, Permit, Sign, SignCommand, Signing};
pub(crate) use transfer::{Diff, Join, List, ListFormat, Plan, Recut, Split, TransferCommand};
pub(crate) use volumes::{Inspect, Verify, VolumesCommand};

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
    #[command(flatten)]
    Build(BuildCommand),
    #[command(flatten)]
    Volumes(VolumesCommand),
    #[command(flatten)]
    Transfer(TransferCommand),
    #[command(flatten)]
    Keys(KeysCommand),
    #[command(flatten)]
    Sign(SignCommand),
    #[command(flatten)]
    Bill(BillCommand),
    /// What is kept of downloads and prepared forms.
    #[command(subcommand)]
    Cache(CacheCommand),
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
