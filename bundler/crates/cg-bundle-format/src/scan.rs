//! The strict walk over a volume's entries: what lies where, and nothing else lies there.

use std::collections::HashMap;

use crate::index::{self, Run};
use crate::read::VolumeFile;
use crate::tar::{BLOCK, END, Header, padding};
use crate::{Carriage, Digest, Error, Limits, Manifest, Part, names};

/// Where a chunk's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Location {
    /// Number in the list of volumes that are there.
    pub(crate) volume: u32,
    /// Byte offset in the file.
    pub(crate) offset: u64,
}

/// For each blob of the manifest, for each chunk, where it is.
pub(crate) type ChunkMap = Vec<Vec<Option<Location>>>;

/// Walks all volumes.
pub(crate) fn scan(
    manifest: &Manifest,
    volumes: &[VolumeFile],
    limits: &Limits,
) -> Result<ChunkMap, Error> {
    let numbers: HashMap<Digest, usize> =
        manifest.blobs.iter().enumerate().map(|(n, blob)| (blob.digest, n)).collect();
    let map = manifest.blobs.iter().map(|blob| {
        // Bounded by the chunk lists, whose length was checked.
        let carried = if blob.carriage == Carriage::Carried { blob.chunk_count() } else { 0 };
        vec![None; usize::try_from(carried).expect("bounded by the chunk lists")]
    });
    let mut walk = Walk { manifest, numbers, map: map.collect(), limits };
    for (position, volume) in volumes.iter().enumerate() {
        walk.volume(u32::try_from(position).expect("at most 999 volumes"), volume)?;
    }
    Ok(walk.map)
}

struct Walk<'a> {
    manifest: &'a Manifest,
    numbers: HashMap<Digest, usize>,
    map: ChunkMap,
    limits: &'a Limits,
}

impl Walk<'_> {
    fn volume(&mut self, position: u32, volume: &VolumeFile) -> Result<(), Error> {
        let mut at = volume.payload();
        if volume.number() == 1 {
            at = self.front(position, volume, at)?;
        }
        let mut runs: Vec<Run> = Vec::new();
        for _ in 0..self.limits.entries {
            let header = read_header(volume, at)?;
            let part = Part::Entry { file: volume.path().to_owned(), name: header.name.clone() };
            if header.mode != 0o644 {
                return Err(Error::refused(part, "its mode must be 0644"));
            }
            if header.name == names::INDEX {
                return check_end(volume, &runs, at, &header);
            }
            let (blob, chunk) = names::parse_chunk(&header.name).ok_or_else(|| {
                Error::refused(part.clone(), "an entry of this name does not belong here")
            })?;
            let Some(&number) = self.numbers.get(&blob) else {
                return Err(Error::refused(part, "release.json lists no such blob"));
            };
            let listed = &self.manifest.blobs[number];
            if chunk >= self.map[number].len() as u64 {
                return Err(Error::refused(part, "the blob has no such chunk, or is not carried"));
            }
            if header.size != listed.chunk_bytes(chunk) {
                return Err(Error::refused(
                    part,
                    format!(
                        "{} bytes; release.json says {}",
                        header.size,
                        listed.chunk_bytes(chunk)
                    ),
                ));
            }
            self.place(number, chunk, Location { volume: position, offset: at + BLOCK }, &part)?;
            index::extend(&mut runs, blob, chunk, at);
            at = self.after(volume, at, &header)?;
        }
        Err(Error::refused(
            Part::File(volume.path().to_owned()),
            format!("more than {} entries", self.limits.entries),
        ))
    }

    /// The named entries of volume 1, exactly as the manifest lists them.
    fn front(&mut self, position: u32, volume: &VolumeFile, mut at: u64) -> Result<u64, Error> {
        for front in &self.manifest.front {
            let header = read_header(volume, at)?;
            let number = self.numbers[&front.blob];
            let blob = &self.manifest.blobs[number];
            let part = Part::Entry { file: volume.path().to_owned(), name: header.name.clone() };
            let expected =
                Header { name: front.path.to_string(), size: blob.size, mode: front.mode.bits() };
            if header != expected {
                let problem = format!(
                    "{:?} with {} bytes and mode {:04o} is expected here",
                    expected.name, expected.size, expected.mode
                );
                return Err(Error::refused(part, problem));
            }
            for chunk in 0..blob.chunk_count() {
                let offset = at + BLOCK + chunk * blob.chunk_size;
                self.place(number, chunk, Location { volume: position, offset }, &part)?;
            }
            at = self.after(volume, at, &header)?;
        }
        Ok(at)
    }

    fn place(
        &mut self,
        number: usize,
        chunk: u64,
        location: Location,
        part: &Part,
    ) -> Result<(), Error> {
        let slot = &mut self.map[number][usize::try_from(chunk).expect("in range")];
        if slot.replace(location).is_some() {
            return Err(Error::refused(part.clone(), "this chunk is there twice"));
        }
        Ok(())
    }

    /// Checks an entry's padding and that it lies inside the file; returns where the next one begins.
    fn after(&self, volume: &VolumeFile, at: u64, header: &Header) -> Result<u64, Error> {
        let part = || Part::Entry { file: volume.path().to_owned(), name: header.name.clone() };
        let pad = padding(header.size);
        let end = at
            .checked_add(BLOCK)
            .and_then(|n| n.checked_add(header.size))
            .filter(|end| *end <= volume.bytes());
        let end = end.ok_or_else(|| {
            Error::refused(part(), format!("volume {} ends inside it", volume.number()))
        })?;
        let mut fill = [0u8; 512];
        let fill = &mut fill[..usize::try_from(pad).expect("less than a block")];
        volume.read_at(fill, end)?;
        if fill.iter().any(|&byte| byte != 0) {
            return Err(Error::refused(part(), "bytes after its end are not zero"));
        }
        Ok(end + pad)
    }
}

fn read_header(volume: &VolumeFile, at: u64) -> Result<Header, Error> {
    let mut block = [0; 512];
    volume.read_at(&mut block, at)?;
    Header::parse(&block).map_err(|problem| {
        Error::refused(
            Part::Entry { file: volume.path().to_owned(), name: format!("at byte {at}") },
            problem,
        )
    })
}

/// The index says what was found, two zero blocks follow, and then nothing.
fn check_end(volume: &VolumeFile, runs: &[Run], at: u64, header: &Header) -> Result<(), Error> {
    let part = Part::Entry { file: volume.path().to_owned(), name: names::INDEX.to_owned() };
    let expected = index::content(runs, at);
    if header.size != expected.len() as u64 {
        return Err(Error::refused(part, "it does not list what the volume holds"));
    }
    let end = at + BLOCK + header.size;
    if end + END != volume.bytes() {
        let problem =
            format!("{} bytes; with its index it must have {}", volume.bytes(), end + END);
        return Err(Error::refused(Part::File(volume.path().to_owned()), problem));
    }
    let mut found = vec![0; expected.len()];
    volume.read_at(&mut found, at + BLOCK)?;
    if found != expected {
        return Err(Error::refused(part, "it does not list what the volume holds"));
    }
    let mut zeros = [1; 1024];
    volume.read_at(&mut zeros, end)?;
    if zeros.iter().any(|&byte| byte != 0) {
        return Err(Error::refused(
            Part::File(volume.path().to_owned()),
            "the end of the archive is not zero",
        ));
    }
    Ok(())
}
