//! From a project to an index worker's task, and from its sealed files to a published snapshot.
//!
//! Order of publishing: every sealed file is renamed into the project's folder, the folder is
//! synced, and only then one transaction makes the rows. A crash in between leaves files that no
//! row names; they are removed at the next start.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use cg_audit::{Action, Event, Outcome};
use cg_index::{Base, IndexJob, IndexOutcome, Role};
use cg_store::{Project, Publication, SealedFile, Snapshot, Store};
use serde::{Deserialize, Serialize};

use crate::data_dir::DataDir;
use crate::generation::Generation;
use crate::jobs::scratch::{self, Scratch};
use crate::settings::Settings;
use crate::{audit_log, clock};

/// Longest line of `new_files.jsonl` that is believed: a path of 4096 bytes, escaped.
const MAX_LINE_BYTES: usize = 32 << 10;

/// A line of the files that carry file keys.
#[derive(Serialize, Deserialize)]
struct KeyLine {
    path: String,
    key: u32,
}

/// What a snapshot of the base's own role names, and what an overlay over it does.
const SHARED: [(&str, &str); 3] =
    [("graph", "base_graph"), ("search", "base_search"), ("facts", "base_facts")];
/// When more of a project's bytes than this has changed since its base, a new base is made.
const MAX_CHANGED_PERCENT: u8 = 20;

/// A task that was prepared: its scratch folder is removed when this is dropped.
pub(crate) struct Prepared {
    /// For the worker.
    pub(crate) task: IndexJob,
    /// Next file key that the run starts from.
    started_from_key: u32,
    /// The base's files, as rows of an overlay.
    base: Vec<SealedFile>,
    scratch: Scratch,
}

impl Prepared {
    /// The task's own folder.
    pub(crate) fn folder(&self) -> &Path {
        self.scratch.path()
    }
}

/// Whether rows of the project's former snapshot may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// For the files that have not changed.
    Allowed,
    /// Everything is made anew.
    Never,
}

/// Prepares the task of indexing a project: scratch folder, known file keys, limits.
pub(crate) async fn prepare(
    store: &Store,
    data: &DataDir,
    settings: &Settings,
    generation: Option<&Generation>,
    project: &Project,
    reuse: Reuse,
) -> anyhow::Result<Prepared> {
    let scratch = Scratch::new(data)?;
    let output = scratch.path().join("out");
    std::fs::create_dir(&output)?;
    let keys = store.file_keys(&project.id).await?;
    let known = scratch.path().join("known_files.jsonl");
    let mut writer = BufWriter::new(File::create(&known)?);
    for (path, key) in keys {
        serde_json::to_writer(&mut writer, &KeyLine { path, key })?;
        writer.write_all(b"\n")?;
    }
    writer.flush()?;
    let threads = match settings.index.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        given => given,
    };
    let current = match (reuse, project.current_snapshot.as_deref()) {
        (Reuse::Allowed, Some(id)) => Some(store.snapshot(id).await?),
        _ => None,
    };
    let base = current.as_ref().map(base_files).unwrap_or_default();
    let task = IndexJob {
        source: PathBuf::from(&project.path),
        output,
        known_files: Some(known),
        next_file_key: project.next_file_key,
        memory_bytes: settings.index.memory_mb << 20,
        threads,
        file_time_ms: settings.index.file_time_ms,
        file_max_bytes: settings.index.file_max_bytes,
        extensions_dir: generation.and_then(Generation::extensions),
        base: base_of(&data.graphs(&project.id), &base),
    };
    Ok(Prepared { task, started_from_key: project.next_file_key, base, scratch })
}

/// The files of the base that a snapshot is over, or that it is, under the names of a base's roles.
/// None unless all are there.
fn base_files(snapshot: &Snapshot) -> Vec<SealedFile> {
    let of = |role: &str| snapshot.files.iter().find(|file| file.role == role);
    let is_overlay = of("base_graph").is_some();
    let files = SHARED.iter().map(|(own, base)| {
        let file = of(if is_overlay { base } else { own })?;
        Some(SealedFile { role: (*base).to_owned(), ..file.clone() })
    });
    files.collect::<Option<_>>().unwrap_or_default()
}

/// The base for an index worker.
fn base_of(folder: &Path, files: &[SealedFile]) -> Option<Base> {
    let [graph, search, facts] = files else { return None };
    let base = Base {
        graph: folder.join(&graph.file),
        search: folder.join(&search.file),
        facts: folder.join(&facts.file),
        facts_blake3: facts.blake3.clone(),
        max_changed_percent: MAX_CHANGED_PERCENT,
    };
    // A file that somebody removed costs a clean build, no more.
    [&base.graph, &base.search, &base.facts].iter().all(|file| file.is_file()).then_some(base)
}

