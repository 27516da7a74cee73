//! Back to a generation that is still held: a switch like any other, with the data as they are. The schema
//! only ever grows from one release to the next, so the former release runs on it. Going back to the state
//! of the service before an upgrade is another matter: it is asked for by name, and loses what was written since.

use crate::draft::Draft;
use crate::error::Error;
use crate::facts;
use crate::host::{Host, HostPaths};
use crate::journal::Journal;
use crate::plan::GateChoice;
use crate::progress::Talk;
use crate::receipt::{self, Receipt, ResultWord};
use crate::switch::{self, Discard, Done, Move};
use crate::trust_state::{self, Installed};

/// Where a rollback leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The generation in use.
    pub from: u64,
    /// The generation that will be.
    pub to: u64,
    /// The receipt by which that one was in use before.
    pub receipt: Receipt,
}

/// Finds the generation to go back to: the one that is named, or the newest one before that in use.
pub fn way(paths: &HostPaths, wanted: Option<u64>) -> Result<Way, Error> {
    let from = facts::current(paths).ok_or_else(|| {
        Error::Usage("nothing is installed here, so there is nothing to go back from".to_owned())
    })?;
    let held = facts::generations(paths)?;
    let others = || {
        let names: Vec<String> =
            held.iter().filter(|n| **n != from).map(ToString::to_string).collect();
        if names.is_empty() { "no other one".to_owned() } else { names.join(", ") }
    };
    let to = match wanted {
        Some(number) => Some(number).filter(|number| held.contains(number)),
        None => held.iter().copied().rfind(|number| *number < from),
    };
    let to = to.filter(|to| *to != from).ok_or_else(|| {
        Error::Usage(format!(
            "generation {from} is in use and this host holds {} besides; name one with --to",
            others()
        ))
    })?;
    let receipt = receipt::of_generation(paths, to)?.ok_or_else(|| {
        Error::Usage(format!(
            "generation {to} was never in use here: it did not pass its health gate; generations that are held: {}",
            others()
        ))
    })?;
    Ok(Way { from, to, receipt })
}

/// The state from before the upgrade to generation `since`.
pub fn discarded(paths: &HostPaths, way: &Way, since: u64) -> Result<Discard, Error> {
    let snapshot = switch::snapshot_name(way.to, since);
    if !paths.backups().join(&snapshot).is_file() {
        return Err(Error::Usage(format!(
            "no state from before generation {since} is kept for generation {}: {} is not there; without --discard-state-since the data stay as they are",
            way.to,
            paths.backups().join(&snapshot).display()
        )));
    }
    let number = receipt::next_number(paths)?;
    Ok(Discard { snapshot, tail: format!("audit-tail-{number:06}.jsonl") })
}

/// Goes it. The caller holds the lock.
pub fn run(
    host: &dyn Host,
    paths: &HostPaths,
    way: &Way,
    discard: Option<&Discard>,
    gate: GateChoice,
    talk: Talk,
) -> Result<Done, Error> {
    let mut trust = trust_state::read(paths)?.ok_or_else(|| Error::State {
        path: paths.trust(),
        problem: "it is not there; restore it from a backup".to_owned(),
    })?;
    let release = &way.receipt.release;
    // The counters stay: what was refused before the rollback is refused after it.
    trust.installed =
        Some(Installed { line: release.line.clone(), version: release.version.clone() });
    let receipt = Receipt {
        installer: env!("CARGO_PKG_VERSION").to_owned(),
        result: ResultWord::RolledBack,
        reason: String::new(),
        replaced: Some(way.from),
        volumes: Vec::new(),
        gate: Vec::new(),
        ..way.receipt.clone()
    };
    let draft = Draft { number: receipt::next_number(paths)?, receipt, trust };
    let (journal, _) = Journal::open(host, &paths.journal())?;
    let mut journal = journal.restart(host)?;
    let (from, to, draft) = (Some(way.from), way.to, &draft);
    let this = Move { host, paths, talk, from, to, gate, draft, discard };
    switch::run(&this, &mut journal)
}
