//! Brings the blobs of images into the cache: several at once, those that images share only once.

use super::resolved::ResolvedImage;
use super::session::{Registry, Repository};
use crate::cache::{Cache, Size};
use crate::error::Error;
use crate::fetch::{self, Download};
use crate::progress::Report;

/// Pulls what the cache lacks.
pub(crate) fn pull(
    registry: &Registry,
    images: &[ResolvedImage],
    cache: &Cache,
    report: &dyn Report,
) -> Result<(), Error> {
    let open =
        |image: &ResolvedImage| registry.repository(&image.reference, image.insecure_http_loopback);
    let repositories = images.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let pairs = images.iter().zip(&repositories);
    let mut downloads: Vec<Download<'_>> =
        pairs.flat_map(|(image, repository)| parts(image, repository)).collect();
    // The largest first: they decide when the last one ends.
    downloads.sort_by_key(|download| std::cmp::Reverse(download.size.limit()));
    fetch::fetch_all(&registry.net, &downloads, cache, report)
}

fn parts<'a>(image: &'a ResolvedImage, repository: &'a Repository<'_>) -> Vec<Download<'a>> {
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
