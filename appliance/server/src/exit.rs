//! How the program ends: the exit codes, and which failure means which.

use std::process::ExitCode;

/// The user's error: wrong argument, wrong configuration, something that does not exist.
pub(crate) const USER: u8 = 1;
/// Anything that should not have happened.
pub(crate) const UNEXPECTED: u8 = 2;
/// Something was checked and is not what it claims to be.
pub(crate) const VERIFICATION: u8 = 3;

/// A failure whose kind decides the exit code. Everything else ends with [`UNEXPECTED`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// See [`USER`].
    #[error("{0}")]
    User(String),
    /// See [`VERIFICATION`].
    #[error("{0}")]
    Verification(String),
}

/// A user's error as an `anyhow::Error`.
pub(crate) fn user(message: impl Into<String>) -> anyhow::Error {
    Failure::User(message.into()).into()
}

/// Writes the failure and its causes to stderr in one line; gives the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("codegraph: {error:#}");
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
    ExitCode::from(match failure {
        Some(Failure::User(_)) => USER,
        Some(Failure::Verification(_)) => VERIFICATION,
        None => UNEXPECTED,
    })
}
