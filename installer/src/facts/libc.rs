//! The version of the host's C library, read from the library itself.

use std::fs::File;
use std::io::Read as _;

use crate::host::HostPaths;

/// Where distributions keep the 64-bit library.
const PLACES: [&str; 5] = [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib64/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/usr/lib/libc.so.6",
];
/// Bytes of the library that are looked at; it has about two million.
const MAX_BYTES: u64 = 32 << 20;
/// In front of the names of the versions whose symbols it offers.
const MARK: &[u8] = b"GLIBC_2.";

/// `2.36`, the newest version whose symbols the library offers.
pub(super) fn version(paths: &HostPaths) -> Option<String> {
    let file = PLACES.iter().find_map(|place| File::open(paths.machine(place)).ok())?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    newest(&bytes).map(|minor| format!("2.{minor}"))
}

fn newest(bytes: &[u8]) -> Option<u32> {
    let minors = bytes.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
    minors.filter_map(|(at, _)| minor(&bytes[at + MARK.len()..])).max()
}

fn minor(rest: &[u8]) -> Option<u32> {
    let digits: Vec<u8> = rest.iter().copied().take(4).take_while(u8::is_ascii_digit).collect();
    String::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::newest;

    #[test]
    fn the_newest_version_counts_by_number() {
        assert_eq!(newest(b"\0GLIBC_2.2.5\0GLIBC_2.36\0GLIBC_2.9\0GLIBC_PRIVATE\0"), Some(36));
        assert_eq!(newest(b"musl libc"), None);
    }
}
