//! Opens a snapshot so that whatever is asked of it can only read it.

use std::path::{Path, PathBuf};

use duckdb::{AccessMode, Config, Connection};
use serde::{Deserialize, Serialize};

use super::guard::Guard;
use crate::Error;
use crate::schema::{MASKED, OVERLAY_VERSION, STORAGE_VERSION};
use crate::write::{attach_base, full_text_extension, load};

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
    /// What the snapshot is an overlay over, if it is one.
    #[serde(default)]
    pub base: Option<BaseFiles>,
}

/// The sealed files of a base, as far as an overlay needs them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BaseFiles {
    /// The graph.
    pub graph: PathBuf,
    /// Chunks and the full-text index.
    #[serde(default)]
    pub search: Option<PathBuf>,
}

impl SnapshotFiles {
    /// Every file, the base's included.
    pub fn all(&self) -> impl Iterator<Item = &Path> {
        let base = self.base.iter().flat_map(|base| [Some(&base.graph), base.search.as_ref()]);
        [Some(&self.graph), self.search.as_ref(), self.vectors.as_ref()]
            .into_iter()
            .chain(base)
            .flatten()
            .map(PathBuf::as_path)
    }
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
    /// The table that is indexed: an overlay's own chunks, else all.
    pub(super) table: &'static str,
    /// Number of chunks in the index.
    pub(super) chunks: u64,
    /// Of an overlay: the index over the base's chunks, and the keys of files that are hidden there.
    pub(super) base: Option<(Box<Search>, Vec<u32>)>,
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
        let base = files.base.as_ref();
        check_version(&graph, &files.graph, base.is_some())?;
        if let Some(base) = base {
            put_over(&graph, &base.graph)?;
        }
        let guard = Guard::new(&graph).map_err(Error::db("reading the catalogue"))?;
        lock(&graph)?;
        let user = graph.try_clone().map_err(Error::db("opening a second connection"))?;
        let search = files
            .search
            .as_deref()
            .map(|path| {
                let base = base.and_then(|base| base.search.as_deref());
                open_search(path, base, memory / 4, options)
            })
            .transpose()?;
        let vectors = match files.vectors.as_deref() {
            Some(path) => {
                let connection = connect(path, memory / 12, options)?;
                lock(&connection)?;
                Some(connection)
            }
            None => None,
        };
        let hidden = files
            .all()
            .flat_map(|path| [Some(path), path.parent()])
            .flatten()
            .map(|path| path.to_string_lossy().into_owned())
            .filter(|path| path.len() > 1)
            .collect();
        Ok(Self { graph, user, search, vectors, guard, schema: crate::property_graph(), hidden })
    }
}

/// Keys of the files whose rows in the base are hidden.
fn hidden_keys(connection: &Connection) -> Result<Vec<u32>, Error> {
    connection
        .prepare(&format!("SELECT key::UINTEGER FROM {MASKED}"))
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .map_err(Error::db("reading what a snapshot hides"))
}

/// Makes the base's rows readable for an overlay's views.
fn put_over(connection: &Connection, base: &Path) -> Result<(), Error> {
    connection
        .execute_batch(&attach_base(base))
        .map_err(Error::db("opening the base of a snapshot"))
}

fn open_search(
    path: &Path,
    base: Option<&Path>,
    memory: u64,
    options: &ReaderOptions,
) -> Result<Search, Error> {
    let reading = Error::db("reading the search sidecar");
    let table = if base.is_some() { "own_chunk" } else { "chunk" };
    let memory = if base.is_some() { memory / 2 } else { memory };
    let base = match base {
        Some(base) => Some((base, Box::new(open_search(base, None, memory, options)?))),
        None => None,
    };
    let connection = connect(path, memory, options)?;
    if let Some((base, _)) = &base {
        put_over(&connection, base)?;
    }
    let (indexed, chunks): (bool, u64) = connection
        .query_row(
            &format!(
                "SELECT (SELECT count(*) > 0 FROM duckdb_schemas() WHERE schema_name = 'fts_main_{table}'), \
                 (SELECT count(*)::UBIGINT FROM {table})"
            ),
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(reading)?;
    let extension = options.extensions_dir.as_deref().map(full_text_extension).transpose()?;
    let full_text = match extension {
        Some(extension) if indexed => {
            load(&connection, &extension)?;
            FullText::Ready
        }
        _ => FullText::Absent,
    };
    lock(&connection)?;
    let base = match base {
        Some((_, search)) => Some((search, hidden_keys(&connection)?)),
        None => None,
    };
    Ok(Search { connection, full_text, table, chunks, base })
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

fn check_version(connection: &Connection, path: &Path, is_overlay: bool) -> Result<(), Error> {
    let expected = if is_overlay { OVERLAY_VERSION } else { STORAGE_VERSION };
    let found: String = connection
        .query_row("SELECT value FROM meta WHERE key = 'storage_version'", [], |row| row.get(0))
        .map_err(Error::db("reading the snapshot's version"))?;
    if found == expected.to_string() {
        return Ok(());
    }
    Err(Error::Version { path: path.to_owned(), found, expected })
}
