//! The writer of `graph.duckdb`.

use std::path::Path;

use cg_link::Links;
use cg_types::FileKey;

use super::database::{Draft, WriterOptions};
use super::seal::Sealed;
use super::summary::write_summary;
use super::table::TableWriter;
use crate::Error;
use crate::request::Summary;
use crate::rows::{FileRows, Note, Rows, link_rows, note_row};
use crate::schema::{
    OVERLAY_VERSION, STORAGE_VERSION, TABLES, Table, TableId, create_tables, create_views,
    graph_views, own_name,
};

/// Name of the graph in a snapshot's folder.
pub const GRAPH_FILE: &str = "graph.duckdb";

/// Writes the graph of a snapshot. Nothing is visible under [`GRAPH_FILE`] before [`Self::seal`].
pub struct SnapshotWriter {
    draft: Draft,
    tables: Vec<TableWriter>,
    is_overlay: bool,
    last: u32,
}

impl SnapshotWriter {
    /// Creates the tables and starts a writer thread for each.
    pub fn create(options: &WriterOptions) -> Result<Self, Error> {
        Self::start(options, None)
    }

    /// The same for an overlay: the files of `hidden` are taken from what is appended, all others from
    /// the base.
    pub fn create_over(
        options: &WriterOptions,
        base: &Path,
        hidden: &[FileKey],
    ) -> Result<Self, Error> {
        Self::start(options, Some((base, hidden)))
    }

    fn start(options: &WriterOptions, base: Option<(&Path, &[FileKey])>) -> Result<Self, Error> {
        let draft = Draft::create(options, GRAPH_FILE)?;
        let name = |table: &Table| match base {
            Some(_) => own_name(table),
            None => table.name.to_owned(),
        };
        let connection = draft.connection();
        connection
            .execute_batch(&create_tables(&TABLES, name))
            .map_err(Error::db("creating tables"))?;
        if let Some((base, hidden)) = base {
            draft.put_over(base, hidden)?;
        }
        let mut tables = Vec::with_capacity(TABLES.len());
        for table in &TABLES {
            let own = draft.another()?;
            tables.push(TableWriter::start(table, name(table), own)?);
        }
        Ok(Self { draft, tables, is_overlay: base.is_some(), last: 0 })
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
        let version = if self.is_overlay { OVERLAY_VERSION } else { STORAGE_VERSION };
        if self.is_overlay {
            connection
                .execute_batch(&graph_views())
                .map_err(Error::db("joining a snapshot with its base"))?;
        }
        connection.execute_batch(&create_views()).map_err(Error::db("creating views"))?;
        connection
            .execute_batch(&format!(
                "CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL);
                 INSERT INTO meta VALUES ('storage_version', '{version}'), ('cpg_version', '1.1');"
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
