//! One file for each command.

mod build;
mod cache;
mod countersign;
mod diff;
mod fingerprint;
mod inspect;
mod key;
mod keygen;
mod list;
mod lock;
mod plan;
mod recut;
mod root;
mod sbom;
mod schema;
mod sign;
pub(crate) mod verify;

use std::io::Write;

use cg_bundle_format::shown;
use serde::Serialize;

use crate::cli::{
    BillCommand, BuildCommand, CacheCommand, Cli, Command, KeysCommand, SignCommand,
    TransferCommand, VolumesCommand,
};
use crate::error::Error;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Json,
}

/// Runs the command.
pub(crate) fn run(cli: Cli) -> Result<(), Error> {
    let form = if cli.json { Form::Json } else { Form::Text };
    match cli.command {
        Command::Build(command) => run_build(command, form),
        Command::Volumes(command) => run_volumes(command, form),
        Command::Transfer(command) => run_transfer(&command, form),
        Command::Keys(command) => run_keys(command, form),
        Command::Sign(command) => run_sign(&command, form),
        Command::Bill(command) => run_bill(&command, form),
        Command::Cache(CacheCommand::Status(args)) => cache::status(&args, form),
        Command::Cache(CacheCommand::Gc(args)) => cache::gc(&args, form),
    }
}

fn run_build(command: BuildCommand, form: Form) -> Result<(), Error> {
    match command {
        BuildCommand::Lock(args) => lock::run(&args, form),
        BuildCommand::Update(args) => lock::update(&args, form),
        BuildCommand::Build(args) => build::run(&args, form),
        BuildCommand::Schema(args) => schema::run(&args),
    }
}

fn run_volumes(command: VolumesCommand, form: Form) -> Result<(), Error> {
    match command {
        VolumesCommand::Verify(args) => verify::run(&args, form),
        VolumesCommand::Inspect(args) => inspect::run(&args, form),
    }
}

fn run_transfer(command: &TransferCommand, form: Form) -> Result<(), Error> {
    match command {
        TransferCommand::Split(args) => recut::split(args, form),
        TransferCommand::Join(args) => recut::join(args, form),
        TransferCommand::Diff(args) => diff::run(args, form),
        TransferCommand::Plan(args) => plan::run(args, form),
        TransferCommand::List(args) => list::run(args, form),
    }
}

fn run_keys(command: KeysCommand, form: Form) -> Result<(), Error> {
    match command {
        KeysCommand::Keygen(args) => keygen::run(&args, form),
        KeysCommand::Key(command) => key::run(&command, form),
        KeysCommand::Root(command) => root::run(&command, form),
        KeysCommand::Fingerprint(args) => fingerprint::run(&args, form),
    }
}

fn run_sign(command: &SignCommand, form: Form) -> Result<(), Error> {
    match command {
        SignCommand::Sign(args) => sign::run(args, form),
        SignCommand::Countersign(args) => countersign::countersign(args, form),
        SignCommand::Permit(args) => countersign::permit(args, form),
        SignCommand::Minisign(args) => countersign::minisign(args, form),
    }
}

fn run_bill(command: &BillCommand, form: Form) -> Result<(), Error> {
    match command {
        BillCommand::Sbom(args) => sbom::run(args, form),
    }
}

/// Writes a report to stdout: `text` for people, `value` as JSON.
fn report<T: Serialize>(form: Form, value: &T, text: &str) -> Result<(), Error> {
    match form {
        Form::Text => print(shown(text).as_bytes()),
        Form::Json => {
            let mut text = serde_json::to_string_pretty(value)
                .map_err(|e| Error::Unexpected(e.to_string()))?;
            text.push('\n');
            print(shown(&text).as_bytes())
        }
    }
}

/// Writes to stdout; a reader that went away early is no error.
fn print(bytes: &[u8]) -> Result<(), Error> {
    match std::io::stdout().lock().write_all(bytes) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Unexpected(format!("cannot write to stdout: {e}")))
        }
        _ => Ok(()),
    }
}
