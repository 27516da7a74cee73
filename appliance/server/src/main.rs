//! `codegraph`: the server and every user and operator command of the appliance.

mod audit_log;
mod catalog;
mod cli;
mod clock;
mod commands;
mod context;
mod data_dir;
mod environment;
mod exit;
mod generation;
mod http;
mod installer_audit;
mod jobs;
mod logging;
mod metrics;
mod model_server;
mod output;
mod revision;
mod settings;
mod startup;
mod state;
mod worker;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own code for a usage error is 2, which means "unexpected" here.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(exit::USER) } else { ExitCode::SUCCESS };
        }
    };
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => exit::report(&error),
    }
}
