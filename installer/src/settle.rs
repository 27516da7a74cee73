//! A switch that was cut off is completed where it was proven, and taken back where it was not.
//! Run by the next command, by `recover`, and after a power loss by a unit before the services start.

use std::fs;

use serde_json::json;

use crate::error::{Context, Error, explain_full_disk};
use crate::host::{Host, HostPaths};
use crate::journal::{self, Journal, Phase, Record};
use crate::progress::Talk;
use crate::{audit, candidate, clock, draft, facts, files, generation, receipt, secrets};
use crate::{trust_state, units};

/// When a switch is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On a running system: services are stopped and started.
    Now,
    /// At boot, before the services: they start by themselves afterwards.
    Boot,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// No switch was under way.
    Nothing,
    /// The switch was proven and is complete now.
    Completed {
        /// The generation in use.
        to: u64,
    },
    /// The switch was not proven and is taken back.
    TakenBack {
        /// The generation in use; none where nothing is.
        from: Option<u64>,
        /// The generation that was tried.
        to: u64,
    },
}

/// Whether there is something to settle.
pub fn is_needed(paths: &HostPaths) -> Result<bool, Error> {
    Ok(paths.switch().exists() || journal::read(&paths.journal())?.phase.is_unsettled())
}

/// Settles what is under way. The caller holds the lock.
pub fn settle(
    host: &dyn Host,
    paths: &HostPaths,
    when: When,
    talk: Talk,
) -> Result<Settled, Error> {
    if !is_needed(paths)? {
        return Ok(Settled::Nothing);
    }
    let (mut journal, state) = Journal::open(host, &paths.journal())?;
    let current = facts::current(paths);
    let (from, to, snapshot) = match state.phase {
        Phase::Proven { to, gate } if current == Some(to) => {
            talk.say(&format!("completing the switch to generation {to}"));
            finish(host, paths, &mut journal, to, &gate)?;
            return Ok(Settled::Completed { to });
        }
        Phase::Pending { from, to, snapshot } => (from, to, snapshot),
        // It went back after it was proven: the disk failed when that was to be written down.
        Phase::Proven { to, .. } => (current, to, None),
        _ => {
            reopen(host, paths, when, current)?;
            return Ok(Settled::Nothing);
        }
    };
    talk.say(&format!("taking back the switch to generation {to}, which was cut off"));
    revert(host, paths, when, from, snapshot.as_deref())?;
    journal.commit(host, &Record::Undone { to })?;
    audit::try_note(host, paths, "switch.undone", json!({ "from": from, "to": to }));
    reopen(host, paths, when, from)?;
    Ok(Settled::TakenBack { from, to })
}

/// The service takes no write from here on. It looks for the file; nothing has to be told to it.
pub fn close(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    let mark = paths.closed_mark();
    // The folder belongs to the service: what lies there under this name is not followed.
    files::remove(host, &files::partial_of(&mark))?;
    files::replace(host, &mark, b"a switch of generations is under way\n", 0o644)
}

/// What putting a snapshot back takes beyond its own size: the copy is opened and checked, which makes a
/// log and an index of the log; the file system keeps a list of the copy's blocks (1/256 at most).
const RESTORE_EXTRA: u64 = 1 << 20;

/// Keeps as much room free as the way back will need, so that a migration that fills the disk leaves it.
/// Where no snapshot was made there is no way back to keep it for.
pub fn reserve(host: &dyn Host, paths: &HostPaths, snapshot: &str) -> Result<(), Error> {
    let snapshot = paths.backups().join(snapshot);
    let bytes = fs::metadata(&snapshot).map_or(0, |state| state.len());
    release(host, paths)?;
    if bytes == 0 {
        return Ok(());
    }
    let bytes = bytes + RESTORE_EXTRA + bytes / 256;
    let path = paths.reserve();
    let file = host.open(&path, 0o600).at("cannot create", &path)?;
    host.reserve(&file, bytes)
        .at("cannot keep room in", &path)
        .map_err(|error| explain_full_disk(host, error, bytes))
}

/// Gives that room back.
pub fn release(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    files::remove(host, &paths.reserve())
}

/// Everything as it was before the switch, but still closed. Can be stopped and done again at any point.
pub fn revert(
    host: &dyn Host,
    paths: &HostPaths,
    when: When,
    from: Option<u64>,
    snapshot: Option<&str>,
) -> Result<(), Error> {
    if paths.is_system() && when == When::Now {
        units::stop(host, paths, from.is_some())?;
    }
    release(host, paths)?;
    let Some(from) = from else {
        if paths.is_system() {
            units::remove(host, paths)?;
        }
        return generation::remove_current(host, paths);
    };
    if let Some(file) = snapshot {
        candidate::restore(host, paths, from, &paths.backups().join(file))?;
    }
    generation::point_current(host, paths, from)?;
    generation::write_store_index(host, paths, from)?;
    if paths.is_system() {
        units::reinstall(host, paths, &paths.generation(from))?;
    }
    Ok(())
}

/// The end of a way back: the service writes again, and no switch is under way.
pub fn reopen(
    host: &dyn Host,
    paths: &HostPaths,
    when: When,
    current: Option<u64>,
) -> Result<(), Error> {
    files::remove_durably(host, &paths.closed_mark())?;
    if paths.is_system() && current.is_some() && when == When::Now {
        units::start(host, paths)?;
    }
    files::remove_durably(host, &paths.switch())
}

/// The end of a proven switch: the service writes again, receipt and trust are written. Returns the
/// receipt's name.
pub fn finish(
    host: &dyn Host,
    paths: &HostPaths,
    journal: &mut Journal,
    to: u64,
    gate: &[String],
) -> Result<String, Error> {
    files::remove_durably(host, &paths.closed_mark())?;
    let draft = draft::read(paths)?;
    let mut told = draft.receipt;
    told.gate = gate.to_vec();
    told.at = clock::text(host.now());
    let key = secrets::ensure_host_key(host, paths)?;
    let name = receipt::write(host, paths, &key, draft.number, &told)?;
    trust_state::write(host, paths, &draft.trust)?;
    let facts = json!({ "generation": to, "version": told.release.version, "receipt": name });
    audit::note(host, paths, "switch.committed", facts)?;
    journal.commit(host, &Record::Committed { generation: to })?;
    let mark = paths.switch();
    host.remove_file(&mark).at("cannot remove", &mark)?;
    files::sync_parent(host, &mark)?;
    Ok(name)
}
