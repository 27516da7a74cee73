//! The writer of `graph.duckdb`.

use cg_link::Links;

use super::database::{Draft, WriterOptions};
use super::seal::Sealed;
use super::summary::write_summary;
use super::table::TableWriter;
use crate::Error;
use crate::request::Summary;
use crate::rows::{FileRows, Note, Rows, link_rows, note_row};
use crate::schema::{STORAGE_VERSION, TABLES, TableId, create_tables, create_views};

/// Name of the graph in a snapshot's folder.
pub const GRAPH_FILE: &str = "graph.duckdb";

/// Writes the graph of a snapshot. Nothing is visible under [`GRAPH_FILE`] before [`Self::seal`].
pub struct SnapshotWriter {
    draft: Draft,
    tables: Vec<TableWriter>,
    last: u32,
}

impl SnapshotWriter {
    /// Creates the tables and starts a writer thread for each.
    pub fn create(options: &WriterOptions) -> Result<Self, Error> {
        let draft = Draft::create(options, GRAPH_FILE)?;
        let connection = draft.connection();
        connection.execute_batch(&create_tables(&TABLES)).map_err(Error::db("creating tables"))?;
        let mut tables = Vec::with_capacity(TABLES.len());
        for table in &TABLES {
            let own = draft.another()?;
            tables.push(TableWriter::start(table, own)?);
        }
        Ok(Self { draft, tables, last: 0 })
    }

    /// Writes a file's rows; waits while the tables' writers are behind. Files must come in the
    /// order of their keys. Gives back the rows for the search sidecar.
    pub fn append(&mut self, rows: FileRows) -> Result<SearchRows, Error> {
        if rows.key.0 <= self.last {
            return Err(Error::OutOfOrder { last: self.last, got: rows.key.0 });
        }
        self.last = rows.key.0;
        for part in rows.tables {
            self.send(part)?;
        }
        Ok(SearchRows(rows.chunks))
    }

    /// Writes what linking found. Comes after all files.
    pub fn append_links(&mut self, links: &Links) -> Result<(), Error> {
        link_rows(links).into_iter().try_for_each(|rows| self.send(rows))
    }

    /// Writes diagnostics of paths that are not part of the snapshot.
    pub fn append_notes(&mut self, notes: &[Note]) -> Result<(), Error> {
        let mut rows = Rows::new(TableId::Diagnostic.table());
        for note in notes {
            note_row(note, &mut rows);
        }
        if rows.len > 0 { self.send(rows) } else { Ok(()) }
    }

    /// Commits, makes the views, counts, and publishes the file.
    pub fn seal(self) -> Result<(Sealed, Summary), Error> {
        let mut stopped = None;
        for table in self.tables {
            match table.finish() {
                Ok(_) => {}
                Err(error @ Error::WriterStopped(_)) => stopped = Some(error),
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = stopped {
            return Err(error);
        }
        let connection = self.draft.connection();
        connection.execute_batch(&create_views()).map_err(Error::db("creating views"))?;
        connection
            .execute_batch(&format!(
                "CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL);
                 INSERT INTO meta VALUES ('storage_version', '{STORAGE_VERSION}'), ('cpg_version', '1.1');"
            ))
            .map_err(Error::db("writing the snapshot's version"))?;
        let summary = write_summary(connection)?;
        Ok((self.draft.seal()?, summary))
    }

    fn send(&self, rows: Rows) -> Result<(), Error> {
        let writer = TABLES.iter().position(|table| table.name == rows.table.name);
        self.tables[writer.expect("rows are of a table of the schema")].send(rows)
    }
}

/// Rows for the search sidecar, on their way from [`SnapshotWriter::append`] to
/// [`crate::SearchWriter::append`].
pub struct SearchRows(pub(crate) Rows);
