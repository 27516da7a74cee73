//! The payload of a verified release: every byte that leaves here was held against the signed lists.

use std::collections::HashMap;

use crate::read::VolumeFile;
use crate::scan::{ChunkMap, Location, scan};
use crate::{Blob, BlobDecoder, Carriage, Digest, Error, Manifest, Part, VerifiedRelease};

/// A release together with the places of its chunks.
#[derive(Debug)]
pub struct Payload {
    release: VerifiedRelease,
    map: ChunkMap,
    numbers: HashMap<Digest, usize>,
}

/// Bytes of one chunk, as stored, whose SHA-256 stood in the signed chunk lists. Cannot be made otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedChunk {
    blob: Digest,
    index: u64,
    offset: u64,
    bytes: Vec<u8>,
}

impl VerifiedChunk {
    /// The blob.
    #[must_use]
    pub fn blob(&self) -> Digest {
        self.blob
    }

    /// Counted from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Offset in the blob's stored bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The stored bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the buffer back for the next [`Payload::read_chunk`].
    #[must_use]
    pub fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
}

impl Payload {
    pub(crate) fn new(release: VerifiedRelease) -> Result<Self, Error> {
        let map = scan(release.manifest(), release.volumes(), release.limits())?;
        let numbers =
            release.manifest().blobs.iter().enumerate().map(|(n, blob)| (blob.digest, n)).collect();
        Ok(Self { release, map, numbers })
    }

    /// The release.
    #[must_use]
    pub fn release(&self) -> &VerifiedRelease {
        &self.release
    }

