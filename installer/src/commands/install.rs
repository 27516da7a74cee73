//! `codegraph-install install`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cg_bundle_format::Manifest;
use serde::Serialize;

use super::request::Ask;
use super::{Session, plan};
use crate::apply::{self, Job};
use crate::bundle::Depth;
use crate::cli::InstallArgs;
use crate::error::Error;
use crate::plan::{Intent, KEEP, Plan};
use crate::settle::When;
use crate::{bundle, collect, lock, settle, sizes};

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
pub(super) fn run(
    session: &Session<'_>,
    arguments: &InstallArgs,
    intent: Intent,
) -> Result<(), Error> {
    let talk = session.talk();
    let checked =
        bundle::check(&session.paths, &arguments.bundle.volumes, &arguments.bundle.claims(), talk)?;
    talk.say(super::inspect::warnings(checked.payload.release()).trim_end());
    let top_ups = plan::top_ups(session, arguments, Depth::Bytes)?;
    let manifest = checked.payload.manifest();
    let choices = plan::choices(session, arguments, manifest, &top_ups, intent)?;
    if !arguments.dry_run && settle::is_needed(&session.paths)? {
        let _lock = lock::take(session.host, &session.paths, &|text| session.talk().say(text))?;
        settle::settle(session.host, &session.paths, When::Now, talk)?;
    }
    let ask = Ask { file: request_file(arguments, manifest) };
    let nothing = BTreeSet::new();
    let (first_plan, facts) = plan::make(session, &checked.payload, &choices, &nothing, &ask)?;
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
        if intent == Intent::Upgrade {
            let _lock = lock::take(session.host, &session.paths, &|text| session.talk().say(text))?;
            tidy_up(session)?;
        }
        session.print(&report, &format!("release {} is installed already\n", first_plan.version));
        return Ok(());
    }
    let _lock = lock::take(session.host, &session.paths, &|text| session.talk().say(text))?;
    // Another installer may have been at work until the lock was ours.
    let proven = &facts.existing.held;
    let (plan, facts) = plan::make(session, &checked.payload, &choices, proven, &ask)?;
    talk.say(plan.to_string().trim_end());
    let applied = apply::apply(&Job {
        host: session.host,
        paths: &session.paths,
        payload: &checked.payload,
        top_ups: &top_ups,
        facts: &facts,
        choices: &choices,
        plan: &plan,
        accepted: &checked.accepted,
        talk,
    })?;
    if intent == Intent::Upgrade {
        tidy_up(session)?;
    }
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

/// Removes what no generation that is kept needs: after success only.
fn tidy_up(session: &Session<'_>) -> Result<(), Error> {
    let found = collect::look(&session.paths, KEEP)?;
    collect::remove(session.host, &session.paths, &found)?;
    if !found.is_empty() {
        session.talk().say(&format!(
            "collected: {} generations, {} blobs, {}",
            found.generations.len(),
            found.blobs,
            sizes::text(found.bytes)
        ));
    }
    Ok(())
}

/// A rehearsal writes a request only where the operator asks for one.
fn request_file(arguments: &InstallArgs, manifest: &Manifest) -> Option<PathBuf> {
    let usual = || PathBuf::from(format!("codegraph-request-{}.json", manifest.version));
    match (&arguments.request, arguments.dry_run) {
        (Some(file), _) => Some(file.clone()),
        (None, false) => Some(usual()),
        (None, true) => None,
    }
}
