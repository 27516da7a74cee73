//! An image from an OCI layout on disk: bytes stay as they are, every digest is checked.

use std::path::Path;

use cg_bundle_format::{Digest, Origin, Role};
use serde::Deserialize;

use crate::config::{Config, ImageEntry, Loaded};
use crate::error::Error;
use crate::item::{Bytes, Expected, Item, Packing};
use crate::lock::Kind;
use crate::source::oci::{self, Descriptor, Document, MOST_JSON, Platform};
use crate::source::{Finding, ImageRef};

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

/// The items of one image of a layout.
pub(crate) fn items(
    finding: &mut Finding<'_>,
    entry: &ImageEntry,
    source: &str,
) -> Result<(Vec<Item>, ImageRef), Error> {
    let config = finding.context.config;
    let folder = &finding.path(source)?;
    let Some(reference) = entry.reference.clone() else {
        return Err(config.problem(format!(
            "image {source:?}: a layout needs `reference`, its name with tag in the bundle"
        )));
    };
    let refused = |problem: String| config.problem(format!("image {reference:?}: {problem}"));
    let index: Index = json(&folder.join("index.json"))?;
    let wanted = Platform::parse(&finding.platform(entry))?;
    let mut descriptor = choose(config, entry, index)?;
    let file = |digest: &Digest| folder.join("blobs/sha256").join(digest.hex());
    let read = |descriptor: &Descriptor| {
        let digest = descriptor.sha256().map_err(refused)?;
        let bytes = small(&file(&digest))?;
        if Digest::of(&bytes) != digest || bytes.len() as u64 != descriptor.size {
            return Err(refused(format!("{digest} is not what was asked for")));
        }
        oci::parse(&bytes, &descriptor.media_type).map_err(refused)
    };
    let (mut document, mut media_type) = read(&descriptor)?;
    if let Document::Index(mut entries) = document {
        let chosen = oci::choose(&entries, &wanted).map_err(refused)?;
        let at = entries.iter().position(|entry| std::ptr::eq(entry, chosen)).unwrap_or(0);
        descriptor = entries.swap_remove(at);
        (document, media_type) = read(&descriptor)?;
    }
    let Document::Manifest(manifest) = document else {
        return Err(refused("an index in an index".to_owned()));
    };
    oci::check_image(&manifest).map_err(refused)?;
    let platform: Platform = json(&file(&manifest.config.sha256().map_err(refused)?))?;
    if !wanted.takes(&platform) {
        return Err(refused(format!("it is for {platform}, {wanted} was asked for")));
    }
    let sizes = manifest.layers.iter().map(|layer| layer.size);
    let layers = sizes.fold(0, u64::saturating_add);
    let image = ImageRef {
        reference: reference.clone(),
        digest: descriptor.sha256().map_err(refused)?,
        size: descriptor.size,
        media_type: media_type.clone(),
        platform: platform.to_string(),
        component: entry.component.clone(),
        // Layers are compressed; three times their size is what unpacking usually needs.
        unpacked: layers.saturating_mul(3),
    };
    descriptor.media_type = media_type;
    let all: Vec<(Digest, Descriptor)> = [descriptor, manifest.config]
        .into_iter()
        .chain(manifest.layers)
        .map(|part| Ok((part.sha256().map_err(refused)?, part)))
        .collect::<Result<_, Error>>()?;
    let name = |digest: &Digest| format!("{source}/blobs/sha256/{}", digest.hex());
    let files: Vec<_> = all.iter().map(|(digest, _)| (name(digest), file(digest))).collect();
    finding.look_all(Kind::Layout, &files)?;
    let items = all.into_iter().map(|(digest, part)| Item {
        bytes: Bytes::File(file(&digest)),
        role: Role::Image,
        media_type: part.media_type,
        component: entry.component.clone(),
        origin: Origin { source: source.to_owned(), checked: "sha256".to_owned() },
        expected: Some(Expected { digest, size: Some(part.size) }),
        packing: Packing::AsIs,
        place: None,
        version: None,
        licence: None,
    });
    Ok((items.collect(), image))
}

fn choose(config: &Loaded<Config>, entry: &ImageEntry, index: Index) -> Result<Descriptor, Error> {
    let name = "org.opencontainers.image.ref.name";
    let mut found: Vec<_> = index
        .manifests
        .into_iter()
        .filter(|manifest| {
            entry
                .select
                .as_ref()
                .is_none_or(|wanted| manifest.annotations.get(name) == Some(wanted))
        })
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => {
            Err(config.problem("the layout holds several images; choose one by `select`"))
        }
        (None, _) => Err(config.problem("the layout holds no such image")),
    }
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    serde_json::from_slice(&small(path)?)
        .map_err(|e| Error::Config { file: path.to_owned(), problem: e.to_string() })
}

fn small(path: &Path) -> Result<Vec<u8>, Error> {
    let size = std::fs::metadata(path).map_err(Error::io("cannot read", path))?.len();
    if size > MOST_JSON as u64 {
        let problem = format!("{size} bytes; at most {MOST_JSON} are allowed");
        return Err(Error::Config { file: path.to_owned(), problem });
    }
    std::fs::read(path).map_err(Error::io("cannot read", path))
}
