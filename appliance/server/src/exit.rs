//! How the program ends: the exit codes, and which failure means which.

use std::process::ExitCode;

use cg_store::StoreError;

use crate::catalog::CatalogError;
use crate::revision::RevisionError;
use crate::settings::SettingsError;

/// The user's error: wrong argument, wrong configuration, something that does not exist.
pub(crate) const USER: u8 = 1;
/// Anything that should not have happened.
pub(crate) const UNEXPECTED: u8 = 2;
/// Something was checked and is not what it claims to be.
pub(crate) const VERIFICATION: u8 = 3;

/// The user's error; see [`USER`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UserError(String);

/// A user's error as an `anyhow::Error`.
pub(crate) fn user(message: impl Into<String>) -> anyhow::Error {
    UserError(message.into()).into()
}

/// Writes the failure and its causes to stderr in one line; gives the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("codegraph: {error:#}");
    ExitCode::from(error.chain().find_map(code_of).unwrap_or(UNEXPECTED))
}

/// The code of an error whose kind says whose fault it is.
fn code_of(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if cause.is::<UserError>() || cause.is::<RevisionError>() || cause.is::<SettingsError>() {
        return Some(USER);
    }
    if let Some(error) = cause.downcast_ref::<CatalogError>() {
        return (!matches!(error, CatalogError::Store(_))).then_some(USER);
    }
    match cause.downcast_ref::<StoreError>()? {
        StoreError::Database(_) | StoreError::Content { .. } => None,
        _ => Some(USER),
    }
}
