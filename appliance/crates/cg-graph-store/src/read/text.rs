//! Text of a snapshot: lines of files, chunks.

use duckdb::{OptionalExt, Row};

use super::open::{Reader, Search};
use super::sql;
use crate::error::GraphError;
use crate::request::{Chunk, GraphResponse, Place};

/// Most lines of one answer.
const LINES: u32 = 10_000;
/// Most bytes of text in one answer.
const TEXT_BYTES: usize = 1 << 20;
/// Most chunks of one answer.
pub(super) const CHUNKS: u32 = 1_000;

/// A chunk as its row has it.
pub(super) struct ChunkRow {
    pub(super) id: i64,
    pub(super) place: Place,
    pub(super) hash: String,
    start: usize,
    end: usize,
}

impl Reader {
    /// Lines `start..=end` of a file.
    pub(super) fn lines(
        &self,
        path: &str,
        start: u32,
        end: u32,
    ) -> Result<GraphResponse, GraphError> {
        let start = start.max(1);
        let end = end.min(start.saturating_add(LINES - 1));
        let file: Option<i64> = self
            .graph
            .query_row("SELECT id FROM file WHERE path = ?", [path], |row| row.get(0))
            .optional()
            .map_err(|error| self.explain(&error))?;
        let file =
            file.ok_or_else(|| GraphError::Missing(format!("no file {path:?} in this snapshot")))?;
        let blocks = self.blocks(file, start, end)?;
        let Some((first, ..)) = blocks.first() else {
            return Ok(GraphResponse::Lines { text: String::new(), end: start.saturating_sub(1) });
        };
        let first = *first;
        let joined: String = blocks.into_iter().map(|(.., text)| text).collect();
        let mut lines: Vec<&str> = joined.split('\n').collect();
        if lines.last() == Some(&"") {
            lines.pop();
        }
        let wanted = lines
            .iter()
            .skip(start.saturating_sub(first) as usize)
            .take((end - start + 1) as usize);
        let wanted: Vec<&str> =
            wanted.map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        let end = start + (wanted.len() as u32).saturating_sub(1);
        Ok(GraphResponse::Lines { text: cut(wanted.join("\n"), TEXT_BYTES), end })
    }

    /// Chunks by id; ids that are none are left out.
    pub(super) fn chunks(&self, ids: &[String]) -> Result<GraphResponse, GraphError> {
        let ids: Vec<i64> =
            ids.iter().take(CHUNKS as usize).filter_map(|id| id.parse().ok()).collect();
        let list = list(&ids);
        let text = format!("SELECT {} FROM chunk c WHERE c.id IN ({list})", sql::CHUNK);
        let rows = self.chunk_rows(&text)?;
        let mut chunks = Vec::with_capacity(rows.len());
        for id in ids {
            if let Some(row) = rows.iter().find(|row| row.id == id) {
                chunks.push(self.chunk(row)?);
            }
        }
        Ok(GraphResponse::Chunks { chunks })
    }

    /// The next chunks in the order of ids that have no vector.
    pub(super) fn chunks_after(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<GraphResponse, GraphError> {
        let limit = limit.min(CHUNKS) as usize;
        let mut after: i64 = match after {
            None => 0,
            Some(text) => {
                text.parse().map_err(|_| GraphError::Invalid(format!("{text:?} is no chunk id")))?
            }
        };
        let mut chunks = Vec::new();
        loop {
            let text = format!(
                "SELECT {} FROM chunk c WHERE c.id > {after} ORDER BY c.id LIMIT {CHUNKS}",
                sql::CHUNK
            );
            let rows = self.chunk_rows(&text)?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            let known = self.known_vectors(&rows)?;
            for row in rows.iter().filter(|row| !known.contains(&row.hash)) {
                if chunks.len() == limit {
                    return Ok(GraphResponse::Chunks { chunks });
                }
                chunks.push(self.chunk(row)?);
            }
            if chunks.len() == limit {
                break;
            }
        }
        Ok(GraphResponse::Chunks { chunks })
    }

    fn known_vectors(&self, rows: &[ChunkRow]) -> Result<Vec<String>, GraphError> {
        let Some(vectors) = &self.vectors else { return Ok(Vec::new()) };
        let hashes: Vec<_> = rows.iter().map(|row| format!("'{}'", row.hash)).collect();
        let text = format!("SELECT hash FROM vector WHERE hash IN ({})", hashes.join(", "));
        let mut statement = vectors.prepare(&text).map_err(|error| self.explain(&error))?;
        let found = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect);
        found.map_err(|error| self.explain(&error))
    }

