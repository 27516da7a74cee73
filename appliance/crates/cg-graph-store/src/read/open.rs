//! Opens a snapshot so that whatever is asked of it can only read it.

use std::path::{Path, PathBuf};

use duckdb::{AccessMode, Config, Connection};
use serde::{Deserialize, Serialize};

use super::guard::Guard;
use crate::Error;
use crate::schema::STORAGE_VERSION;
use crate::write::{full_text_extension, load};

/// The sealed files of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SnapshotFiles {
    /// The graph.
    pub graph: PathBuf,
    /// Chunks and the full-text index.
    #[serde(default)]
    pub search: Option<PathBuf>,
    /// Vectors of the chunks.
    #[serde(default)]
    pub vectors: Option<PathBuf>,
}

/// Bounds on a reader.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReaderOptions {
    /// Folder with `fts.duckdb_extension`; needed for text search.
    #[serde(default)]
    pub extensions_dir: Option<PathBuf>,
    /// Memory that DuckDB may use, in bytes, all files together.
    pub memory_bytes: u64,
    /// Threads that DuckDB may use.
    pub threads: usize,
    /// Where large queries may put data aside; nowhere if absent.
    #[serde(default)]
    pub temp_dir: Option<PathBuf>,
}

/// A snapshot, open for questions. One thread at a time; a process may open several.
pub struct Reader {
    pub(super) graph: Connection,
    /// Connection for statements of users, to the same database.
    pub(super) user: Connection,
    pub(super) search: Option<Search>,
    pub(super) vectors: Option<Connection>,
    pub(super) guard: Guard,
    pub(super) schema: cg_pgq::Schema,
    /// Texts that must not be seen in a message: the files' paths.
    pub(super) hidden: Vec<String>,
}

/// The search sidecar.
pub(super) struct Search {
    pub(super) connection: Connection,
    /// Whether there is a full-text index that can be used.
    pub(super) full_text: FullText,
}

/// State of the full-text index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FullText {
    /// Usable.
    Ready,
    /// Not made, or the extension is not at hand.
    Absent,
}

impl Reader {
    /// Opens the files read-only, loads what is needed, and locks the configuration: after this
    /// neither files nor settings can be reached by any statement.
    pub fn open(files: &SnapshotFiles, options: &ReaderOptions) -> Result<Self, Error> {
        let memory = options.memory_bytes;
        let graph = connect(&files.graph, memory / 3 * 2, options)?;
        check_version(&graph, &files.graph)?;
        let guard = Guard::new(&graph).map_err(Error::db("reading the catalogue"))?;
        lock(&graph)?;
        let user = graph.try_clone().map_err(Error::db("opening a second connection"))?;
        let search = files
            .search
            .as_deref()
            .map(|path| open_search(path, memory / 4, options))
            .transpose()?;
        let vectors = match files.vectors.as_deref() {
            Some(path) => {
                let connection = connect(path, memory / 12, options)?;
                lock(&connection)?;
                Some(connection)
            }
            None => None,
        };
        let hidden = [Some(&files.graph), files.search.as_ref(), files.vectors.as_ref()]
            .into_iter()
            .flatten()
            .flat_map(|path| [Some(path.as_path()), path.parent()])
            .flatten()
            .map(|path| path.to_string_lossy().into_owned())
            .filter(|path| path.len() > 1)
            .collect();
        Ok(Self { graph, user, search, vectors, guard, schema: crate::property_graph(), hidden })
    }
}

fn open_search(path: &Path, memory: u64, options: &ReaderOptions) -> Result<Search, Error> {
    let connection = connect(path, memory, options)?;
    let indexed: bool = connection
        .query_row(
            "SELECT count(*) > 0 FROM duckdb_schemas() WHERE schema_name = 'fts_main_chunk'",
            [],
            |row| row.get(0),
        )
        .map_err(Error::db("reading the search sidecar"))?;
    let extension = options.extensions_dir.as_deref().map(full_text_extension).transpose()?;
    let full_text = match extension {
        Some(extension) if indexed => {
            load(&connection, &extension)?;
            FullText::Ready
        }
        _ => FullText::Absent,
    };
    lock(&connection)?;
    Ok(Search { connection, full_text })
}

fn connect(path: &Path, memory: u64, options: &ReaderOptions) -> Result<Connection, Error> {
    let open = || {
        let temp = options.temp_dir.as_deref().map(Path::to_string_lossy).unwrap_or_default();
        let config = Config::default()
            .access_mode(AccessMode::ReadOnly)?
            .enable_autoload_extension(false)?
            .max_memory(&format!("{}B", memory.max(64 << 20)))?
            .threads(options.threads.max(1) as i64)?
            .with("allow_community_extensions", "false")?
            .with("temp_directory", temp)?;
        let connection = Connection::open_with_flags(path, config)?;
        connection.execute_batch("SET enable_progress_bar = false;")?;
        Ok(connection)
    };
    open().map_err(Error::db("opening a snapshot"))
}

fn lock(connection: &Connection) -> Result<(), Error> {
    connection
        .execute_batch("SET enable_external_access = false; SET lock_configuration = true;")
        .map_err(Error::db("locking a snapshot"))
}

fn check_version(connection: &Connection, path: &Path) -> Result<(), Error> {
    let found: String = connection
        .query_row("SELECT value FROM meta WHERE key = 'storage_version'", [], |row| row.get(0))
        .map_err(Error::db("reading the snapshot's version"))?;
    if found == STORAGE_VERSION.to_string() {
        return Ok(());
    }
    Err(Error::Version { path: path.to_owned(), found, expected: STORAGE_VERSION })
}
