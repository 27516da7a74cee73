//! From a request to its answer.

use std::time::Duration;

use super::calls::Direction;
use super::deadline::limited;
use super::open::Reader;
use crate::error::GraphError;
use crate::request::{GraphRequest, GraphResponse, SearchMode, Summary};

/// Time for a ready call.
const READY: Duration = Duration::from_secs(20);

impl Reader {
    /// Answers a request. Every answer is bounded in rows, bytes and time.
    pub fn answer(&self, request: &GraphRequest) -> Result<GraphResponse, GraphError> {
        let connection = match request {
            GraphRequest::Query { text, limits } => {
                return self.query(text, limits).map(GraphResponse::Table);
            }
            GraphRequest::Search(query) if query.mode == SearchMode::Text => {
                &self.search()?.connection
            }
            GraphRequest::Search(query) if query.mode == SearchMode::Vector => {
                self.vectors.as_ref().unwrap_or(&self.graph)
            }
            _ => &self.graph,
        };
        let (result, fired) = limited(connection, READY, || self.ready(request));
        match result {
            Err(_) if fired => Err(GraphError::Time(READY.as_millis() as u64)),
            other => other,
        }
    }

    fn ready(&self, request: &GraphRequest) -> Result<GraphResponse, GraphError> {
        match request {
            GraphRequest::Query { text, limits } => {
                self.query(text, limits).map(GraphResponse::Table)
            }
            GraphRequest::Definition { name, limit } => self.definition(name, *limit),
            GraphRequest::Callers(query) => self.calls(query, Direction::Callers),
            GraphRequest::Callees(query) => self.calls(query, Direction::Callees),
            GraphRequest::References { name, limit } => self.references(name, *limit),
            GraphRequest::Search(query) => self.find(query),
            GraphRequest::Lines { path, start, end } => self.lines(path, *start, *end),
            GraphRequest::Chunks { ids } => self.chunks(ids),
            GraphRequest::ChunksAfter { after, limit } => {
                self.chunks_after(after.as_deref(), *limit)
            }
            GraphRequest::Summary => self.summary(),
        }
    }

    fn summary(&self) -> Result<GraphResponse, GraphError> {
        let text: String = self
            .graph
            .query_row("SELECT value FROM meta WHERE key = 'summary'", [], |row| row.get(0))
            .map_err(|error| self.explain(&error))?;
        let mut summary: Summary = serde_json::from_str(&text)
            .map_err(|error| GraphError::Failed(format!("the stored counts: {error}")))?;
        if let Some(search) = &self.search {
            summary.chunks =
                self.count(&search.connection, "SELECT count(*)::UBIGINT FROM chunk")?;
            if let Some(vectors) = &self.vectors {
                summary.vectors = self.vectors_of(&search.connection, vectors)?;
            }
        }
        Ok(GraphResponse::Summary(summary))
    }

    /// Chunks that have a vector: several chunks may have one text.
    fn vectors_of(
        &self,
        search: &duckdb::Connection,
        vectors: &duckdb::Connection,
    ) -> Result<u64, GraphError> {
        let read =
            |connection: &duckdb::Connection, text: &str| -> Result<Vec<String>, duckdb::Error> {
                connection.prepare(text)?.query_map([], |row| row.get(0))?.collect()
            };
        let known =
            read(vectors, "SELECT hash FROM vector").map_err(|error| self.explain(&error))?;
        let known: rustc_hash::FxHashSet<String> = known.into_iter().collect();
        let chunks =
            read(search, "SELECT hash FROM chunk").map_err(|error| self.explain(&error))?;
        Ok(chunks.iter().filter(|hash| known.contains(*hash)).count() as u64)
    }

    fn count(&self, connection: &duckdb::Connection, text: &str) -> Result<u64, GraphError> {
        connection.query_row(text, [], |row| row.get(0)).map_err(|error| self.explain(&error))
    }
}
