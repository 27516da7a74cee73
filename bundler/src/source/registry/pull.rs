//! What must be pulled of an image.

use super::resolved::ResolvedImage;
use super::session::Repository;
use crate::cache::Size;
use crate::fetch::Download;

/// All blobs of an image.
pub(crate) fn downloads<'a>(
    image: &ResolvedImage,
    repository: &'a Repository<'_>,
) -> Vec<Download<'a>> {
    let parts = image.blobs.iter().map(|blob| {
        let name = blob.digest.to_string();
        let url = if blob.digest == image.digest {
            repository.manifest_url(&name)
        } else {
            repository.blob_url(&name)
        };
        Download {
            item: format!("{} {}", repository.image.repository(), &blob.digest.hex()[..12]),
            url,
            digest: blob.digest,
            size: Size::Exactly(blob.size),
            access: repository,
        }
    });
    parts.collect()
}
