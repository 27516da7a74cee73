//! `codegraph db`: the control store as a whole, for the installer and for backups: migrate it, keep a copy
//! of it, put a copy back.

mod tier;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cg_audit::{Action, Event, Outcome};
use cg_store::{FolderLock, Store};
use serde_json::json;

use crate::context::Context;
use crate::http::routes::audit::EventView;
use crate::{audit_log, catalog, clock, exit};

use tier::Tier;

/// Audit rows read at once.
const BATCH: u32 = 500;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Bring the schema to the newest version. `serve` does this by itself.
    Migrate,
    /// Write all of the control store as it is now into a file; a server may run meanwhile.
    #[command(
        after_help = "Examples:\n  codegraph db snapshot --to /mnt/backup/today.db\n  codegraph db snapshot --tier daily     (what codegraph-backup@daily.timer does)"
    )]
    Snapshot {
        /// The file; one that is there is replaced.
        #[arg(long, value_name = "FILE", required_unless_present = "tier")]
        to: Option<PathBuf>,
        /// Instead: a new file TIER-TIME.db in the data folder's `backups`, with its SHA-256 beside it;
        /// the oldest ones of this tier are removed.
        #[arg(long, value_name = "TIER", conflicts_with = "to")]
        tier: Option<Tier>,
        /// How many of this tier stay [default: 24 hourly, 30 daily, 12 weekly].
        #[arg(long, value_name = "N", requires = "tier")]
        keep: Option<NonZeroUsize>,
    },
    /// Put a snapshot in the place of the control store. No server may run. Where a file SNAPSHOT.sha256
    /// lies beside it, the snapshot must have that SHA-256.
    Restore {
        /// The snapshot.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// First write the audit events that the snapshot does not have into FILE, one JSON object a
        /// line; then note in the snapshot's audit log that they are gone, and end all sessions.
        #[arg(long, value_name = "FILE")]
        audit_tail: Option<PathBuf>,
    },
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Migrate => migrate(context).await,
        Command::Snapshot { to: Some(file), .. } => snapshot(context, &file).await,
        Command::Snapshot { to: None, tier, keep } => {
            // One of the two was given: the parser sees to it.
            tier::backup(context, tier.unwrap_or(Tier::Daily), keep).await
        }
        Command::Restore { from, audit_tail } => {
            restore(context, &from, audit_tail.as_deref()).await
        }
    }
}

async fn migrate(context: &Context) -> anyhow::Result<ExitCode> {
    let store = catalog::open_store(&context.data).await?;
    let state = store.migration_state().await?;
    store.close().await;
    let report = json!({ "applied": state.applied, "known": state.known });
    context.output.report(&report, |_| format!("schema {} of {}", state.applied, state.known))?;
    Ok(ExitCode::SUCCESS)
}

