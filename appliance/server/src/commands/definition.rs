//! `codegraph definition`.

use std::process::ExitCode;

use cg_graph_store::GraphRequest;

use super::graph::{Asked, nothing, places_table};
use crate::context::Context;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Short or full name of a method, type, member or global.
    name: String,
    /// Project by name, id or folder; else the one around the current folder.
    #[arg(long, short)]
    project: Option<String>,
    /// At most this many places.
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let asked = Asked::find(context, args.project.as_deref()).await?;
    let request = GraphRequest::Definition { name: args.name.clone(), limit: args.limit };
    let places = asked.places(request).await?;
    if places.is_empty() {
        nothing("definition", &args.name);
    }
    context.output.report(&places, |places| {
        if places.is_empty() { String::new() } else { places_table(places) }
    })?;
    Ok(ExitCode::SUCCESS)
}