    /// The signed manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.release.manifest()
    }

    /// Whether all chunks that the manifest says are carried are there.
    ///
    /// # Errors
    /// [`Error::MissingVolumes`] with numbers where volumes are missing; else [`Error::Refused`] naming
    /// the first chunk that no volume holds.
    pub fn require_complete(&self) -> Result<(), Error> {
        let missing = self.release.missing_volumes();
        if !missing.is_empty() {
            return Err(Error::MissingVolumes { missing });
        }
        for (blob, places) in self.manifest().blobs.iter().zip(&self.map) {
            if let Some(chunk) = places.iter().position(Option::is_none) {
                let problem =
                    format!("no volume holds its chunk {chunk}; the set was put together wrongly");
                return Err(Error::refused(Part::Blob(blob.digest), problem));
            }
        }
        Ok(())
    }

    /// The signed description of a blob.
    #[must_use]
    pub fn blob(&self, digest: &Digest) -> Option<&Blob> {
        self.numbers.get(digest).map(|&number| &self.manifest().blobs[number])
    }

    /// Whether this chunk is in one of the volumes that are there.
    #[must_use]
    pub fn holds(&self, digest: &Digest, index: u64) -> bool {
        self.locate(digest, index).is_some()
    }

    fn locate(&self, digest: &Digest, index: u64) -> Option<(usize, Location)> {
        let number = *self.numbers.get(digest)?;
        let place = self.map[number].get(usize::try_from(index).ok()?).copied().flatten()?;
        Some((number, place))
    }

    /// Where a chunk lies among the volumes that are there.
    #[must_use]
    pub fn place(&self, digest: &Digest, index: u64) -> Option<ChunkPlace> {
        let (_, place) = self.locate(digest, index)?;
        let volume = self.release.volumes()[place.volume as usize].number();
        Some(ChunkPlace { volume, offset: place.offset })
    }

    /// Reads one chunk into `buffer` (its content is replaced) and checks it before it is handed out.
    ///
    /// # Errors
    /// [`Error::Refused`] naming volume, chunk and blob; [`Error::Unreadable`] where the medium fails.
    pub fn read_chunk(
        &self,
        digest: &Digest,
        index: u64,
        mut buffer: Vec<u8>,
    ) -> Result<VerifiedChunk, Error> {
        let Some((number, place)) = self.locate(digest, index) else {
            return Err(self.absent(digest, index));
        };
        let blob = &self.manifest().blobs[number];
        let volume = &self.release.volumes()[place.volume as usize];
        buffer.resize(usize::try_from(blob.chunk_bytes(index)).expect("at most 8 MiB"), 0);
        volume
            .read_at(&mut buffer, place.offset)
            .map_err(|error| unreadable(error, volume, place, *digest, index))?;
        if Digest::of(&buffer) != self.release.lists().digest(number, index) {
            let part = Part::Chunk { volume: volume.number(), blob: *digest, index };
            return Err(Error::refused(
                part,
                "its SHA-256 is not the signed one; the medium or the copy is damaged, or it was tampered with",
            ));
        }
        Ok(VerifiedChunk { blob: *digest, index, offset: index * blob.chunk_size, bytes: buffer })
    }

    fn absent(&self, digest: &Digest, index: u64) -> Error {
        let missing = self.release.missing_volumes();
        match self.blob(digest) {
            Some(blob) if blob.carriage == Carriage::Carried && !missing.is_empty() => {
                Error::MissingVolumes { missing }
            }
            Some(_) => {
                Error::refused(Part::Blob(*digest), format!("no volume holds its chunk {index}"))
            }
            None => Error::refused(Part::Blob(*digest), "release.json does not list it"),
        }
    }

    /// The chunks of a blob in order, from chunk `from` on (0 for all of them).
    ///
    /// # Errors
    /// [`Error::Refused`] when the manifest does not list the blob or it is not carried.
    pub fn open_blob(&self, digest: &Digest, from: u64) -> Result<BlobChunks<'_>, Error> {
        match self.blob(digest) {
            Some(blob) if blob.carriage == Carriage::Carried => Ok(BlobChunks {
                payload: self,
                digest: *digest,
                next: from,
                count: blob.chunk_count(),
            }),
            Some(_) => Err(Error::refused(
                Part::Blob(*digest),
                "the bundle does not carry it; the host must have it",
            )),
            None => Err(Error::refused(Part::Blob(*digest), "release.json does not list it")),
        }
    }

    /// The decoded bytes of a blob of at most `Limits::small_blob_bytes`.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is larger, damaged or not there.
    pub fn read_small_blob(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let chunks = self.open_blob(digest, 0)?;
        let blob = &self.manifest().blobs[self.numbers[digest]];
        let most = self.release.limits().small_blob_bytes;
        if blob.size > most {
            return Err(Error::refused(
                Part::Blob(*digest),
                format!("{} bytes; at most {most} are read at once", blob.size),
            ));
        }
        let mut bytes = Vec::new();
        let mut decoder = BlobDecoder::new(blob, self.release.limits())?;
        for chunk in chunks {
            decoder.push(&chunk?, &mut bytes)?;
        }
        decoder.finish()?;
        Ok(bytes)
    }

    /// Where each carried chunk that is there lies, in the order of the volumes.
    pub(crate) fn in_volume_order(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (number, places) in self.map.iter().enumerate() {
            for (chunk, place) in places.iter().enumerate() {
                if let Some(place) = place {
                    pieces.push(Piece { blob: number, chunk: chunk as u64, place: *place });
                }
            }
        }
        pieces.sort_by_key(|piece| (piece.place.volume, piece.place.offset));
        pieces
    }
}

/// Names the chunk that a medium does not give out.
pub(crate) fn unreadable(
    error: Error,
    volume: &VolumeFile,
    place: Location,
    blob: Digest,
    index: u64,
) -> Error {
    match error {
        Error::Io { path, source, .. } => Error::Unreadable {
            volume: volume.number(),
            path,
            offset: place.offset,
            blob,
            index,
            source,
        },
        other => other,
    }
}

/// Where a chunk lies; ordered as the media are read best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChunkPlace {
    /// The volume's number.
    pub volume: u32,
    /// Byte offset in its file.
    pub offset: u64,
}

/// A chunk and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    /// Number of the blob in the manifest.
    pub(crate) blob: usize,
    pub(crate) chunk: u64,
    pub(crate) place: Location,
}

/// The checked chunks of one blob, in order. One buffer of a chunk's size is made for each item.
#[derive(Debug)]
pub struct BlobChunks<'a> {
    payload: &'a Payload,
    digest: Digest,
    next: u64,
    count: u64,
}

impl Iterator for BlobChunks<'_> {
    type Item = Result<VerifiedChunk, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.count {
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some(self.payload.read_chunk(&self.digest, index, Vec::new()))
    }
}
