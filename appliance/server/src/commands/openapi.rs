//! `codegraph openapi`: the description of the HTTP interface.

use std::process::ExitCode;

use crate::context::Context;
use crate::http::openapi;

pub(crate) fn run(_context: &Context) -> anyhow::Result<ExitCode> {
    print!("{}", openapi::json());
    Ok(ExitCode::SUCCESS)
}
