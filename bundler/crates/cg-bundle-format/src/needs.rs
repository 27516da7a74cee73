//! What a release asks of a host: system software, and builds that want an accelerator.

use serde::{Deserialize, Serialize};

/// The oldest system software that a release runs on; an empty text asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requires {
    /// C library, as `2.28`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub glibc: String,
    /// Kernel, as `5.10`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kernel: String,
    /// systemd, as `247`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub systemd: String,
}

impl Requires {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A component that takes the place of another one where the host has an accelerator: both may place
/// files at the same paths, and exactly one of the two is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// The component that needs the accelerator; optional.
    pub component: String,
    /// The component that serves every host; optional.
    pub instead_of: String,
    /// Kind of accelerator, as `cuda`. An installer never chooses a kind that it does not know.
    pub accelerator: String,
    /// Oldest driver, as `525.60.13`; empty where any will do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub driver: String,
    /// Memory that the accelerator must have, in bytes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub memory_bytes: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
