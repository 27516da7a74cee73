//! `codegraph-install rollback`.

use std::path::PathBuf;

use serde::Serialize;

use super::Session;
use crate::cli::RollbackArgs;
use crate::error::Error;
use crate::plan::GateChoice;
use crate::settle::When;
use crate::{age, facts, lock, rollback, settle};

#[derive(Serialize)]
struct Report {
    rolled_back: bool,
    from: u64,
    generation: u64,
    version: String,
    receipt: String,
    gate: Vec<String>,
    /// Where the audit events lie that were given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_tail: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &RollbackArgs) -> Result<(), Error> {
    let (host, paths, talk) = (session.host, &session.paths, session.talk());
    let _lock = lock::take(host, paths, &|text| talk.say(text))?;
    settle::settle(host, paths, When::Now, talk)?;
    let way = rollback::way(paths, arguments.to)?;
    let manifest = facts::manifest_of(paths, way.to).ok_or_else(|| Error::State {
        path: paths.generation(way.to).join("release.json"),
        problem: "`codegraph-install repair` brings it back from the bundle".to_owned(),
    })?;
    age::check(paths, &manifest, host.now())?;
    let version = way.receipt.release.version.clone();
    talk.say(&format!("going back from generation {} to {} ({version})", way.from, way.to));
    let discard =
        arguments.discard_state_since.map(|since| rollback::discarded(paths, &way, since));
    let discard = discard.transpose()?;
    let gate = if arguments.skip_gate { GateChoice::Skip } else { GateChoice::Run };
    let done = rollback::run(host, paths, &way, discard.as_ref(), gate, talk)?;
    let audit_tail = discard.map(|discard| paths.audit_tails().join(discard.tail));
    let mut text = format!("rolled back: {version} as generation {}\n", way.to);
    if let Some(tail) = &audit_tail {
        text.push_str(&format!("audit       {}\n", tail.display()));
    }
    let report = Report {
        rolled_back: true,
        from: way.from,
        generation: way.to,
        version,
        receipt: done.receipt,
        gate: done.gate,
        audit_tail,
    };
    session.print(&report, &text);
    Ok(())
}
