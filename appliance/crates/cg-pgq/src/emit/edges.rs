//! Which views an edge of a pattern stands for: its labels, its direction and the labels of its
//! ends decide.

use super::name_error;
use super::nodes::NodeTable;
use crate::PgqError;
use crate::expression::quote;
use crate::pattern::{Direction, Element};
use crate::schema::{Edge, End, Schema};

/// How two nodes are joined.
pub(super) enum Join {
    /// By the rows of a view or subquery; `src` belongs to the left node, `dst` to the right one.
    View { source: String, src: String, dst: String },
    /// By a column of one of them.
    Column { owner_is_left: bool, column: String, only: Option<(String, String)> },
}

/// An edge of a pattern, ready to be joined.
pub(super) struct EdgeTable {
    pub(super) join: Join,
    pub(super) properties: Vec<(String, String)>,
    /// For messages.
    pub(super) what: String,
}

/// One kind of edge, walked one way.
struct Arm<'a> {
    edge: &'a Edge,
    way: Way,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Forward,
    Backward,
}

/// Finds the views of an edge between two nodes.
pub(super) fn resolve_edge(
    sql: &str,
    schema: &Schema,
    element: &Element,
    direction: Direction,
    left: &NodeTable,
    right: &NodeTable,
) -> Result<EdgeTable, PgqError> {
    for label in &element.labels {
        if !schema.edges.iter().any(|edge| edge.label.eq_ignore_ascii_case(&label.text)) {
            let mut known: Vec<&str> =
                schema.edges.iter().map(|edge| edge.label.as_str()).collect();
            known.sort_unstable();
            known.dedup();
            let message = format!("no edge label `{}`; there are {}", label.text, known.join(", "));
            return Err(name_error(sql, label.offset, message));
        }
    }
    let wanted = |edge: &&Edge| {
        element.labels.is_empty()
            || element.labels.iter().any(|label| edge.label.eq_ignore_ascii_case(&label.text))
    };
    let mut arms = Vec::new();
    for edge in schema.edges.iter().filter(wanted) {
        if direction != Direction::Left && fits(&edge.from, left) && fits(&edge.to, right) {
            arms.push(Arm { edge, way: Way::Forward });
        }
        if direction != Direction::Right && fits(&edge.from, right) && fits(&edge.to, left) {
            arms.push(Arm { edge, way: Way::Backward });
        }
    }
    let labels: Vec<String> =
        element.labels.iter().map(|label| label.text.to_uppercase()).collect();
    let what = if labels.is_empty() {
        "an edge without a label".into()
    } else {
        format!("the edge {}", labels.join("|"))
    };
    match &arms[..] {
        [] => Err(name_error(
            sql,
            element.offset,
            no_such_ends(schema.edges.iter().filter(wanted), &what, left, right),
        )),
        [arm] => Ok(single(arm, element, left, right, what)),
        arms => Ok(union(arms, direction, what)),
    }
}

fn fits(ends: &[String], node: &NodeTable) -> bool {
    ends.is_empty()
        || node.labels.is_empty()
        || ends.iter().any(|end| node.labels.iter().any(|label| label.eq_ignore_ascii_case(end)))
}

fn single(
    arm: &Arm<'_>,
    element: &Element,
    left: &NodeTable,
    right: &NodeTable,
    what: String,
) -> EdgeTable {
    let edge = arm.edge;
    let forward = arm.way == Way::Forward;
    let properties: Vec<(String, String)> =
        edge.properties.iter().map(|p| (p.name.clone(), p.column.clone())).collect();
    if let Some(column) = &edge.column {
        let owner_is_left = (column.end == End::Source) == forward;
        let owner = if owner_is_left { left } else { right };
        let has = |name: &str| owner.edge_columns.iter().any(|c| c.eq_ignore_ascii_case(name));
        let has_columns =
            has(&column.column) && column.only.as_ref().is_none_or(|(name, _)| has(name));
        if has_columns && (properties.is_empty() || element.variable.is_none()) {
            let join = Join::Column {
                owner_is_left,
                column: column.column.clone(),
                only: column.only.clone(),
            };
            return EdgeTable { join, properties: Vec::new(), what };
        }
    }
    let (src, dst) = if forward { (&edge.src, &edge.dst) } else { (&edge.dst, &edge.src) };
    let join = Join::View { source: edge.view.clone(), src: src.clone(), dst: dst.clone() };
    EdgeTable { join, properties, what }
}

/// Columns of the ends in a union.
const SRC: &str = "_src";
const DST: &str = "_dst";

fn union(arms: &[Arm<'_>], direction: Direction, what: String) -> EdgeTable {
    let mut names: Vec<&str> = Vec::new();
    for property in arms.iter().flat_map(|arm| &arm.edge.properties) {
        if !names.iter().any(|name| name.eq_ignore_ascii_case(&property.name)) {
            names.push(&property.name);
        }
    }
    let selects = arms.iter().map(|Arm { edge, way }| {
        let (left, right) = match way {
            Way::Forward => (&edge.src, &edge.dst),
            Way::Backward => (&edge.dst, &edge.src),
        };
        let mut columns = vec![
            format!("{} AS {}", quote(left), quote(SRC)),
            format!("{} AS {}", quote(right), quote(DST)),
        ];
        columns.extend(names.iter().map(|name| match edge.property(name) {
            Some(column) => format!("{} AS {}", quote(column), quote(name)),
            None => format!("NULL AS {}", quote(name)),
        }));
        let mut select = format!("SELECT {} FROM {}", columns.join(", "), edge.view);
        // An edge from a node to itself is one edge, whichever way it is walked.
        if direction == Direction::Any && *way == Way::Backward {
            select.push_str(&format!(" WHERE {} <> {}", quote(&edge.src), quote(&edge.dst)));
        }
        select
    });
    let source = format!("({})", selects.collect::<Vec<_>>().join(" UNION ALL "));
    let properties = names.iter().map(|name| ((*name).to_string(), (*name).to_string())).collect();
    EdgeTable { join: Join::View { source, src: SRC.into(), dst: DST.into() }, properties, what }
}

fn no_such_ends<'a>(
    edges: impl Iterator<Item = &'a Edge>,
    what: &str,
    left: &NodeTable,
    right: &NodeTable,
) -> String {
    let list = |labels: &[String]| if labels.is_empty() { "any".into() } else { labels.join("|") };
    let ends: Vec<String> =
        edges.take(8).map(|edge| format!("{} -> {}", list(&edge.from), list(&edge.to))).collect();
    format!(
        "{what} does not join {} and {} this way; it leads {}",
        left.what,
        right.what,
        ends.join(", ")
    )
}
