//! The schema as data: tables, the views over them, the property graph, and their reference page.

mod ddl;
mod document;
mod edges;
mod nodes;
mod overlay;
mod pgq;
mod table;
mod tables;

pub(crate) use ddl::{create_tables, create_views};
pub use document::document;
pub(crate) use edges::edge_views;
pub(crate) use nodes::{any_node_view, node_views};
pub(crate) use overlay::{BASE, MASKED, OWN, graph_views, own_name, search_views};
pub use pgq::property_graph;
pub(crate) use table::{ColumnType, Table};
pub(crate) use tables::{CHUNK, TABLES, TableId};

/// Version of the tables. A release reads its own version and the one before.
pub const STORAGE_VERSION: u32 = 1;
/// Version of an overlay, which needs its base beside it.
pub(crate) const OVERLAY_VERSION: u32 = 2;
