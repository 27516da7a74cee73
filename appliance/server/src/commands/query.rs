//! `codegraph query`.

use std::io::Read;
use std::process::ExitCode;

use cg_graph_store::{GraphRequest, GraphResponse, Limits, Table};
use serde_json::Value;

use super::graph::{Asked, unexpected};
use super::table::{render, terminal_width};
use crate::context::Context;
use crate::exit;

/// Longest statement, in bytes.
const MAX_TEXT_BYTES: u64 = 1 << 20;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One SELECT over the graph's views; `GRAPH_TABLE (cpg MATCH …)` may stand in FROM. `-` reads it
    /// from standard input.
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// Project by name, id or folder; else the one around the current folder.
    #[arg(long, short)]
    project: Option<String>,
    /// At most this many rows.
    #[arg(long)]
    rows: Option<u32>,
    /// Stop after this many milliseconds.
    #[arg(long)]
    time_ms: Option<u64>,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let text = if args.text == "-" { standard_input()? } else { args.text };
    let settings = &context.settings.query;
    let limits = Limits {
        rows: args.rows.unwrap_or(settings.rows),
        time_ms: args.time_ms.unwrap_or(settings.time_ms),
        ..Limits::default()
    };
    let asked = Asked::find(context, args.project.as_deref()).await?;
    let table = match asked.ask(GraphRequest::Query { text, limits }).await? {
        GraphResponse::Table(table) => table,
        other => return Err(unexpected(&other)),
    };
    context.output.report(&table, shown)?;
    if table.truncated {
        eprintln!("the answer was cut after {} rows; --rows raises the limit", table.rows.len());
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(table: &Table) -> String {
    let rows: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let mut out = render(&table.columns, &rows, terminal_width());
    let plural = if table.rows.len() == 1 { "row" } else { "rows" };
    out.push_str(&format!("{} {plural}, {} ms\n", table.rows.len(), table.elapsed_ms));
    out
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "NULL".into(),
        other => other.to_string(),
    }
}

fn standard_input() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().lock().take(MAX_TEXT_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_TEXT_BYTES {
        return Err(exit::user(format!("the statement is longer than {MAX_TEXT_BYTES} bytes")));
    }
    Ok(text)
}
