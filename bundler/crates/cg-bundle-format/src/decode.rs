//! From checked chunks to a blob's own bytes, within the declared size.

use std::io::Write;

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

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
}

struct Zstd {
    decoder: Decoder<'static>,
    buffer: Vec<u8>,
    /// Whether the input so far ends where a frame ends.
    complete: bool,
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
                Some(Zstd { decoder, buffer: vec![0; STEP], complete: true })
            }
        };
        Ok(Self {
            digest: blob.digest,
            size: blob.size,
            next: 0,
            written: 0,
            hasher: Hasher::new(),
            zstd,
        })
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
        let mut input = InBuffer::around(chunk.bytes());
        loop {
            let mut output = OutBuffer::around(zstd.buffer.as_mut_slice());
            let hint =
                zstd.decoder.run(&mut input, &mut output).map_err(|e| broken(self.digest, &e))?;
            let filled = output.pos();
            zstd.complete = hint == 0;
            self.emit(&zstd.buffer[..filled], sink)?;
            // A full buffer may mean that more is waiting inside the decoder, unless a frame has just ended.
            if input.pos() == chunk.bytes().len() && (filled < zstd.buffer.len() || zstd.complete) {
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
