//! What the labels of the property graph stand for in the database. Plain data, handed in by the
//! crate that owns the views.

/// A property graph over views.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Name of the graph in `GRAPH_TABLE (name MATCH …)`; compared without regard to case.
    pub graph: String,
    /// One entry for each node label.
    pub nodes: Vec<Node>,
    /// The view over all nodes; stands for a node without a label. Its `label` is empty.
    pub any_node: Option<Node>,
    /// One entry for each edge label and pair of ends. A label may come several times with
    /// different ends (`CALL` from a CALL to a METHOD, and from a METHOD to a METHOD).
    pub edges: Vec<Edge>,
}

/// Where the nodes of a label lie.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Label, as in CPG 1.1 (`METHOD`).
    pub label: String,
    /// View with one row for each node.
    pub view: String,
    /// Column with the node's id.
    pub id: String,
    /// Properties that may be named in a query.
    pub properties: Vec<Property>,
    /// Columns of the view that hold the other end's id of edges that are columns. They need not
    /// be properties.
    pub edge_columns: Vec<String>,
}

/// Where the edges of a label, between two sets of ends, lie.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// Label (`AST`).
    pub label: String,
    /// View with one row for each edge.
    pub view: String,
    /// Column of `view` with the id of the node that the edge leaves.
    pub src: String,
    /// Column of `view` with the id of the node that the edge enters.
    pub dst: String,
    /// Properties that may be named in a query.
    pub properties: Vec<Property>,
    /// Labels of the nodes that it leaves; empty: any.
    pub from: Vec<String>,
    /// Labels of the nodes that it enters; empty: any.
    pub to: Vec<String>,
    /// Set where the edge is a column of one of its nodes: then a join on that column answers
    /// without the edge view. Used only if the edge has no properties named in the query.
    pub column: Option<EdgeColumn>,
}

/// An edge kept as a column of one of its nodes.
#[derive(Clone, Debug)]
pub struct EdgeColumn {
    /// The node that has the column.
    pub end: End,
    /// The column (listed in [`Node::edge_columns`] of the labels that have it); it holds the id
    /// of the node at the other end, or NULL.
    pub column: String,
    /// Only rows where this column (also listed in [`Node::edge_columns`]) has this text are edges
    /// of the label: the role column for `CONDITION`.
    pub only: Option<(String, String)>,
}

/// One end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The node that the edge leaves.
    Source,
    /// The node that the edge enters.
    Target,
}

/// A property and the column behind it.
#[derive(Clone, Debug)]
pub struct Property {
    /// Name as in CPG 1.1 (`FULL_NAME`); compared without regard to case.
    pub name: String,
    /// Column of the view.
    pub column: String,
}

impl Schema {
    /// The node table of a label, compared without regard to case.
    pub fn node(&self, label: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.label.eq_ignore_ascii_case(label))
    }
}

impl Node {
    /// The column behind a property, compared without regard to case.
    pub fn property(&self, name: &str) -> Option<&str> {
        find(&self.properties, name)
    }

    /// Whether the view has an edge column of that name.
    pub fn has_edge_column(&self, name: &str) -> bool {
        self.edge_columns.iter().any(|column| column.eq_ignore_ascii_case(name))
    }
}

impl Edge {
    /// The column behind a property, compared without regard to case.
    pub fn property(&self, name: &str) -> Option<&str> {
        find(&self.properties, name)
    }
}

fn find<'a>(properties: &'a [Property], name: &str) -> Option<&'a str> {
    properties.iter().find(|p| p.name.eq_ignore_ascii_case(name)).map(|p| p.column.as_str())
}
