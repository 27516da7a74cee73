//! `build`: inputs → hashes → manifest → signature → volumes.

use std::path::{Path, PathBuf};

use cg_bundle_format::{
    Check, ChunkSource, Digest, Envelope, Manifest, NoteFacts, Origin, PlainPath, RELEASE_PREFIX,
    Role, Signatures, VolumeName, WriteJob, format_note, plan_volumes, write_volumes,
};
use serde::Serialize;

use crate::assemble::{self, Parts};
use crate::cli::Build;
use crate::commands::{Form, report};
use crate::config::{Config, ImageDefinition, Loaded};
use crate::error::Error;
use crate::item::{Bytes, Item, Packing};
use crate::keyring::Keyring;
use crate::prepare::{self, Prepared};
use crate::source::image::Job;
use crate::source::{ImageRef, files, image, layout, model};
use crate::vars::Vars;
use crate::{progress, sbom, size};

/// Folder inside --out for what is made on the way; removed at the end.
const STAGING: &str = ".codegraph-bundle.staging";

#[derive(Serialize)]
struct Report {
    release: Digest,
    root_fingerprint: Digest,
    volumes: Vec<Volume>,
    blobs: usize,
    stored_bytes: u64,
    decoded_bytes: u64,
}

#[derive(Serialize)]
struct Volume {
    path: PathBuf,
    bytes: u64,
}

/// A folder that is removed when the build ends, however it ends.
struct Staging(PathBuf);

