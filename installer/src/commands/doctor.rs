//! `codegraph-install doctor`.

use serde::Serialize;

use super::Session;
use crate::doctor;
use crate::error::Error;
use crate::preflight::{Line, Table, Verdict};

#[derive(Serialize)]
struct Report<'a> {
    healthy: bool,
    lines: &'a [Line],
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>) -> Result<(), Error> {
    let table = Table { lines: doctor::examine(session.host, &session.paths)? };
    let wrong = table.advice(Verdict::Blocks);
    let report = Report { healthy: wrong.is_empty(), lines: &table.lines };
    session.print(&report, &table.to_string());
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::Usage(format!("something is wrong here:\n  - {}", wrong.join("\n  - "))))
}
