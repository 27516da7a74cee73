//! `list VOLUMES…`: the list that the person who approves a transfer reads, keeps and signs.

mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use cg_bundle_format::{BundleReader, Carriage, Digest, Hasher, Manifest, Payload, Purpose, Role};
use rayon::prelude::*;
use serde::Serialize;

use crate::cli::{List, ListFormat};
use crate::commands::{Form, print, report, verify};
use crate::error::Error;
use crate::lookup::Lookup;
use crate::packages::Package;
use crate::{compare, opened};

/// Bytes read at once when a volume is hashed.
const BUFFER: usize = 1 << 20;

/// Everything that is listed.
#[derive(Debug, Serialize)]
struct Listing {
    product: String,
    version: String,
    line: String,
    arch: String,
    release_counter: u64,
    issued: String,
    release: Digest,
    root_fingerprint: Digest,
    root_version: u64,
    purpose: Purpose,
    trust: &'static str,
    signed_by: Vec<String>,
    volumes: Vec<Volume>,
    missing_volumes: Vec<u32>,
    blobs: usize,
    bytes: u64,
    carried_bytes: u64,
    expected_blobs: usize,
    components: Vec<Component>,
    images: Vec<Image>,
    models: Vec<Model>,
    packages: Vec<Package>,
    licences: Vec<Licence>,
    files: Vec<File>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Volume {
    number: u32,
    name: String,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

#[derive(Debug, Serialize)]
struct Component {
    name: String,
    need: &'static str,
    bytes: u64,
    summary: String,
}

#[derive(Debug, Serialize)]
struct Image {
    reference: String,
    digest: Digest,
    platform: String,
    source: String,
    checked: String,
}

#[derive(Debug, Serialize)]
struct Model {
    id: String,
    kind: String,
    format: String,
    licence: String,
    bytes: u64,
    digest: Digest,
    source: String,
    checked: String,
}

#[derive(Debug, Serialize)]
struct Licence {
    licence: String,
    packages: usize,
}

#[derive(Debug, Serialize)]
struct File {
    path: String,
    role: Role,
    bytes: u64,
    digest: Digest,
    mode: String,
    component: String,
    carriage: Carriage,
    source: String,
    checked: String,
}

/// Lists.
pub(crate) fn run(args: &List, form: Form) -> Result<(), Error> {
    let anchor = opened::anchor(args.root_fingerprint.as_deref())?;
    let release = BundleReader::open(&args.volumes)?.verify_signature(&anchor)?;
    verify::warn_about(release.root());
    let payload = release.scan()?;
    let listing = listing(&payload, args.sums)?;
    match (args.format, form) {
        (ListFormat::Html, _) => print(page::html(&listing).as_bytes()),
        (ListFormat::Json, _) => report(Form::Json, &listing, ""),
        (ListFormat::Text, form) => report(form, &listing, &page::text(&listing)),
    }
}

fn listing(payload: &Payload, sums: bool) -> Result<Listing, Error> {
    let (release, manifest) = (payload.release(), payload.manifest());
    let lookup = Lookup::new(manifest);
    let mut notes = Vec::new();
    let packages = packages(payload).unwrap_or_else(|problem| {
        notes.push(format!("packages and licences are not listed: {problem}"));
        Vec::new()
    });
    let volumes: Result<Vec<Volume>, Error> =
        release.volumes().par_iter().map(|volume| one_volume(volume, sums)).collect();
    let expected = manifest.blobs.iter().filter(|blob| blob.carriage == Carriage::Expected).count();
    if expected > 0 {
        notes.push(format!(
            "a delta: {expected} blobs do not travel; the installer proves that the target has them"
        ));
    }
    Ok(Listing {
        product: manifest.product.clone(),
        version: manifest.version.clone(),
        line: manifest.line.clone(),
        arch: manifest.arch.clone(),
        release_counter: manifest.release_counter,
        issued: manifest.issued.clone(),
        release: release.digest(),
        root_fingerprint: release.root().fingerprint(),
        root_version: release.root().root().version,
        purpose: release.root().purpose(),
        trust: verify::trust_word(release.root()),
        signed_by: release.signers().iter().map(ToString::to_string).collect(),
        volumes: volumes?,
        missing_volumes: release.missing_volumes(),
        blobs: manifest.blobs.len(),
        bytes: manifest.blobs.iter().map(|blob| blob.size).sum(),
        carried_bytes: crate::delta::carried_bytes(manifest),
        expected_blobs: expected,
        components: components(manifest, &lookup),
        images: images(manifest, &lookup),
        models: models(manifest, &lookup),
        licences: licences(&packages),
        packages,
        files: files(manifest, &lookup),
        notes,
    })
}

fn packages(payload: &Payload) -> Result<Vec<Package>, String> {
    let sbom = payload.manifest().sboms.first().ok_or("the release has no bill of materials")?;
    crate::packages::packages(&payload.read_small_blob(&sbom.blob).map_err(|e| e.to_string())?)
}

fn one_volume(volume: &cg_bundle_format::VolumeFile, sums: bool) -> Result<Volume, Error> {
    let path = volume.path();
    let sha256 = if sums {
        let mut file = std::fs::File::open(path).map_err(Error::io("cannot open", path))?;
        let (mut hasher, mut buffer) = (Hasher::new(), vec![0; BUFFER]);
        loop {
            let count = file.read(&mut buffer).map_err(Error::io("cannot read", path))?;
            if count == 0 {
                break Some(hasher.finish().hex());
            }
            hasher.update(&buffer[..count]);
        }
    } else {
        None
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Volume { number: volume.number(), name, bytes: volume.bytes(), sha256 })
}

fn components(manifest: &Manifest, lookup: &Lookup<'_>) -> Vec<Component> {
    let one = |component: &cg_bundle_format::Component| Component {
        name: component.name.clone(),
        need: compare::need(component.need),
        bytes: lookup.component_bytes(&component.name),
        summary: component.summary.clone(),
    };
    manifest.components.iter().map(one).collect()
}

/// Source of a blob, and what was checked there.
fn origin(blob: Option<&cg_bundle_format::Blob>) -> (String, String) {
    blob.map(|blob| (blob.origin.source.clone(), blob.origin.checked.clone())).unwrap_or_default()
}

fn images(manifest: &Manifest, lookup: &Lookup<'_>) -> Vec<Image> {
    let one = |image: &cg_bundle_format::Image| {
        let (source, checked) = origin(lookup.blob(&image.digest));
        Image {
            reference: image.reference.clone(),
            digest: image.digest,
            platform: image.platform.clone(),
            source,
            checked,
        }
    };
    manifest.images.iter().map(one).collect()
}

fn models(manifest: &Manifest, lookup: &Lookup<'_>) -> Vec<Model> {
    let one = |model: &cg_bundle_format::Model| {
        let (bytes, digest) = lookup.content(model);
        let (source, checked) = origin(lookup.first_blob(model));
        Model {
            id: model.id.clone(),
            kind: model.kind.clone(),
            format: model.format.clone(),
            licence: model.licence.clone(),
            bytes,
            digest,
            source,
            checked,
        }
    };
    manifest.models.iter().map(one).collect()
}

fn licences(packages: &[Package]) -> Vec<Licence> {
    let mut counts: BTreeMap<&str, BTreeSet<&Package>> = BTreeMap::new();
    for package in packages {
        counts.entry(&package.licence).or_default().insert(package);
    }
    let name = |text: &str| if text.is_empty() { "not stated" } else { text }.to_owned();
    counts
        .into_iter()
        .map(|(licence, of)| Licence { licence: name(licence), packages: of.len() })
        .collect()
}

fn files(manifest: &Manifest, lookup: &Lookup<'_>) -> Vec<File> {
    let one = |placement: &cg_bundle_format::Placement| {
        let blob = lookup.blob(&placement.blob)?;
        Some(File {
            path: placement.path.to_string(),
            role: blob.role.clone(),
            bytes: blob.size,
            digest: blob.digest,
            mode: format!("{:04o}", placement.mode.bits()),
            component: placement.component.clone(),
            carriage: blob.carriage,
            source: blob.origin.source.clone(),
            checked: blob.origin.checked.clone(),
        })
    };
    manifest.placements.iter().filter_map(one).collect()
}
