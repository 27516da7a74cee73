//! `codegraph ask`: the answer as it comes, then where it comes from.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cg_ask::{AskEvent, AskRequest, Citation, Evidence, Origin, answer};
use serde::Serialize;
use tokio::sync::mpsc;

use super::table::clean;
use crate::context::Context;
use crate::http::routes::ask::PoolGraph;
use crate::model_server::ModelServer;
use crate::output::Output;
use crate::state::Stopping;
use crate::{catalog, exit, startup};

/// Events that may wait for a slow terminal.
const EVENTS_AHEAD: usize = 64;
/// How long models may load before the evidence alone is the answer.
const MODEL_START: Duration = Duration::from_secs(120);
/// How often it is looked whether they are there.
const LOOK: Duration = Duration::from_millis(200);

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The question, in any language.
    question: String,
    /// Project by name, id or folder; else the one around the current folder.
    #[arg(long, short)]
    project: Option<String>,
    /// At most this many pieces of evidence.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=32))]
    evidence: u8,
    /// At most this many tokens of evidence; fewer make the answer start sooner.
    #[arg(long, default_value_t = 1_800, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    evidence_tokens: u32,
    /// At most this many tokens of the answer.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=8_192))]
    answer_tokens: u32,
    /// Show the evidence only; no model is used.
    #[arg(long)]
    evidence_only: bool,
}

/// The whole answer, for `--json`.
#[derive(Default, Serialize)]
struct Report {
    question: String,
    answer: String,
    evidence: Vec<Evidence>,
    citations: Vec<Citation>,
    notes: Vec<String>,
    usage: Option<AskEvent>,
    kind: Option<cg_ask::AnswerKind>,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let store = catalog::open_store(&context.data).await?;
    let project = catalog::find_project(&store, args.project.as_deref()).await?;
    let (snapshot, files) = catalog::current_snapshot(&store, &context.data, &project)
        .await
        .map_err(|error| exit::user(error.to_string()))?;
    let launcher = startup::launcher(context)?;
    let pool = startup::query_pool(&context.settings, context.generation.as_ref(), &launcher);
    let net = startup::net_policy(&context.settings)?;
    let stopping = Arc::new(Stopping::default());
    let models = (!args.evidence_only).then(|| ModelServer::start(context, &net, stopping));
    let client = match &models {
        Some(models) => loaded(models).await,
        None => None,
    };
    let request = AskRequest {
        evidence: usize::from(args.evidence),
        evidence_tokens: args.evidence_tokens,
        answer_tokens: args.answer_tokens,
        ..AskRequest::new(args.question.as_str(), &project.name, &snapshot.id)
    };
    let graph = PoolGraph { pool: &pool, files: &files };
    let (events, received) = mpsc::channel(EVENTS_AHEAD);
    let answering = async {
        let result = answer(&graph, client.as_ref(), &request, &events).await;
        drop(events);
        result
    };
    let (result, report) = tokio::join!(answering, show(context.output, &request, received));
    if let Some(models) = &models {
        models.stop().await;
    }
    pool.close();
    result.map_err(|error| exit::user(error.to_string()))?;
    let report = report?;
    context.output.report(&report, |report| sources(&report.citations))?;
    Ok(ExitCode::SUCCESS)
}

/// The client, once the models have loaded; nothing when there is no model server or it fails.
pub(super) async fn loaded(models: &ModelServer) -> Option<cg_llm_client::LlmClient> {
    let deadline = Instant::now() + MODEL_START;
    while Instant::now() < deadline {
        match models.describe().await.state {
            "ready" | "degraded" => return models.client(),
            "resting" | "absent" => break,
            _ => tokio::time::sleep(LOOK).await,
        }
    }
    let why =
        models.describe().await.last_error.unwrap_or_else(|| "it is still loading".to_owned());
    eprintln!("note: the model server does not answer: {}", clean(&why));
    None
}

/// Prints the answer while it comes, and collects everything.
async fn show(
    output: Output,
    request: &AskRequest,
    mut events: mpsc::Receiver<AskEvent>,
) -> anyhow::Result<Report> {
    let mut report = Report { question: request.question.clone(), ..Report::default() };
    let mut out = std::io::stdout();
    while let Some(event) = events.recv().await {
        match event {
            AskEvent::Evidence { evidence } => report.evidence = evidence,
            AskEvent::Delta { text } => {
                if output == Output::Text {
                    write!(out, "{}", lines(&text))?;
                    out.flush()?;
                }
                report.answer.push_str(&text);
            }
            AskEvent::Citations { citations } => report.citations = citations,
            AskEvent::Usage { .. } => report.usage = Some(event),
            AskEvent::Note { text, .. } => report.notes.push(text),
            AskEvent::Done { answer } => report.kind = Some(answer),
        }
    }
    if output == Output::Text {
        if !report.answer.is_empty() {
            writeln!(out, "\n")?;
        }
        for note in &report.notes {
            eprintln!("note: {}", clean(note));
        }
    }
    Ok(report)
}

/// The model's text, safe on a terminal; ends of lines stay.
fn lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

/// One line for each source.
fn sources(citations: &[Citation]) -> String {
    let mut text = String::new();
    for citation in citations {
        let origin = match citation.origin {
            Origin::Model => "model",
            Origin::Evidence => "evidence",
        };
        let Citation { number, path, line, line_end, name, .. } = citation;
        text.push_str(&format!(
            "[{number}] {origin:<8} {}:{line}-{line_end}  {}\n",
            clean(path),
            clean(name)
        ));
    }
    text
}
