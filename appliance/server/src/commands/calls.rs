//! `codegraph callers` and `codegraph callees`.

use std::process::ExitCode;

use cg_graph_store::{CallQuery, Confidence, GraphRequest, GraphResponse};

use super::graph::{Asked, calls_table, nothing, unexpected};
use crate::context::Context;

/// Arguments of both.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Short or full name of the method, or a node id.
    name: String,
    /// Project by name, id or folder; else the one around the current folder.
    #[arg(long, short)]
    project: Option<String>,
    /// Steps along the call graph.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=32))]
    depth: u32,
    /// Lowest confidence that counts.
    #[arg(long, value_enum, default_value_t = Lowest::Likely)]
    confidence: Lowest,
    /// At most this many methods.
    #[arg(long, default_value_t = 200)]
    limit: u32,
}

/// Lowest confidence of a call edge.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Lowest {
    /// Certain by the language's rules.
    Proven,
    /// Very probably.
    Likely,
    /// Could be.
    Possible,
}

impl Args {
    fn query(&self) -> CallQuery {
        let confidence = match self.confidence {
            Lowest::Proven => Confidence::Proven,
            Lowest::Likely => Confidence::Likely,
            Lowest::Possible => Confidence::Possible,
        };
        CallQuery { name: self.name.clone(), depth: self.depth, confidence, limit: self.limit }
    }
}

pub(crate) async fn callers(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    walk(context, &args, GraphRequest::Callers(args.query()), "caller").await
}

pub(crate) async fn callees(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    walk(context, &args, GraphRequest::Callees(args.query()), "callee").await
}

async fn walk(
    context: &Context,
    args: &Args,
    request: GraphRequest,
    what: &str,
) -> anyhow::Result<ExitCode> {
    let asked = Asked::find(context, args.project.as_deref()).await?;
    let calls = match asked.ask(request).await? {
        GraphResponse::Calls { calls } => calls,
        other => return Err(unexpected(&other)),
    };
    if calls.is_empty() {
        nothing(what, &args.name);
    }
    context.output.report(&calls, |calls| {
        if calls.is_empty() { String::new() } else { calls_table(calls) }
    })?;
    Ok(ExitCode::SUCCESS)
}
