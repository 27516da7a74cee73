//! One file a command. Each has `Args` (clap) and `run(&Context, Args) -> anyhow::Result<ExitCode>`.

pub(crate) mod admin;
pub(crate) mod ask;
pub(crate) mod audit;
pub(crate) mod calls;
pub(crate) mod config;
pub(crate) mod db;
pub(crate) mod definition;
pub(crate) mod diff;
mod dispatch;
pub(crate) mod doctor;
pub(crate) mod gate;
mod graph;
pub(crate) mod index;
pub(crate) mod openapi;
pub(crate) mod query;
pub(crate) mod references;
pub(crate) mod registry;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod status;
mod table;
pub(crate) mod worker;

pub(crate) use dispatch::run;
