//! Projects and their snapshots: what the HTTP interface and the command line both need to find,
//! make and open them.

use std::path::{Path, PathBuf};

use cg_audit::{Action, Event};
use cg_graph_store::{BaseFiles, SnapshotFiles, Summary};
use cg_store::{NewProject, Project, SealedFile, Snapshot, Store, StoreError};

use crate::data_dir::DataDir;
use crate::{audit_log, clock, revision};

/// Longest name of a project, in characters.
const MAX_NAME_CHARS: usize = 100;

/// Why a project cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogError {
    #[error("`{0}` is no name for a project; use 1 to 100 letters, digits, `.`, `_`, `-`")]
    Name(String),
    #[error("{path} cannot be used: {cause}")]
    Path { path: String, cause: String },
    #[error(
        "{0} does not lie below any folder of index.roots; an administrator can add its root to the configuration"
    )]
    OutsideRoots(String),
    #[error("project `{0}` is not indexed yet; run an index job first")]
    NoSnapshot(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the store of a data folder for a command: folder made, migrations run.
pub(crate) async fn open_store(data: &DataDir) -> anyhow::Result<Store> {
    data.create().map_err(|error| {
        crate::exit::user(format!("cannot use the data folder {}: {error}", data.root().display()))
    })?;
    let store = Store::open(&data.store()).await?;
    store.migrate().await?;
    Ok(store)
}

/// The real folder behind a path, if it may be indexed by somebody who is not at the console:
/// links are followed first, so none can lead out of the roots.
pub(crate) fn source_below_roots(path: &str, roots: &[String]) -> Result<PathBuf, CatalogError> {
    let outside = || CatalogError::OutsideRoots(path.to_owned());
    // What lies outside is not even looked at: answers must not tell what exists there.
    let plain = Path::new(path);
    let steps_up = plain.components().any(|part| part == std::path::Component::ParentDir);
    if !plain.is_absolute() || steps_up {
        return Err(outside());
    }
    for root in roots {
        let Ok(real_root) = Path::new(root).canonicalize() else { continue };
        if !(plain.starts_with(root) || plain.starts_with(&real_root)) {
            continue;
        }
        let real = source(plain)?;
        if real.starts_with(&real_root) {
            return Ok(real);
        }
    }
    Err(outside())
}

/// The real folder behind a path.
pub(crate) fn source(path: &Path) -> Result<PathBuf, CatalogError> {
    let failed = |cause: String| CatalogError::Path { path: path.display().to_string(), cause };
    let real = path.canonicalize().map_err(|error| failed(error.to_string()))?;
    if !real.is_dir() {
        return Err(failed("it is not a folder".to_owned()));
    }
    if real.to_str().is_none() {
        return Err(failed("its name is not UTF-8".to_owned()));
    }
    Ok(real)
}

/// Makes a project for a real folder.
pub(crate) async fn create_project(
    store: &Store,
    name: &str,
    source: &Path,
    event: Event,
) -> Result<Project, CatalogError> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let length = name.chars().count();
    if length == 0 || length > MAX_NAME_CHARS || !name.chars().all(fits) || name.starts_with('.') {
        return Err(CatalogError::Name(name.chars().take(MAX_NAME_CHARS).collect()));
    }
    let path = source.display().to_string();
    let new = NewProject { id: clock::new_id(), name: name.to_owned(), path: path.clone() };
    let mut tx = store.write().await?;
    tx.create_project(&new, clock::now_ms()).await?;
    audit_log::record(&mut tx, &event.on(name).with("path", path).with("id", new.id.as_str()))
        .await?;
    tx.commit().await?;
    Ok(store.project(&new.id).await?)
}

/// For the command line: the project of a folder, made under the folder's name (or `name`) if there
/// is none yet.
pub(crate) async fn project_of_folder(
    store: &Store,
    folder: &Path,
    name: Option<&str>,
) -> Result<Project, CatalogError> {
    let real = source(folder)?;
    let path = real.display().to_string();
    match name {
        Some(name) => match store.project(name).await {
            Ok(project) if project.path == path => return Ok(project),
            Ok(project) => {
                let cause = format!("project `{name}` stands for {}", project.path);
                return Err(CatalogError::Path { path, cause });
            }
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        },
        None => {
            if let Some(project) = store.project_at(&path).await? {
                return Ok(project);
            }
        }
    }
    let event = Event::new(Action::ProjectCreate, cg_audit::Outcome::Success, local_actor());
    if let Some(name) = name {
        return create_project(store, name, &real, event).await;
    }
    let base: String = real
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' })
        .take(MAX_NAME_CHARS - 4)
        .collect();
    let base = base.trim_start_matches('.');
    let base = if base.is_empty() { "project" } else { base };
    for number in 1..=99 {
        let name = if number == 1 { base.to_owned() } else { format!("{base}-{number}") };
        match create_project(store, &name, &real, event.clone()).await {
            Err(CatalogError::Store(StoreError::Exists { .. })) => {}
            other => return other,
        }
    }
    Err(CatalogError::Name(base.to_owned()))
}

