//! What a pulled image brings into a bundle.

use cg_bundle_format::{Origin, Role};

use super::resolved::{ResolvedBlob, ResolvedImage};
use crate::cache::Cache;
use crate::error::Error;
use crate::item::{Bytes, Expected, Item, Packing};
use crate::source::ImageRef;

/// The items of one image, from the cache. `name` is what the bundle calls it.
pub(crate) fn items(
    image: &ResolvedImage,
    name: &str,
    component: &str,
    cache: &Cache,
) -> Result<(Vec<Item>, ImageRef), Error> {
    let manifest_and_config = 2;
    let layers = image.blobs.iter().skip(manifest_and_config).map(|blob| blob.size).sum::<u64>();
    let made = ImageRef {
        reference: name.to_owned(),
        digest: image.digest,
        size: image.size,
        media_type: image.media_type.clone(),
        platform: image.platform.clone(),
        component: component.to_owned(),
        // Layers are compressed; three times their size is what unpacking usually needs.
        unpacked: layers.saturating_mul(3),
    };
    let item = |blob: &ResolvedBlob| {
        let path = cache.get(&blob.digest).ok_or_else(|| {
            Error::Usage(format!(
                "image {}: {} is not in the cache {}; run `codegraph-bundle lock` where the registry can be reached",
                image.reference,
                blob.digest,
                cache.folder().display()
            ))
        })?;
        Ok(Item {
            bytes: Bytes::File(path),
            role: Role::Image,
            media_type: blob.media_type.clone(),
            component: component.to_owned(),
            origin: Origin { source: image.reference.clone(), checked: image.checked() },
            expected: Some(Expected { digest: blob.digest, size: Some(blob.size) }),
            packing: Packing::AsIs,
            place: None,
            version: None,
            licence: None,
        })
    };
    let items = image.blobs.iter().map(item).collect::<Result<_, Error>>()?;
    Ok((items, made))
}
