//! Takes `Cargo.toml` out of a `.crate` file.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::Package;

/// Largest manifest in bytes.
const MOST_BYTES: u64 = 4 << 20;
/// Most unpacked bytes that are passed on the way: stops a bomb.
const MOST_UNPACKED: u64 = 4 << 30;

/// The text of the package's manifest.
pub(super) fn manifest(file: &Path, package: &Package) -> Result<String, String> {
    let packed = File::open(file).map_err(|e| e.to_string())?;
    let unpacked = flate2::read::GzDecoder::new(BufReader::with_capacity(64 << 10, packed));
    let mut archive = tar::Archive::new(unpacked.take(MOST_UNPACKED));
    let wanted = format!("{}-{}/Cargo.toml", package.name, package.version);
    for entry in archive.entries().map_err(|e| e.to_string())? {
        let entry = entry.map_err(|e| format!("not a package: {e}"))?;
        if entry.path().map_err(|e| e.to_string())?.as_os_str() != wanted.as_str() {
            continue;
        }
        if entry.size() > MOST_BYTES {
            return Err(format!("{wanted} has {} bytes", entry.size()));
        }
        let mut text = String::new();
        entry.take(MOST_BYTES).read_to_string(&mut text).map_err(|e| e.to_string())?;
        return Ok(text);
    }
    Err(format!("{wanted} is not in it"))
}
