//! Writes volumes. Where every byte goes is known before the first is written, so each core reads, hashes and writes
//! chunks of its own; a chunk that is not the listed one fails the volume before it gets its name.

mod copy;
mod layout;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::chunks::ChunkLists;
use crate::envelope::Envelope;
use crate::plan::VolumePlan;
use crate::read::Label;
use crate::{Error, FORMAT_VERSION, Limits, Manifest, Payload};

/// Takes the pieces of a chunk.
pub type Take<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), Error>;

/// Where the writer gets stored bytes from.
pub trait ChunkSource: Sync {
    /// Hands chunk `chunk` of the manifest's blob number `blob` to `take`, in pieces where that needs less memory.
    /// `buffer` may be used for them.
    ///
    /// # Errors
    /// [`Error::Io`], what the source reports, or what `take` reports.
    fn pass(
        &self,
        blob: usize,
        chunk: u64,
        buffer: &mut Vec<u8>,
        take: Take<'_>,
    ) -> Result<(), Error>;
}

impl ChunkSource for Payload {
    fn pass(
        &self,
        blob: usize,
        chunk: u64,
        buffer: &mut Vec<u8>,
        take: Take<'_>,
    ) -> Result<(), Error> {
        let digest = self.manifest().blobs[blob].digest;
        *buffer = self.read_chunk(&digest, chunk, std::mem::take(buffer))?.into_buffer();
        take(buffer)
    }
}

/// How volume files are called: `PRODUCT-VERSION-ARCH.vNNN-of-MMM.cgb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeName(String);

impl VolumeName {
    /// For a release.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        Self(format!("{}-{}-{}", manifest.product, manifest.version, manifest.arch))
    }

    /// The file name of a volume.
    #[must_use]
    pub fn file(&self, number: u32, of: u32) -> String {
        format!("{}.v{number:03}-of-{of:03}.cgb", self.0)
    }
}

/// How far writing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteProgress {
    /// Number of the volume that is being written.
    pub volume: u32,
    /// Payload bytes written.
    pub done: u64,
    /// Payload bytes in all.
    pub total: u64,
}

/// Writes the planned volumes into `folder` and returns their paths. Each is written under a name
/// that ends in `.partial`, synced, and renamed when it is whole.
///
/// # Errors
/// [`Error::Io`]; [`Error::Refused`] when a chunk that `source` gives is not the listed one (a file
/// was changed since its hash was taken).
pub fn write_volumes(
    job: &WriteJob<'_>,
    source: &dyn ChunkSource,
    progress: &dyn Fn(WriteProgress),
) -> Result<Vec<PathBuf>, Error> {
    let lists =
        ChunkLists::check(job.manifest, job.envelope.chunk_lists.clone(), &Limits::default())?;
    let name = VolumeName::of(job.manifest);
    let of = u32::try_from(job.plan.len()).expect("at most 999 volumes");
    let release = job.envelope.release_digest();
    let layout = |number: u32, plan: &VolumePlan| {
        let label = Label { format: FORMAT_VERSION, number, of, release };
        layout::Layout::new(job, plan, &label)
    };
    let sizes = |plan: &VolumePlan| layout::payload_bytes(job.manifest, plan);
    let total = job.plan.iter().map(sizes).sum();
    let mut done = 0;
    let mut paths = Vec::new();
    for (number, plan) in (1..).zip(job.plan) {
        let path = job.folder.join(name.file(number, of));
        let partial = path.with_extension("cgb.partial");
        let mut tell = |bytes: u64| {
            done += bytes;
            progress(WriteProgress { volume: number, done, total });
        };
        let task = copy::Task { manifest: job.manifest, lists: &lists, source, path: &partial };
        if let Err(error) = layout(number, plan).and_then(|layout| one(&task, &layout, &mut tell)) {
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
        std::fs::rename(&partial, &path).map_err(io("cannot rename to", &path))?;
        paths.push(path);
    }
    let folder = job.folder;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("cannot sync", folder))?;
    Ok(paths)
}

fn one(
    task: &copy::Task<'_>,
    layout: &layout::Layout,
    tell: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    let file = File::create(task.path).map_err(io("cannot create", task.path))?;
    for (at, bytes) in &layout.fixed {
        file.write_all_at(bytes, *at).map_err(io("cannot write", task.path))?;
    }
    copy::chunks(task, &file, &layout.places, tell)?;
    file.sync_all().map_err(io("cannot sync", task.path))
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source }
}

/// What is written where.
#[derive(Debug, Clone, Copy)]
pub struct WriteJob<'a> {
    /// The manifest that the envelope carries.
    pub manifest: &'a Manifest,
    /// The opening entries.
    pub envelope: &'a Envelope,
    /// What goes where.
    pub plan: &'a [VolumePlan],
    /// The folder.
    pub folder: &'a Path,
}
