//! One file for each command, and the one function that picks among them.

mod certificates;
mod crates;
mod doctor;
mod gc;
mod inspect;
mod install;
mod plan;
mod preflight;
mod receipt;
mod recover;
mod repair;
mod request;
mod rollback;
mod status;
mod uninstall;
mod verify;

use serde::Serialize;

use crate::cli::{Cli, Command};
use crate::error::{Error, RECORDS, explain_full_disk};
use crate::facts;
use crate::host::{Host, HostPaths};
use crate::plan::Intent;
use crate::progress::Talk;

/// What every command works with.
pub struct Session<'a> {
    /// The machine.
    pub host: &'a dyn Host,
    /// Where everything lies.
    pub paths: HostPaths,
    /// How reports are printed.
    pub format: Format,
    /// Where reports go.
    pub out: &'a dyn Fn(&str),
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Session<'_> {
    /// How much is said on standard error.
    pub fn talk(&self) -> Talk {
        match self.format {
            Format::Text => Talk::Words,
            Format::Json => Talk::Silent,
        }
    }

    /// Gives the report out.
    fn print<T: Serialize>(&self, report: &T, text: &str) {
        let line = match self.format {
            Format::Text => text.trim_end().to_owned(),
            Format::Json => {
                serde_json::to_string_pretty(report).expect("reports hold only texts and numbers")
            }
        };
        (self.out)(&line);
    }
}

/// Runs the command on `host`; reports go to `out`, without their last line end.
pub fn run(cli: &Cli, host: &dyn Host, out: &dyn Fn(&str)) -> Result<(), Error> {
    let format = if cli.global.json { Format::Json } else { Format::Text };
    let paths = HostPaths::new(cli.global.root.as_deref());
    let paths = match &cli.global.machine {
        Some(folder) => paths.of_machine(folder),
        None => paths,
    };
    let session = Session { host, paths, format, out };
    // The payload's own room was told where it was stored.
    let done =
        pick(&session, &cli.command).map_err(|error| explain_full_disk(host, error, RECORDS));
    if facts::is_superuser() {
        return done;
    }
    done.map_err(|error| error.of_ordinary_user(cli.command.name()))
}

fn pick(session: &Session<'_>, command: &Command) -> Result<(), Error> {
    match command {
        Command::Verify(arguments) => verify::run(session, arguments),
        Command::Inspect(arguments) => inspect::run(session, arguments),
        Command::Plan(arguments) => plan::run(session, arguments),
        Command::Preflight(arguments) => preflight::run(session, arguments),
        Command::Install(arguments) => install::run(session, arguments, Intent::Install),
        Command::Upgrade(arguments) => install::run(session, arguments, Intent::Upgrade),
        Command::Rollback(arguments) => rollback::run(session, arguments),
        Command::Recover(arguments) => recover::run(session, arguments),
        Command::Repair(arguments) => repair::run(session, arguments),
        Command::Gc(arguments) => gc::run(session, arguments),
        Command::Receipt(arguments) => receipt::run(session, arguments),
        Command::Crates(command) => crates::run(session, command),
        Command::Certificates(command) => certificates::run(session, command),
        Command::Doctor => doctor::run(session),
        Command::Status => status::run(session),
        Command::Uninstall(arguments) => uninstall::run(session, arguments),
    }
}
