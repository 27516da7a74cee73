//! Blobs that are compressed: decoded in order, with a checkpoint where a frame ends.

use std::fs::File;
use std::io::{self, Write};

use cg_bundle_format::BlobDecoder;

use super::book::between_checkpoints;
use super::crew::{Crew, Work};
use crate::error::{Context, Error};
use crate::host::Host;
use crate::journal::Record;

impl Crew<'_> {
    /// Decodes a blob as far as its chunks are there; true when that is the whole blob.
    pub(super) fn decode(&self, work: &Work<'_>, buffer: &mut Vec<u8>) -> Result<bool, Error> {
        let (blob, limits) = (work.blob, work.payload.release().limits());
        let mut decoder = match &work.from {
            Some(from) => BlobDecoder::resume(blob, limits, from)?,
            None => BlobDecoder::new(blob, limits)?,
        };
        let file = self.file(work)?;
        let mut sink =
            Sink { host: self.ingest.host, file: &file, offset: decoder.decoded(), failure: None };
        let mut flushed = decoder.decoded();
        for index in decoder.due()..blob.chunk_count() {
            let there = work.payload.place(&blob.digest, index).is_some();
            let read =
                there.then(|| work.payload.read_chunk(&blob.digest, index, std::mem::take(buffer)));
            let chunk = match read {
                Some(Ok(chunk)) => chunk,
                stopped => {
                    self.checkpoint(work, &file, &decoder)?;
                    match stopped {
                        Some(Err(error)) => self.fault(work, index, error)?,
                        _ => {
                            self.leave(work, index);
                            self.absent(blob.chunk_count() - index);
                        }
                    }
                    return Ok(false);
                }
            };
            let before = sink.offset;
            let result = decoder.push(&chunk, &mut sink);
            if let Some(failure) = sink.failure.take() {
                return Err(failure).at("cannot write", &work.partial);
            }
            result?;
            self.tick(sink.offset - before);
            self.ingest.host.start_flush(&file, before, sink.offset - before);
            let is_last = index + 1 == blob.chunk_count();
            if !is_last && sink.offset - flushed >= between_checkpoints(blob.chunk_size) {
                flushed = sink.offset;
                self.checkpoint(work, &file, &decoder)?;
            }
            *buffer = chunk.into_buffer();
        }
        decoder.finish()?;
        Ok(true)
    }

    /// Puts what is decoded on the disk and notes from where decoding goes on.
    fn checkpoint(&self, work: &Work<'_>, file: &File, decoder: &BlobDecoder) -> Result<(), Error> {
        let Some(at) = decoder.checkpoint() else { return Ok(()) };
        self.ingest.host.sync_file(file).at("cannot flush", &work.partial)?;
        self.note(vec![Record::Decoded { blob: work.blob.digest, at }])
    }
}

struct Sink<'a> {
    host: &'a dyn Host,
    file: &'a File,
    offset: u64,
    failure: Option<io::Error>,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.host.write_at(self.file, self.offset, bytes) {
            self.failure = Some(io::Error::new(error.kind(), error.to_string()));
            return Err(error);
        }
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
