//! What the candidate's own program does for the installer: migrate the data, and prove that it works.
//! The installer holds no SQL and knows nothing of graphs or models.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::host::{Host, HostPaths, Outcome, Program};
use crate::{facts, units};

/// Longest time for a migration.
const MIGRATE_LIMIT: Duration = Duration::from_secs(30 * 60);
/// Longest time for the gate: it indexes a sample and lets the model say a few words, on slow machines too.
const GATE_LIMIT: Duration = Duration::from_secs(10 * 60);
/// Where the server listens after a first installation.
const URL: &str = "http://127.0.0.1:8000";
/// Room that the gate's sample needs.
const GATE_BYTES: u64 = 64 << 20;
/// Lines of the gate's report that are kept.
const MAX_LINES: usize = 100;

/// Brings the service's data to the candidate's version.
pub fn migrate(host: &dyn Host, paths: &HostPaths, generation: u64) -> Result<(), Error> {
    let room = Room { path: &paths.control_store(), need: facts::store_bytes(paths) };
    must(host, paths, db(paths, generation, &["migrate"]), &room)
}

/// Lets a generation's program write the service's state to `file`, whole or not at all.
pub fn snapshot(
    host: &dyn Host,
    paths: &HostPaths,
    generation: u64,
    file: &Path,
) -> Result<(), Error> {
    let room = Room { path: file, need: facts::store_bytes(paths) };
    must(host, paths, db(paths, generation, &["snapshot", "--to"]).with([file]), &room)
}

/// Lets a generation's program put the state of `file` in the place of the present one. No service runs.
pub fn restore(
    host: &dyn Host,
    paths: &HostPaths,
    generation: u64,
    file: &Path,
) -> Result<(), Error> {
    let room = Room { path: &paths.control_store(), need: length(file) };
    must(host, paths, db(paths, generation, &["restore", "--from"]).with([file]), &room)
}

/// The same, for good: first the audit events that the file does not have are written to `tail`, and the
/// state that is put back says that they are gone; all sessions end.
pub fn discard(
    host: &dyn Host,
    paths: &HostPaths,
    generation: u64,
    file: &Path,
    tail: &Path,
) -> Result<(), Error> {
    let program = db(paths, generation, &["restore", "--from"]).with([file]);
    let room = Room { path: &paths.control_store(), need: length(file) };
    must(host, paths, program.with(["--audit-tail"]).with([tail]), &room)
}

/// Runs the health gate.
pub fn gate(host: &dyn Host, paths: &HostPaths, generation: u64) -> Result<Outcome, Error> {
    let mut program = with_places(paths, program(paths, generation, GATE_LIMIT).with(["gate"]));
    if paths.is_system() {
        program = program.with(["--url", URL]);
    }
    let outcome = units::run(host, &program)?;
    let room = Room { path: &paths.data(), need: GATE_BYTES };
    room.was_enough(host, &outcome)?;
    Ok(outcome)
}

/// The lines of the gate's report.
pub fn lines(outcome: &Outcome) -> Vec<String> {
    outcome.stdout.lines().take(MAX_LINES).map(str::to_owned).collect()
}

/// Why the gate was not passed: its bad checks, or how it ended where it names none.
pub fn verdict(outcome: &Outcome) -> String {
    let bad: Vec<&str> =
        outcome.stdout.lines().filter(|line| line.starts_with("BAD")).take(MAX_LINES).collect();
    if bad.is_empty() { outcome.words() } else { format!("found: {}", bad.join(" | ")) }
}

/// `codegraph db …` of a generation.
fn db(paths: &HostPaths, generation: u64, words: &[&str]) -> Program {
    program(paths, generation, MIGRATE_LIMIT).with(["db"]).with(words.iter().copied())
}

/// The candidate's program, named by its generation: `current` may still name another one.
fn program(paths: &HostPaths, generation: u64, limit: Duration) -> Program {
    let path: PathBuf = paths.generation(generation).join("bin/codegraph");
    let mut program = Program::new(path, limit);
    if paths.is_system() {
        // What it writes must belong to the service.
        program.user = units::user_numbers(paths, units::USERS[0]);
    }
    program
}

fn with_places(paths: &HostPaths, program: Program) -> Program {
    program.with([
        "--config".into(),
        paths.config().into_os_string(),
        "--data".into(),
        paths.data().into_os_string(),
    ])
}

/// What a program writes, and at most how much: to tell where the disk was full.
struct Room<'a> {
    path: &'a Path,
    need: u64,
}

impl Room<'_> {
    /// A program that failed for want of room says nothing of the release.
    fn was_enough(&self, host: &dyn Host, outcome: &Outcome) -> Result<(), Error> {
        if !outcome.says_full_disk() {
            return Ok(());
        }
        let free = host.free_bytes(self.path).unwrap_or(0);
        Err(Error::DiskFull { path: self.path.to_path_buf(), need: self.need, free })
    }
}

fn length(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |state| state.len())
}

/// Runs a program on the service's places; it must end well. What it said on success is of no interest.
fn must(
    host: &dyn Host,
    paths: &HostPaths,
    program: Program,
    room: &Room<'_>,
) -> Result<(), Error> {
    let line = program.line();
    let outcome = units::run(host, &with_places(paths, program))?;
    if outcome.is_good() {
        return Ok(());
    }
    room.was_enough(host, &outcome)?;
    Err(Error::Program { line, end: outcome.words() })
}
