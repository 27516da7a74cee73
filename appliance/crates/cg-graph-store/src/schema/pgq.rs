//! The property graph `cpg` over the views.

use cg_pgq::{Edge, EdgeColumn, End, Node, Property, Schema};

use super::edges::Holder;
use super::nodes::{EDGE_COLUMNS, NodeView};
use super::{any_node_view, edge_views, node_views};

/// The property graph `cpg`, for `GRAPH_TABLE (cpg MATCH …)`.
pub fn property_graph() -> Schema {
    Schema {
        graph: "cpg".into(),
        nodes: node_views().iter().map(node).collect(),
        any_node: Some(node(&any_node_view())),
        edges: edge_views()
            .into_iter()
            .map(|view| Edge {
                label: view.label.into(),
                view: view.name,
                src: "src".into(),
                dst: "dst".into(),
                properties: view
                    .properties
                    .iter()
                    .map(|(name, column)| Property {
                        name: (*name).into(),
                        column: (*column).into(),
                    })
                    .collect(),
                from: view.from.iter().map(|label| (*label).to_owned()).collect(),
                to: view.to.iter().map(|label| (*label).to_owned()).collect(),
                column: view.column.map(|(holder, column)| EdgeColumn {
                    end: match holder {
                        Holder::Source => End::Source,
                        Holder::Target => End::Target,
                    },
                    column: column.into(),
                    only: view.role.map(|role| ("role".into(), role.into())),
                }),
            })
            .collect(),
    }
}

fn node(view: &NodeView) -> Node {
    let edge_columns = view.columns.iter().filter(|c| EDGE_COLUMNS.contains(&c.name));
    Node {
        label: view.label.into(),
        view: view.name.clone(),
        id: "id".into(),
        properties: view
            .columns
            .iter()
            .filter(|c| !c.property.is_empty())
            .map(|c| Property { name: c.property.into(), column: c.name.into() })
            .collect(),
        edge_columns: edge_columns.map(|c| c.name.to_owned()).collect(),
    }
}
