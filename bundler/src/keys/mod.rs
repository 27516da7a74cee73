//! Private keys on disk, the key folder, and what is signed where.

pub(crate) mod file;
pub(crate) mod minisign;
pub(crate) mod passphrase;
pub(crate) mod pending;
pub(crate) mod request;
pub(crate) mod ring;
pub(crate) mod sheet;
pub(crate) mod unsigned;
