//! SQL/PGQ to plain DuckDB SQL: `GRAPH_TABLE (cpg MATCH … COLUMNS (…))` in a statement becomes a
//! subquery of joins over the graph's views. Text in, text out; no database here.
//!
//! Supported: node and edge labels with `|`, all directions, inline and trailing WHERE, repeated
//! variables, several patterns by comma, `ELEMENT_ID`. Quantifiers, shortest paths and path
//! variables are refused with a message.

mod emit;
mod error;
mod expression;
mod parse;
mod pattern;
mod schema;
mod token;
mod translate;

pub use error::PgqError;
pub use schema::{Edge, EdgeColumn, End, Node, Property, Schema};
pub use translate::translate;
