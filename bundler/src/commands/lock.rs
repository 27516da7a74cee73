//! `lock` and `update`: resolve, bring into the cache, write down.

use serde::Serialize;

use crate::cli::{LockInputs, Update};
use crate::commands::{Form, report};
use crate::error::Error;
use crate::intake::{Intake, Settled};
use crate::lock::Change;

#[derive(Serialize)]
struct Report<'a> {
    lock: String,
    written: bool,
    inputs: usize,
    bytes: u64,
    issued: &'a str,
    release_counter: u64,
    changes: &'a [Change],
}

/// Keeps what the lock pins, and resolves the rest.
pub(crate) fn run(args: &LockInputs, form: Form) -> Result<(), Error> {
    let mut intake = Intake::open(&args.inputs, form)?;
    let settled = intake.find_all(false)?;
    finish(&intake, &settled, true, form)
}

/// Resolves everything anew.
pub(crate) fn update(args: &Update, form: Form) -> Result<(), Error> {
    let mut intake = Intake::open(&args.inputs, form)?;
    let settled = intake.find_all(true)?;
    finish(&intake, &settled, !args.dry_run, form)
}

fn finish(intake: &Intake, settled: &Settled, write: bool, form: Form) -> Result<(), Error> {
    let written = write && settled.new;
    if written {
        settled.lock.write(intake.lock_file())?;
    }
    let value = Report {
        lock: intake.lock_file().display().to_string(),
        written,
        inputs: settled.lock.inputs.len(),
        bytes: settled.lock.inputs.iter().map(|input| input.size).sum(),
        issued: &settled.lock.issued,
        release_counter: settled.lock.release_counter,
        changes: &settled.changes,
    };
    let mut text: String = settled.changes.iter().map(|change| format!("{change}\n")).collect();
    let state = match (settled.new, written) {
        (false, _) => "nothing moved",
        (true, true) => "written",
        (true, false) => "not written",
    };
    text.push_str(&format!(
        "{}: {state}; {} inputs, {}, counter {}\n",
        value.lock,
        value.inputs,
        crate::size::show(value.bytes),
        value.release_counter
    ));
    report(form, &value, &text)
}
