//! Which packages the layers of an image hold, read from the databases of dpkg, apk and rpm in them, and from what
//! pip and npm leave beside each package.
//!
//! Layers come from strangers: nothing is unpacked, nothing is written, no name becomes a path, and
//! every size has a limit. What cannot be read is said in a note and never passed over in silence.
//!
//! ```text
//! Rootfs::new(limits)
//!   .apply(layer)        once for each layer, lowest first; whiteouts take away what lies below
//!   .inventory()         -> Inventory { os, packages, notes }
//! ```

mod apk;
mod bytes;
mod copyright;
mod dpkg;
mod inventory;
mod layer;
mod limits;
mod npm;
mod os_release;
mod pypi;
mod rootfs;
mod rpm;
mod tar;
mod text;
mod tracked;

pub use inventory::{Inventory, Os, Package, PackageKind};
pub use limits::Limits;
pub use rootfs::{Error, Rootfs};

/// The parsers one by one, for fuzzing and for tests with damaged input.
pub mod parsers {
    pub use crate::apk::packages as apk;
    pub use crate::copyright::licences as copyright;
    pub use crate::dpkg::packages as dpkg;
    pub use crate::npm::package as npm;
    pub use crate::os_release::parse as os_release;
    pub use crate::pypi::package as pypi;
    pub use crate::rpm::packages as rpm;
}