/// Publishes what the worker wrote. With a job, the job is done in the same transaction.
pub(crate) async fn publish(
    store: &Store,
    data: &DataDir,
    project: &Project,
    prepared: &Prepared,
    outcome: &IndexOutcome,
    job: Option<&str>,
    actor: &str,
) -> anyhow::Result<Snapshot> {
    let id = clock::new_id();
    let folder = data.graphs(&project.id);
    let mut files = Vec::new();
    for sealed in &outcome.files {
        let role = match sealed.role {
            Role::Graph => "graph",
            Role::Search => "search",
            Role::Vectors => "vectors",
            Role::Facts => "facts",
        };
        let file = move_in(&folder, &id, role, &sealed.path, &prepared.task.output)?;
        files.push(SealedFile { blake3: sealed.blake3.clone(), ..file });
    }
    if outcome.is_overlay {
        files.extend(prepared.base.iter().cloned());
    }
    sync_folder(&folder)?;
    let publication = Publication {
        id: id.clone(),
        project_id: project.id.clone(),
        summary: serde_json::to_string(&outcome.summary)?,
        files,
        started_from_key: prepared.started_from_key,
        next_file_key: outcome.next_file_key,
        new_keys: new_keys(&prepared.task.output.join("new_files.jsonl"))?,
    };
    let now = clock::now_ms();
    let mut tx = store.write().await?;
    tx.publish(&publication, now).await?;
    if let Some(job) = job {
        tx.job_done(job, &id, now).await?;
    }
    let event = Event::new(Action::IndexPublish, Outcome::Success, actor)
        .on(&project.name)
        .with("snapshot", id.as_str())
        .with("job", job.unwrap_or_default());
    audit_log::record(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(store.snapshot(&id).await?)
}

/// Publishes one more file of a snapshot: the vectors.
pub(crate) async fn publish_vectors(
    store: &Store,
    data: &DataDir,
    snapshot: &Snapshot,
    file: &Path,
    blake3: &str,
) -> anyhow::Result<()> {
    let folder = data.graphs(&snapshot.project_id);
    let scratch = file.parent().unwrap_or(file).to_path_buf();
    let mut sealed = move_in(&folder, &snapshot.id, "vectors", file, &scratch)?;
    blake3.clone_into(&mut sealed.blake3);
    sync_folder(&folder)?;
    let mut tx = store.write().await?;
    tx.add_sealed_file(&snapshot.id, &sealed).await?;
    tx.commit().await?;
    Ok(())
}

/// Moves a sealed file of a worker into the project's folder. The worker is not believed: the file
/// must be a plain file directly in its output folder.
fn move_in(
    folder: &Path,
    snapshot: &str,
    role: &str,
    file: &Path,
    output: &Path,
) -> anyhow::Result<SealedFile> {
    let inside = file.parent() == Some(output) && file.file_name().is_some();
    anyhow::ensure!(inside, "the worker named a file outside of its folder: {}", file.display());
    let meta = std::fs::symlink_metadata(file)?;
    anyhow::ensure!(meta.is_file(), "the worker's {} is not a plain file", file.display());
    File::open(file)?.sync_all()?;
    std::fs::create_dir_all(folder)?;
    let ending = if role == "facts" { "bin" } else { "duckdb" };
    let name = format!("{snapshot}.{role}.{ending}");
    std::fs::rename(file, folder.join(&name))?;
    let bytes = i64::try_from(meta.len())?;
    Ok(SealedFile { role: role.to_owned(), file: name, blake3: String::new(), bytes })
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()?;
    match folder.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

fn new_keys(path: &Path) -> anyhow::Result<Vec<(String, u32)>> {
    let mut keys = Vec::new();
    if !path.exists() {
        return Ok(keys);
    }
    let mut reader = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = MAX_LINE_BYTES as u64 + 1;
        let read = std::io::Read::take(&mut reader, limit).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(keys);
        }
        anyhow::ensure!(read <= MAX_LINE_BYTES, "a line of the new file keys is too long");
        let parsed: KeyLine = serde_json::from_slice(&line)?;
        keys.push((parsed.path, parsed.key));
    }
}

/// Removes what dead runs left: scratch folders, and files of graphs that no row names. The latter only when
/// they are older than a day, because a command may be about to publish them.
pub(crate) async fn sweep(store: &Store, data: &DataDir) -> anyhow::Result<usize> {
    let mut removed = scratch::sweep(data)?;
    let mut after = String::new();
    loop {
        let projects = store.projects(&after, 100).await?;
        let Some(last) = projects.last() else { return Ok(removed) };
        after.clone_from(&last.name);
        for project in &projects {
            let folder = data.graphs(&project.id);
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            let snapshots = store.snapshots(&project.id, u32::MAX).await?;
            let named: HashSet<&str> = snapshots
                .iter()
                .flat_map(|one| &one.files)
                .map(|file| file.file.as_str())
                .collect();
            for entry in entries {
                let path = entry?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let is_sealed = name.ends_with(".duckdb") || name.ends_with(".facts.bin");
                let stray = is_sealed && !named.contains(name);
                if stray && scratch::is_old(&path) && std::fs::remove_file(&path).is_ok() {
                    removed += 1;
                }
            }
        }
    }
}