    fn chunk_rows(&self, text: &str) -> Result<Vec<ChunkRow>, GraphError> {
        let search = &self.search()?.connection;
        let mut statement = search.prepare(text).map_err(|error| self.explain(&error))?;
        let rows = statement.query_map([], chunk_row).and_then(Iterator::collect);
        rows.map_err(|error| self.explain(&error))
    }

    /// The search sidecar, if the snapshot has one.
    pub(super) fn search(&self) -> Result<&Search, GraphError> {
        let missing = || {
            GraphError::Missing(
                "this snapshot has no search sidecar; index the project again".into(),
            )
        };
        self.search.as_ref().ok_or_else(missing)
    }

    /// A chunk with its text.
    pub(super) fn chunk(&self, row: &ChunkRow) -> Result<Chunk, GraphError> {
        let blocks = self.blocks((row.id >> 32) << 32, row.place.line, row.place.line_end)?;
        let base = blocks.first().map_or(0, |(_, start, _)| *start as usize);
        let joined: String = blocks.into_iter().map(|(.., text)| text).collect();
        let end = row.end.saturating_sub(base).min(joined.len());
        let text = joined.get(row.start.saturating_sub(base)..end).unwrap_or_default().to_owned();
        Ok(Chunk { id: row.id.to_string(), place: row.place.clone(), text, hash: row.hash.clone() })
    }

    /// The blocks of a file that hold lines `start..=end`: line, first byte, text.
    fn blocks(
        &self,
        file: i64,
        start: u32,
        end: u32,
    ) -> Result<Vec<(u32, u32, String)>, GraphError> {
        let text = sql::BLOCKS
            .replace("{first}", &file.to_string())
            .replace("{behind}", &(file + (1 << 32)).to_string())
            .replace("{end}", &end.to_string())
            .replace("{start}", &start.to_string())
            // Every line could have a block of its own; a long line has many.
            .replace("{limit}", &(LINES as usize + TEXT_BYTES / 4096).to_string());
        let mut statement = self.graph.prepare(&text).map_err(|error| self.explain(&error))?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .and_then(Iterator::collect);
        rows.map_err(|error| self.explain(&error))
    }
}

/// Reads a row of [`sql::CHUNK`].
pub(super) fn chunk_row(row: &Row<'_>) -> Result<ChunkRow, duckdb::Error> {
    Ok(ChunkRow {
        id: row.get(0)?,
        place: Place {
            id: row.get::<_, Option<i64>>(1)?.map_or_else(String::new, |id| id.to_string()),
            label: row.get(2)?,
            name: row.get(3)?,
            full_name: row.get(4)?,
            signature: row.get(5)?,
            path: row.get(6)?,
            line: row.get(7)?,
            line_end: row.get(8)?,
        },
        start: row.get::<_, u32>(9)? as usize,
        end: row.get::<_, u32>(10)? as usize,
        hash: row.get(11)?,
    })
}

/// Ids for SQL's `IN (…)`, which may not be empty: no node has the id -1.
pub(super) fn list(ids: &[i64]) -> String {
    if ids.is_empty() {
        return "-1".into();
    }
    let items: Vec<_> = ids.iter().map(i64::to_string).collect();
    items.join(", ")
}

/// At most `bytes` of a text.
pub(super) fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let mut end = bytes;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}
