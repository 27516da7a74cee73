//! Sizes of volumes, written by people.

use crate::error::Error;

const MIB: u64 = 1 << 20;

/// Bytes, a number with a unit, or the name of a medium; `none` is no bound.
pub(crate) fn parse(text: &str) -> Result<Option<u64>, Error> {
    let bytes = match text {
        "none" => return Ok(None),
        // A file on FAT32 has at most 4 GiB - 1 byte.
        "fat32" => 4000 * MIB,
        // 4,700,372,992 bytes on a DVD+R, 25,025,314,816 on a Blu-ray disc, less room for the file system (UDF).
        "dvd" => 4400 * MIB,
        "bd" => 23_000 * MIB,
        _ => {
            let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = match &text[digits.len()..] {
                "" | "B" => Some(1),
                "KiB" => Some(1 << 10),
                "MiB" => Some(MIB),
                "GiB" => Some(1 << 30),
                _ => None,
            };
            let number = digits.parse::<u64>().ok();
            let bytes = unit.zip(number).and_then(|(unit, number)| number.checked_mul(unit));
            bytes.ok_or_else(|| Error::Usage(format!("--volume-size {text:?} must be bytes, a number with KiB, MiB or GiB, fat32, dvd, bd or none")))?
        }
    };
    Ok(Some(bytes))
}

/// Bytes for people.
pub(crate) fn show(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}
