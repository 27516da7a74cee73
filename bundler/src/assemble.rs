//! From prepared items to a manifest: one blob for the same bytes, in a fixed order.

use std::collections::{BTreeMap, HashMap};

use cg_bundle_format::{
    Artifact, Blob, CHUNK_SIZE, Carriage, Component, Digest, DiskNeed, FORMAT_VERSION, Front,
    Image, Manifest, Mode, Model, Need, Origin, Placement, PlainPath, Replaces, Role, Sbom,
};
use serde_json::json;

use crate::config::{self, Config, Loaded};
use crate::delta;
use crate::error::Error;
use crate::item::{Bytes, Item, Packing};
use crate::prepare::Prepared;
use crate::release::Carry;
use crate::source::ImageRef;

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
const COMPONENT: &str = "application/vnd.codegraph.component.v1";
/// What a hard link and its folder entry take at most.
const LINK_BYTES: u64 = 4096;

/// Everything that a manifest is made of.
pub(crate) struct Parts<'a> {
    pub(crate) config: &'a Loaded<Config>,
    pub(crate) items: &'a [Item],
    pub(crate) prepared: &'a [Prepared],
    pub(crate) models: Vec<Model>,
    pub(crate) images: Vec<ImageRef>,
    pub(crate) artifacts: Vec<Artifact>,
    /// The C library that a host must have.
    pub(crate) glibc: String,
    pub(crate) format_note: Digest,
    /// Which blobs the volumes hold.
    pub(crate) carriage: Carry<'a>,
}

/// A manifest, and for each of its blobs the number of the item that has its bytes.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) manifest: Manifest,
    pub(crate) sources: Vec<usize>,
}

/// Builds the manifest.
pub(crate) fn manifest(parts: Parts<'_>) -> Result<Assembled, Error> {
    let config = &parts.config.value;
    let needs: HashMap<&str, Need> =
        config.components.iter().map(|c| (c.name.as_str(), c.need)).collect();
    let placements = placements(&parts);
    let front = front(parts.config, &placements)?;
    let mut chosen: BTreeMap<Digest, usize> = BTreeMap::new();
    for (number, prepared) in parts.prepared.iter().enumerate() {
        chosen
            .entry(prepared.digest)
            .and_modify(|first| {
                // The same bytes in two components belong to a required one.
                let need = |number: usize| needs.get(parts.items[number].component.as_str());
                if need(*first) != Some(&Need::Required) && need(number) == Some(&Need::Required) {
                    *first = number;
                }
            })
            .or_insert(number);
    }
    let mut sources: Vec<usize> = chosen.into_values().collect();
    let in_front: HashMap<Digest, usize> =
        front.iter().enumerate().map(|(n, front)| (front.blob, n)).collect();
    sources.sort_by_key(|&number| {
        let item = &parts.items[number];
        let digest = parts.prepared[number].digest;
        let place = item.place.as_ref().map(|(path, _)| path.clone());
        (in_front.get(&digest).copied().unwrap_or(usize::MAX), rank(&item.role), place, digest)
    });
    let blobs = sources
        .iter()
        .map(|&number| blob(&parts, number, &needs))
        .collect::<Result<Vec<_>, Error>>()?;
    let sboms = blobs.iter().filter(|blob| blob.role == Role::Sbom);
    let sboms =
        sboms.map(|blob| Sbom { format: "CycloneDX 1.6".to_owned(), blob: blob.digest }).collect();
    let disk = disk(&blobs, &placements, &parts.images, config);
    let mut images: Vec<Image> = parts.images.into_iter().map(image).collect();
    images.sort_by(|a, b| a.reference.cmp(&b.reference));
    let mut manifest = Manifest {
        format: FORMAT_VERSION,
        critical: Vec::new(),
        product: config.product.clone(),
        line: config.line.clone(),
        version: config.version.clone(),
        arch: config.arch.clone(),
        release_counter: config.release_counter,
        replaces: Replaces {
            lines: config.replaces.lines.clone(),
            versions: config.replaces.versions.clone(),
        },
        issued: config.issued.clone(),
        advise_after: config.advise_after.clone(),
        minimum_installer: config.minimum_installer.clone(),
        migrates_from: config.migrates_from.clone(),
        requires: config.requires.of_manifest(parts.glibc),
        alternatives: config.components.iter().filter_map(config::Component::alternative).collect(),
        format_note: parts.format_note,
        components: config
            .components
            .iter()
            .map(|c| Component { name: c.name.clone(), need: c.need, summary: c.summary.clone() })
            .collect(),
        blobs,
        front,
        placements,
        images,
        artifacts: parts.artifacts,
        models: parts.models,
        sboms,
        disk,
    };
    delta::apply(&mut manifest, parts.carriage);
    manifest
        .check(&cg_bundle_format::Limits::default())
        .map_err(|problem| parts.config.problem(problem))?;
    Ok(Assembled { manifest, sources })
}

/// Small things first, so that the first volume holds all but the large ones.
fn rank(role: &Role) -> u8 {
    match role {
        Role::Config | Role::Unit | Role::Doc | Role::Sbom | Role::Licence | Role::Artifact => 0,
        Role::Program => 1,
        Role::Library | Role::Extension => 2,
        Role::File | Role::Crate => 3,
        Role::Image => 4,
        Role::Model => 5,
        _ => 6,
    }
}

