//! One thing that goes into a bundle, before its bytes were looked at.

use std::path::PathBuf;

use cg_bundle_format::{Digest, Mode, Origin, PlainPath, Role};

/// Where bytes come from.
#[derive(Debug, Clone)]
pub(crate) enum Bytes {
    File(PathBuf),
    Memory(Vec<u8>),
}

/// Whether a blob may be compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Its bytes must stay: it is compressed already, or stands in front of the payload.
    AsIs,
    /// Where a sample shrinks.
    IfItShrinks,
}

/// What must be true of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) digest: Digest,
    /// `None`: any size.
    pub(crate) size: Option<u64>,
}

/// A blob to be, and where it is placed.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) bytes: Bytes,
    pub(crate) role: Role,
    pub(crate) media_type: String,
    pub(crate) component: String,
    pub(crate) origin: Origin,
    pub(crate) expected: Option<Expected>,
    pub(crate) packing: Packing,
    pub(crate) place: Option<(PlainPath, Mode)>,
    /// For the bill of materials.
    pub(crate) version: Option<String>,
    /// For the bill of materials.
    pub(crate) licence: Option<String>,
}

impl Item {
    /// `application/vnd.codegraph.<role>.v1`
    pub(crate) fn own_media_type(role: &Role) -> String {
        format!("application/vnd.codegraph.{}.v1", role.as_str())
    }
}
