//! `codegraph search`.

use std::process::ExitCode;

use cg_graph_store::{GraphRequest, GraphResponse, Hit, SearchMode, SearchQuery};

use super::graph::{Asked, full_name, location, unexpected};
use super::table::{render, terminal_width};
use crate::context::Context;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to look for.
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// Where to look.
    #[arg(long, short, value_enum, default_value_t = Mode::Name)]
    mode: Mode,
    /// Project by name, id or folder; else the one around the current folder.
    #[arg(long, short)]
    project: Option<String>,
    /// At most this many hits.
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

/// Where to search.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Mode {
    /// Names of methods, types, members and files.
    Name,
    /// Words of the code, best match first.
    Text,
    /// A regular expression over lines.
    Regex,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let mode = match args.mode {
        Mode::Name => SearchMode::Name,
        Mode::Text => SearchMode::Text,
        Mode::Regex => SearchMode::Regex,
    };
    let asked = Asked::find(context, args.project.as_deref()).await?;
    let query = SearchQuery { text: args.text, mode, vector: None, limit: args.limit };
    let hits = match asked.ask(GraphRequest::Search(query)).await? {
        GraphResponse::Hits { hits } => hits,
        other => return Err(unexpected(&other)),
    };
    if hits.is_empty() {
        eprintln!("nothing found");
    }
    context
        .output
        .report(&hits, |hits| if hits.is_empty() { String::new() } else { shown(hits) })?;
    Ok(ExitCode::SUCCESS)
}

fn shown(hits: &[Hit]) -> String {
    let head = ["score", "name", "where", "text"].map(String::from);
    let rows: Vec<Vec<String>> = hits
        .iter()
        .map(|hit| {
            let snippet = hit.snippet.trim().to_string();
            vec![format!("{:.2}", hit.score), full_name(&hit.place), location(&hit.place), snippet]
        })
        .collect();
    render(&head, &rows, terminal_width())
}
