//! Images of registries: pinned by the lock, or resolved now; then all of them pulled together.

use std::collections::BTreeMap;

use crate::config::ImageEntry;
use crate::error::Error;
use crate::hashes::Facts;
use crate::item::Item;
use crate::lock::Kind;
use crate::source::registry::{self, ImageRequest, Registry, ResolvedImage};
use crate::source::{Door, Finding, ImageRef};

/// Items, images for the manifest, and what stands in the lock.
pub(crate) type Pulled = (Vec<Item>, Vec<ImageRef>, Vec<ResolvedImage>);

/// All images of registries.
pub(crate) fn images(finding: &mut Finding<'_>) -> Result<Pulled, Error> {
    let context = finding.context;
    let mut resolved: Vec<(&ImageEntry, String, ResolvedImage)> = Vec::new();
    let mut session = None;
    for entry in &context.config.value.images {
        let Some(reference) = &entry.registry else { continue };
        if entry.assemble.is_some() || entry.layout.is_some() {
            return Err(one_place(finding));
        }
        let name = name(finding, entry, reference)?;
        let request = request(finding, entry, reference)?;
        let image = match (pinned(finding, &request, entry)?, context.door) {
            (Some(image), _) => image,
            (None, Some(door)) => {
                let registry = open(&mut session, door)?;
                registry::resolve(registry, &request, context.cache, door.report)?
            }
            (None, None) => {
                return Err(finding.problem(format!(
                    "image {reference} for {} is not in the lock; run `codegraph-bundle lock` where the registry can be reached",
                    request.platform
                )));
            }
        };
        note(finding, reference, &image);
        resolved.push((entry, name, image));
    }
    let images: Vec<ResolvedImage> = resolved.iter().map(|(.., image)| image.clone()).collect();
    if let Some(door) = context.door
        && images
            .iter()
            .flat_map(|image| &image.blobs)
            .any(|b| context.cache.get(&b.digest).is_none())
    {
        registry::pull(open(&mut session, door)?, &images, context.cache, door.report)?;
    }
    let (mut items, mut references) = (Vec::new(), Vec::new());
    for (entry, name, image) in &resolved {
        let (made, reference) = registry::items(image, name, &entry.component, context.cache)?;
        items.extend(made);
        references.push(reference);
    }
    Ok((items, references, images))
}

/// An image entry that says not once, or twice, where the image is.
pub(crate) fn one_place(finding: &Finding<'_>) -> Error {
    finding.problem("an image needs one of `assemble`, `layout` and `registry`")
}

fn open<'s>(session: &'s mut Option<Registry>, door: &Door<'_>) -> Result<&'s Registry, Error> {
    if session.is_none() {
        *session = Some(Registry::open(door.net()?)?);
    }
    session.as_ref().ok_or_else(|| Error::Unexpected("no session".to_owned()))
}

/// What the bundle calls it: the name with tag, without a digest.
fn name(finding: &Finding<'_>, entry: &ImageEntry, reference: &str) -> Result<String, Error> {
    if let Some(name) = &entry.reference {
        return Ok(name.clone());
    }
    let plain = reference.split('@').next().unwrap_or_default();
    let last = plain.rsplit('/').next().unwrap_or_default();
    if last.contains(':') {
        return Ok(plain.to_owned());
    }
    Err(finding.problem(format!(
        "image {reference} has no tag; give `reference`, its name with tag in the bundle"
    )))
}

fn request(
    finding: &mut Finding<'_>,
    entry: &ImageEntry,
    reference: &str,
) -> Result<ImageRequest, Error> {
    let cosign_key = match &entry.cosign_key {
        Some(key) => {
            let path = finding.path(key)?;
            finding.look(Kind::Definition, key, &path)?;
            Some(path)
        }
        None => None,
    };
    Ok(ImageRequest {
        reference: reference.to_owned(),
        platform: finding.platform(entry),
        cosign_key,
        insecure_http_loopback: entry.insecure_http_loopback,
    })
}

/// The image as the lock has it, unless something else was asked then.
fn pinned(
    finding: &Finding<'_>,
    request: &ImageRequest,
    entry: &ImageEntry,
) -> Result<Option<ResolvedImage>, Error> {
    let Some(lock) = finding.context.pinned else { return Ok(None) };
    let same_key = match (&entry.cosign_key, &request.cosign_key) {
        (Some(name), Some(path)) => {
            let facts = finding.context.memo.look(path)?;
            lock.inputs.iter().any(|input| {
                input.kind == Kind::Definition
                    && input.name == *name
                    && input.digest == facts.digest
            })
        }
        _ => true,
    };
    let found = lock.images.iter().find(|image| {
        image.reference == request.reference
            && image.platform == request.platform
            && image.insecure_http_loopback == request.insecure_http_loopback
            && image.signatures.is_empty() == request.cosign_key.is_none()
    });
    Ok(found.filter(|_| same_key).cloned())
}

fn note(finding: &mut Finding<'_>, reference: &str, image: &ResolvedImage) {
    let bytes = image.blobs.iter().map(|blob| blob.size).sum::<u64>();
    let mut facts =
        BTreeMap::from([("blobs".to_owned(), format!("{} with {bytes} bytes", image.blobs.len()))]);
    facts.insert("checked".to_owned(), image.checked());
    let found = Facts { digest: image.digest, size: image.size };
    finding.note(Kind::Registry, &format!("{reference} {}", image.platform), found, facts);
}
