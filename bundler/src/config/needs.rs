//! What the release asks of a host.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Component;

/// The oldest system software that the programs run on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requires {
    /// C library, as `2.28`. Left out: what the programs and libraries need, as their files tell; less is refused.
    #[serde(default)]
    pub(crate) glibc: String,
    /// Kernel, as `5.10`.
    #[serde(default)]
    pub(crate) kernel: String,
    /// systemd, as `247`.
    #[serde(default)]
    pub(crate) systemd: String,
}

impl Requires {
    /// With the C library that the files ask for.
    pub(crate) fn of_manifest(&self, glibc: String) -> cg_bundle_format::Requires {
        cg_bundle_format::Requires {
            glibc,
            kernel: self.kernel.clone(),
            systemd: self.systemd.clone(),
        }
    }
}

/// On which hosts a component takes the place of another one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlternativeEntry {
    /// The component that serves every host. Both must be optional.
    pub(crate) instead_of: String,
    /// Kind of accelerator: `cuda`.
    pub(crate) accelerator: String,
    /// Oldest driver, as `525.60.13`. Left out: any.
    #[serde(default)]
    pub(crate) driver: String,
    /// Memory that the accelerator must have, in bytes. Left out: any.
    #[serde(default)]
    pub(crate) memory_bytes: u64,
}

impl Component {
    pub(crate) fn alternative(&self) -> Option<cg_bundle_format::Alternative> {
        self.alternative.as_ref().map(|entry| cg_bundle_format::Alternative {
            component: self.name.clone(),
            instead_of: entry.instead_of.clone(),
            accelerator: entry.accelerator.clone(),
            driver: entry.driver.clone(),
            memory_bytes: entry.memory_bytes,
        })
    }
}
