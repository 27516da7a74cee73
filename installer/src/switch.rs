//! The switch to a generation: journaled as pending, made in one rename, kept only if the candidate proves
//! that it works. Otherwise everything goes back by itself.

use crate::apply::Job;
use crate::error::Error;
use crate::journal::{Journal, Record};
use crate::plan::{GateChoice, Scope};
use crate::{candidate, generation, units};

/// Switches, starts, and asks the gate. Returns what the gate said.
///
/// The units are enabled last: after a power loss in the middle, an unproven release does not start by itself.
pub fn switch(job: &Job<'_>, journal: &mut Journal) -> Result<Vec<String>, Error> {
    let number = job.plan.generation;
    journal.commit(job.host, &Record::Pending { from: job.plan.replaces, to: number })?;
    match try_candidate(job) {
        Ok(lines) => Ok(lines),
        Err(Error::Program { line, end }) => {
            take_back(job)?;
            journal.commit(job.host, &Record::Reverted { to: number })?;
            Err(Error::Gate {
                reason: format!("`{line}` {end}"),
                state: format!(
                    "no release is in use now, as before; data and configuration are kept; generation {number} lies in {} for a look",
                    job.paths.generation(number).display()
                ),
            })
        }
        Err(other) => {
            // The disk or the machine fails. Going back is tried; the first error is the one to tell.
            // The journal still says pending, so the next run finishes the switch.
            let _ = take_back(job);
            Err(other)
        }
    }
}

fn try_candidate(job: &Job<'_>) -> Result<Vec<String>, Error> {
    let (host, paths, number) = (job.host, job.paths, job.plan.generation);
    let is_system = job.choices.scope == Scope::System;
    if is_system {
        units::install(host, paths, &paths.generation(number))?;
        job.talk.say("units, users and folders written");
    }
    let program = || paths.generation(number).join("bin/codegraph").display().to_string();
    let migrated = candidate::migrate(host, paths, number)?;
    if !migrated.is_good() {
        return Err(Error::Program {
            line: format!("{} db migrate", program()),
            end: migrated.words(),
        });
    }
    generation::point_current(host, paths, number)?;
    if is_system {
        job.talk.say("starting the services");
        units::start(host)?;
    }
    let lines = match job.choices.gate {
        GateChoice::Skip => {
            job.talk
                .say("health gate skipped: nothing proves that this release works on this host");
            Vec::new()
        }
        GateChoice::Run => {
            job.talk.say("health gate: the candidate indexes and queries a sample");
            let outcome = candidate::gate(host, paths, number)?;
            for line in candidate::lines(&outcome) {
                job.talk.say(&format!("  {line}"));
            }
            if !outcome.is_good() {
                return Err(Error::Program {
                    line: format!("{} gate", program()),
                    end: candidate::verdict(&outcome),
                });
            }
            candidate::lines(&outcome)
        }
    };
    if is_system {
        units::enable(host)?;
    }
    Ok(lines)
}

/// Back to the state before the switch. On a first installation: no release in use, no services.
fn take_back(job: &Job<'_>) -> Result<(), Error> {
    if job.choices.scope == Scope::System {
        units::stop(job.host)?;
        units::remove(job.host, job.paths)?;
    }
    generation::remove_current(job.host, job.paths)
}
