//! `codegraph callers` and `codegraph callees`.

use std::process::ExitCode;

use crate::context::Context;

/// Arguments of both.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn callers(_context: &Context, _args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}

pub(crate) async fn callees(_context: &Context, _args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