/// For the command line: a project by name, by id, or by its folder; without any, the one that
/// lies around the current folder, or the only one there is.
pub(crate) async fn find_project(store: &Store, wanted: Option<&str>) -> anyhow::Result<Project> {
    if let Some(wanted) = wanted {
        return match store.project(wanted).await {
            Err(StoreError::NotFound { .. }) => {
                let by_path = match Path::new(wanted).canonicalize() {
                    Ok(real) => store.project_at(&real.display().to_string()).await?,
                    Err(_) => None,
                };
                by_path.ok_or_else(|| {
                    crate::exit::user(format!(
                        "no project `{wanted}`; `codegraph status` lists them"
                    ))
                })
            }
            other => Ok(other?),
        };
    }
    let mut projects = store.projects("", 1_000).await?;
    if let Ok(here) = std::env::current_dir().and_then(|here| here.canonicalize()) {
        let around = projects.iter().filter(|project| here.starts_with(&project.path));
        if let Some(nearest) = around.max_by_key(|project| project.path.len()) {
            return Ok(nearest.clone());
        }
    }
    match projects.len() {
        0 => Err(crate::exit::user("nothing is indexed yet; run `codegraph index FOLDER`")),
        1 => Ok(projects.remove(0)),
        _ => Err(crate::exit::user("there are several projects; name one with --project")),
    }
}

/// The current snapshot of a project and the places of its files.
pub(crate) async fn current_snapshot(
    store: &Store,
    data: &DataDir,
    project: &Project,
) -> Result<(Snapshot, SnapshotFiles), CatalogError> {
    let id = project.current_snapshot.as_deref();
    let id = id.ok_or_else(|| CatalogError::NoSnapshot(project.name.clone()))?;
    let snapshot = store.snapshot(id).await?;
    let files = snapshot_files(data, &snapshot)
        .ok_or_else(|| CatalogError::NoSnapshot(project.name.clone()))?;
    Ok((snapshot, files))
}

/// For the command line: a snapshot by `current`, `previous`, the begin of its id, or the git revision that it
/// was made of.
pub(crate) async fn find_snapshot(
    store: &Store,
    project: &Project,
    wanted: &str,
) -> anyhow::Result<Snapshot> {
    let current = project.current_snapshot.as_deref();
    let mut all = store.snapshots(&project.id, u32::MAX).await?;
    let named = |one: &Snapshot| one.id.starts_with(wanted);
    let found = match wanted {
        "current" => all.iter().position(|one| Some(one.id.as_str()) == current),
        "previous" => all.iter().position(|one| Some(one.id.as_str()) != current),
        _ if wanted.len() >= 4 && all.iter().filter(|one| named(one)).count() == 1 => {
            all.iter().position(named)
        }
        _ => {
            let commit = revision::commit(Path::new(&project.path), wanted).ok();
            all.iter().position(|one| commit.is_some() && revision(one) == commit)
        }
    };
    match found {
        Some(at) => Ok(all.swap_remove(at)),
        None => Err(crate::exit::user(format!(
            "project `{}` has no snapshot `{wanted}`; `codegraph graph snapshots` lists them, \
             `codegraph index --rev {wanted}` makes one of a git revision",
            project.name
        ))),
    }
}

/// The git commit that a snapshot was made of.
pub(crate) fn revision(snapshot: &Snapshot) -> Option<String> {
    serde_json::from_str::<Summary>(&snapshot.summary).ok()?.revision
}

/// The places of a snapshot's files; nothing if it has no graph.
pub(crate) fn snapshot_files(data: &DataDir, snapshot: &Snapshot) -> Option<SnapshotFiles> {
    let folder = data.graphs(&snapshot.project_id);
    let place = |role: &str| {
        let of_role = |file: &&SealedFile| file.role == role;
        snapshot.files.iter().find(of_role).map(|file| folder.join(&file.file))
    };
    Some(SnapshotFiles {
        graph: place("graph")?,
        search: place("search"),
        vectors: place("vectors"),
        base: place("base_graph").map(|graph| BaseFiles { graph, search: place("base_search") }),
    })
}

/// Who works at the console, for the audit log.
pub(crate) fn local_actor() -> String {
    format!("local:{}", rustix::process::getuid().as_raw())
}
