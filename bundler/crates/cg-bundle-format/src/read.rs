//! Finds volumes and reads the bounded entries that open each of them. Nothing here is trusted yet.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::envelope::{Check, Envelope};
use crate::tar::{BLOCK, Header, padding};
use crate::trust::{RootChain, SignedRoot, TrustAnchor};
use crate::{Digest, Error, Limits, Part, VerifiedRelease, json, names};

/// How often a read is tried: drives and hubs have weak moments.
const READ_TRIES: u32 = 4;

/// Ending of volume files.
const ENDING: &str = "cgb";

/// Opens bundles.
#[derive(Debug)]
pub struct BundleReader;

/// One volume's file, its label and where its payload begins.
#[derive(Debug)]
pub struct VolumeFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    label: Label,
    payload: u64,
}

/// What a volume says about itself. A hint: it names missing volumes, and nothing rests on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Label {
    pub(crate) format: u64,
    pub(crate) number: u32,
    pub(crate) of: u32,
    pub(crate) release: Digest,
}

/// Volumes of one release whose signatures have not been checked.
#[derive(Debug)]
pub struct UnverifiedBundle {
    pub(crate) volumes: Vec<VolumeFile>,
    pub(crate) envelope: Envelope,
    pub(crate) limits: Limits,
}

impl BundleReader {
    /// Finds the volumes among `paths` (files, or folders that hold `.cgb` files; any order) and reads
    /// their opening entries, which must be the same in all of them.
    ///
    /// # Errors
    /// [`Error::NoVolumes`], [`Error::Refused`] naming the entry or the volume, [`Error::Io`].
    pub fn open(paths: &[PathBuf]) -> Result<UnverifiedBundle, Error> {
        Self::open_with(paths, &Limits::default())
    }

    /// [`BundleReader::open`] with other limits.
    ///
    /// # Errors
    /// As there.
    pub fn open_with(paths: &[PathBuf], limits: &Limits) -> Result<UnverifiedBundle, Error> {
        let files = find(paths, limits)?;
        let mut volumes: Vec<VolumeFile> = Vec::new();
        let mut first: Option<Envelope> = None;
        for path in files {
            let (volume, envelope) = open_volume(&path, limits)?;
            match &first {
                None => first = Some(envelope),
                Some(first) if *first == envelope => {}
                Some(_) => {
                    let problem = format!(
                        "it belongs to another release or signing than {}; give volumes of one bundle only",
                        volumes[0].path.display()
                    );
                    return Err(Error::refused(Part::File(path), problem));
                }
            }
            volumes.push(volume);
        }
        let envelope = first.ok_or_else(|| no_volumes(paths))?;
        check_labels(&mut volumes, &envelope, limits)?;
        Ok(UnverifiedBundle { volumes, envelope, limits: limits.clone() })
    }
}

impl UnverifiedBundle {
    /// SHA-256 of the newest root on the media: to be compared by a person with the fingerprint that
    /// came another way. Proves nothing by itself.
    #[must_use]
    pub fn claimed_fingerprint(&self) -> Option<Digest> {
        self.envelope.roots.fingerprint()
    }

    /// SHA-256 of the `release.json` on the media: which release they say they are of. Proves nothing by itself.
    #[must_use]
    pub fn claimed_release(&self) -> Digest {
        self.envelope.release_digest()
    }

    /// The volumes, ascending by their claimed number.
    #[must_use]
    pub fn volumes(&self) -> &[VolumeFile] {
        &self.volumes
    }

    /// Proves the root chain from `anchor`, counts the signatures of `release.json`, and only then parses it.
    ///
    /// # Errors
    /// [`Error::Fingerprint`], [`Error::Threshold`], [`Error::Refused`].
    pub fn verify_signature(self, anchor: &TrustAnchor) -> Result<VerifiedRelease, Error> {
        VerifiedRelease::new(self, anchor)
    }
}

