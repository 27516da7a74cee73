//! One table's writer: a thread with a connection of its own, fed by a bounded channel.
//!
//! A DuckDB transaction belongs to one connection, so tables written at the same time need one each.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use duckdb::arrow::array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, StringArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use duckdb::arrow::buffer::{Buffer as Bytes, NullBuffer, OffsetBuffer, ScalarBuffer};
use duckdb::arrow::datatypes::{DataType, Field, Schema};
use duckdb::arrow::record_batch::RecordBatch;
use duckdb::{Appender, Connection};

use crate::Error;
use crate::rows::{ABSENT, Buffer, Rows};
use crate::schema::{ColumnType, Table};

/// Rows that go to the database at once: a multiple of DuckDB's vector size.
const FLUSH_ROWS: usize = 49 * 2048;
/// Bytes at which rows go to the database even when they are few.
const FLUSH_BYTES: usize = 32 << 20;
/// Parts that wait for a writer; the senders wait beyond that.
const WAITING: usize = 8;

/// A running writer.
pub(crate) struct TableWriter {
    table: &'static Table,
    sender: Sender<Rows>,
    thread: JoinHandle<Result<u64, Error>>,
}

impl TableWriter {
    /// Starts the thread. The table exists, under that name.
    pub(crate) fn start(
        table: &'static Table,
        name: String,
        connection: Connection,
    ) -> Result<Self, Error> {
        let (sender, receiver) = bounded(WAITING);
        let thread = std::thread::Builder::new()
            .name(format!("write-{}", table.name))
            .spawn(move || write(table, &name, &connection, &receiver))
            .map_err(Error::io("cannot start a thread for", table.name))?;
        Ok(Self { table, sender, thread })
    }

    /// Hands rows over; waits while the writer is behind.
    pub(crate) fn send(&self, rows: Rows) -> Result<(), Error> {
        self.sender.send(rows).map_err(|_| Error::WriterStopped(self.table.name))
    }

    /// Waits until all rows are committed; their number.
    pub(crate) fn finish(self) -> Result<u64, Error> {
        drop(self.sender);
        self.thread.join().unwrap_or(Err(Error::WriterStopped(self.table.name)))
    }
}

fn write(
    table: &'static Table,
    name: &str,
    connection: &Connection,
    receiver: &Receiver<Rows>,
) -> Result<u64, Error> {
    let failed = |source| Error::Database { doing: "writing rows", source };
    connection.execute_batch("BEGIN TRANSACTION").map_err(failed)?;
    let mut total = 0;
    {
        let schema = Arc::new(arrow_schema(table));
        let mut appender = connection.appender(name).map_err(failed)?;
        let mut pending = Rows::new(table);
        for rows in receiver {
            pending.append(&rows);
            // Ends the hold now, not at the flush: a flush may need rows that wait for the budget.
            drop(rows);
            if pending.len >= FLUSH_ROWS || pending.bytes() >= FLUSH_BYTES {
                total += flush(&mut pending, &schema, &mut appender).map_err(failed)?;
            }
        }
        total += flush(&mut pending, &schema, &mut appender).map_err(failed)?;
        appender.flush().map_err(failed)?;
    }
    connection.execute_batch("COMMIT").map_err(failed)?;
    Ok(total)
}

fn flush(
    pending: &mut Rows,
    schema: &Arc<Schema>,
    appender: &mut Appender<'_>,
) -> Result<u64, duckdb::Error> {
    let rows = std::mem::replace(pending, Rows::new(pending.table));
    if rows.len == 0 {
        return Ok(0);
    }
    let arrays = rows.columns.into_iter().map(array).collect();
    let batch = RecordBatch::try_new(Arc::clone(schema), arrays)
        .expect("every column of a table has one value a row, of the schema's type");
    appender.append_record_batch(batch)?;
    Ok(rows.len as u64)
}

fn arrow_schema(table: &Table) -> Schema {
    let fields = table.columns.iter().map(|column| {
        let data_type = match column.kind {
            ColumnType::Id | ColumnType::OptionalId => DataType::Int64,
            ColumnType::U8 => DataType::UInt8,
            ColumnType::U16 => DataType::UInt16,
            ColumnType::U32 => DataType::UInt32,
            ColumnType::I32 => DataType::Int32,
            ColumnType::U64 => DataType::UInt64,
            ColumnType::Bool => DataType::Boolean,
            ColumnType::Text => DataType::Utf8,
        };
        Field::new(column.name, data_type, column.kind == ColumnType::OptionalId)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn array(buffer: Buffer) -> ArrayRef {
    match buffer {
        Buffer::I64(values) => Arc::new(Int64Array::from(values)),
        Buffer::OptionalI64(values) => {
            let nulls = values
                .contains(&ABSENT)
                .then(|| NullBuffer::from_iter(values.iter().map(|value| *value != ABSENT)));
            Arc::new(Int64Array::new(ScalarBuffer::from(values), nulls))
        }
        Buffer::U8(values) => Arc::new(UInt8Array::from(values)),
        Buffer::U16(values) => Arc::new(UInt16Array::from(values)),
        Buffer::U32(values) => Arc::new(UInt32Array::from(values)),
        Buffer::I32(values) => Arc::new(Int32Array::from(values)),
        Buffer::U64(values) => Arc::new(UInt64Array::from(values)),
        Buffer::Bool(values) => Arc::new(BooleanArray::from(values)),
        Buffer::Text { ends, bytes } => {
            let offsets: Vec<i32> =
                std::iter::once(0).chain(ends.into_iter().map(|end| end as i32)).collect();
            Arc::new(StringArray::new(
                OffsetBuffer::new(offsets.into()),
                Bytes::from_vec(bytes),
                None,
            ))
        }
    }
}
