//! Exit codes, and how an error is told on the way out.

use std::process::ExitCode;

/// Wrong arguments, configuration or files.
pub(crate) const USER: u8 = 1;
/// Anything that should not happen.
const UNEXPECTED: u8 = 2;
/// The machine does not fit: processor or memory.
const PREFLIGHT: u8 = 4;

/// An error that the caller can mend.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UserError(pub(crate) String);

/// Makes an error that the caller can mend.
pub(crate) fn user(message: impl Into<String>) -> anyhow::Error {
    UserError(message.into()).into()
}

/// Writes the error to stderr, its last line being the cause, and chooses the code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("codegraph-llm: {error:#}");
    let code = match error.downcast_ref::<cg_llama::Error>() {
        Some(cg_llama::Error::Cpu { .. } | cg_llama::Error::Memory { .. }) => PREFLIGHT,
        Some(cg_llama::Error::BadModel { .. } | cg_llama::Error::Option { .. }) => USER,
        Some(_) => UNEXPECTED,
        None if error.is::<UserError>() || error.is::<cg_candle::Error>() => USER,
        None => UNEXPECTED,
    };
    ExitCode::from(code)
}
