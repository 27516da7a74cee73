//! The writer of `vectors.duckdb`.

use std::sync::Arc;

use duckdb::Appender;
use duckdb::arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, StringArray};
use duckdb::arrow::datatypes::{DataType, Field, Schema};
use duckdb::arrow::record_batch::RecordBatch;

use super::database::{Draft, WriterOptions};
use super::seal::Sealed;
use crate::Error;

/// Name of the vector sidecar in a snapshot's folder.
pub const VECTORS_FILE: &str = "vectors.duckdb";
/// Vectors written at once.
const BATCH: usize = 2048;

/// Writes vectors by the hash of the chunk's text, all of one length, and publishes the file. A hash
/// that comes again is left out.
pub fn write_vectors(
    options: &WriterOptions,
    rows: impl IntoIterator<Item = (String, Vec<f32>)>,
) -> Result<(Sealed, u64), Error> {
    let draft = Draft::create(options, VECTORS_FILE)?;
    let mut rows = rows.into_iter().peekable();
    let length = rows.peek().map_or(384, |(_, vector)| vector.len().max(1));
    let connection = draft.connection();
    connection
        .execute_batch(&format!(
            "CREATE TABLE vector (hash VARCHAR NOT NULL, embedding FLOAT[{length}] NOT NULL)"
        ))
        .map_err(Error::db("creating the vector table"))?;
    let mut seen = rustc_hash::FxHashSet::default();
    {
        let mut appender = connection.appender("vector").map_err(Error::db("writing vectors"))?;
        let mut batch = Vec::with_capacity(BATCH);
        for (hash, vector) in rows {
            if vector.len() != length {
                return Err(Error::VectorLength { expected: length, got: vector.len() });
            }
            if seen.insert(hash.clone()) {
                batch.push((hash, vector));
            }
            if batch.len() == BATCH {
                append(&mut appender, &mut batch, length)?;
            }
        }
        append(&mut appender, &mut batch, length)?;
        appender.flush().map_err(Error::db("writing vectors"))?;
    }
    Ok((draft.seal()?, seen.len() as u64))
}

fn append(
    appender: &mut Appender<'_>,
    batch: &mut Vec<(String, Vec<f32>)>,
    length: usize,
) -> Result<(), Error> {
    if batch.is_empty() {
        return Ok(());
    }
    let hashes: StringArray = batch.iter().map(|(hash, _)| Some(hash.as_str())).collect();
    let values: Float32Array =
        batch.iter().flat_map(|(_, vector)| vector.iter().copied()).collect();
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let list = FixedSizeListArray::new(Arc::clone(&item), length as i32, Arc::new(values), None);
    let schema = Schema::new(vec![
        Field::new("hash", DataType::Utf8, false),
        Field::new("embedding", DataType::FixedSizeList(item, length as i32), false),
    ]);
    let arrays: Vec<ArrayRef> = vec![Arc::new(hashes), Arc::new(list)];
    let record =
        RecordBatch::try_new(Arc::new(schema), arrays).expect("both columns have one value a row");
    appender.append_record_batch(record).map_err(Error::db("writing vectors"))?;
    batch.clear();
    Ok(())
}
