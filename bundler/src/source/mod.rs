//! Where things come from: files, models, our own image, OCI layouts.

pub(crate) mod files;
pub(crate) mod image;
pub(crate) mod layout;
pub(crate) mod model;

pub(crate) use image::ImageRef;
