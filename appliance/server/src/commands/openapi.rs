//! `codegraph openapi`.
use std::process::ExitCode;
use crate::context::Context;
pub(crate) fn run(_context: &Context) -> anyhow::Result<ExitCode> { anyhow::bail!("not built yet") }
