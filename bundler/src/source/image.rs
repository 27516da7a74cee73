//! Our own image, put together from built files without a daemon: the same files give the same bytes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use cg_bundle_format::{Digest, Hasher, Origin, Role};
use flate2::{Compression, GzBuilder};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::config::{Config, ImageDefinition, Layer, LayerEntry, Loaded};
use crate::error::Error;
use crate::item::{Bytes, Expected, Item, Packing};
use crate::vars::Vars;

/// Pinned: another level would give other bytes.
const LEVEL: u32 = 6;
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// An image of the bundle.
#[derive(Debug, Clone)]
pub(crate) struct ImageRef {
    pub(crate) reference: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) media_type: String,
    pub(crate) platform: String,
    pub(crate) component: String,
    /// Bytes that the layers take when podman has unpacked them.
    pub(crate) unpacked: u64,
}

/// What one layer became.
struct Packed {
    file: PathBuf,
    digest: Digest,
    size: u64,
    diff_id: Digest,
    unpacked: u64,
}

/// Puts an image together in `staging`.
pub(crate) fn assemble(
    config: &Loaded<Config>,
    definition: &Loaded<ImageDefinition>,
    job: &Job<'_>,
) -> Result<(Vec<Item>, ImageRef), Error> {
    let image = &definition.value;
    let Some((os, arch)) = image.platform.split_once('/') else {
        return Err(
            definition.problem(format!("platform {:?} must look like linux/amd64", image.platform))
        );
    };
    // Compression is the slow part of a build: all layers at once.
    let pack_one = |(number, layer): (usize, &Layer)| {
        let file = job.staging.join(format!("image-{}-layer-{number}", job.number));
        pack(definition, layer, file, job.vars)
    };
    let packed: Vec<Packed> =
        image.layers.par_iter().enumerate().map(pack_one).collect::<Result<_, _>>()?;
    let created = &config.value.issued;
    let history: Vec<Value> = image
        .layers
        .iter()
        .map(|layer| json!({"created": created, "created_by": layer.comment}))
        .collect();
    let diff_ids: Vec<String> = packed.iter().map(|layer| layer.diff_id.to_string()).collect();
    let empty_map = |names: &[String]| {
        names.iter().map(|name| (name.clone(), json!({}))).collect::<serde_json::Map<_, _>>()
    };
    let image_config = json!({
        "architecture": arch,
        "os": os,
        "created": created,
        "config": {
            "User": image.user,
            "Entrypoint": image.entrypoint,
            "Cmd": image.cmd,
            "Env": image.env,
            "WorkingDir": image.workdir,
            "ExposedPorts": empty_map(&image.ports),
            "Volumes": empty_map(&image.volumes),
            "Labels": image.labels,
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    });
    let image_config = image_config.to_string().into_bytes();
    let layers: Vec<Value> = packed
        .iter()
        .map(|layer| json!({"mediaType": LAYER, "digest": layer.digest, "size": layer.size}))
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": Digest::of(&image_config), "size": image_config.len()},
        "layers": layers,
    });
    let manifest = manifest.to_string().into_bytes();
    let reference = ImageRef {
        reference: image.reference.clone(),
        digest: Digest::of(&manifest),
        size: manifest.len() as u64,
        media_type: MANIFEST.to_owned(),
        platform: image.platform.clone(),
        component: job.component.to_owned(),
        unpacked: packed.iter().map(|layer| layer.unpacked).sum(),
    };
    let item = |bytes, media_type: &str, expected| Item {
        bytes,
        role: Role::Image,
        media_type: media_type.to_owned(),
        component: job.component.to_owned(),
        origin: Origin { source: job.source.to_owned(), checked: "none".to_owned() },
        expected,
        packing: Packing::AsIs,
        place: None,
        version: None,
        licence: None,
    };
    let mut items = vec![
        item(Bytes::Memory(manifest), MANIFEST, None),
        item(Bytes::Memory(image_config), CONFIG, None),
    ];
    items.extend(packed.into_iter().map(|layer| {
        let expected = Expected { digest: layer.digest, size: Some(layer.size) };
        item(Bytes::File(layer.file), LAYER, Some(expected))
    }));
    Ok((items, reference))
}

/// Where an image is put together, and for whom.
pub(crate) struct Job<'a> {
    pub(crate) vars: &'a Vars,
    pub(crate) staging: &'a Path,
    pub(crate) number: usize,
    pub(crate) component: &'a str,
    /// The definition as the configuration names it.
    pub(crate) source: &'a str,
}

