//! `codegraph db`: the schema of the control store.

use std::process::ExitCode;

use serde_json::json;

use crate::catalog;
use crate::context::Context;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
enum Command {
    /// Bring the schema to the newest version. `serve` does this by itself.
    Migrate,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let Command::Migrate = args.command;
    let store = catalog::open_store(&context.data).await?;
    let state = store.migration_state().await?;
    store.close().await;
    let report = json!({ "applied": state.applied, "known": state.known });
    context.output.report(&report, |_| format!("schema {} of {}", state.applied, state.known))?;
    Ok(ExitCode::SUCCESS)
}
