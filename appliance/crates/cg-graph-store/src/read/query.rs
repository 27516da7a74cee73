//! A user's statement: translated, checked, run under limits.

use std::time::{Duration, Instant};

use duckdb::Connection;
use duckdb::arrow::record_batch::RecordBatch;
use serde_json::Value;

use super::deadline::limited;
use super::open::Reader;
use super::value::{size, type_name, value};
use crate::error::GraphError;
use crate::request::{Limits, Table};

/// Longest statement, in bytes.
const TEXT_BYTES: usize = 256 << 10;
/// Bounds that a request cannot raise.
const MOST: Limits = Limits { rows: 100_000, bytes: 64 << 20, time_ms: 120_000 };

impl Reader {
    /// Runs a user's statement.
    pub(super) fn query(&self, text: &str, limits: &Limits) -> Result<Table, GraphError> {
        if text.len() > TEXT_BYTES {
            return Err(GraphError::Refused(format!("a statement may have {TEXT_BYTES} bytes")));
        }
        if text.contains('\0') {
            return Err(GraphError::Refused("a statement may not hold a NUL character".into()));
        }
        let limits = Limits {
            rows: limits.rows.min(MOST.rows),
            bytes: limits.bytes.min(MOST.bytes),
            time_ms: limits.time_ms.min(MOST.time_ms),
        };
        let began = Instant::now();
        let sql = cg_pgq::translate(text, &self.schema)
            .map_err(|error| GraphError::Invalid(error.to_string()))?;
        let (result, fired) = limited(&self.user, Duration::from_millis(limits.time_ms), || {
            self.guard.check(&self.user, &sql)?;
            run(&self.user, &sql, &limits).map_err(|error| self.explain(&error))
        });
        match result {
            Err(_) if fired => Err(GraphError::Time(limits.time_ms)),
            Err(GraphError::Invalid(message)) => Err(GraphError::Invalid(self.hide(message))),
            Err(error) => Err(error),
            Ok(mut table) => {
                table.elapsed_ms = began.elapsed().as_millis() as u64;
                Ok(table)
            }
        }
    }

    /// What DuckDB says, without paths of this host.
    pub(super) fn explain(&self, error: &duckdb::Error) -> GraphError {
        let text = match error {
            duckdb::Error::DuckDBFailure(_, Some(message)) => message.clone(),
            other => other.to_string(),
        };
        let kind = text.split(':').next().unwrap_or_default();
        match kind {
            "Out of Memory Error" => GraphError::Memory,
            "Permission Error" => GraphError::Refused(self.hide(text)),
            "Parser Error"
            | "Binder Error"
            | "Catalog Error"
            | "Conversion Error"
            | "Invalid Input Error"
            | "Out of Range Error"
            | "Not implemented Error" => GraphError::Invalid(self.hide(text)),
            _ => GraphError::Failed(self.hide(text)),
        }
    }

    fn hide(&self, text: String) -> String {
        self.hidden.iter().fold(text, |text, path| text.replace(path.as_str(), "<snapshot>"))
    }
}

fn run(connection: &Connection, sql: &str, limits: &Limits) -> Result<Table, duckdb::Error> {
    let mut statement = connection.prepare(sql)?;
    let schema = statement.stream_arrow([])?.get_schema();
    let mut table = Table {
        columns: schema.fields().iter().map(|field| field.name().clone()).collect(),
        types: schema.fields().iter().map(|field| type_name(field.data_type())).collect(),
        rows: Vec::new(),
        truncated: false,
        elapsed_ms: 0,
    };
    let mut bytes = 0;
    // The iterator of a stream panics when a fetch fails, an interrupted one for example; stepping does not.
    while let Some(part) = statement.step()? {
        let batch = RecordBatch::from(&part);
        for row in 0..batch.num_rows() {
            let values: Vec<Value> =
                batch.columns().iter().map(|column| value(column, row)).collect();
            bytes += 2 + values.iter().map(|value| size(value) + 1).sum::<u64>();
            if table.rows.len() == limits.rows as usize || bytes > limits.bytes {
                table.truncated = true;
                return Ok(table);
            }
            table.rows.push(values);
        }
    }
    Ok(table)
}