fn pack(
    definition: &Loaded<ImageDefinition>,
    layer: &Layer,
    file: PathBuf,
    vars: &Vars,
) -> Result<Packed, Error> {
    let io =
        |e: io::Error| Error::Io { action: "cannot write layer", path: file.clone(), source: e };
    let out = BufWriter::with_capacity(1 << 20, File::create(&file).map_err(io)?);
    let out = Hashed::new(out);
    // No file name, no time, no operating system in the gzip header.
    let out = GzBuilder::new().mtime(0).operating_system(255).write(out, Compression::new(LEVEL));
    let mut builder = tar::Builder::new(Hashed::new(out));
    let mut folders = BTreeSet::new();
    for entry in sorted(definition, layer)? {
        append(definition, entry, vars, &mut folders, &mut builder)?;
    }
    let tar = builder.into_inner().map_err(io)?;
    let (diff_id, unpacked, gzip) = tar.finish();
    let (digest, size, out) = gzip.finish().map_err(io)?.finish();
    out.into_inner().map_err(|e| io(e.into_error()))?;
    Ok(Packed { file, digest, size, diff_id, unpacked })
}

fn sorted<'a>(
    definition: &Loaded<ImageDefinition>,
    layer: &'a Layer,
) -> Result<Vec<&'a LayerEntry>, Error> {
    let mut entries: Vec<_> = layer.entries.iter().collect();
    entries.sort_by_key(|entry| &entry.to);
    for pair in entries.windows(2) {
        if pair[0].to == pair[1].to {
            return Err(definition.problem(format!("{:?} stands twice in a layer", pair[0].to)));
        }
    }
    for entry in &entries {
        let fine = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.bytes().all(|b| b.is_ascii_graphic())
        };
        if entry.to.len() > 100 || !entry.to.split('/').all(fine) {
            return Err(definition.problem(format!(
                "{:?} must be a relative path of at most 100 plain characters",
                entry.to
            )));
        }
        if entry.from.is_some() && entry.text.is_some() {
            return Err(
                definition.problem(format!("{:?}: `from` and `text` exclude each other", entry.to))
            );
        }
    }
    Ok(entries)
}

fn append<W: Write>(
    definition: &Loaded<ImageDefinition>,
    entry: &LayerEntry,
    vars: &Vars,
    folders: &mut BTreeSet<String>,
    builder: &mut tar::Builder<W>,
) -> Result<(), Error> {
    let mode = match &entry.mode {
        Some(text) => {
            Some(u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777).ok_or_else(
                || definition.problem(format!("{:?}: mode {text:?} is not octal", entry.to)),
            )?)
        }
        None => None,
    };
    let write = |builder: &mut tar::Builder<W>,
                 header: &mut tar::Header,
                 name: &str,
                 bytes: &mut dyn Read| {
        let done = header.set_path(name).and_then(|()| {
            header.set_mtime(0);
            header.set_cksum();
            builder.append(header, bytes)
        });
        done.map_err(|e| definition.problem(format!("{name:?}: {e}")))
    };
    for (end, _) in entry.to.match_indices('/') {
        let folder = format!("{}/", &entry.to[..end]);
        if folders.insert(folder.clone()) {
            let mut header = header(tar::EntryType::Directory, 0o755, 0, 0);
            write(builder, &mut header, &folder, &mut io::empty())?;
        }
    }
    if let Some(from) = &entry.from {
        let path = definition.path(from, vars)?;
        let file = File::open(&path).map_err(Error::io("cannot read", &path))?;
        let meta = file.metadata().map_err(Error::io("cannot read", &path))?;
        if !meta.is_file() {
            return Err(definition.problem(format!("{} is no regular file", path.display())));
        }
        let mut header =
            header(tar::EntryType::Regular, mode.unwrap_or(0o644), entry.owner, meta.len());
        let mut exact = file.take(meta.len());
        write(builder, &mut header, &entry.to, &mut exact)?;
        if exact.limit() != 0 {
            return Err(
                definition.problem(format!("{} became shorter while it was read", path.display()))
            );
        }
        return Ok(());
    }
    if let Some(text) = &entry.text {
        let mut header =
            header(tar::EntryType::Regular, mode.unwrap_or(0o644), entry.owner, text.len() as u64);
        return write(builder, &mut header, &entry.to, &mut text.as_bytes());
    }
    let folder = format!("{}/", entry.to);
    if !folders.insert(folder.clone()) {
        return Err(
            definition.problem(format!("folder {folder:?} must stand before what lies in it"))
        );
    }
    let mut header = header(tar::EntryType::Directory, mode.unwrap_or(0o755), entry.owner, 0);
    write(builder, &mut header, &folder, &mut io::empty())
}

fn header(kind: tar::EntryType, mode: u32, owner: u64, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_size(size);
    header
}

/// Counts and hashes what is written.
struct Hashed<W> {
    inner: W,
    hasher: Hasher,
    size: u64,
}

impl<W> Hashed<W> {
    fn new(inner: W) -> Self {
        Self { inner, hasher: Hasher::new(), size: 0 }
    }

    fn finish(self) -> (Digest, u64, W) {
        (self.hasher.finish(), self.size, self.inner)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