impl VolumeFile {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its number, counted from 1, as it says itself.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.label.number
    }

    /// How many volumes there are, as it says itself.
    #[must_use]
    pub fn of(&self) -> u32 {
        self.label.of
    }

    /// Bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Byte offset of the first entry after the opening ones.
    pub(crate) fn payload(&self) -> u64 {
        self.payload
    }

    /// Fills `buffer` from `offset`.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), Error> {
        let mut tries = 1;
        loop {
            let Err(source) = self.file.read_exact_at(buffer, offset) else { return Ok(()) };
            if source.kind() == io::ErrorKind::UnexpectedEof {
                return Err(Error::refused(Part::File(self.path.clone()), "it ends too early"));
            }
            if tries == READ_TRIES {
                return Err(Error::Io { action: "cannot read", path: self.path.clone(), source });
            }
            tries += 1;
        }
    }
}

fn no_volumes(paths: &[PathBuf]) -> Error {
    Error::NoVolumes { places: paths.iter().map(|path| path.display().to_string()).collect() }
}

fn find(paths: &[PathBuf], limits: &Limits) -> Result<Vec<PathBuf>, Error> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { action: "cannot read", path, source }
    };
    let mut files = Vec::new();
    for path in paths {
        let meta = std::fs::metadata(path).map_err(io(path))?;
        if !meta.is_dir() {
            files.push(path.clone());
            continue;
        }
        for (count, entry) in std::fs::read_dir(path).map_err(io(path))?.enumerate() {
            if count as u64 >= u64::from(limits.folder_entries) {
                let problem = format!(
                    "the folder holds more than {} entries; name the volumes",
                    limits.folder_entries
                );
                return Err(Error::refused(Part::File(path.clone()), problem));
            }
            let entry = entry.map_err(io(path))?.path();
            if entry.extension().is_some_and(|ending| ending == ENDING) {
                files.push(entry);
            }
        }
    }
    files.sort();
    files.dedup();
    if let Some(extra) = files.get(limits.volumes as usize) {
        let problem = format!("one volume file too many; at most {} are read", limits.volumes);
        return Err(Error::refused(Part::File(extra.clone()), problem));
    }
    Ok(files)
}

fn check_labels(
    volumes: &mut [VolumeFile],
    envelope: &Envelope,
    limits: &Limits,
) -> Result<(), Error> {
    volumes.sort_by_key(|volume| volume.label.number);
    let release = envelope.release_digest();
    let of = volumes.first().map_or(0, |volume| volume.label.of);
    for (index, volume) in volumes.iter().enumerate() {
        let label = volume.label;
        let refused =
            |problem: String| Err(Error::refused(Part::File(volume.path.clone()), problem));
        if label.release != release {
            return refused(
                "its label names another release.json than the one it carries".to_owned(),
            );
        }
        if label.of != of || label.number == 0 || label.number > of || of > limits.volumes {
            return refused(format!(
                "it calls itself volume {} of {}, others say there are {of}",
                label.number, label.of
            ));
        }
        if index > 0 && volumes[index - 1].label.number == label.number {
            return refused(format!(
                "it is volume {} again, as {}",
                label.number,
                volumes[index - 1].path.display()
            ));
        }
    }
    Ok(())
}

/// Reads entries one after the other from the start of a volume.
struct Opening<'a> {
    volume: VolumeFile,
    limits: &'a Limits,
}

