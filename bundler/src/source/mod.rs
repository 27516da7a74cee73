//! Where things come from: files, models, our own image, OCI layouts.

pub(crate) mod files;
pub(crate) mod image;
pub(crate) mod layout;
pub(crate) mod model;
#[allow(dead_code, unused_imports, reason = "the commands that use it come next")]
pub(crate) mod registry;

pub(crate) use image::ImageRef;
