//! `codegraph audit`: the audit log, read and verified at the console.

use std::process::ExitCode;

use cg_audit::Head;
use serde_json::json;

use crate::context::Context;
use crate::http::routes::audit::{EventView, Verification};
use crate::{audit_log, catalog, exit};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check the chain of all events; exit code 3 names the first bad row.
    Verify {
        /// An end of the chain that was noted before, `ROWS:HASH`: finds rows that were cut off.
        #[arg(long, value_name = "ROWS:HASH")]
        noted: Option<String>,
    },
    /// List events, newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Only those before this number.
        #[arg(long)]
        before: Option<i64>,
    },
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let store = catalog::open_store(&context.data).await?;
    match args.command {
        Command::Verify { noted } => {
            let noted = noted.as_deref().map(parse_head).transpose()?;
            audit_log::sequence(&store).await?;
            let verdict = audit_log::verify(&store, noted.as_ref()).await?;
            let verification = Verification::of(&verdict);
            context.output.report(&verification, Verification::words)?;
            Ok(ExitCode::from(if verification.is_valid() { 0 } else { exit::VERIFICATION }))
        }
        Command::List { limit, before } => {
            audit_log::sequence(&store).await?;
            let rows = store.audit_before(before.unwrap_or(i64::MAX), limit).await?;
            let events: Vec<EventView> = rows.into_iter().map(EventView::from).collect();
            context.output.report(&json!({ "items": events }), |_| {
                events.iter().map(|event| event.line() + "\n").collect()
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn parse_head(text: &str) -> anyhow::Result<Head> {
    let parsed = text.split_once(':').and_then(|(rows, hash)| {
        let hash = hex::decode(hash).ok()?.try_into().ok()?;
        Some(Head { sequence: rows.parse().ok()?, hash })
    });
    parsed.ok_or_else(|| exit::user("--noted wants ROWS:HASH as `audit verify` prints them"))
}
