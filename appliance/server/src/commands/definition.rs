//! `codegraph definition`.

use std::process::ExitCode;

use crate::context::Context;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_context: &Context, _args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
