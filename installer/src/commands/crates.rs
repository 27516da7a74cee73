//! `codegraph-install crates export DIR`: source packages for `cargo build --offline`.

use serde::Serialize;

use super::Session;
use crate::cli::CratesCommand;
use crate::error::Error;
use crate::{crates, facts, sizes};

#[derive(Serialize)]
struct Report {
    folder: String,
    config: String,
    packages: u64,
    bytes: u64,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, command: &CratesCommand) -> Result<(), Error> {
    let CratesCommand::Export { folder } = command;
    let generation = facts::current(&session.paths)
        .ok_or_else(|| Error::Usage("nothing is installed here".to_owned()))?;
    let from = session.paths.generation(generation).join("crates");
    let exported = crates::export(session.host, &from, folder)?;
    let config = folder.join("config.toml").display().to_string();
    let report = Report {
        folder: folder.display().to_string(),
        config,
        packages: exported.packages,
        bytes: exported.bytes,
    };
    let text = format!(
        "{} packages, {}, in {}\nbuild with: cargo --config {} build --offline --locked\n",
        report.packages,
        sizes::text(report.bytes),
        report.folder,
        report.config
    );
    session.print(&report, &text);
    Ok(())
}
