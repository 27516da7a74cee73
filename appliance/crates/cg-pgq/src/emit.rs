//! A parsed GRAPH_TABLE to a subquery: a FROM list of views, join conditions, the query's own
//! conditions, the columns.

mod edges;
mod nodes;

use crate::PgqError;
use crate::error::place;
use crate::expression::{Binding, Scope, property_name, quote, rewrite};
use crate::pattern::{Column, Direction, Element, GraphTable, Name};
use crate::schema::Schema;
use crate::token::Token;
use edges::{Join, resolve_edge};
use nodes::{NodeTable, Variables};

/// Everything that the steps of one GRAPH_TABLE share.
struct Emitter<'a> {
    sql: &'a str,
    schema: &'a Schema,
    variables: Variables,
    scope: Scope,
    from: Vec<String>,
    conditions: Vec<String>,
}

/// The subquery, in brackets.
pub(crate) fn emit(
    sql: &str,
    tokens: &[Token],
    table: &GraphTable,
    schema: &Schema,
) -> Result<String, PgqError> {
    let variables = Variables::collect(sql, table, schema)?;
    let mut emitter = Emitter {
        sql,
        schema,
        variables,
        scope: Scope::new(),
        from: Vec::new(),
        conditions: Vec::new(),
    };
    let mut inline = Vec::new();
    for path in &table.paths {
        let mut left = emitter.node(&path.nodes[0]);
        inline.extend(path.nodes[0].condition.clone());
        for ((direction, edge), node) in path.edges.iter().zip(&path.nodes[1..]) {
            let right = emitter.variables.table(node).clone();
            emitter.edge(*direction, edge, &left, &right)?;
            inline.extend(edge.condition.clone());
            left = emitter.node(node);
            inline.extend(node.condition.clone());
        }
    }
    for condition in inline.into_iter().chain(table.condition.clone()) {
        let text = rewrite(sql, tokens, condition, &emitter.scope)?;
        emitter.conditions.push(format!("({text})"));
    }
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| emitter.column(tokens, column))
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    let mut out = format!("(SELECT {} FROM {}", columns.join(", "), emitter.from.join(", "));
    if !emitter.conditions.is_empty() {
        out.push_str(" WHERE ");
        out.push_str(&emitter.conditions.join(" AND "));
    }
    out.push(')');
    Ok(out)
}

impl Emitter<'_> {
    /// Puts a node's view into the FROM list unless an earlier occurrence has.
    fn node(&mut self, element: &Element) -> NodeTable {
        let table = self.variables.table(element).clone();
        if !self.scope.contains_key(&table.key) {
            self.from.push(format!("{} AS {}", table.source, quote(&table.alias)));
            let binding = Binding {
                alias: table.alias.clone(),
                id: Some(table.id.clone()),
                properties: table.properties.clone(),
                what: table.what.clone(),
            };
            self.scope.insert(table.key.clone(), binding);
        }
        table
    }

    /// Joins two nodes by an edge.
    fn edge(
        &mut self,
        direction: Direction,
        element: &Element,
        left: &NodeTable,
        right: &NodeTable,
    ) -> Result<(), PgqError> {
        let edge = resolve_edge(self.sql, self.schema, element, direction, left, right)?;
        let alias = self.variables.edge_alias(element);
        let column =
            |table: &NodeTable, name: &str| format!("{}.{}", quote(&table.alias), quote(name));
        match edge.join {
            Join::View { source, src, dst } => {
                self.from.push(format!("{source} AS {}", quote(&alias)));
                let end = |name: &str| format!("{}.{}", quote(&alias), quote(name));
                self.conditions.push(format!("{} = {}", end(&src), column(left, &left.id)));
                self.conditions.push(format!("{} = {}", end(&dst), column(right, &right.id)));
            }
            Join::Column { owner_is_left, column: name, only } => {
                let (owner, other) = if owner_is_left { (left, right) } else { (right, left) };
                self.conditions.push(format!(
                    "{} = {}",
                    column(owner, &name),
                    column(other, &other.id)
                ));
                if let Some((name, text)) = only {
                    self.conditions.push(format!(
                        "{} = '{}'",
                        column(owner, &name),
                        text.replace('\'', "''")
                    ));
                }
            }
        }
        if let Some(variable) = &element.variable {
            let binding = Binding { alias, id: None, properties: edge.properties, what: edge.what };
            self.scope.insert(variable.key(), binding);
        }
        Ok(())
    }

    /// The SQL of an output column; `v.*` gives several.
    fn column(&self, tokens: &[Token], column: &Column) -> Result<Vec<String>, PgqError> {
        match column {
            Column::Expression { tokens: range, alias } => {
                let text = rewrite(self.sql, tokens, range.clone(), &self.scope)?;
                let name = alias
                    .as_ref()
                    .map(|name| name.text.clone())
                    .or_else(|| property_name(self.sql, &tokens[range.clone()]));
                Ok(vec![match name {
                    Some(name) => format!("{text} AS {}", quote(&name)),
                    None => text,
                }])
            }
            Column::All(variable) => self.all(variable),
        }
    }

    fn all(&self, variable: &Name) -> Result<Vec<String>, PgqError> {
        let Some(binding) = self.scope.get(&variable.key()) else {
            let message = format!("no variable `{}` in the pattern", variable.text);
            return Err(name_error(self.sql, variable.offset, message));
        };
        if binding.properties.is_empty() {
            let message = format!("{} has no properties", binding.what);
            return Err(name_error(self.sql, variable.offset, message));
        }
        let alias = quote(&binding.alias);
        let columns = binding.properties.iter();
        Ok(columns
            .map(|(name, column)| format!("{alias}.{} AS {}", quote(column), quote(name)))
            .collect())
    }
}

fn name_error(sql: &str, offset: usize, message: String) -> PgqError {
    let (line, column) = place(sql, offset);
    PgqError::Name { line, column, message }
}
