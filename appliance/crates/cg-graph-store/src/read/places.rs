//! Definitions and uses of a name.

use cg_types::{Modifiers, NodeKind};
use duckdb::Row;

use super::open::Reader;
use super::sql;
use super::text::{cut, list};
use crate::error::GraphError;
use crate::request::{GraphResponse, Place};

/// Most places of one answer.
const PLACES: u32 = 10_000;
/// Declarations whose uses are looked for at once.
const TARGETS: u32 = 1_000;
/// Most bytes of a line that is shown.
const LINE_BYTES: usize = 400;

impl Reader {
    /// Where a name is defined.
    pub(super) fn definition(&self, name: &str, limit: u32) -> Result<GraphResponse, GraphError> {
        Ok(GraphResponse::Places { places: self.definitions(name, limit)? })
    }

    /// Where a name is used.
    pub(super) fn references(&self, name: &str, limit: u32) -> Result<GraphResponse, GraphError> {
        let targets = self.definitions(name, TARGETS)?;
        // Suffixes of full names count only when nothing has the name itself.
        let exact = |place: &&Place| place.name == name || place.full_name == name;
        let best: Vec<&Place> = targets.iter().filter(exact).collect();
        let ids: Vec<i64> = if best.is_empty() { targets.iter().collect() } else { best }
            .into_iter()
            .filter_map(|place| place.id.parse().ok())
            .collect();
        if !ids.is_empty() {
            let places =
                self.uses(&fill(sql::REFERENCES, limit).replace("{ids}", &list(&ids)), None)?;
            if !places.is_empty() {
                return Ok(GraphResponse::Places { places });
            }
        }
        Ok(GraphResponse::Places {
            places: self.uses(&fill(sql::USES_BY_NAME, limit), Some(name))?,
        })
    }

    fn definitions(&self, name: &str, limit: u32) -> Result<Vec<Place>, GraphError> {
        let text = fill(sql::DEFINITIONS, limit);
        let mut statement = self.graph.prepare(&text).map_err(|error| self.explain(&error))?;
        let rows = statement.query_map([name], place).and_then(Iterator::collect);
        rows.map_err(|error| self.explain(&error))
    }

    fn uses(&self, text: &str, name: Option<&str>) -> Result<Vec<Place>, GraphError> {
        let mut statement = self.graph.prepare(text).map_err(|error| self.explain(&error))?;
        let rows = match name {
            Some(name) => statement.query_map([name], use_place).and_then(Iterator::collect),
            None => statement.query_map([], use_place).and_then(Iterator::collect),
        };
        rows.map_err(|error| self.explain(&error))
    }
}

/// Fills in the numbers that these statements share.
pub(super) fn fill(text: &str, limit: u32) -> String {
    text.replace("{limit}", &limit.min(PLACES).to_string())
        .replace("{declaration}", &Modifiers::DECLARATION.0.to_string())
        .replace("{module}", &Modifiers::MODULE.0.to_string())
        .replace("{member}", &(NodeKind::Member as u8).to_string())
        .replace("{local}", &(NodeKind::Local as u8).to_string())
        .replace("{field}", &(NodeKind::FieldIdentifier as u8).to_string())
        .replace("{call}", &(NodeKind::Call as u8).to_string())
}

/// Reads id, label, name, full name, path, line, last line, signature.
pub(super) fn place(row: &Row<'_>) -> Result<Place, duckdb::Error> {
    Ok(Place {
        id: row.get::<_, i64>(0)?.to_string(),
        label: row.get(1)?,
        name: row.get(2)?,
        full_name: row.get(3)?,
        path: row.get(4)?,
        line: row.get(5)?,
        line_end: row.get(6)?,
        signature: row.get(7)?,
    })
}

/// Reads a use: its signature is the line of code.
fn use_place(row: &Row<'_>) -> Result<Place, duckdb::Error> {
    let kind: u8 = row.get(1)?;
    let name: String = row.get(2)?;
    let start: u32 = row.get(6)?;
    let block_start: Option<u32> = row.get(7)?;
    let block: Option<String> = row.get(8)?;
    let line = match (&block, block_start) {
        (Some(text), Some(base)) => line_at(text, start.saturating_sub(base) as usize),
        _ => "",
    };
    Ok(Place {
        id: row.get::<_, i64>(0)?.to_string(),
        label: NodeKind::ALL.get(kind as usize).map_or("", |kind| kind.as_str()).into(),
        full_name: name.clone(),
        name,
        path: row.get(3)?,
        line: row.get(4)?,
        line_end: row.get(5)?,
        signature: cut(line.trim().to_owned(), LINE_BYTES),
    })
}

/// The line of a text that holds a byte.
fn line_at(text: &str, at: usize) -> &str {
    let Some((before, behind)) = text.split_at_checked(at) else { return "" };
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let end = behind.find('\n').map_or(text.len(), |i| at + i);
    &text[start..end]
}
