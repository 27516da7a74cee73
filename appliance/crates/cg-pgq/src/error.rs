//! What can be wrong with a GRAPH_TABLE, and where.

/// A `GRAPH_TABLE` that cannot be translated. Line and column count from 1; the column counts
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PgqError {
    /// The text does not follow the grammar.
    #[error("{line}:{column}: expected {expected}, found {found}")]
    Syntax {
        /// Line.
        line: u32,
        /// Column.
        column: u32,
        /// What could stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Grammatical, but not supported yet.
    #[error("{line}:{column}: {what} is not supported yet; {instead}")]
    Unsupported {
        /// Line.
        line: u32,
        /// Column.
        column: u32,
        /// The construct.
        what: String,
        /// What to write in its place.
        instead: String,
    },
    /// A graph, label, property or variable that does not exist or does not fit.
    #[error("{line}:{column}: {message}")]
    Name {
        /// Line.
        line: u32,
        /// Column.
        column: u32,
        /// What does not exist, and what does.
        message: String,
    },
    /// Beyond a written limit.
    #[error("{line}:{column}: more than {limit} {what} in one statement; split the query")]
    Limit {
        /// Line.
        line: u32,
        /// Column.
        column: u32,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// A byte offset turned into line and column.
pub(crate) fn place(sql: &str, offset: usize) -> (u32, u32) {
    let before = sql.get(..offset).unwrap_or(sql);
    let line = before.bytes().filter(|b| *b == b'\n').count() as u32 + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[start..].chars().count() as u32 + 1)
}
