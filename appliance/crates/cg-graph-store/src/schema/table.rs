//! What a table is.

/// A table, with its documentation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// Name in the database.
    pub(crate) name: &'static str,
    /// What a row is.
    pub(crate) doc: &'static str,
    /// Columns in their order.
    pub(crate) columns: &'static [Column],
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Name in the database.
    pub(crate) name: &'static str,
    /// Type.
    pub(crate) kind: ColumnType,
    /// What it means.
    pub(crate) doc: &'static str,
}

/// Types that bulk tables use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// A node id, never absent.
    Id,
    /// A node id or NULL.
    OptionalId,
    /// Small number or code.
    U8,
    /// Bit set or small count.
    U16,
    /// Count or offset.
    U32,
    /// Number that may be negative.
    I32,
    /// Large count.
    U64,
    /// Yes or no.
    Bool,
    /// Text, never NULL.
    Text,
}

impl ColumnType {
    /// DuckDB's name, with the constraint.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Id => "BIGINT NOT NULL",
            Self::OptionalId => "BIGINT",
            Self::U8 => "UTINYINT NOT NULL",
            Self::U16 => "USMALLINT NOT NULL",
            Self::U32 => "UINTEGER NOT NULL",
            Self::I32 => "INTEGER NOT NULL",
            Self::U64 => "UBIGINT NOT NULL",
            Self::Bool => "BOOLEAN NOT NULL",
            Self::Text => "VARCHAR NOT NULL",
        }
    }
}

/// Shorthand for tables written as data.
pub(crate) const fn column(name: &'static str, kind: ColumnType, doc: &'static str) -> Column {
    Column { name, kind, doc }
}
