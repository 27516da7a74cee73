//! The HTTP interface: `/api/v1`.

pub(crate) mod app;
mod edge;
pub(crate) mod guard;
mod limits;
pub(crate) mod openapi;
pub(crate) mod problem;
pub(crate) mod routes;
pub(crate) mod sse;
