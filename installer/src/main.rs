//! `codegraph-install`: the program. Everything it does lies in the library beside it.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use codegraph_install::cli::Cli;
use codegraph_install::commands;
use codegraph_install::host::SystemHost;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is the reader's wish.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(1) } else { ExitCode::SUCCESS };
        }
    };
    let print = |report: &str| {
        // A closed pipe is the reader's wish.
        let _ = writeln!(std::io::stdout(), "{}", cg_bundle_format::shown(report));
    };
    match commands::run(&cli, &SystemHost, &print) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", cg_bundle_format::shown(&error.to_string()));
            ExitCode::from(error.exit_code())
        }
    }
}
