//! Expressions inside of a GRAPH_TABLE: copied as they are, but for `variable.PROPERTY` and
//! `ELEMENT_ID(variable)`, which become columns.

use std::collections::HashMap;
use std::ops::Range;

use crate::PgqError;
use crate::error::place;
use crate::parse::unquoted;
use crate::token::Token;

/// What a variable stands for.
pub(crate) struct Binding {
    /// Alias in the FROM list.
    pub(crate) alias: String,
    /// Column with the id; edges have none.
    pub(crate) id: Option<String>,
    /// Property in upper case to column.
    pub(crate) properties: Vec<(String, String)>,
    /// For messages: `METHOD`.
    pub(crate) what: String,
}

/// All variables of a GRAPH_TABLE, by their key.
pub(crate) type Scope = HashMap<String, Binding>;

/// An identifier in double quotes.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Binding {
    /// The column of a property, qualified.
    pub(crate) fn column(&self, property: &str) -> Option<String> {
        let (_, column) =
            self.properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(property))?;
        Some(format!("{}.{}", quote(&self.alias), quote(column)))
    }
}

/// The SQL of a run of tokens.
pub(crate) fn rewrite(
    sql: &str,
    tokens: &[Token],
    range: Range<usize>,
    scope: &Scope,
) -> Result<String, PgqError> {
    let run = &tokens[range.clone()];
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(String::new()) };
    // A subquery has names of its own, so unknown ones are left to the database.
    let is_closed = !run.iter().any(|token| token.is_word(sql, "SELECT"));
    let mut out = String::new();
    let mut copied = first.start;
    let mut at = 0;
    while at < run.len() {
        let Some((text, length)) = replacement(sql, run, at, scope, is_closed)? else {
            at += 1;
            continue;
        };
        out.push_str(&sql[copied..run[at].start]);
        out.push_str(&text);
        copied = run[at + length - 1].end;
        at += length;
    }
    out.push_str(&sql[copied..last.end]);
    Ok(out)
}

/// The name of a column that is a property and nothing else, as the query writes it.
pub(crate) fn property_name(sql: &str, run: &[Token]) -> Option<String> {
    match run {
        [variable, dot, property]
            if variable.is_name() && dot.is_mark('.') && property.is_name() =>
        {
            Some(unquoted(property, sql))
        }
        _ => None,
    }
}

/// What stands for the tokens at `at`, and how many it replaces.
fn replacement(
    sql: &str,
    run: &[Token],
    at: usize,
    scope: &Scope,
    is_closed: bool,
) -> Result<Option<(String, usize)>, PgqError> {
    let token = &run[at];
    let mark_at = |ahead: usize, mark| run.get(at + ahead).is_some_and(|t: &Token| t.is_mark(mark));
    if !token.is_name() || (at > 0 && run[at - 1].is_mark('.')) {
        return Ok(None);
    }
    let error = |token: &Token, message: String| {
        let (line, column) = place(sql, token.start);
        PgqError::Name { line, column, message }
    };
    let is_element_id = token.is_word(sql, "ELEMENT_ID") && mark_at(1, '(') && mark_at(3, ')');
    if is_element_id {
        let variable = &run[at + 2];
        let Some(binding) = scope.get(&unquoted(variable, sql).to_lowercase()) else {
            return Err(error(
                variable,
                format!("no variable `{}` in the pattern", variable.text(sql)),
            ));
        };
        let Some(id) = &binding.id else {
            return Err(error(variable, "edges have no id; use the ids of its nodes".into()));
        };
        return Ok(Some((format!("{}.{}", quote(&binding.alias), quote(id)), 4)));
    }
    let binding = scope.get(&unquoted(token, sql).to_lowercase());
    let is_qualifier = mark_at(1, '.') && run.get(at + 2).is_some_and(Token::is_name);
    match binding {
        Some(binding) if is_qualifier => {
            let property = unquoted(&run[at + 2], sql);
            let Some(column) = binding.column(&property) else {
                return Err(error(&run[at + 2], no_property(binding, &property)));
            };
            Ok(Some((column, 3)))
        }
        Some(_) if is_closed && !mark_at(1, '(') => {
            let name = token.text(sql);
            Err(error(
                token,
                format!(
                    "`{name}` is a node or an edge; write `{name}.PROPERTY` or ELEMENT_ID({name})"
                ),
            ))
        }
        None if is_closed && is_qualifier => {
            Err(error(token, format!("no variable `{}` in the pattern", token.text(sql))))
        }
        _ => Ok(None),
    }
}

fn no_property(binding: &Binding, property: &str) -> String {
    let mut names: Vec<&str> = binding.properties.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let what = &binding.what;
    if names.is_empty() {
        return format!("{what} has no properties, so no `{property}`");
    }
    format!("{what} has no property `{property}`; it has {}", names.join(", "))
}
