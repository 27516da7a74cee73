//! Decompresses a layer: gzip, zstd or plain, told apart by their first bytes.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// Largest zstd window: 128 MiB is what zstd itself takes without being asked.
const WINDOW_LOG: u32 = 27;

/// Stops with an error when more than `left` bytes come out.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "it decodes to more than the limit",
                ));
            }
        }
        Ok(count)
    }
}

/// The plain tar of a layer, at most `most` bytes of it.
pub(crate) fn decoded<'a>(stored: impl Read + 'a, most: u64) -> io::Result<Box<dyn Read + 'a>> {
    let mut input = BufReader::with_capacity(64 << 10, stored);
    let start = input.fill_buf()?;
    let plain: Box<dyn Read + 'a> = if start.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(input))
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let mut decoder = zstd::Decoder::with_buffer(input)?;
        decoder.window_log_max(WINDOW_LOG)?;
        Box::new(decoder)
    } else {
        Box::new(input)
    };
    Ok(Box::new(BufReader::with_capacity(256 << 10, Bounded { inner: plain, left: most })))
}
