//! A genuine volume, taken apart: hostile ones are put together from its pieces, because no mutation of bytes
//! finds a signature, a digest or the checksum of a header.

use cg_bundle_format::{BundleReader, Payload, TrustAnchor};

use crate::targets::file;

/// Chunks of 4 KiB: two named entries, five blobs, one of them packed, one empty. Its keys are public: see [`RELEASE_SEED`].
pub const VOLUME: &[u8] = include_bytes!("../corpus/volume/chunks.volume");

/// Seed of the release key of [`VOLUME`].
pub const RELEASE_SEED: [u8; 32] = [2; 32];

/// Bytes of a tar block.
pub const BLOCK: usize = 512;

/// An entry of the genuine volume, header and padding included.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Bytes of its content.
    pub size: u64,
    /// Its header, its content, its padding.
    pub bytes: &'static [u8],
}

/// The opening entries, and those behind them: named ones, chunks, the index.
pub fn apart() -> (&'static [u8], Vec<Entry>) {
    let mut entries = Vec::new();
    let (mut at, mut opening) = (0, 0);
    while VOLUME[at] != 0 {
        let name = VOLUME[at..at + 100].split(|&byte| byte == 0).next().unwrap_or_default();
        let name = std::str::from_utf8(name).expect("names are ASCII");
        let size = std::str::from_utf8(&VOLUME[at + 124..at + 135]).expect("digits");
        let size = usize::from_str_radix(size, 8).expect("octal digits");
        let end = at + BLOCK + size.next_multiple_of(BLOCK);
        if opening > 0 {
            entries.push(Entry { name, size: size as u64, bytes: &VOLUME[at..end] });
        }
        if name == "chunks.sha256" {
            opening = end;
        }
        at = end;
    }
    (&VOLUME[..opening], entries)
}

/// A header as POSIX.1-2017 describes it, with a right checksum, whatever it says.
pub fn header(name: &[u8], mode: &[u8; 8], size: &[u8; 12], kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let name = &name[..name.len().min(100)];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(mode);
    block[108..116].copy_from_slice(b"0000000\0");
    block[116..124].copy_from_slice(b"0000000\0");
    block[124..136].copy_from_slice(size);
    block[136..148].copy_from_slice(b"00000000000\0");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[329..337].copy_from_slice(b"0000000\0");
    block[337..345].copy_from_slice(b"0000000\0");
    checksum(&mut block);
    block
}

/// Makes the checksum of a header right.
pub fn checksum(block: &mut [u8; BLOCK]) {
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// A run of chunks in an index: blob, first chunk, count, offset of the first header.
pub type Run = (String, u32, u32, u64);

/// The header of a plain file.
pub fn sized(name: &[u8], size: u64) -> [u8; BLOCK] {
    let mut field = [0; 12];
    field.copy_from_slice(format!("{size:011o}\0").as_bytes());
    header(name, b"0000644\0", &field, b'0')
}

/// An index as `docs/bundle-format.md` describes it.
pub fn index_content(runs: &[Run], at: u64) -> Vec<u8> {
    let mut text = "codegraph bundle index 1\n".to_owned();
    for (blob, first, count, offset) in runs {
        text.push_str(&format!("{blob} {first:08x} {count:08x} {offset:016x}\n"));
    }
    let size = (text.len() + 32).next_multiple_of(BLOCK);
    text.push_str(&"\n".repeat(size - 32 - text.len()));
    text.push_str(&format!("index entry at {at:016x}\n"));
    text.into_bytes()
}

/// The volume's payload, where every check passes.
pub fn accepted(volume: &[u8]) -> Option<Payload> {
    let path = file(volume);
    let payload = BundleReader::open(std::slice::from_ref(&path))
        .ok()?
        .verify_signature(&TrustAnchor::DangerousFirstUse)
        .expect("the opening is genuine")
        .scan()
        .ok()?;
    payload.verify_all(1, &|_| ()).ok()?;
    Some(payload)
}

/// Reads an input from its start to its end.
#[derive(Debug)]
pub struct Tape<'a>(pub &'a [u8]);

impl<'a> Tape<'a> {
    /// The next byte; none at the end.
    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// So many bytes, or as many as there are.
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (now, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        now
    }

    /// A number of `count` bytes, the highest first; what is not there counts as zero.
    pub fn number(&mut self, count: usize) -> u64 {
        self.bytes(count).iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }
}
