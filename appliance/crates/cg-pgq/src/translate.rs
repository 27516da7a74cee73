//! Finds each GRAPH_TABLE in a statement and puts a subquery in its place; all other bytes stay.

use crate::PgqError;
use crate::emit::emit;
use crate::error::place;
use crate::parse::Parser;
use crate::schema::Schema;
use crate::token::{Token, tokens};

/// GRAPH_TABLEs in one statement.
const MAX_GRAPH_TABLES: usize = 20;

/// Translates every `GRAPH_TABLE (…)` in a SQL text to plain DuckDB SQL over the schema's views.
/// A text without one comes back unchanged. Strings, comments and quoted identifiers are left
/// alone. The result is no safer than the text: it has to be run with the same restrictions.
pub fn translate(sql: &str, schema: &Schema) -> Result<String, PgqError> {
    let tokens = tokens(sql);
    let mut out = String::new();
    let mut copied = 0;
    let mut count = 0;
    let mut at = 0;
    while at < tokens.len() {
        if !is_graph_table(sql, &tokens, at) {
            at += 1;
            continue;
        }
        count += 1;
        if count > MAX_GRAPH_TABLES {
            let (line, column) = place(sql, tokens[at].start);
            return Err(PgqError::Limit {
                line,
                column,
                what: "GRAPH_TABLEs",
                limit: MAX_GRAPH_TABLES,
            });
        }
        let start = tokens[at].start;
        let mut parser = Parser::new(sql, &tokens, at + 2);
        let table = parser.graph_table(&schema.graph)?;
        out.push_str(&sql[copied..start]);
        out.push_str(&emit(sql, &tokens, &table, schema)?);
        copied = tokens[parser.at - 1].end;
        at = parser.at;
    }
    out.push_str(&sql[copied..]);
    Ok(out)
}

/// Whether `GRAPH_TABLE (` begins here, and not as part of a qualified name.
fn is_graph_table(sql: &str, tokens: &[Token], at: usize) -> bool {
    tokens[at].is_word(sql, "GRAPH_TABLE")
        && tokens.get(at + 1).is_some_and(|next| next.is_mark('('))
        && (at == 0 || !tokens[at - 1].is_mark('.'))
}
