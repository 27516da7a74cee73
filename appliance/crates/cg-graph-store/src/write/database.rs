//! A database file that is being written, under a name that nobody reads.

use std::path::{Path, PathBuf};

use cg_types::FileKey;
use duckdb::{Config, Connection};

use super::seal::{Sealed, seal};
use crate::Error;
use crate::schema::{BASE, MASKED};

/// Bounds on the writer.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// Folder that the sealed files appear in; it exists and takes the writer's temporary files.
    pub folder: PathBuf,
    /// Memory that DuckDB may use for one file, in bytes.
    pub memory_bytes: u64,
    /// Threads that DuckDB may use.
    pub threads: usize,
    /// Folder with `fts.duckdb_extension`; without it the search sidecar has no full-text index.
    pub extensions_dir: Option<PathBuf>,
}

/// An unpublished database file.
pub(crate) struct Draft {
    folder: PathBuf,
    name: &'static str,
    connection: Connection,
}

impl Draft {
    /// Creates `folder/name.partial`; what an earlier, killed writer left there goes first.
    pub(crate) fn create(options: &WriterOptions, name: &'static str) -> Result<Self, Error> {
        let path = partial(&options.folder, name);
        for old in [path.clone(), path.with_extension("partial.wal")] {
            match std::fs::remove_file(&old) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("cannot remove", old)(error));
                }
                _ => {}
            }
        }
        let connection = open(&path, options).map_err(Error::db("creating a snapshot file"))?;
        Ok(Self { folder: options.folder.clone(), name, connection })
    }

    /// The connection for statements.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Attaches a sealed file as the base, and keeps the list of what it hides.
    pub(crate) fn put_over(&self, base: &Path, hidden: &[FileKey]) -> Result<(), Error> {
        let doing = Error::db("opening the base of a snapshot");
        let mut statements =
            format!("{} CREATE TABLE {MASKED} (key BIGINT NOT NULL);", attach_base(base));
        for part in hidden.chunks(1_000) {
            let keys: Vec<_> = part.iter().map(|key| format!("({})", key.0)).collect();
            statements.push_str(&format!("INSERT INTO {MASKED} VALUES {};", keys.join(",")));
        }
        self.connection.execute_batch(&statements).map_err(doing)
    }

    /// Another connection to the file.
    pub(crate) fn another(&self) -> Result<Connection, Error> {
        let open = || {
            let connection = self.connection.try_clone()?;
            connection.execute_batch(&format!("USE {DRAFT}"))?;
            Ok(connection)
        };
        open().map_err(Error::db("opening a writer"))
    }

    /// Writes all down, closes, and gives the file its name: from here on it never changes.
    pub(crate) fn seal(self) -> Result<Sealed, Error> {
        self.connection
            .execute_batch("CHECKPOINT")
            .map_err(Error::db("writing a snapshot file"))?;
        self.connection
            .close()
            .map_err(|(_, source)| Error::Database { doing: "closing a snapshot file", source })?;
        seal(&self.folder, &partial(&self.folder, self.name), self.name)
    }
}

/// The statement that makes a sealed file readable as the base.
pub(crate) fn attach_base(base: &Path) -> String {
    format!("ATTACH '{}' AS {BASE} (READ_ONLY);", base.to_string_lossy().replace('\'', "''"))
}

/// Name of a file before it is sealed.
fn partial(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.partial"))
}

/// Catalogue name of the file while it is written.
const DRAFT: &str = "draft";

fn open(path: &Path, options: &WriterOptions) -> Result<Connection, duckdb::Error> {
    // Bytes, not "MB": DuckDB takes the suffixes as powers of ten.
    let memory = format!("{}B", options.memory_bytes.max(64 << 20));
    let config = Config::default()
        .enable_autoload_extension(false)?
        .max_memory(&memory)?
        .threads(options.threads.max(1) as i64)?
        .with("temp_directory", options.folder.join("temp").to_string_lossy())?;
    let connection = Connection::open_in_memory_with_flags(config)?;
    // No log: a file that was not finished is thrown away, and one checkpoint at the end is enough.
    let quoted = path.to_string_lossy().replace('\'', "''");
    connection.execute_batch(&format!(
        "SET wal_autocheckpoint = '1TB'; SET enable_progress_bar = false;
         ATTACH '{quoted}' AS {DRAFT} (RECOVERY_MODE no_wal_writes); USE {DRAFT};"
    ))?;
    Ok(connection)
}
