//! `codegraph search`.

use std::process::ExitCode;
use std::sync::Arc;

use cg_graph_store::{GraphRequest, GraphResponse, Hit, SearchMode, SearchQuery};

use super::ask::loaded;
use super::graph::{Asked, full_name, location, unexpected};
use super::table::{render, terminal_width};
use crate::context::Context;
use crate::model_server::ModelServer;
use crate::state::Stopping;
use crate::{exit, startup};

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
    /// What it is about, in any words; needs an embedding model and a server that added vectors.
    Meaning,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let (mode, vector) = match args.mode {
        Mode::Name => (SearchMode::Name, None),
        Mode::Text => (SearchMode::Text, None),
        Mode::Regex => (SearchMode::Regex, None),
        Mode::Meaning => (SearchMode::Vector, Some(embedded(context, &args.text).await?)),
    };
    let asked = Asked::find(context, args.project.as_deref()).await?;
    let query = SearchQuery { text: args.text, mode, vector, limit: args.limit };
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

/// The vector of a text, by the model server.
async fn embedded(context: &Context, text: &str) -> anyhow::Result<Vec<f32>> {
    let net = startup::net_policy(&context.settings)?;
    let models = ModelServer::start(context, &net, Arc::new(Stopping::default()));
    let vectors = match loaded(&models).await.and_then(|_| models.embedder()) {
        Some((llm, model)) => llm.embed(&model, &[text.to_owned()]).await.map_err(Into::into),
        None => Err(exit::user("search by meaning needs an embedding model, and none is there")),
    };
    models.stop().await;
    let first = vectors?.into_iter().next();
    first.ok_or_else(|| exit::user("the model gave no vector"))
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
