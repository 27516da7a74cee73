//! `codegraph-install install`.

use serde::Serialize;

use super::{Session, plan};
use crate::apply::{self, Job};
use crate::cli::InstallArgs;
use crate::error::{Error, explain_full_disk};
use crate::plan::Plan;
use crate::{bundle, lock};

#[derive(Serialize)]
struct Report<'a> {
    installed: bool,
    changed: bool,
    plan: &'a Plan,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
    gate: Vec<String>,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &InstallArgs) -> Result<(), Error> {
    let talk = session.talk();
    let checked =
        bundle::check(&session.paths, &arguments.bundle.volumes, arguments.bundle.said(), talk)?;
    talk.say(super::inspect::warnings(checked.payload.release()).trim_end());
    let choices = plan::choices(session, arguments, checked.payload.manifest())?;
    let (first_plan, _) = plan::make(session, &checked.payload, &choices)?;
    if arguments.dry_run {
        session.print(&first_plan, &first_plan.to_string());
        return Ok(());
    }
    if first_plan.steps.is_empty() {
        let report = Report {
            installed: true,
            changed: false,
            plan: &first_plan,
            receipt: None,
            gate: Vec::new(),
        };
        session.print(&report, &format!("release {} is installed already\n", first_plan.version));
        return Ok(());
    }
    let _lock = lock::take(session.host, &session.paths)
        .map_err(|error| explain_full_disk(session.host, error, first_plan.new_bytes))?;
    // Another installer may have been at work until the lock was ours.
    let (plan, facts) = plan::make(session, &checked.payload, &choices)?;
    talk.say(plan.to_string().trim_end());
    let applied = apply::apply(&Job {
        host: session.host,
        paths: &session.paths,
        payload: &checked.payload,
        facts: &facts,
        choices: &choices,
        plan: &plan,
        first_trust: checked.first_trust,
        talk,
    })?;
    let text = format!(
        "installed: {} as generation {}\nreceipt    {}\n",
        plan.version,
        plan.generation,
        session.paths.receipts().join(&applied.receipt).display()
    );
    let report = Report {
        installed: true,
        changed: true,
        plan: &plan,
        receipt: Some(applied.receipt),
        gate: applied.gate,
    };
    session.print(&report, &text);
    Ok(())
}
