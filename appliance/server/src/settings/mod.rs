//! Settings: what can be set ([`schema`]), where values come from ([`load`]), what they are for
//! the program ([`Settings`]), and which of them this release cannot serve ([`review`]).

mod error;
mod expand;
mod load;
mod model;
pub(crate) mod reference;
mod review;
pub(crate) mod schema;
mod secret;
mod yaml;

#[cfg(test)]
mod tests;

pub(crate) use error::SettingsError;
pub(crate) use load::{Loaded, Resolved, load};
pub(crate) use model::{LocalLlm, Log as LogSettings, Mode, Settings};
pub(crate) use review::{Severity, review};