async fn snapshot(context: &Context, to: &Path) -> anyhow::Result<ExitCode> {
    let draft = draft(context, to).await?;
    keep(&draft, to)?;
    let bytes = std::fs::metadata(to)?.len();
    let report = json!({ "file": to, "bytes": bytes });
    context.output.report(&report, |_| format!("{} ({bytes} bytes)", to.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// A copy of the control store under a name beside its place, whole but not there yet.
async fn draft(context: &Context, to: &Path) -> anyhow::Result<PathBuf> {
    context.data.create()?;
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_private_folder(folder)?;
    }
    let draft = draft_of(to);
    remove_if_there(&draft)?;
    // Without migrations: what is kept is the state that the running release knows.
    let store = Store::open(&context.data.store()).await?;
    let copied = store.copy_to(&draft).await;
    store.close().await;
    if copied.is_err() {
        // Where the disk is full, its room is needed by others.
        remove_if_there(&draft)?;
    }
    copied?;
    Ok(draft)
}

/// Gives the copy its name; one that cannot be kept does not stay.
fn keep(draft: &Path, to: &Path) -> anyhow::Result<()> {
    let kept = put_in_place(draft, to);
    if kept.is_err() {
        remove_if_there(draft)?;
    }
    Ok(kept?)
}

async fn restore(
    context: &Context,
    from: &Path,
    audit_tail: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    let data = &context.data;
    data.create()?;
    if !from.is_file() {
        return Err(exit::user(format!("there is no snapshot {}", from.display())));
    }
    if let Some(problem) = tier::difference(from)? {
        eprintln!("codegraph: {problem}");
        return Ok(ExitCode::from(exit::VERIFICATION));
    }
    let _lock = FolderLock::take(&data.server_lock())?;
    // Not beside the store, which may be closed for writing.
    let copy = data.scratch().join("restored.db");
    let clear = || {
        let names = ["", "-wal", "-shm"].map(|suffix| format!("restored.db{suffix}"));
        names.iter().try_for_each(|name| remove_if_there(&data.scratch().join(name)))
    };
    clear()?;
    if let Err(error) = std::fs::copy(from, &copy) {
        clear()?;
        return Err(error.into());
    }
    let restored = Store::open(&copy).await?;
    restored.check().await?;
    let discarded = match audit_tail {
        Some(tail) => Some(new_epoch(context, &restored, tail).await?),
        None => None,
    };
    restored.close().await;
    let log = data.scratch().join("restored.db-wal");
    anyhow::ensure!(!log.exists(), "{} is there: the copy was not closed", log.display());
    // A log of the former state must never be read into this one. Stopped in between, the command is
    // given again.
    for companion in data.store_companions() {
        remove_if_there(&companion)?;
    }
    sync_folder(data.root())?;
    put_in_place(&copy, &data.store())?;
    let report = json!({ "from": from, "discarded_audit_events": discarded });
    context.output.report(&report, |_| match discarded {
        None => format!("restored from {}", from.display()),
        Some(events) => {
            format!("restored from {}; {events} audit events exported", from.display())
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Exports what the restored store does not have of the audit log, and says in it that this is so.
async fn new_epoch(context: &Context, restored: &Store, tail: &Path) -> anyhow::Result<u64> {
    audit_log::sequence(restored).await?;
    let after = last_number(restored).await?;
    let former = Store::open(&context.data.store()).await?.despite_the_mark();
    audit_log::sequence(&former).await?;
    let (events, head) = export(&former, after, tail).await?;
    former.close().await;
    let mut tx = restored.write().await?;
    let ended = tx.end_all_sessions(clock::now_ms()).await?;
    let event = Event::new(Action::AuditEpoch, Outcome::Success, catalog::local_actor())
        .on(tail.display().to_string())
        .with("discarded", events)
        .with("former_head", head)
        .with("sessions_ended", ended);
    audit_log::record(&mut tx, &event).await?;
    tx.commit().await?;
    audit_log::sequence(restored).await?;
    Ok(events)
}

async fn last_number(store: &Store) -> anyhow::Result<i64> {
    let newest = store.audit_before(i64::MAX, 1).await?;
    Ok(newest.first().map_or(0, |row| row.link.sequence))
}

/// Writes the events after a number; gives how many, and the end of the chain as `ROWS:HASH`.
async fn export(store: &Store, mut after: i64, to: &Path) -> anyhow::Result<(u64, String)> {
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_private_folder(folder)?;
    }
    let draft = draft_of(to);
    remove_if_there(&draft)?;
    let mut out = std::io::BufWriter::new(private_file(&draft)?);
    let (mut count, mut head) = (0, "none".to_owned());
    loop {
        let rows = store.audit_after(after, BATCH).await?;
        let Some(last) = rows.last() else { break };
        after = last.link.sequence;
        head = format!("{after}:{}", last.link.hash);
        for row in rows {
            serde_json::to_writer(&mut out, &EventView::from(row))?;
            out.write_all(b"\n")?;
            count += 1;
        }
    }
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    put_in_place(&draft, to)?;
    Ok((count, head))
}

fn draft_of(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    file.with_file_name(name)
}

fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Gives a whole file its name; after that it is on the disk under that name.
fn put_in_place(draft: &Path, place: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(draft, std::fs::Permissions::from_mode(0o600))?;
    std::fs::File::open(draft)?.sync_all()?;
    std::fs::rename(draft, place)?;
    match place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => sync_folder(folder),
        None => sync_folder(Path::new(".")),
    }
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}
