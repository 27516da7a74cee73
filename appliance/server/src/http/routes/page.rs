//! Lists by cursor.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Rows of a page when nothing is said.
const DEFAULT: u32 = 50;
/// Rows of a page at most.
const MAX: u32 = 500;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next` of the page before; absent for the first page.
    cursor: Option<String>,
    /// Rows wanted, 50 when absent, 500 at most.
    limit: Option<u32>,
}

impl PageQuery {
    /// The cursor; empty for the first page.
    pub(crate) fn cursor(&self) -> &str {
        self.cursor.as_deref().unwrap_or_default()
    }

    /// Rows wanted, within bounds.
    pub(crate) fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT).clamp(1, MAX)
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The rows.
    items: Vec<T>,
    /// Cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T> Page<T> {
    /// A page of rows that were asked for with `limit`; `cursor` gives the cursor behind a row.
    pub(crate) fn of(items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let full = items.len() >= limit as usize;
        let next = items.last().filter(|_| full).map(cursor);
        Self { items, next }
    }
}
