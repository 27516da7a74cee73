//! The writer of `search.duckdb`: chunks and the full-text index over their words.

use std::path::{Path, PathBuf};

use cg_types::FileKey;

use super::database::{Draft, WriterOptions};
use super::graph::SearchRows;
use super::seal::Sealed;
use super::table::TableWriter;
use crate::Error;
use crate::schema::{CHUNK, create_tables, own_name, search_views};

/// Name of the search sidecar in a snapshot's folder.
pub const SEARCH_FILE: &str = "search.duckdb";

/// Writes the search sidecar of a snapshot.
pub struct SearchWriter {
    draft: Draft,
    table: TableWriter,
    /// The table of chunks.
    name: String,
    is_overlay: bool,
    extension: Option<PathBuf>,
}

impl SearchWriter {
    /// Creates the table. With a folder of extensions, it must hold `fts.duckdb_extension`.
    pub fn create(options: &WriterOptions) -> Result<Self, Error> {
        Self::start(options, None)
    }

    /// The same for an overlay; `base` is the search sidecar of the base.
    pub fn create_over(
        options: &WriterOptions,
        base: &Path,
        hidden: &[FileKey],
    ) -> Result<Self, Error> {
        Self::start(options, Some((base, hidden)))
    }

    fn start(options: &WriterOptions, base: Option<(&Path, &[FileKey])>) -> Result<Self, Error> {
        let extension = options.extensions_dir.as_deref().map(full_text_extension).transpose()?;
        let draft = Draft::create(options, SEARCH_FILE)?;
        let connection = draft.connection();
        let name = if base.is_some() { own_name(&CHUNK) } else { CHUNK.name.to_owned() };
        connection
            .execute_batch(&create_tables([&CHUNK], |_| name.clone()))
            .map_err(Error::db("creating the chunk table"))?;
        if let Some((base, hidden)) = base {
            draft.put_over(base, hidden)?;
        }
        let own = draft.another()?;
        let table = TableWriter::start(&CHUNK, name.clone(), own)?;
        Ok(Self { table, draft, name, is_overlay: base.is_some(), extension })
    }

    /// Writes a file's chunks, in the order of file keys.
    pub fn append(&self, rows: SearchRows) -> Result<(), Error> {
        if rows.0.len > 0 { self.table.send(rows.0) } else { Ok(()) }
    }

    /// Makes the index and publishes the file. Gives the number of chunks too.
    pub fn seal(self) -> Result<(Sealed, u64), Error> {
        self.table.finish()?;
        let connection = self.draft.connection();
        if let Some(path) = &self.extension {
            load(connection, path)?;
            for statement in INDEX {
                connection
                    .execute_batch(&statement.replace("{chunk}", &self.name))
                    .map_err(Error::db("making the full-text index"))?;
            }
        }
        let mut finish = FINISH.replace("{chunk}", &self.name);
        if self.is_overlay {
            finish.push_str(&search_views());
        }
        connection.execute_batch(&finish).map_err(Error::db("finishing the chunk table"))?;
        let chunks = connection
            .query_row("SELECT count(*)::UBIGINT FROM chunk", [], |row| row.get(0))
            .map_err(Error::db("counting chunks"))?;
        Ok((self.draft.seal()?, chunks))
    }
}

/// The extension's file in a folder.
pub(crate) fn full_text_extension(folder: &Path) -> Result<PathBuf, Error> {
    let path = folder.join("fts.duckdb_extension");
    if path.is_file() { Ok(path) } else { Err(Error::NoFullText(folder.to_owned())) }
}

/// Loads an extension from its file.
pub(crate) fn load(connection: &duckdb::Connection, path: &Path) -> Result<(), Error> {
    let quoted = path.to_string_lossy().replace('\'', "''");
    connection
        .execute_batch(&format!("LOAD '{quoted}'"))
        .map_err(Error::db("loading the fts extension"))
}

/// The words are split and lower-cased already; only their endings are left to the stemmers. Code
/// has no stop words: `get`, `use` and `value` are names.
///
/// One statement at a time: a PRAGMA that makes an index looks for its table when its batch is parsed.
const INDEX: [&str; 4] = [
    "CREATE TABLE chunk_russian AS SELECT id, russian FROM {chunk} WHERE russian <> '' ORDER BY id",
    "PRAGMA create_fts_index('{chunk}', 'id', 'words', stemmer = 'english', stopwords = 'none', ignore = '[ ]+', strip_accents = 0, lower = 0)",
    "PRAGMA create_fts_index('chunk_russian', 'id', 'russian', stemmer = 'russian', stopwords = 'none', ignore = '[ ]+', strip_accents = 0, lower = 0)",
    "DROP TABLE chunk_russian",
];

/// The index has its own copy of the words.
const FINISH: &str =
    "ALTER TABLE {chunk} DROP COLUMN words; ALTER TABLE {chunk} DROP COLUMN russian;";
