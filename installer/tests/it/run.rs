//! Runs the installer's commands in this process, on a folder that stands for a host.

use std::path::{Path, PathBuf};
use std::process::Output;

use clap::Parser as _;
use codegraph_install::cli::Cli;
use codegraph_install::commands;
use codegraph_install::error::Error;
use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{Host, Outcome, SystemHost};

use crate::fixture::Bundle;

/// A command line with `--root`.
pub(crate) fn line(root: &Path, arguments: &[&str]) -> Vec<String> {
    let mut all = vec!["codegraph-install".to_owned(), "--json".to_owned()];
    all.push(format!("--root={}", root.display()));
    all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    all
}

/// `install` of all volumes with the right fingerprint.
pub(crate) fn install_line(root: &Path, bundle: &Bundle) -> Vec<String> {
    let fingerprint = bundle.fingerprint.hex();
    let mut all = line(root, &["install", "--root-fingerprint", &fingerprint]);
    all.extend(bundle.volumes.iter().map(|volume| volume.display().to_string()));
    all
}

/// `upgrade` to all volumes.
pub(crate) fn upgrade_line(root: &Path, bundle: &Bundle) -> Vec<String> {
    let mut all = install_line(root, bundle);
    let word = all.iter_mut().find(|word| *word == "install").unwrap();
    *word = "upgrade".to_owned();
    all
}

/// Runs a command line on `host`.
pub(crate) fn on(host: &dyn Host, line: &[String]) -> Result<(), Error> {
    commands::run(&Cli::try_parse_from(line).unwrap(), host, &|_| ())
}

/// A host that fails at step `at` (0: never) and answers every program with success.
pub(crate) fn faulty(fault: Fault, at: u64) -> FaultyHost<SystemHost> {
    FaultyHost::new(SystemHost, fault, at).answering(Box::new(|_| {
        Ok(Outcome {
            code: Some(0),
            stdout: "sample: good\n".to_owned(),
            stderr: String::new(),
            timed_out: false,
        })
    }))
}

/// Runs the real program.
pub(crate) fn program(line: &[String]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_codegraph-install"))
        .args(&line[1..])
        .output()
        .unwrap()
}

/// Standard error of a run as text.
pub(crate) fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Standard output of a run as JSON.
pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", String::from_utf8_lossy(&output.stdout), talk(output))
    })
}

/// The path on the stand-in host of an absolute path.
pub(crate) fn at(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}