impl Staging {
    fn create(out: &Path) -> Result<Self, Error> {
        let folder = out.join(STAGING);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(Error::io("cannot remove", &folder))?;
        }
        std::fs::create_dir_all(&folder).map_err(Error::io("cannot create", &folder))?;
        Ok(Self(folder))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Builds the bundle.
pub(crate) fn run(args: &Build, form: Form) -> Result<(), Error> {
    let volume_size = size::parse(&args.volume_size)?;
    let vars = Vars::from_arguments(&args.set)?;
    let config = Loaded::<Config>::read(&args.config)?;
    if config.value.format != 1 {
        return Err(config.problem(format!("format {} is not 1", config.value.format)));
    }
    let keyring = Keyring::read(&args.key)?;
    std::fs::create_dir_all(&args.out).map_err(Error::io("cannot create", &args.out))?;
    let staging = Staging::create(&args.out)?;
    let collected = collect(&config, &vars, &staging.0)?;
    let prepared = prepare_all(&config, &vars, collected, &staging.0)?;
    let release = sign(&config, &keyring, prepared)?;
    let plan = plan_volumes(&release.manifest, &release.envelope, volume_size)?;
    clear_way(args, &release.manifest)?;
    check_room(&args.out, plan.iter().map(|volume| volume.bytes).sum())?;
    let total = release.manifest.blobs.iter().map(|blob| blob.stored_size).sum();
    let bar = progress::bar("write", total);
    let job = WriteJob {
        manifest: &release.manifest,
        envelope: &release.envelope,
        plan: &plan,
        folder: &args.out,
    };
    let paths = write_volumes(&job, &release, &|progress| bar.set_position(progress.done));
    bar.finish_and_clear();
    let volumes =
        paths?.into_iter().zip(&plan).map(|(path, plan)| Volume { path, bytes: plan.bytes });
    let value = Report {
        release: release.envelope.release_digest(),
        root_fingerprint: Digest::of(&release.newest_root),
        volumes: volumes.collect(),
        blobs: release.manifest.blobs.len(),
        stored_bytes: total,
        decoded_bytes: release.manifest.blobs.iter().map(|blob| blob.size).sum(),
    };
    if keyring.root.purpose == cg_bundle_format::Purpose::Development {
        eprintln!("warning: signed with DEVELOPMENT KEYS; for trying out only");
    }
    let mut text = String::new();
    for volume in &value.volumes {
        text.push_str(&format!("{} {}\n", size::show(volume.bytes), volume.path.display()));
    }
    text.push_str(&format!(
        "{} blobs, {} stored, {} decoded\n",
        value.blobs,
        size::show(value.stored_bytes),
        size::show(value.decoded_bytes)
    ));
    text.push_str(&format!("root fingerprint {}\n", value.root_fingerprint.hex()));
    report(form, &value, &text)
}

/// What the configuration names.
struct Collected {
    items: Vec<Item>,
    models: Vec<cg_bundle_format::Model>,
    images: Vec<ImageRef>,
}

fn collect(config: &Loaded<Config>, vars: &Vars, staging: &Path) -> Result<Collected, Error> {
    let mut items = files::items(config, vars)?;
    let (model_items, models) = model::items(config, vars)?;
    items.extend(model_items);
    let mut images = Vec::new();
    for (number, entry) in config.value.images.iter().enumerate() {
        let (made, image) = match (&entry.assemble, &entry.layout) {
            (Some(definition), None) => {
                let loaded = Loaded::<ImageDefinition>::read(&config.path(definition, vars)?)?;
                let job =
                    Job { vars, staging, number, component: &entry.component, source: definition };
                image::assemble(config, &loaded, &job)?
            }
            (None, Some(folder)) => layout::items(config, entry, &config.path(folder, vars)?)?,
            _ => return Err(config.problem("an image needs either `assemble` or `layout`")),
        };
        items.extend(made);
        images.push(image);
    }
    for item in &mut items {
        if item
            .place
            .as_ref()
            .is_some_and(|(path, _)| assemble::front_name(&config.value, path).is_some())
        {
            item.packing = Packing::AsIs;
        }
    }
    Ok(Collected { items, models, images })
}

/// Everything that the manifest will name, hashed.
struct Ready {
    items: Vec<Item>,
    prepared: Vec<Prepared>,
    models: Vec<cg_bundle_format::Model>,
    images: Vec<ImageRef>,
    artifacts: Vec<cg_bundle_format::Artifact>,
}

fn prepare_all(
    config: &Loaded<Config>,
    vars: &Vars,
    collected: Collected,
    staging: &Path,
) -> Result<Ready, Error> {
    let Collected { mut items, models, images } = collected;
    let bar = progress::bar("hash", prepare::total(&items)?);
    let prepared = prepare::prepare(&items, staging, &bar);
    bar.finish_and_clear();
    let mut prepared = prepared?;
    if let (Some(entry), Some(lock)) = (&config.value.sbom, sbom::lock_path(config, vars)?) {
        let contents = sbom::Contents {
            config: &config.value,
            cargo_lock: &lock,
            items: &items,
            prepared: &prepared,
            images: &images,
        };
        let item = made(sbom::document(&contents)?, Role::Sbom, &entry.component, Some(&entry.to))
            .map_err(|problem| config.problem(problem))?;
        add(vec![item], staging, &mut items, &mut prepared)?;
    }
    let (made, artifacts) = assemble::artifacts(&config.value, &items, &prepared);
    add(made, staging, &mut items, &mut prepared)?;
    Ok(Ready { items, prepared, models, images, artifacts })
}

fn made(bytes: Vec<u8>, role: Role, component: &str, to: Option<&str>) -> Result<Item, String> {
    let place = to.map(PlainPath::new).transpose()?.map(|path| (path, assemble::MADE_MODE));
    Ok(Item {
        bytes: Bytes::Memory(bytes),
        media_type: "application/vnd.cyclonedx+json".to_owned(),
        role,
        component: component.to_owned(),
        origin: Origin { source: "made by the packager".to_owned(), checked: "none".to_owned() },
        expected: None,
        packing: Packing::AsIs,
        place,
        version: None,
        licence: None,
    })
}

fn add(
    new: Vec<Item>,
    staging: &Path,
    items: &mut Vec<Item>,
    prepared: &mut Vec<Prepared>,
) -> Result<(), Error> {
    prepared.extend(prepare::prepare(&new, staging, &indicatif::ProgressBar::hidden())?);
    items.extend(new);
    Ok(())
}

/// A signed release and where its stored bytes are.
struct Release {
    manifest: Manifest,
    envelope: Envelope,
    stored: Vec<(Bytes, u64)>,
    newest_root: Vec<u8>,
}

impl ChunkSource for Release {
    fn read(
        &self,
        blob: usize,
        chunk: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<(), cg_bundle_format::Error> {
        let (stored, size) = &self.stored[blob];
        prepare::read_chunk(stored, chunk, *size, buffer).map_err(|error| match error {
            Error::Io { action, path, source } => {
                cg_bundle_format::Error::Io { action, path, source }
            }
            other => cg_bundle_format::Error::Unwritable { problem: other.to_string() },
        })
    }
}

fn sign(config: &Loaded<Config>, keyring: &Keyring, ready: Ready) -> Result<Release, Error> {
    let value = &config.value;
    let root = &keyring.root;
    if root.product != value.product {
        return Err(config.problem(format!(
            "product {:?}, but the root is for {:?}",
            value.product, root.product
        )));
    }
    let note = format_note(&NoteFacts {
        product: &value.product,
        version: &value.version,
        arch: &value.arch,
        root,
    });
    let assembled = assemble::manifest(Parts {
        config,
        items: &ready.items,
        prepared: &ready.prepared,
        models: ready.models,
        images: ready.images,
        artifacts: ready.artifacts,
        format_note: Digest::of(note.as_bytes()),
    })?;
    let bytes = assembled.manifest.to_bytes();
    let signatures = Signatures::make(RELEASE_PREFIX, &bytes, &[&keyring.release]);
    let chosen = || assembled.sources.iter().map(|&number| &ready.prepared[number]);
    let newest_root =
        keyring.chain.roots.last().map(|signed| signed.root.clone()).unwrap_or_default();
    Ok(Release {
        envelope: Envelope {
            note: note.into_bytes(),
            roots: keyring.chain.clone(),
            checks: Check::all(root, &signatures),
            manifest: bytes,
            signatures: signatures.to_bytes(),
            chunk_lists: chosen().flat_map(|prepared| prepared.list.iter().copied()).collect(),
        },
        stored: chosen().map(|prepared| (prepared.stored.clone(), prepared.stored_size)).collect(),
        manifest: assembled.manifest,
        newest_root,
    })
}

/// Volumes of the same release in the way: an old part beside new ones is a broken set.
fn clear_way(args: &Build, manifest: &Manifest) -> Result<(), Error> {
    let own = VolumeName::of(manifest).file(1, 1);
    let stem = own.split(".v001").next().unwrap_or_default().to_owned();
    for entry in std::fs::read_dir(&args.out).map_err(Error::io("cannot read", &args.out))? {
        let path = entry.map_err(Error::io("cannot read", &args.out))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let rest = name.strip_prefix(&stem).unwrap_or_default();
        if !rest.starts_with(".v") || !(rest.ends_with(".cgb") || rest.ends_with(".cgb.partial")) {
            continue;
        }
        if !args.replace {
            return Err(Error::Usage(format!(
                "{} is in the way; use --replace or another --out",
                path.display()
            )));
        }
        std::fs::remove_file(&path).map_err(Error::io("cannot remove", &path))?;
    }
    Ok(())
}

fn check_room(out: &Path, needed: u64) -> Result<(), Error> {
    let stat = rustix::fs::statvfs(out).map_err(|e| Error::io("cannot look at", out)(e.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < needed { Err(Error::NoRoom { folder: out.to_owned(), needed, free }) } else { Ok(()) }
}
