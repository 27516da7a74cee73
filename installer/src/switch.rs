//! The switch to a generation: journaled as pending, made in one rename, kept only if the candidate proves
//! that it works. Otherwise everything goes back by itself, and nothing is lost: until the proof the
//! service takes no write.

use serde_json::json;

use crate::draft::{self, Draft};
use crate::error::Error;
use crate::host::{Host, HostPaths};
use crate::journal::{Journal, Record};
use crate::plan::GateChoice;
use crate::progress::Talk;
use crate::receipt::{self, ResultWord};
use crate::settle::{self, When};
use crate::{audit, candidate, files, generation, secrets, units};

/// A switch from one generation to another.
pub struct Move<'a> {
    /// The machine.
    pub host: &'a dyn Host,
    /// Where everything lies.
    pub paths: &'a HostPaths,
    /// How much is said.
    pub talk: Talk,
    /// The generation in use; none on the first installation.
    pub from: Option<u64>,
    /// The generation that is tried.
    pub to: u64,
    /// Whether it must prove that it works.
    pub gate: GateChoice,
    /// What is written when it has.
    pub draft: &'a Draft,
    /// An older state of the service that takes the place of the present one.
    pub discard: Option<&'a Discard>,
}

/// Back to an older state of the service: what was written since is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// Name of the snapshot in the folder of backups.
    pub snapshot: String,
    /// Name of the file that gets the audit events which the snapshot does not have.
    pub tail: String,
}

/// A switch that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// File name of the receipt.
    pub receipt: String,
    /// What the gate said; empty where it was skipped.
    pub gate: Vec<String>,
}

/// The name of the snapshot that a switch makes.
pub fn snapshot_name(from: u64, to: u64) -> String {
    format!("generation-{from}-before-{to}.db")
}

/// Switches, starts, asks the gate, opens, and writes what follows from it.
pub fn run(this: &Move<'_>, journal: &mut Journal) -> Result<Done, Error> {
    let (host, paths) = (this.host, this.paths);
    if paths.is_system() {
        units::install_recovery(host, paths)?;
    }
    draft::write(host, paths, this.draft)?;
    audit::note(host, paths, "switch.begin", json!({ "from": this.from, "to": this.to }))?;
    journal.commit(host, &Record::Pending { from: this.from, to: this.to })?;
    let mut snapshot = None;
    match try_candidate(this, journal, &mut snapshot) {
        Ok(gate) => {
            // Where this fails nobody knows whether it reached the disk. Then nothing is touched: the
            // service stays closed, and whoever reads the journal next completes or takes back.
            journal.commit(host, &Record::Proven { to: this.to, gate: gate.clone() })?;
            let receipt = settle::finish(host, paths, journal, this.to, &gate)?;
            Ok(Done { receipt, gate })
        }
        Err(Error::Program { line, end }) => {
            let reason = format!("`{line}` {end}");
            this.talk.say(&format!("taking back: {reason}"));
            settle::revert(host, paths, When::Now, this.from, snapshot.as_deref())?;
            write_refusal(this, &reason)?;
            journal.commit(host, &Record::Reverted { to: this.to })?;
            let facts = json!({ "from": this.from, "to": this.to, "reason": reason });
            audit::try_note(host, paths, "switch.taken-back", facts);
            settle::reopen(host, paths, When::Now, this.from)?;
            Err(Error::Gate { reason, state: words_of_the_state(this) })
        }
        Err(other) => {
            // The disk or the machine fails. Going back is tried; the first error is the one to tell.
            // Where it cannot be completed the journal still says pending, and the next run settles that.
            if let Err(stuck) = go_back(this, journal, snapshot.as_deref()) {
                this.talk.say(&format!(
                    "the way back is not complete: {stuck}; until it is, nothing is written; \
                     remove the cause, then run `codegraph-install recover`"
                ));
            }
            Err(other)
        }
    }
}