impl Opening<'_> {
    /// Reads the next header without moving on.
    fn peek(&self) -> Result<Header, Error> {
        let mut block = [0; 512];
        self.volume.read_at(&mut block, self.volume.payload)?;
        Header::parse(&block).map_err(|problem| {
            let name = format!("at byte {}", self.volume.payload);
            Error::refused(Part::Entry { file: self.volume.path.clone(), name }, problem)
        })
    }

    fn entry(&self, name: &str) -> Part {
        Part::Entry { file: self.volume.path.clone(), name: name.to_owned() }
    }

    /// Reads the entry that must come now.
    fn take(&mut self, name: &str, most: u64) -> Result<Vec<u8>, Error> {
        let header = self.peek()?;
        if header.name != name {
            return Err(Error::refused(
                self.entry(&header.name),
                format!("{name:?} is expected here"),
            ));
        }
        if header.size > most || header.size > self.volume.bytes {
            return Err(Error::refused(
                self.entry(name),
                format!("{} bytes; at most {most} are allowed", header.size),
            ));
        }
        if header.mode != 0o644 {
            return Err(Error::refused(self.entry(name), "its mode must be 0644"));
        }
        let size = usize::try_from(header.size).expect("bounded by the limits");
        let pad = usize::try_from(padding(header.size)).expect("less than a block");
        let mut bytes = vec![0; size + pad];
        self.volume.read_at(&mut bytes, self.volume.payload + BLOCK)?;
        if bytes[size..].iter().any(|&byte| byte != 0) {
            return Err(Error::refused(self.entry(name), "bytes after its end are not zero"));
        }
        bytes.truncate(size);
        self.volume.payload += BLOCK + header.size + padding(header.size);
        Ok(bytes)
    }

    fn roots(&mut self) -> Result<RootChain, Error> {
        let mut chain = RootChain::default();
        for version in 1.. {
            let name = names::root(version);
            if self.peek()?.name != name {
                break;
            }
            if version > u64::from(self.limits.roots) {
                return Err(Error::refused(
                    self.entry(&name),
                    format!("more than {} roots", self.limits.roots),
                ));
            }
            let root = self.take(&name, self.limits.root_bytes)?;
            let signatures = self.take(&names::root_signatures(version), self.limits.root_bytes)?;
            chain.roots.push(SignedRoot { root, signatures });
        }
        Ok(chain)
    }

    fn checks(&mut self) -> Result<Vec<Check>, Error> {
        let mut checks = Vec::new();
        loop {
            let name = self.peek()?.name;
            if !name.starts_with("check/") {
                return Ok(checks);
            }
            if checks.len() > 2 * self.limits.keys {
                return Err(Error::refused(self.entry(&name), "too many entries below check/"));
            }
            let bytes = self.take(&name, self.limits.note_bytes)?;
            checks.push(Check { name, bytes });
        }
    }
}

pub(crate) fn open_volume(path: &Path, limits: &Limits) -> Result<(VolumeFile, Envelope), Error> {
    let io = |source| Error::Io { action: "cannot open", path: path.to_owned(), source };
    // Looked at before it is opened: opening a named pipe would wait for ever.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(Error::refused(Part::File(path.to_owned()), "it is no regular file"));
    }
    let file = File::open(path).map_err(io)?;
    let bytes = file.metadata().map_err(io)?.len();
    let label = Label { format: 0, number: 0, of: 0, release: Digest::from_bytes([0; 32]) };
    let volume = VolumeFile { path: path.to_owned(), file, bytes, label, payload: 0 };
    let mut opening = Opening { volume, limits };
    let note = opening.take(names::FORMAT, limits.note_bytes)?;
    let label_bytes = opening.take(names::LABEL, BLOCK)?;
    let label: Label = json::parse(&label_bytes, limits.json_depth)
        .map_err(|problem| Error::refused(opening.entry(names::LABEL), problem))?;
    if json::write(&label) != label_bytes || label.format != crate::FORMAT_VERSION {
        return Err(Error::refused(
            opening.entry(names::LABEL),
            "of another format, or not written in its one canonical form",
        ));
    }
    let envelope = Envelope {
        note,
        roots: opening.roots()?,
        manifest: opening.take(names::RELEASE, limits.manifest_bytes)?,
        signatures: opening.take(names::RELEASE_SIGNATURES, limits.root_bytes)?,
        checks: opening.checks()?,
        chunk_lists: opening.take(names::CHUNK_LISTS, limits.chunk_list_bytes)?,
    };
    opening.volume.label = label;
    Ok((opening.volume, envelope))
}
