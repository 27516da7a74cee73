//! `codegraph graph`: the snapshots of a project, and what differs between two of them.

use std::process::ExitCode;

use serde::Serialize;

use self::compare::{Changes, compare};
use super::graph::Asked;
use super::table::{render, terminal_width};
use crate::catalog;
use crate::context::Context;

mod compare;

/// Rows of each kind of change that are printed; JSON has all.
const SHOWN: usize = 40;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    /// Project by name, id or folder; else the one around the current folder.
    #[arg(long, short, global = true)]
    project: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Methods, types, imports and calls that were added, removed or changed.
    Diff {
        /// The earlier one: `previous`, `current`, the begin of a snapshot's id, or a git revision that was
        /// indexed with `codegraph index --rev`.
        from: String,
        /// The later one.
        #[arg(default_value = "current")]
        to: String,
    },
    /// The snapshots of a project, the newest first.
    Snapshots,
}

/// A side of a comparison.
#[derive(Clone, Serialize)]
struct Side {
    snapshot: String,
    revision: Option<String>,
    created_at_ms: i64,
    is_current: bool,
}

#[derive(Serialize)]
struct Report {
    project: String,
    from: Side,
    to: Side,
    changes: Vec<Changes>,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let store = catalog::open_store(&context.data).await?;
    let project = catalog::find_project(&store, args.project.as_deref()).await?;
    let side = |snapshot: &cg_store::Snapshot| Side {
        snapshot: snapshot.id.clone(),
        revision: catalog::revision(snapshot),
        created_at_ms: snapshot.created_at,
        is_current: project.current_snapshot.as_deref() == Some(&snapshot.id),
    };
    let (from, to) = match args.what {
        What::Snapshots => {
            let sides: Vec<Side> =
                store.snapshots(&project.id, u32::MAX).await?.iter().map(side).collect();
            context.output.report(&sides, |sides| snapshots_table(sides))?;
            return Ok(ExitCode::SUCCESS);
        }
        What::Diff { from, to } => (from, to),
    };
    let from = catalog::find_snapshot(&store, &project, &from).await?;
    let to = catalog::find_snapshot(&store, &project, &to).await?;
    let before = Asked::snapshot(context, &project, &from)?;
    let after = Asked::snapshot(context, &project, &to)?;
    let changes = compare(&before, &after).await?;
    let report =
        Report { project: project.name.clone(), from: side(&from), to: side(&to), changes };
    context.output.report(&report, shown)?;
    Ok(ExitCode::SUCCESS)
}

fn snapshots_table(sides: &[Side]) -> String {
    let head = ["snapshot", "made (UTC)", "revision", ""].map(String::from);
    let rows: Vec<Vec<String>> = sides
        .iter()
        .map(|side| {
            let made = crate::clock::rfc3339(side.created_at_ms);
            let mark = if side.is_current { "current" } else { "" };
            vec![
                side.snapshot.clone(),
                made,
                side.revision.clone().unwrap_or_default(),
                mark.to_owned(),
            ]
        })
        .collect();
    render(&head, &rows, terminal_width())
}

fn shown(report: &Report) -> String {
    let name = |side: &Side| match &side.revision {
        Some(revision) => format!("{} ({})", side.snapshot, &revision[..revision.len().min(12)]),
        None => side.snapshot.clone(),
    };
    let mut out = format!("{}: {} → {}\n\n", report.project, name(&report.from), name(&report.to));
    let counts: Vec<Vec<String>> = report
        .changes
        .iter()
        .map(|kind| {
            let count = |list: &[compare::Item]| list.len().to_string();
            vec![
                kind.what.to_owned(),
                count(&kind.added),
                count(&kind.removed),
                count(&kind.changed),
            ]
        })
        .collect();
    let head = ["what", "added", "removed", "changed"].map(String::from);
    out.push_str(&render(&head, &counts, terminal_width()));
    for kind in &report.changes {
        let lists = [("+", &kind.added), ("-", &kind.removed), ("~", &kind.changed)];
        let all: Vec<Vec<String>> = lists
            .iter()
            .flat_map(|(sign, list)| {
                list.iter().map(|item| vec![(*sign).to_owned(), item.name(), item.path.clone()])
            })
            .collect();
        if all.is_empty() {
            continue;
        }
        let head = ["", kind.what, "file"].map(String::from);
        out.push('\n');
        out.push_str(&render(&head, &all[..all.len().min(SHOWN)], terminal_width()));
        if all.len() > SHOWN {
            out.push_str(&format!("… and {} more; --json prints all\n", all.len() - SHOWN));
        }
    }
    out
}