fn try_candidate(
    this: &Move<'_>,
    journal: &mut Journal,
    snapshot: &mut Option<String>,
) -> Result<Vec<String>, Error> {
    let (host, paths, number) = (this.host, this.paths, this.to);
    settle::close(host, paths)?;
    if let Some(from) = this.from {
        if paths.is_system() {
            this.talk.say("stopping the services");
            units::pause(host, paths)?;
        }
        let file = snapshot_name(from, number);
        candidate::snapshot(host, paths, from, &paths.backups().join(&file))?;
        settle::reserve(host, paths, &file)?;
        journal.commit(host, &Record::Snapshot { file: file.clone() })?;
        audit::note(host, paths, "state.snapshot", json!({ "file": file }))?;
        *snapshot = Some(file);
        if let Some(discard) = this.discard {
            give_up(this, from, discard)?;
        }
    }
    if paths.is_system() {
        units::install(host, paths, &paths.generation(number))?;
        this.talk.say("units, users and folders written");
    }
    candidate::migrate(host, paths, number)?;
    audit::note(host, paths, "state.migrated", json!({ "by": number }))?;
    generation::point_current(host, paths, number)?;
    generation::write_store_index(host, paths, number)?;
    if paths.is_system() {
        this.talk.say("starting the services, closed for writing");
        units::start(host, paths)?;
    }
    let lines = gate(this)?;
    if paths.is_system() {
        units::enable(host, paths)?;
    }
    settle::release(host, paths)?;
    Ok(lines)
}

/// Puts the older state in place. The audit events that go with the present one are kept where no service writes.
fn give_up(this: &Move<'_>, from: u64, discard: &Discard) -> Result<(), Error> {
    let (host, paths) = (this.host, this.paths);
    let tail = paths.backups().join(&discard.tail);
    this.talk.say(&format!("going back to the state of {}", discard.snapshot));
    candidate::discard(host, paths, from, &paths.backups().join(&discard.snapshot), &tail)?;
    let kept = paths.audit_tails().join(&discard.tail);
    files::make_dir(host, &paths.audit_tails(), 0o700)?;
    files::copy(host, &tail, &kept, 0o600)?;
    let facts = json!({ "snapshot": discard.snapshot, "audit_tail": kept });
    audit::note(host, paths, "state.discarded", facts)
}

fn gate(this: &Move<'_>) -> Result<Vec<String>, Error> {
    let (host, paths, number) = (this.host, this.paths, this.to);
    if this.gate == GateChoice::Skip {
        this.talk.say("health gate skipped: nothing proves that this release works on this host");
        audit::note(host, paths, "gate.skipped", json!({ "generation": number }))?;
        return Ok(Vec::new());
    }
    this.talk.say("health gate: the candidate indexes and queries a sample");
    let outcome = candidate::gate(host, paths, number)?;
    let lines = candidate::lines(&outcome);
    for line in &lines {
        this.talk.say(&format!("  {line}"));
    }
    if outcome.is_good() {
        audit::note(host, paths, "gate.passed", json!({ "generation": number, "said": lines }))?;
        return Ok(lines);
    }
    audit::note(host, paths, "gate.failed", json!({ "generation": number, "said": lines }))?;
    Err(Error::Program {
        line: format!("{} gate", paths.generation(number).join("bin/codegraph").display()),
        end: candidate::verdict(&outcome),
    })
}

/// Back to what was in use, after a failure of the machine.
fn go_back(this: &Move<'_>, journal: &mut Journal, snapshot: Option<&str>) -> Result<(), Error> {
    let (host, paths) = (this.host, this.paths);
    let undone = settle::revert(host, paths, When::Now, this.from, snapshot)
        .and_then(|()| journal.commit(host, &Record::Undone { to: this.to }));
    if undone.is_err() && this.from.is_some() && paths.is_system() {
        // Reading works at least; the mark of the closed service stays.
        return units::start(host, paths);
    }
    undone?;
    settle::reopen(host, paths, When::Now, this.from)
}

fn write_refusal(this: &Move<'_>, reason: &str) -> Result<(), Error> {
    let mut told = this.draft.receipt.clone();
    told.result = ResultWord::TakenBack;
    reason.clone_into(&mut told.reason);
    files::make_dir(this.host, &this.paths.receipts(), 0o700)?;
    let key = secrets::ensure_host_key(this.host, this.paths)?;
    receipt::write(this.host, this.paths, &key, this.draft.number, &told).map(|_| ())
}

fn words_of_the_state(this: &Move<'_>) -> String {
    let place = this.paths.generation(this.to);
    let place = place.display();
    match this.from {
        None => format!(
            "no release is in use now, as before; data and configuration are kept; generation {} lies in {place} for a look",
            this.to
        ),
        Some(from) => format!(
            "generation {from} is in use again with its data as they were; generation {} lies in {place} for a look",
            this.to
        ),
    }
}
