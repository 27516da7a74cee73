//! The HTTP interface.

pub(crate) mod routes;
