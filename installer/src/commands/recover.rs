//! `codegraph-install recover`.

use serde::Serialize;

use super::Session;
use crate::cli::RecoverArgs;
use crate::error::Error;
use crate::lock;
use crate::settle::{self, Settled, When};

#[derive(Serialize)]
struct Report {
    settled: &'static str,
    generation: Option<u64>,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &RecoverArgs) -> Result<(), Error> {
    let when = if arguments.boot { When::Boot } else { When::Now };
    let _lock = lock::take(session.host, &session.paths, &|text| session.talk().say(text))?;
    let settled = settle::settle(session.host, &session.paths, when, session.talk())?;
    let (report, text) = match settled {
        Settled::Nothing => {
            let generation = crate::facts::current(&session.paths);
            (Report { settled: "nothing", generation }, "no switch was cut off".to_owned())
        }
        Settled::Completed { to } => (
            Report { settled: "completed", generation: Some(to) },
            format!("completed: generation {to} is in use"),
        ),
        Settled::TakenBack { from: None, to } => (
            Report { settled: "taken-back", generation: None },
            format!("taken back: nothing is in use; generation {to} can be tried again"),
        ),
        Settled::TakenBack { from: Some(from), to } => (
            Report { settled: "taken-back", generation: Some(from) },
            format!("taken back: generation {from} is in use; generation {to} can be tried again"),
        ),
    };
    session.print(&report, &text);
    Ok(())
}
