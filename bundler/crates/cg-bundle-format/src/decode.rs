//! From checked chunks to a blob's own bytes, within the declared size.

use std::io::Write;

use serde::{Deserialize, Serialize};
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use crate::digest::HasherState;
use crate::{Blob, Digest, Encoding, Error, Hasher, Limits, Part, VerifiedChunk};

/// Bytes decoded at a time.
const STEP: usize = 256 << 10;

/// Decodes one blob from its chunks in order, stops at the declared size and checks the blob's digest.
pub struct BlobDecoder {
    digest: Digest,
    size: u64,
    next: u64,
    written: u64,
    hasher: Hasher,
    zstd: Option<Zstd>,
    /// Bytes of the next chunk that were decoded before the interruption.
    skip: usize,
}

struct Zstd {
    decoder: Decoder<'static>,
    buffer: Vec<u8>,
    /// The newest place where a frame ended: stored bytes, decoded bytes, hash of the decoded ones.
    border: Option<(u64, u64, Hasher)>,
    /// Whether the input so far ends where a frame ends.
    complete: bool,
}

/// A place where a frame of a blob ends: frames are independent, so decoding can go on from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Stored bytes before it.
    pub stored: u64,
    /// Decoded bytes before it.
    pub decoded: u64,
    /// What the blob's digest is made of so far.
    hash: HasherState,
}

impl std::fmt::Debug for BlobDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobDecoder")
            .field("digest", &self.digest)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

impl BlobDecoder {
    /// For a blob of a verified manifest.
    ///
    /// # Errors
    /// [`Error::Refused`] when the decoder cannot be made.
    pub fn new(blob: &Blob, limits: &Limits) -> Result<Self, Error> {
        let zstd = match blob.encoding {
            Encoding::Identity => None,
            Encoding::Zstd => {
                let mut decoder = Decoder::new().map_err(|e| broken(blob.digest, &e))?;
                decoder
                    .set_parameter(DParameter::WindowLogMax(limits.zstd_window_log))
                    .map_err(|e| broken(blob.digest, &e))?;
                Some(Zstd { decoder, buffer: vec![0; STEP], border: None, complete: true })
            }
        };
        Ok(Self {
            digest: blob.digest,
            size: blob.size,
            next: 0,
            written: 0,
            hasher: Hasher::new(),
            zstd,
            skip: 0,
        })
    }

    /// For a zstd blob whose decoding was interrupted: goes on at `from`.
    ///
    /// # Errors
    /// [`Error::Refused`] when the checkpoint is not one of this blob, or the decoder cannot be made.
    pub fn resume(blob: &Blob, limits: &Limits, from: &Checkpoint) -> Result<Self, Error> {
        let fresh = Self::new(blob, limits)?;
        let fits = from.stored <= blob.stored_size && from.decoded <= blob.size;
        let hasher = Hasher::resume(&from.hash).filter(|_| fits && fresh.zstd.is_some());
        let hasher = hasher.ok_or_else(|| {
            Error::refused(Part::Blob(blob.digest), "the checkpoint is not one of this blob")
        })?;
        Ok(Self {
            next: from.stored / blob.chunk_size,
            skip: usize::try_from(from.stored % blob.chunk_size).expect("less than a chunk"),
            written: from.decoded,
            hasher,
            ..fresh
        })
    }

    /// The chunk that is due.
    #[must_use]
    pub fn due(&self) -> u64 {
        self.next
    }

    /// Bytes decoded so far, those before an interruption included.
    #[must_use]
    pub fn decoded(&self) -> u64 {
        self.written
    }

    /// The newest place from which decoding could go on; none before the end of a frame was met.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        let (stored, decoded, hasher) = self.zstd.as_ref()?.border.as_ref()?;
        Some(Checkpoint { stored: *stored, decoded: *decoded, hash: hasher.state() })
    }

    /// Decodes the next chunk into `sink`. Chunks of another blob or out of order are refused.
    ///
    /// # Errors
    /// [`Error::Refused`] naming the blob; [`Error::Io`] when `sink` fails (its path is the blob's name).
    pub fn push(&mut self, chunk: &VerifiedChunk, sink: &mut dyn Write) -> Result<(), Error> {
        if chunk.blob() != self.digest || chunk.index() != self.next {
            let problem = format!(
                "chunk {} of {} came where chunk {} was due",
                chunk.index(),
                chunk.blob(),
                self.next
            );
            return Err(Error::refused(Part::Blob(self.digest), problem));
        }
        self.next += 1;
        let Some(mut zstd) = self.zstd.take() else {
            return self.emit(chunk.bytes(), sink);
        };
        let skip = std::mem::take(&mut self.skip).min(chunk.bytes().len());
        let bytes = &chunk.bytes()[skip..];
        if bytes.is_empty() {
            self.zstd = Some(zstd);
            return Ok(());
        }
        let mut input = InBuffer::around(bytes);
        loop {
            let mut output = OutBuffer::around(zstd.buffer.as_mut_slice());
            let hint =
                zstd.decoder.run(&mut input, &mut output).map_err(|e| broken(self.digest, &e))?;
            let filled = output.pos();
            zstd.complete = hint == 0;
            self.emit(&zstd.buffer[..filled], sink)?;
            if zstd.complete {
                let stored = chunk.offset() + (skip + input.pos()) as u64;
                zstd.border = Some((stored, self.written, self.hasher.clone()));
            }
            // A full buffer may mean that more is waiting inside the decoder, unless a frame has just ended.
            if input.pos() == bytes.len() && (filled < zstd.buffer.len() || zstd.complete) {
                break;
            }
        }
        self.zstd = Some(zstd);
        Ok(())
    }

    fn emit(&mut self, bytes: &[u8], sink: &mut dyn Write) -> Result<(), Error> {
        self.written += bytes.len() as u64;
        if self.written > self.size {
            return Err(Error::refused(
                Part::Blob(self.digest),
                format!("it decodes to more than the signed {} bytes", self.size),
            ));
        }
        self.hasher.update(bytes);
        sink.write_all(bytes).map_err(|source| Error::Io {
            action: "cannot write",
            path: self.digest.to_string().into(),
            source,
        })
    }

    /// Checks size and digest of what was decoded.
    ///
    /// # Errors
    /// [`Error::Refused`] naming the blob.
    pub fn finish(self) -> Result<(), Error> {
        let refused = |problem: String| Err(Error::refused(Part::Blob(self.digest), problem));
        if self.written != self.size || self.zstd.is_some_and(|zstd| !zstd.complete) {
            return refused(format!(
                "it decodes to {} bytes, signed are {}",
                self.written, self.size
            ));
        }
        if self.hasher.finish() != self.digest {
            return refused("its decoded bytes have another SHA-256".to_owned());
        }
        Ok(())
    }
}

fn broken(digest: Digest, error: &std::io::Error) -> Error {
    Error::refused(Part::Blob(digest), format!("cannot be decoded: {error}"))
}
