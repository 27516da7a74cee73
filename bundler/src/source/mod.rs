//! Where things come from: files, models, crates, our own image, OCI layouts, registries.

pub(crate) mod crates;
mod door;
pub(crate) mod files;
mod finding;
pub(crate) mod image;
pub(crate) mod layout;
pub(crate) mod model;
pub(crate) mod oci;
pub(crate) mod pulled;
pub(crate) mod registry;

pub(crate) use door::Door;
pub(crate) use finding::{Context, Finding};
pub(crate) use image::ImageRef;
