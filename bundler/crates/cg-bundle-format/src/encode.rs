//! Compression of a blob: independent frames, pinned level, so that the same bytes give the same bytes.

use std::io::{self, Read, Write};

use rayon::prelude::*;

/// Decoded bytes in each frame.
pub const FRAME_SIZE: usize = 4 << 20;
/// Frames that are compressed at once; bounds memory.
const AT_ONCE: usize = 4;
/// Pinned: another level would give other bytes for the same input.
const LEVEL: i32 = 6;
/// Bytes of one part of a sample.
const SAMPLE: usize = 256 << 10;

/// Compresses `input` to `output` as a run of independent zstd frames.
///
/// # Errors
/// Whatever reading or writing reports.
pub fn compress(input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
    loop {
        let mut frames = Vec::with_capacity(AT_ONCE);
        while frames.len() < AT_ONCE {
            let mut frame = Vec::new();
            Read::take(&mut *input, FRAME_SIZE as u64).read_to_end(&mut frame)?;
            if frame.is_empty() {
                break;
            }
            frames.push(frame);
        }
        if frames.is_empty() {
            return Ok(());
        }
        let packed: Vec<_> =
            frames.par_iter().map(|frame| zstd::bulk::compress(frame, LEVEL)).collect();
        for frame in packed {
            output.write_all(&frame?)?;
        }
    }
}

/// Whether a sample (up to three parts of a blob) shrinks by more than 5 %.
///
/// # Errors
/// What the compressor reports.
pub fn sample_shrinks(parts: &[Vec<u8>]) -> io::Result<Shrinks> {
    let mut before = 0;
    let mut after = 0;
    for part in parts {
        let part = &part[..part.len().min(SAMPLE)];
        before += part.len();
        after += zstd::bulk::compress(part, LEVEL)?.len();
    }
    Ok(if after * 100 < before * 95 { Shrinks::Yes } else { Shrinks::No })
}

/// Whether compression is worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shrinks {
    /// By more than 5 %.
    Yes,
    /// By 5 % or less.
    No,
}
