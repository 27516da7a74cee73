//! The last entry of a volume: where the runs of chunks lie. A hint for quick access, never trusted.
//!
//! Text lines of fixed width. The last 32 bytes of the entry say where its header is, so that it can
//! be found from the end of the file without reading the volume.

use crate::Digest;
use crate::tar::BLOCK;

const TITLE: &str = "codegraph bundle index 1\n";
/// `<64 hex> <first, 8 hex> <count, 8 hex> <offset of the first chunk's header, 16 hex>\n`
pub(crate) const LINE_BYTES: u64 = 64 + 1 + 8 + 1 + 8 + 1 + 16 + 1;
pub(crate) const TRAILER_BYTES: u64 = 32;

/// Consecutive chunks of one blob that lie one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) blob: Digest,
    pub(crate) first: u64,
    pub(crate) count: u64,
    pub(crate) offset: u64,
}

/// Adds a chunk to the last run, or begins a new one.
pub(crate) fn extend(runs: &mut Vec<Run>, blob: Digest, index: u64, offset: u64) {
    match runs.last_mut() {
        Some(run) if run.blob == blob && run.first + run.count == index => run.count += 1,
        _ => runs.push(Run { blob, first: index, count: 1, offset }),
    }
}

/// Bytes of the entry's content for this many runs: a multiple of 512.
pub(crate) const fn content_bytes(runs: u64) -> u64 {
    (TITLE.len() as u64 + runs * LINE_BYTES + TRAILER_BYTES).next_multiple_of(BLOCK)
}

/// The entry's content; `at` is the byte offset of its header.
pub(crate) fn content(runs: &[Run], at: u64) -> Vec<u8> {
    let mut text = TITLE.to_owned();
    for run in runs {
        text.push_str(&format!(
            "{} {:08x} {:08x} {:016x}\n",
            run.blob.hex(),
            run.first,
            run.count,
            run.offset
        ));
    }
    let size = usize::try_from(content_bytes(runs.len() as u64)).expect("an index is small");
    let fill = size - text.len() - usize::try_from(TRAILER_BYTES).expect("32 fits");
    text.extend(std::iter::repeat_n('\n', fill));
    text.push_str(&format!("index entry at {at:016x}\n"));
    text.into_bytes()
}

/// The byte offset that the last 32 bytes name.
pub(crate) fn parse_trailer(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let digits = text.strip_prefix("index entry at ")?.strip_suffix('\n')?;
    number(digits, 16)
}

/// The runs of an entry's content. The caller holds them against the bytes by [`content`].
pub(crate) fn parse(bytes: &[u8]) -> Option<Vec<Run>> {
    let text = std::str::from_utf8(bytes).ok()?.strip_prefix(TITLE)?;
    let mut runs = Vec::new();
    for line in text.lines().take_while(|line| !line.is_empty() && !line.starts_with('i')) {
        let mut fields = line.split(' ');
        let blob = Digest::from_hex(fields.next()?)?;
        let (first, count) = (number(fields.next()?, 8)?, number(fields.next()?, 8)?);
        let offset = number(fields.next()?, 16)?;
        runs.push(Run { blob, first, count, offset });
    }
    Some(runs)
}

fn number(digits: &str, width: usize) -> Option<u64> {
    if digits.len() != width || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}
