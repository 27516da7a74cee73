//! `codegraph config`: is the configuration right, and what is in force.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::context::Context;
use crate::exit;
use crate::settings::{Severity, reference, review};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
enum Command {
    /// Say what this release refuses and what it warns of; exit code 1 if it would not start.
    Check,
    /// Print every value in force and where it comes from; secrets stay hidden.
    Show,
    /// Print the reference of all keys, in Markdown.
    Reference,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Check => check(context),
        Command::Show => show(context),
        Command::Reference => {
            print!("{}", reference::page());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(context: &Context) -> anyhow::Result<ExitCode> {
    let findings = review(&context.settings);
    let refused = findings.iter().any(|finding| finding.severity == Severity::Refused);
    let report = json!({ "starts": !refused, "findings": findings });
    context.output.report(&report, |_| {
        let mut text = String::new();
        for finding in &findings {
            let word = match finding.severity {
                Severity::Refused => "refused",
                Severity::Warning => "warning",
            };
            text.push_str(&format!("{word}: {}: {}\n", finding.key, finding.message));
        }
        text.push_str(if refused { "would not start\n" } else { "good\n" });
        text
    })?;
    Ok(ExitCode::from(if refused { exit::USER } else { 0 }))
}

fn show(context: &Context) -> anyhow::Result<ExitCode> {
    let resolved = &context.loaded.resolved;
    let values: serde_json::Map<String, Value> = resolved
        .iter()
        .map(|one| {
            let row = json!({ "value": one.shown(), "origin": one.origin.to_string() });
            (one.key.path.to_owned(), row)
        })
        .collect();
    context.output.report(&Value::Object(values), |_| {
        let row = |one: &crate::settings::Resolved| {
            let shown = one.shown();
            let shown = if shown.is_null() { "(not set)".to_owned() } else { shown.to_string() };
            format!("{} = {shown}    # {}\n", one.key.path, one.origin)
        };
        resolved.iter().map(row).collect()
    })?;
    Ok(ExitCode::SUCCESS)
}
