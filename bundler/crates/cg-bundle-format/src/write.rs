//! Writes volumes: chunks are read and checked on several threads and written by one.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};

use rayon::prelude::*;

use crate::chunks::ChunkLists;
use crate::envelope::Envelope;
use crate::index;
use crate::plan::VolumePlan;
use crate::read::Label;
use crate::tar::{BLOCK, END, Header, padding};
use crate::{Digest, Error, FORMAT_VERSION, Limits, Manifest, Part, Payload, json, names};

/// Most chunks that are read at once; three such batches are in memory at any time.
const MOST_AT_ONCE: usize = 4;

/// Where the writer gets stored bytes from.
pub trait ChunkSource: Sync {
    /// Replaces the content of `buffer` by chunk `chunk` of the manifest's blob number `blob`.
    ///
    /// # Errors
    /// [`Error::Io`] or what the source reports.
    fn read(&self, blob: usize, chunk: u64, buffer: &mut Vec<u8>) -> Result<(), Error>;
}

impl ChunkSource for Payload {
    fn read(&self, blob: usize, chunk: u64, buffer: &mut Vec<u8>) -> Result<(), Error> {
        let digest = self.manifest().blobs[blob].digest;
        *buffer = self.read_chunk(&digest, chunk, std::mem::take(buffer))?.into_buffer();
        Ok(())
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
    let mut order = Vec::new();
    for plan in job.plan {
        for &front in &plan.front {
            let (number, blob) = front_blob(job.manifest, front)?;
            order.extend((0..blob).map(|chunk| (number, chunk)));
        }
        order.extend_from_slice(&plan.chunks);
    }
    let total =
        order.iter().map(|&(blob, chunk)| job.manifest.blobs[blob].chunk_bytes(chunk)).sum();
    let (full, ready) = sync_channel(1);
    let (back, empty) = channel();
    std::thread::scope(|scope| {
        scope.spawn(|| produce(&order, job.manifest, &lists, source, &Pipe { full, empty }));
        let mut chunks = Chunks { ready, back, batch: Vec::new(), used: None };
        let mut writer = Volumes { job, chunks: &mut chunks, done: 0, total, progress };
        writer.all()
    })
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

fn front_blob(manifest: &Manifest, front: usize) -> Result<(usize, u64), Error> {
    let digest = manifest.front[front].blob;
    let (number, blob) = manifest
        .blob(&digest)
        .ok_or_else(|| Error::refused(Part::Blob(digest), "it is not listed"))?;
    Ok((number, blob.chunk_count()))
}

type Batch = Result<Vec<Vec<u8>>, Error>;

struct Pipe {
    full: std::sync::mpsc::SyncSender<Batch>,
    empty: Receiver<Vec<u8>>,
}

fn produce(
    order: &[(usize, u64)],
    manifest: &Manifest,
    lists: &ChunkLists,
    source: &dyn ChunkSource,
    pipe: &Pipe,
) {
    let at_once =
        std::thread::available_parallelism().map_or(1, usize::from).clamp(1, MOST_AT_ONCE);
    for group in order.chunks(at_once) {
        let buffers: Vec<Vec<u8>> =
            group.iter().map(|_| pipe.empty.try_recv().unwrap_or_default()).collect();
        let read = |(&(blob, chunk), mut buffer): (&(usize, u64), Vec<u8>)| {
            source.read(blob, chunk, &mut buffer)?;
            let expected = lists.digest(blob, chunk);
            if buffer.len() as u64 != manifest.blobs[blob].chunk_bytes(chunk)
                || Digest::of(&buffer) != expected
            {
                let problem = format!(
                    "its chunk {chunk} changed while the bundle was built; build again when nothing writes to the sources"
                );
                return Err(Error::refused(Part::Blob(manifest.blobs[blob].digest), problem));
            }
            Ok(buffer)
        };
        let batch: Batch = group.par_iter().zip(buffers).map(read).collect();
        let failed = batch.is_err();
        // The writer has gone when it failed itself; then there is nobody to tell.
        if pipe.full.send(batch).is_err() || failed {
            return;
        }
    }
}

/// The writer's end of the pipe.
struct Chunks {
    ready: Receiver<Batch>,
    back: Sender<Vec<u8>>,
    batch: Vec<Vec<u8>>,
    used: Option<Vec<u8>>,
}

impl Chunks {
    fn next(&mut self) -> Result<&[u8], Error> {
        if let Some(used) = self.used.take() {
            let _ = self.back.send(used);
        }
        if self.batch.is_empty() {
            self.batch = self
                .ready
                .recv()
                .expect("the producer sends one batch for each group of the same order")?;
            self.batch.reverse();
        }
        let chunk = self.batch.pop().expect("a batch is never empty");
        Ok(self.used.insert(chunk))
    }
}

struct Volumes<'a> {
    job: &'a WriteJob<'a>,
    chunks: &'a mut Chunks,
    done: u64,
    total: u64,
    progress: &'a dyn Fn(WriteProgress),
}

impl Volumes<'_> {
    fn all(&mut self) -> Result<Vec<PathBuf>, Error> {
        let of = u32::try_from(self.job.plan.len()).expect("at most 999 volumes");
        let name = VolumeName::of(self.job.manifest);
        let mut paths = Vec::new();
        for (index, plan) in self.job.plan.iter().enumerate() {
            let number = u32::try_from(index).expect("at most 999 volumes") + 1;
            let path = self.job.folder.join(name.file(number, of));
            let partial = path.with_extension("cgb.partial");
            let written = self.one(
                plan,
                Label {
                    format: FORMAT_VERSION,
                    number,
                    of,
                    release: self.job.envelope.release_digest(),
                },
                &partial,
            );
            if let Err(error) = written {
                let _ = std::fs::remove_file(&partial);
                return Err(error);
            }
            std::fs::rename(&partial, &path).map_err(|source| Error::Io {
                action: "cannot rename to",
                path: path.clone(),
                source,
            })?;
            paths.push(path);
        }
        let folder = self.job.folder;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| Error::Io {
            action: "cannot sync",
            path: folder.to_owned(),
            source,
        })?;
        Ok(paths)
    }

    fn one(&mut self, plan: &VolumePlan, label: Label, path: &Path) -> Result<(), Error> {
        let io =
            |action| move |source: io::Error| Error::Io { action, path: path.to_owned(), source };
        let file = File::create(path).map_err(io("cannot create"))?;
        let mut out = Out { file: io::BufWriter::with_capacity(1 << 20, file), at: 0, path };
        for (index, (header, bytes)) in self.job.envelope.entries().into_iter().enumerate() {
            out.entry(&header, bytes)?;
            if index == 0 {
                let label = json::write(&label);
                out.entry(&Header::plain(names::LABEL, label.len() as u64), &label)?;
            }
        }
        let manifest = self.job.manifest;
        for &front in &plan.front {
            let entry = &manifest.front[front];
            let (number, count) = front_blob(manifest, front)?;
            let size = manifest.blobs[number].size;
            out.header(&Header { name: entry.path.to_string(), size, mode: entry.mode.bits() })?;
            for _ in 0..count {
                self.chunk(&mut out, label.number)?;
            }
            out.fill(padding(size))?;
        }
        let mut runs = Vec::new();
        for &(number, chunk) in &plan.chunks {
            let blob = &manifest.blobs[number];
            index::extend(&mut runs, blob.digest, chunk, out.at);
            let size = blob.chunk_bytes(chunk);
            out.header(&Header::plain(names::chunk(&blob.digest, chunk), size))?;
            self.chunk(&mut out, label.number)?;
            out.fill(padding(size))?;
        }
        let content = index::content(&runs, out.at);
        out.entry(&Header::plain(names::INDEX, content.len() as u64), &content)?;
        out.fill(END)?;
        let file = out.file.into_inner().map_err(|e| io("cannot write")(e.into_error()))?;
        file.sync_all().map_err(io("cannot sync"))
    }

    fn chunk(&mut self, out: &mut Out<'_>, volume: u32) -> Result<(), Error> {
        let bytes = self.chunks.next()?;
        out.bytes(bytes)?;
        self.done += bytes.len() as u64;
        (self.progress)(WriteProgress { volume, done: self.done, total: self.total });
        Ok(())
    }
}

struct Out<'a> {
    file: io::BufWriter<File>,
    at: u64,
    path: &'a Path,
}

impl Out<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.at += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|source| Error::Io {
            action: "cannot write",
            path: self.path.to_owned(),
            source,
        })
    }

    fn header(&mut self, header: &Header) -> Result<(), Error> {
        self.bytes(&header.to_block())
    }

    fn fill(&mut self, count: u64) -> Result<(), Error> {
        let zeros = [0; (2 * BLOCK) as usize];
        self.bytes(&zeros[..usize::try_from(count).expect("at most two blocks")])
    }

    fn entry(&mut self, header: &Header, bytes: &[u8]) -> Result<(), Error> {
        self.header(header)?;
        self.bytes(bytes)?;
        self.fill(padding(header.size))
    }
}
