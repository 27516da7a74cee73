//! Images of registries: pinned by the lock, or resolved now; their blobs come with everything else.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::cache::Cache;
use crate::config::ImageEntry;
use crate::error::Error;
use crate::hashes::Facts;
use crate::item::Item;
use crate::lock::Kind;
use crate::source::registry::{self, ImageRequest, Registry, Repository, ResolvedImage};
use crate::source::{Door, Finding, ImageRef};

/// Items, images for the manifest, and what stands in the lock.
pub(crate) type Pulled = (Vec<Item>, Vec<ImageRef>, Vec<ResolvedImage>);

/// The images of registries, each with the digest that counts.
pub(crate) struct Chosen<'a> {
    images: Vec<One<'a>>,
    session: OnceCell<Registry>,
}

struct One<'a> {
    entry: &'a ImageEntry,
    /// In the bundle.
    name: String,
    image: ResolvedImage,
}

/// Finds the digest of each image: pinned by the lock, or asked for now.
pub(crate) fn choose<'a>(finding: &mut Finding<'a>) -> Result<Chosen<'a>, Error> {
    let context = finding.context;
    let mut chosen = Chosen { images: Vec::new(), session: OnceCell::new() };
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
                registry::resolve(chosen.registry(door)?, &request, context.cache)?
            }
            (None, None) => {
                return Err(finding.problem(format!(
                    "image {reference} for {} is not in the lock; run `codegraph-bundle lock` where the registry can be reached",
                    request.platform
                )));
            }
        };
        note(finding, reference, &image);
        chosen.images.push(One { entry, name, image });
    }
    Ok(chosen)
}

impl Chosen<'_> {
    fn registry(&self, door: &Door<'_>) -> Result<&Registry, Error> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let session = Registry::open(door.net()?)?;
        Ok(self.session.get_or_init(|| session))
    }

    /// The repositories of those images of which the cache lacks something.
    pub(crate) fn repositories(
        &self,
        door: &Door<'_>,
        cache: &Cache,
    ) -> Result<Vec<(&ResolvedImage, Repository<'_>)>, Error> {
        let lacks =
            |image: &&ResolvedImage| image.blobs.iter().any(|b| cache.get(&b.digest).is_none());
        let images = self.images.iter().map(|one| &one.image).filter(lacks);
        let open = |image: &ResolvedImage| {
            self.registry(door)?.repository(&image.reference, image.insecure_http_loopback)
        };
        images.map(|image| Ok((image, open(image)?))).collect()
    }

    /// All of them; their blobs are in the cache by now.
    pub(crate) fn items(self, cache: &Cache) -> Result<Pulled, Error> {
        let (mut items, mut references, mut images) = (Vec::new(), Vec::new(), Vec::new());
        for One { entry, name, image } in self.images {
            let (made, reference) = registry::items(&image, &name, &entry.component, cache)?;
            items.extend(made);
            references.push(reference);
            images.push(image);
        }
        Ok((items, references, images))
    }
}

/// An image entry that says not once, or twice, where the image is.
pub(crate) fn one_place(finding: &Finding<'_>) -> Error {
    finding.problem("an image needs one of `assemble`, `layout` and `registry`")
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
