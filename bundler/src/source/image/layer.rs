//! One layer: a tar with fixed owners, times and order, gzipped. Made once for the same content.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use cg_bundle_format::{Digest, Hasher};
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};

use crate::config::{ImageDefinition, Layer, LayerEntry, Loaded};
use crate::error::Error;
use crate::hashes::{Facts, HashingReader};
use crate::memo::Memo;

/// Pinned: another level would give other bytes.
const LEVEL: u32 = 6;
/// Kind of note. The number changes with everything that changes the bytes of a layer.
pub(crate) const KIND: &str = "layer-2";

/// What one layer became.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Packed {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) diff_id: Digest,
    pub(crate) unpacked: u64,
    /// The files in it: whoever names none of them in a lock does not need the layer.
    pub(crate) files: Vec<Digest>,
}

/// A layer whose files were looked at.
#[derive(Debug)]
pub(crate) struct Plan {
    comment: String,
    entries: Vec<Entry>,
}

/// What stands at one path; serialised, it is the layer's name in the cache.
#[derive(Debug, Serialize)]
struct Entry {
    to: String,
    mode: u32,
    owner: u64,
    content: Content,
}

#[derive(Debug, Serialize)]
enum Content {
    Folder,
    Text(String),
    File {
        facts: Facts,
        #[serde(skip)]
        path: PathBuf,
    },
}

/// Says where a file is and what its bytes are.
pub(crate) type Look<'a> = &'a mut dyn FnMut(&str) -> Result<(PathBuf, Facts), Error>;

impl Plan {
    /// One sentence for the image's history.
    pub(crate) fn comment(&self) -> &str {
        &self.comment
    }

    /// Checks a layer's description and looks at its files.
    pub(crate) fn new(
        definition: &Loaded<ImageDefinition>,
        layer: &Layer,
        file: Look<'_>,
    ) -> Result<Self, Error> {
        let mut entries = Vec::new();
        for entry in sorted(definition, layer)? {
            let content = match (&entry.from, &entry.text) {
                (Some(from), _) => {
                    let (path, facts) = file(from)?;
                    Content::File { facts, path }
                }
                (None, Some(text)) => Content::Text(text.clone()),
                (None, None) => Content::Folder,
            };
            let default = if matches!(content, Content::Folder) { 0o755 } else { 0o644 };
            let mode = mode(definition, entry)?.unwrap_or(default);
            entries.push(Entry { to: entry.to.clone(), mode, owner: entry.owner, content });
        }
        Ok(Self { comment: layer.comment.clone(), entries })
    }

    /// The layer's file in the cache, made now unless it is there.
    pub(crate) fn pack(
        &self,
        definition: &Loaded<ImageDefinition>,
        memo: &Memo,
    ) -> Result<(PathBuf, Packed), Error> {
        let key =
            serde_json::to_vec(&self.entries).map_err(|e| Error::Unexpected(e.to_string()))?;
        let key = Digest::of(&key);
        let file = memo.file(KIND, &key).with_extension("tar.gz");
        if let Some(packed) = memo.get::<Packed>(KIND, &key)
            && std::fs::metadata(&file).is_ok_and(|meta| meta.len() == packed.size)
        {
            return Ok((file, packed));
        }
        let new = memo.create(KIND)?;
        let packed = self.write(definition, &new.file, &new.path)?;
        new.keep_synced(&file)?;
        memo.put(KIND, &key, &packed)?;
        Ok((file, packed))
    }

    fn write(
        &self,
        definition: &Loaded<ImageDefinition>,
        file: &File,
        path: &std::path::Path,
    ) -> Result<Packed, Error> {
        let io = |e: io::Error| Error::io("cannot write layer", path)(e);
        let out = Hashed::new(BufWriter::with_capacity(1 << 20, file));
        // No file name, no time, no operating system in the gzip header.
        let out =
            GzBuilder::new().mtime(0).operating_system(255).write(out, Compression::new(LEVEL));
        let mut builder = tar::Builder::new(Hashed::new(out));
        let mut folders = BTreeSet::new();
        for entry in &self.entries {
            append(definition, entry, &mut folders, &mut builder)?;
        }
        let tar = builder.into_inner().map_err(io)?;
        let (diff_id, unpacked, gzip) = tar.finish();
        let (digest, size, out) = gzip.finish().map_err(io)?.finish();
        out.into_inner().map_err(|e| io(e.into_error()))?;
        let files = self.entries.iter().filter_map(|entry| match &entry.content {
            Content::File { facts, .. } => Some(facts.digest),
            Content::Folder | Content::Text(_) => None,
        });
        Ok(Packed { digest, size, diff_id, unpacked, files: files.collect() })
    }
}

fn mode(definition: &Loaded<ImageDefinition>, entry: &LayerEntry) -> Result<Option<u32>, Error> {
    let Some(text) = &entry.mode else { return Ok(None) };
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
    let problem = || definition.problem(format!("{:?}: mode {text:?} is not octal", entry.to));
    mode.ok_or_else(problem).map(Some)
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
    entry: &Entry,
    folders: &mut BTreeSet<String>,
    builder: &mut tar::Builder<W>,
) -> Result<(), Error> {
    let mut write = |kind, mode, owner, size, name: &str, bytes: &mut dyn Read| {
        let mut header = header(kind, mode, owner, size);
        let done = header.set_path(name).and_then(|()| {
            header.set_cksum();
            builder.append(&header, bytes)
        });
        done.map_err(|e| definition.problem(format!("{name:?}: {e}")))
    };
    use tar::EntryType::{Directory, Regular};
    for (end, _) in entry.to.match_indices('/') {
        let folder = format!("{}/", &entry.to[..end]);
        if folders.insert(folder.clone()) {
            write(Directory, 0o755, 0, 0, &folder, &mut io::empty())?;
        }
    }
    match &entry.content {
        Content::File { path, facts } => {
            let file = File::open(path).map_err(Error::io("cannot read", path))?;
            let mut input = HashingReader::new(file.take(facts.size));
            write(Regular, entry.mode, entry.owner, facts.size, &entry.to, &mut input)?;
            input.check(path, facts)
        }
        Content::Text(text) => {
            let size = text.len() as u64;
            write(Regular, entry.mode, entry.owner, size, &entry.to, &mut text.as_bytes())
        }
        Content::Folder => {
            let folder = format!("{}/", entry.to);
            if !folders.insert(folder.clone()) {
                return Err(definition
                    .problem(format!("folder {folder:?} must stand before what lies in it")));
            }
            write(Directory, entry.mode, entry.owner, 0, &folder, &mut io::empty())
        }
    }
}

fn header(kind: tar::EntryType, mode: u32, owner: u64, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_size(size);
    header.set_mtime(0);
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