fn blob(parts: &Parts<'_>, number: usize, needs: &HashMap<&str, Need>) -> Result<Blob, Error> {
    let (item, prepared) = (&parts.items[number], &parts.prepared[number]);
    let need = needs.get(item.component.as_str()).copied();
    let need = need.ok_or_else(|| {
        parts
            .config
            .problem(format!("component {:?} is not listed under `components`", item.component))
    })?;
    Ok(Blob {
        digest: prepared.digest,
        size: prepared.size,
        encoding: prepared.encoding,
        stored_digest: prepared.stored_digest,
        stored_size: prepared.stored_size,
        chunk_size: CHUNK_SIZE,
        chunk_list: Digest::of(&prepared.list),
        media_type: item.media_type.clone(),
        role: item.role.clone(),
        component: item.component.clone(),
        need,
        carriage: Carriage::Carried,
        origin: item.origin.clone(),
    })
}

fn placements(parts: &Parts<'_>) -> Vec<Placement> {
    let placed = parts.items.iter().zip(parts.prepared).filter_map(|(item, prepared)| {
        let (path, mode) = item.place.clone()?;
        Some(Placement { path, blob: prepared.digest, mode, component: item.component.clone() })
    });
    let mut placements: Vec<_> = placed.collect();
    placements.sort_by(|a, b| a.path.cmp(&b.path));
    placements
}

/// Which placed path an entry of `front` means, and its name there.
pub(crate) fn front_name(config: &Config, path: &PlainPath) -> Option<String> {
    config.front.iter().find_map(|entry| {
        let below = path.as_str().strip_prefix(&entry.placement)?;
        (below.is_empty() || below.starts_with('/')).then(|| format!("{}{below}", entry.name))
    })
}

fn front(config: &Loaded<Config>, placements: &[Placement]) -> Result<Vec<Front>, Error> {
    let mut front: Vec<Front> = Vec::new();
    for entry in &config.value.front {
        let before = front.len();
        for placement in placements {
            let Some(below) = placement.path.as_str().strip_prefix(&entry.placement) else {
                continue;
            };
            let fits = below.is_empty() || below.starts_with('/');
            // The same bytes stand in front once only.
            if fits && front.iter().all(|other| other.blob != placement.blob) {
                let path = PlainPath::new(&format!("{}{below}", entry.name))
                    .map_err(|problem| config.problem(problem))?;
                front.push(Front { path, blob: placement.blob, mode: placement.mode });
            }
        }
        if front.len() == before {
            return Err(
                config.problem(format!("front: nothing is placed at {:?}", entry.placement))
            );
        }
    }
    Ok(front)
}

fn image(image: ImageRef) -> Image {
    Image {
        reference: image.reference,
        digest: image.digest,
        media_type: image.media_type,
        size: image.size,
        platform: image.platform,
        component: image.component,
    }
}

fn disk(
    blobs: &[Blob],
    placements: &[Placement],
    images: &[ImageRef],
    config: &Config,
) -> Vec<DiskNeed> {
    let mut disk = Vec::new();
    for component in &config.components {
        let name = &component.name;
        let mut need = |phase: &str, bytes: u64| {
            if bytes > 0 {
                disk.push(DiskNeed { phase: phase.to_owned(), component: name.clone(), bytes });
            }
        };
        need(
            "ingest",
            blobs.iter().filter(|blob| blob.component == *name).map(|blob| blob.size).sum(),
        );
        need(
            "generation",
            placements.iter().filter(|p| p.component == *name).count() as u64 * LINK_BYTES,
        );
        need(
            "images",
            images
                .iter()
                .filter(|image| image.component == *name)
                .map(|image| image.unpacked)
                .sum(),
        );
    }
    disk
}

/// OCI manifests that group each component's files, so that OCI tools can read an ingested store.
pub(crate) fn artifacts(
    config: &Config,
    items: &[Item],
    prepared: &[Prepared],
) -> (Vec<Item>, Vec<Artifact>) {
    let item = |bytes: Vec<u8>, media_type: &str, component: &str| Item {
        bytes: Bytes::Memory(bytes),
        role: Role::Artifact,
        media_type: media_type.to_owned(),
        component: component.to_owned(),
        origin: Origin { source: "made by the packager".to_owned(), checked: "none".to_owned() },
        expected: None,
        packing: Packing::AsIs,
        place: None,
        version: None,
        licence: None,
    };
    let empty = b"{}".to_vec();
    let mut made = Vec::new();
    let mut artifacts = Vec::new();
    for component in &config.components {
        let mut files: Vec<_> = items
            .iter()
            .zip(prepared)
            .filter(|(item, _)| item.component == component.name && item.role != Role::Image)
            .filter_map(|(item, prepared)| Some((&item.place.as_ref()?.0, item, prepared)))
            .collect();
        if files.is_empty() {
            continue;
        }
        files.sort_by_key(|(path, ..)| *path);
        let layers: Vec<_> = files
            .iter()
            .map(|(path, item, prepared)| {
                json!({"mediaType": item.media_type, "digest": prepared.digest, "size": prepared.size,
                    "annotations": {"org.opencontainers.image.title": path.as_str()}})
            })
            .collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": COMPONENT,
            "config": {"mediaType": OCI_EMPTY, "digest": Digest::of(&empty), "size": empty.len()}, "layers": layers});
        let manifest = manifest.to_string().into_bytes();
        artifacts.push(Artifact {
            reference: format!("{}/{}:{}", config.product, component.name, config.version),
            digest: Digest::of(&manifest),
            size: manifest.len() as u64,
            artifact_type: COMPONENT.to_owned(),
            component: component.name.clone(),
        });
        made.push(item(manifest, OCI_MANIFEST, &component.name));
        made.push(item(empty.clone(), OCI_EMPTY, &component.name));
    }
    (made, artifacts)
}

/// Permission bits of a file whose content the packager makes.
pub(crate) const MADE_MODE: Mode = Mode::Plain;
