//! Search by name, by words, by regular expression and by vector.

use super::open::{FullText, Reader, Search};
use super::places::{fill, place};
use super::sql;
use super::text::{CHUNKS, ChunkRow, chunk_row, cut};
use crate::error::GraphError;
use crate::request::{GraphResponse, Hit, Place, SearchMode, SearchQuery};
use crate::rows::split_words;

/// Longest text that is looked for, in bytes.
const TEXT_BYTES: usize = 8 << 10;
/// Most bytes of a line in a snippet.
const LINE_BYTES: usize = 200;

impl Reader {
    /// Answers a search.
    pub(super) fn find(&self, query: &SearchQuery) -> Result<GraphResponse, GraphError> {
        if query.text.len() > TEXT_BYTES {
            return Err(GraphError::Invalid(format!("a search may have {TEXT_BYTES} bytes")));
        }
        let limit = query.limit.min(CHUNKS);
        let hits = match query.mode {
            SearchMode::Name => self.by_name(query.text.trim(), limit)?,
            SearchMode::Text => self.by_words(&query.text, limit)?,
            SearchMode::Regex => self.by_regex(&query.text, limit)?,
            SearchMode::Vector => self.by_vector(query, limit)?,
        };
        Ok(GraphResponse::Hits { hits })
    }

