//! `codegraph worker`: child processes.

use std::process::ExitCode;

use crate::worker::child;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which worker.
    #[command(subcommand)]
    kind: Kind,
}

/// The workers.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
enum Kind {
    /// Index a folder.
    Index,
    /// Answer questions to a snapshot.
    Query,
    /// Write a file of vectors.
    Vectors,
    /// Try to leave the sandbox.
    Probe,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.kind {
        Kind::Index => child::index()?,
        Kind::Query => child::query()?,
        Kind::Vectors => child::vectors()?,
        Kind::Probe => child::probe()?,
    }
    Ok(ExitCode::SUCCESS)
}
