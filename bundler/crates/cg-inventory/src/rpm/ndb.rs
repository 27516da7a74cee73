//! ndb, rpm's own database: pages of slots, each of which points to a blob; little endian, blocks of 16 bytes.

use crate::bytes::{le32, size};

const MAGIC: &[u8] = b"RpmP";
const SLOT: &[u8] = b"Slot";
const BLOB: &[u8] = b"BlbS";
const PAGE: usize = 4096;
const SLOT_BYTES: usize = 16;
const BLOCK: usize = 16;
const BLOB_HEAD: usize = 16;

pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Hands out each package's header.
pub(super) fn blobs(bytes: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    read(bytes, take).ok_or_else(|| "the ndb database of rpm is damaged".to_owned())
}

fn read(bytes: &[u8], take: &mut dyn FnMut(&[u8])) -> Option<()> {
    if le32(bytes, 4)? != 0 {
        return None;
    }
    let slots = bytes.get(..size(le32(bytes, 12)?).checked_mul(PAGE)?)?;
    // Two slots' room is the database's own head. Blobs do not overlap, so the file's size bounds them all.
    let mut left = bytes.len();
    for at in (2 * SLOT_BYTES..slots.len()).step_by(SLOT_BYTES) {
        if slots.get(at..at + 4)? != SLOT {
            return None;
        }
        let package = le32(slots, at + 4)?;
        if package == 0 {
            continue;
        }
        let start = size(le32(slots, at + 8)?).checked_mul(BLOCK)?;
        if bytes.get(start..start.checked_add(4)?)? != BLOB || le32(bytes, start + 4)? != package {
            return None;
        }
        let length = size(le32(bytes, start + 12)?);
        left = left.checked_sub(length)?;
        let start = start + BLOB_HEAD;
        take(bytes.get(start..start.checked_add(length)?)?);
    }
    Some(())
}