    fn by_name(&self, text: &str, limit: u32) -> Result<Vec<Hit>, GraphError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let mut statement =
            self.graph.prepare(&fill(sql::NAMES, limit)).map_err(|error| self.explain(&error))?;
        let rows = statement
            .query_map([text.to_lowercase()], |row| {
                let place = place(row)?;
                let snippet = if place.signature.is_empty() {
                    place.full_name.clone()
                } else {
                    place.signature.clone()
                };
                Ok(Hit { id: place.id.clone(), place, score: row.get(8)?, snippet })
            })
            .and_then(Iterator::collect);
        rows.map_err(|error| self.explain(&error))
    }

    fn by_words(&self, text: &str, limit: u32) -> Result<Vec<Hit>, GraphError> {
        let search = self.search()?;
        if search.full_text == FullText::Absent {
            return Err(GraphError::Missing(
                "this snapshot has no full-text index, or the fts extension is missing".into(),
            ));
        }
        let (mut words, mut russian) = (String::new(), String::new());
        split_words(text, &mut words, &mut russian);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let mut rows = self.scored(search, &words, &russian, &[], limit)?;
        if let Some((base, hidden)) = &search.base {
            let scale = scale(base.chunks) / scale(search.chunks);
            rows.iter_mut().for_each(|(_, score)| *score *= scale);
            rows.extend(self.scored(base, &words, &russian, hidden, limit)?);
            rows.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.id.cmp(&b.id)));
            rows.truncate(limit as usize);
        }
        let wanted: Vec<&str> = words.split(' ').collect();
        rows.iter().map(|(row, score)| self.chunk_hit(row, *score, &wanted)).collect()
    }

    /// The best chunks of one index, those of `hidden` files left out.
    fn scored(
        &self,
        search: &Search,
        words: &str,
        russian: &str,
        hidden: &[u32],
        limit: u32,
    ) -> Result<Vec<(ChunkRow, f64)>, GraphError> {
        let keys: Vec<_> = hidden.iter().map(u32::to_string).collect();
        let hidden = match keys.as_slice() {
            [] => String::new(),
            keys => format!(" AND (s.id >> 32) NOT IN ({})", keys.join(",")),
        };
        let latin = russian.is_empty();
        let statement = if latin { sql::TEXT_LATIN } else { sql::TEXT };
        let statement = statement
            .replace("{table}", search.table)
            .replace("{chunk}", sql::CHUNK)
            .replace("{hidden}", &hidden)
            .replace("{limit}", &limit.to_string());
        let mut statement =
            search.connection.prepare(&statement).map_err(|error| self.explain(&error))?;
        let read = |row: &duckdb::Row<'_>| Ok((chunk_row(row)?, row.get(12)?));
        let rows = if latin {
            statement.query_map([words], read).and_then(Iterator::collect)
        } else {
            statement.query_map([words, russian], read).and_then(Iterator::collect)
        };
        rows.map_err(|error| self.explain(&error))
    }

    fn by_regex(&self, text: &str, limit: u32) -> Result<Vec<Hit>, GraphError> {
        let statement = sql::REGEX.replace("{limit}", &limit.to_string());
        let mut statement = self.graph.prepare(&statement).map_err(|error| self.explain(&error))?;
        let rows = statement
            .query_map([text], |row| {
                let line: i64 = row.get(1)?;
                let line = u32::try_from(line).unwrap_or_default();
                let text: String = row.get(2)?;
                let place = Place {
                    id: String::new(),
                    label: String::new(),
                    name: String::new(),
                    full_name: String::new(),
                    path: row.get(0)?,
                    line,
                    line_end: line,
                    signature: String::new(),
                };
                Ok(Hit {
                    id: String::new(),
                    place,
                    score: 1.0,
                    snippet: cut(text.trim_end().to_owned(), LINE_BYTES),
                })
            })
            .and_then(Iterator::collect);
        rows.map_err(|error| self.explain(&error))
    }

    fn by_vector(&self, query: &SearchQuery, limit: u32) -> Result<Vec<Hit>, GraphError> {
        let Some(vectors) = &self.vectors else {
            return Err(GraphError::Missing("this snapshot has no vectors yet".into()));
        };
        let vector = query.vector.as_deref().unwrap_or_default();
        if vector.is_empty() || vector.iter().any(|number| !number.is_finite()) {
            return Err(GraphError::Invalid(
                "a vector search needs a vector of finite numbers".into(),
            ));
        }
        let numbers: Vec<_> = vector.iter().map(f32::to_string).collect();
        let statement = sql::NEAREST
            .replace("{length}", &vector.len().to_string())
            .replace("{limit}", &limit.to_string());
        let mut statement = vectors.prepare(&statement).map_err(|error| self.explain(&error))?;
        let near: Result<Vec<(String, f64)>, _> = statement
            .query_map([format!("[{}]", numbers.join(","))], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect);
        let near = near.map_err(|error| self.explain(&error))?;
        let mut hits = Vec::new();
        for (hash, score) in near {
            for row in self.chunks_of(&hash)? {
                if hits.len() < limit as usize {
                    hits.push(self.chunk_hit(&row, score, &[])?);
                }
            }
        }
        Ok(hits)
    }

    fn chunks_of(&self, hash: &str) -> Result<Vec<ChunkRow>, GraphError> {
        let text = format!(
            "SELECT {} FROM chunk c WHERE c.hash = ? ORDER BY c.id LIMIT {CHUNKS}",
            sql::CHUNK
        );
        let mut statement =
            self.search()?.connection.prepare(&text).map_err(|error| self.explain(&error))?;
        let rows = statement.query_map([hash], chunk_row).and_then(Iterator::collect);
        rows.map_err(|error| self.explain(&error))
    }

    fn chunk_hit(&self, row: &ChunkRow, score: f64, words: &[&str]) -> Result<Hit, GraphError> {
        let chunk = self.chunk(row)?;
        Ok(Hit { id: chunk.id, place: chunk.place, score, snippet: snippet(&chunk.text, words) })
    }
}

/// BM25 weighs a rare word by about the logarithm of the number of chunks: brings the scores of a small
/// index to the scale of a large one.
fn scale(chunks: u64) -> f64 {
    (chunks as f64 + 2.0).ln()
}

/// The line with most of the words, and the one behind it.
fn snippet(text: &str, words: &[&str]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let count = |line: &str| {
        let line = line.to_lowercase();
        words.iter().filter(|word| line.contains(**word)).count()
    };
    let filled = |at: &usize| !lines[*at].trim().is_empty();
    // `max_by_key` takes the last of equals; the first is wanted.
    let best =
        (0..lines.len()).rev().filter(filled).max_by_key(|at| count(lines[*at])).unwrap_or(0);
    let shown: Vec<String> = lines
        .iter()
        .skip(best)
        .take(2)
        .map(|line| cut(line.trim_end().to_owned(), LINE_BYTES))
        .collect();
    shown.join("\n")
}
