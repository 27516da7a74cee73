//! `codegraph-llm`: the models of the appliance, over a Unix socket. No network: the program opens
//! no connection and listens on nothing but that socket.

mod cli;
mod embedding;
mod exit;
mod loading;
mod memory;
mod metrics;
mod models_lock;
mod problem;
mod routes;
mod server;
mod settings;
mod state;
mod template;

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
    let result = match cli.command {
        cli::Command::Serve(args) => server::serve(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}
