//! `codegraph-bundle`: packs, signs and verifies bundles. Parses arguments, runs one command, sets the exit code.

mod assemble;
mod cache;
mod cli;
mod collect;
mod commands;
mod compare;
mod config;
mod delta;
mod elf;
mod error;
mod extension;
mod fetch;
mod gguf;
mod glibc;
mod hashes;
mod holdings;
mod html;
mod intake;
mod item;
mod keys;
mod lock;
mod lookup;
mod memo;
mod net;
mod opened;
mod out;
mod pack;
mod packages;
mod prepare;
mod progress;
mod reach;
mod release;
mod safetensors;
mod sbom;
mod size;
mod source;
mod table;
#[cfg(test)]
#[path = "../tests/it/registry/mod.rs"]
#[allow(clippy::unwrap_used, reason = "for tests only")]
mod test_servers;
mod vars;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            // Help and version are no errors; a wrong argument is the user's.
            return ExitCode::from(u8::from(error.use_stderr()));
        }
    };
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", cg_bundle_format::shown(&error.to_string()));
            ExitCode::from(error.exit_code())
        }
    }
}
