//! `codegraph index`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cg_graph_store::Summary;
use cg_index::{Phase, PhaseTime, Progress};
use cg_store::{Project, Store};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::table::render;
use crate::context::Context;
use crate::jobs::publish::Reuse;
use crate::jobs::{disk_full, publish};
use crate::worker::{IndexWorker, WorkerError};
use crate::{audit_log, catalog, exit, revision, startup};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of source code.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Name of the project; else the folder's.
    #[arg(long)]
    name: Option<String>,
    /// Analyse every file, also those that have not changed since the last time.
    #[arg(long)]
    full: bool,
    /// Index what a git revision (branch, tag, commit) has in the folder, not the files that lie there.
    #[arg(long, value_name = "REVISION")]
    rev: Option<String>,
}

/// What was indexed.
#[derive(Serialize)]
struct Report {
    project: String,
    snapshot: String,
    summary: Summary,
    /// Files whose rows are those of the former snapshot.
    files_reused: u64,
    elapsed_ms: u64,
    phases: Vec<PhaseTime>,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let store = catalog::open_store(&context.data).await?;
    let project = catalog::project_of_folder(&store, &args.folder, args.name.as_deref())
        .await
        .map_err(|error| exit::user(error.to_string()))?;
    let generation = context.generation.as_ref();
    let reuse = if args.full { Reuse::Never } else { Reuse::Allowed };
    let commit = match &args.rev {
        Some(rev) => Some(revision::commit(Path::new(&project.path), rev)?),
        None => None,
    };
    let mut prepared =
        publish::prepare(&store, &context.data, &context.settings, generation, &project, reuse)
            .await?;
    if let Some(commit) = &commit {
        revision::check_out(Path::new(&project.path), commit, prepared.folder())?;
        prepared.task.source = prepared.folder().join("tree");
    }
    let bar = progress_bar();
    let cancel = CancellationToken::new();
    let worker = IndexWorker::new(startup::launcher(context)?);
    let running = worker.run(&prepared.task, |step| show(&bar, step), cancel.clone());
    let outcome = tokio::select! {
        outcome = running => outcome,
        _ = tokio::signal::ctrl_c() => Err(WorkerError::Cancelled),
    };
    bar.finish_and_clear();
    let outcome = match outcome {
        Ok(mut outcome) => {
            outcome.summary.revision = commit;
            outcome
        }
        Err(error) => {
            // What the worker left is removed first: the space it took is free again.
            drop(prepared);
            return Err(explained(&store, context, &project, error).await);
        }
    };
    let actor = catalog::local_actor();
    let snapshot =
        publish::publish(&store, &context.data, &project, &prepared, &outcome, None, &actor)
            .await?;
    audit_log::sequence(&store).await?;
    let report = Report {
        project: project.name,
        snapshot: snapshot.id,
        summary: outcome.summary,
        files_reused: outcome.files_reused,
        elapsed_ms: began.elapsed().as_millis() as u64,
        phases: outcome.elapsed,
    };
    context.output.report(&report, shown)?;
    Ok(ExitCode::SUCCESS)
}

async fn explained(
    store: &Store,
    context: &Context,
    project: &Project,
    error: WorkerError,
) -> anyhow::Error {
    let why = error.to_string();
    if let Some(remedy) = disk_full::remedy(store, &context.data, project, &why).await {
        return exit::user(format!("{why}: {remedy}"));
    }
    match error {
        WorkerError::Crashed(_) | WorkerError::Protocol(_) | WorkerError::Start(_) => error.into(),
        _ => exit::user(why),
    }
}

/// A bar on stderr, if that is a terminal.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len} files");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn show(bar: &ProgressBar, step: Progress) {
    bar.set_message(match step.phase {
        Phase::Walk => "finding files",
        Phase::Analyze => "analysing",
        Phase::Link => "linking",
        Phase::Publish => "writing the graph",
        Phase::Search => "indexing text",
    });
    bar.set_length(step.files_total);
    bar.set_position(step.files_done);
}

fn shown(report: &Report) -> String {
    let summary = &report.summary;
    let resolved: u64 = summary.calls_resolved.iter().map(|(_, count)| count).sum();
    let mut rows: Vec<(String, String)> = vec![
        ("project".into(), report.project.clone()),
        ("snapshot".into(), report.snapshot.clone()),
        ("revision".into(), summary.revision.clone().unwrap_or_default()),
        ("seconds".into(), format!("{:.1}", report.elapsed_ms as f64 / 1000.0)),
    ];
    rows.extend(
        summary
            .files
            .iter()
            .map(|(language, count)| (format!("files, {language}"), count.to_string())),
    );
    rows.extend(
        summary
            .origins
            .iter()
            .map(|(origin, count)| (format!("of these {origin}"), count.to_string())),
    );
    rows.extend([
        ("files unchanged".into(), report.files_reused.to_string()),
        ("lines".into(), summary.lines.to_string()),
        ("methods".into(), summary.methods.to_string()),
        ("types".into(), summary.types.to_string()),
        ("calls".into(), summary.calls.to_string()),
        (
            "calls resolved".into(),
            format!("{resolved} in the repository, {} outside", summary.calls_external),
        ),
    ]);
    rows.extend(
        summary
            .calls_resolved
            .iter()
            .map(|(tier, count)| (format!("  by {tier}, {}", proof(tier)), count.to_string())),
    );
    rows.extend([
        ("nodes".into(), summary.nodes.to_string()),
        ("chunks for search".into(), summary.chunks.to_string()),
    ]);
    rows.retain(|(_, value)| !value.is_empty());
    let troubles = summary.diagnostics.iter();
    rows.extend(troubles.map(|(code, count)| (format!("diagnostics, {code}"), count.to_string())));
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(name, value)| vec![name, value]).collect();
    render(&["what".into(), "value".into()], &rows, None)
}

/// What a tier of call edges is based on.
fn proof(tier: &str) -> &'static str {
    match tier {
        "T0" => "scopes and imports",
        "T1" => "types of receivers",
        "T2" => "type hierarchy",
        "T3" => "function values",
        _ => "name only",
    }
}
