//! What images are made of, wherever they lie: indexes, manifests, platforms.

mod document;
mod platform;

pub(crate) use document::{
    ACCEPT, Descriptor, Document, MOST_JSON, Manifest, check_image, choose, parse,
};
pub(crate) use platform::Platform;
