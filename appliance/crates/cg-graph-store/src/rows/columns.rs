//! Rows on their way to a table, column by column.

use std::any::Any;
use std::sync::Arc;

use crate::schema::{ColumnType, Table};

/// One column's values. An absent id is `i64::MIN`.
#[derive(Clone, Debug)]
pub(crate) enum Buffer {
    I64(Vec<i64>),
    OptionalI64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    Bool(Vec<bool>),
    /// `ends[i]` is where text `i` ends in `bytes`.
    Text {
        ends: Vec<u32>,
        bytes: Vec<u8>,
    },
}

/// Marks an absent id.
pub(crate) const ABSENT: i64 = i64::MIN;

impl Buffer {
    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Id => Self::I64(Vec::new()),
            ColumnType::OptionalId => Self::OptionalI64(Vec::new()),
            ColumnType::U8 => Self::U8(Vec::new()),
            ColumnType::U16 => Self::U16(Vec::new()),
            ColumnType::U32 => Self::U32(Vec::new()),
            ColumnType::I32 => Self::I32(Vec::new()),
            ColumnType::U64 => Self::U64(Vec::new()),
            ColumnType::Bool => Self::Bool(Vec::new()),
            ColumnType::Text => Self::Text { ends: Vec::new(), bytes: Vec::new() },
        }
    }

    fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::I64(a), Self::I64(b)) | (Self::OptionalI64(a), Self::OptionalI64(b)) => {
                a.extend_from_slice(b)
            }
            (Self::U8(a), Self::U8(b)) => a.extend_from_slice(b),
            (Self::U16(a), Self::U16(b)) => a.extend_from_slice(b),
            (Self::U32(a), Self::U32(b)) => a.extend_from_slice(b),
            (Self::I32(a), Self::I32(b)) => a.extend_from_slice(b),
            (Self::U64(a), Self::U64(b)) => a.extend_from_slice(b),
            (Self::Bool(a), Self::Bool(b)) => a.extend_from_slice(b),
            (Self::Text { ends, bytes }, Self::Text { ends: more_ends, bytes: more }) => {
                let base = bytes.len() as u32;
                ends.extend(more_ends.iter().map(|end| base + end));
                bytes.extend_from_slice(more);
            }
            _ => unreachable!("rows of one table have columns of one type"),
        }
    }

    /// Bytes of memory the values take.
    fn bytes(&self) -> usize {
        match self {
            Self::I64(v) | Self::OptionalI64(v) => v.len() * 8,
            Self::U64(v) => v.len() * 8,
            Self::U8(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::U16(v) => v.len() * 2,
            Self::U32(v) => v.len() * 4,
            Self::I32(v) => v.len() * 4,
            Self::Text { ends, bytes } => ends.len() * 4 + bytes.len(),
        }
    }
}

/// Rows of one table.
pub(crate) struct Rows {
    pub(crate) table: &'static Table,
    pub(crate) columns: Vec<Buffer>,
    pub(crate) len: usize,
    /// Kept alive until the table's writer has the rows: the budget they were made under.
    pub(crate) hold: Option<Arc<dyn Any + Send + Sync>>,
}

impl Rows {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self {
            table,
            columns: table.columns.iter().map(|c| Buffer::new(c.kind)).collect(),
            len: 0,
            hold: None,
        }
    }

    /// Begins a row; every column must be given, in the order of the table.
    pub(crate) fn row(&mut self) -> Row<'_> {
        self.len += 1;
        Row { columns: self.columns.iter_mut() }
    }

    /// Adds another part of the same table behind this one.
    pub(crate) fn append(&mut self, other: &Self) {
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.append(theirs);
        }
        self.len += other.len;
    }

    /// Bytes of memory the rows take.
    pub(crate) fn bytes(&self) -> usize {
        self.columns.iter().map(Buffer::bytes).sum()
    }
}

/// A row being written.
pub(crate) struct Row<'a> {
    columns: std::slice::IterMut<'a, Buffer>,
}

macro_rules! put {
    ($name:ident, $variant:ident, $value:ty) => {
        pub(crate) fn $name(&mut self, value: $value) -> &mut Self {
            match self.columns.next() {
                Some(Buffer::$variant(values)) => values.push(value),
                _ => unreachable!("rows are written in the order and the types of the schema"),
            }
            self
        }
    };
}

impl Row<'_> {
    put!(id, I64, i64);
    put!(optional, OptionalI64, i64);
    put!(u8, U8, u8);
    put!(u16, U16, u16);
    put!(u32, U32, u32);
    put!(i32, I32, i32);
    put!(u64, U64, u64);
    put!(bool, Bool, bool);

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        match self.columns.next() {
            Some(Buffer::Text { ends, bytes }) => {
                bytes.extend_from_slice(value.as_bytes());
                ends.push(bytes.len() as u32);
            }
            _ => unreachable!("rows are written in the order and the types of the schema"),
        }
        self
    }
}
