//! Variables of a GRAPH_TABLE and the tables that its nodes stand for.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::name_error;
use crate::PgqError;
use crate::expression::quote;
use crate::pattern::{Element, GraphTable, Name};
use crate::schema::{Node, Schema};

/// Where the rows of a node variable come from.
#[derive(Clone, Debug)]
pub(super) struct NodeTable {
    /// Key in the scope.
    pub(super) key: String,
    pub(super) alias: String,
    /// View, or subquery where there are several labels.
    pub(super) source: String,
    pub(super) id: String,
    /// Property to column.
    pub(super) properties: Vec<(String, String)>,
    pub(super) edge_columns: Vec<String>,
    /// Labels in upper case; empty: any.
    pub(super) labels: Vec<String>,
    /// For messages.
    pub(super) what: String,
}

/// The variables, and the aliases of elements that have none.
pub(super) struct Variables {
    nodes: HashMap<String, NodeTable>,
    /// Alias of each element, by its offset in the text.
    aliases: HashMap<usize, String>,
}

impl Variables {
    /// Collects the labels of every variable over all its occurrences.
    pub(super) fn collect(
        sql: &str,
        table: &GraphTable,
        schema: &Schema,
    ) -> Result<Self, PgqError> {
        let nodes = || table.paths.iter().flat_map(|path| &path.nodes);
        let edges = || table.paths.iter().flat_map(|path| path.edges.iter().map(|(_, edge)| edge));
        let node_names: HashSet<String> =
            nodes().filter_map(|node| node.variable.as_ref().map(Name::key)).collect();
        let mut names = node_names.clone();
        for name in edges().filter_map(|edge| edge.variable.as_ref()) {
            if node_names.contains(&name.key()) {
                let message = format!("`{}` names both a node and an edge", name.text);
                return Err(name_error(sql, name.offset, message));
            }
            if !names.insert(name.key()) {
                let message = format!(
                    "the edge `{}` stands twice in the pattern; an edge may stand once",
                    name.text
                );
                return Err(name_error(sql, name.offset, message));
            }
        }
        let mut variables = Self { nodes: HashMap::new(), aliases: HashMap::new() };
        variables.name_elements(nodes(), "n", &names);
        variables.name_elements(edges(), "e", &names);
        for node in nodes() {
            let key = variables.key(node);
            let occurrences: Vec<&Element> =
                nodes().filter(|other| variables.key(other) == key).collect();
            if !variables.nodes.contains_key(&key) {
                let table =
                    node_table(sql, schema, &key, &variables.aliases[&node.offset], &occurrences)?;
                variables.nodes.insert(key, table);
            }
        }
        Ok(variables)
    }

    /// The table of a node.
    pub(super) fn table(&self, node: &Element) -> &NodeTable {
        &self.nodes[&self.key(node)]
    }

    /// The alias of an edge.
    pub(super) fn edge_alias(&self, edge: &Element) -> String {
        self.aliases[&edge.offset].clone()
    }

    fn key(&self, element: &Element) -> String {
        element.variable.as_ref().map_or_else(|| self.aliases[&element.offset].clone(), Name::key)
    }

    fn name_elements<'a>(
        &mut self,
        elements: impl Iterator<Item = &'a Element>,
        prefix: &str,
        taken: &HashSet<String>,
    ) {
        let mut number = 0;
        for element in elements {
            let alias = match &element.variable {
                Some(name) => name.text.clone(),
                None => loop {
                    number += 1;
                    let alias = format!("_{prefix}{number}");
                    if !taken.contains(&alias) {
                        break alias;
                    }
                },
            };
            self.aliases.insert(element.offset, alias);
        }
    }
}

fn node_table(
    sql: &str,
    schema: &Schema,
    key: &str,
    alias: &str,
    occurrences: &[&Element],
) -> Result<NodeTable, PgqError> {
    let mut labels: Option<BTreeSet<String>> = None;
    for element in occurrences.iter().filter(|element| !element.labels.is_empty()) {
        let here: BTreeSet<String> =
            element.labels.iter().map(|label| label.text.to_uppercase()).collect();
        if labels.as_ref().is_some_and(|before| *before != here) {
            let message = format!("`{alias}` has other labels at another place of the pattern");
            return Err(name_error(sql, element.offset, message));
        }
        labels = Some(here);
    }
    let labels: Vec<String> = labels.unwrap_or_default().into_iter().collect();
    let offset_of = |label: &str| {
        let all = occurrences.iter().flat_map(|element| &element.labels);
        all.into_iter()
            .find(|l| l.text.eq_ignore_ascii_case(label))
            .map_or(occurrences[0].offset, |l| l.offset)
    };
    let mut tables = Vec::new();
    for label in &labels {
        let Some(node) = schema.node(label) else {
            let mut known: Vec<&str> =
                schema.nodes.iter().map(|node| node.label.as_str()).collect();
            known.sort_unstable();
            let message = format!("no node label `{label}`; there are {}", known.join(", "));
            return Err(name_error(sql, offset_of(label), message));
        };
        tables.push(node);
    }
    if tables.is_empty() {
        let Some(node) = &schema.any_node else {
            return Err(name_error(sql, occurrences[0].offset, "a node needs a label".into()));
        };
        tables.push(node);
    }
    let what = if labels.is_empty() { "a node without a label".into() } else { labels.join("|") };
    let (key, alias) = (key.to_string(), alias.to_string());
    if let [node] = tables[..] {
        let properties =
            node.properties.iter().map(|p| (p.name.clone(), p.column.clone())).collect();
        let edge_columns = node.edge_columns.clone();
        let (source, id) = (node.view.clone(), node.id.clone());
        return Ok(NodeTable { key, alias, source, id, properties, edge_columns, labels, what });
    }
    let (source, properties) = union(&tables);
    Ok(NodeTable {
        key,
        alias,
        source,
        id: ID.into(),
        properties,
        edge_columns: Vec::new(),
        labels,
        what,
    })
}

/// The id's column in a union.
const ID: &str = "_id";

/// Nodes of several labels: all their properties, NULL where a label has none of that name.
fn union(tables: &[&Node]) -> (String, Vec<(String, String)>) {
    let mut names: Vec<&str> = Vec::new();
    for property in tables.iter().flat_map(|node| &node.properties) {
        if !names.iter().any(|name| name.eq_ignore_ascii_case(&property.name)) {
            names.push(&property.name);
        }
    }
    let arms = tables.iter().map(|node| {
        let columns = names.iter().map(|name| match node.property(name) {
            Some(column) => format!("{} AS {}", quote(column), quote(name)),
            None => format!("NULL AS {}", quote(name)),
        });
        let columns: Vec<String> = std::iter::once(format!("{} AS {}", quote(&node.id), quote(ID)))
            .chain(columns)
            .collect();
        format!("SELECT {} FROM {}", columns.join(", "), node.view)
    });
    let source = format!("({})", arms.collect::<Vec<_>>().join(" UNION ALL "));
    (source, names.iter().map(|name| ((*name).to_string(), (*name).to_string())).collect())
}
