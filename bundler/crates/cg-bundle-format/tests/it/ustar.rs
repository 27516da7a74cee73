//! ustar entries written after POSIX.1-2017 `pax`, not by the code under test; the bundler's and the installer's
//! tests take them from here.

#![allow(dead_code, reason = "each test takes what it needs")]

/// A header with these fields and a right checksum.
fn block(name: &str, size_field: &[u8; 12], kind: u8, target: &str) -> Vec<u8> {
    let mut block = vec![0u8; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644");
    put(108, b"0000000");
    put(116, b"0000000");
    put(124, size_field);
    put(136, b"00000000000");
    put(148, b"        ");
    put(156, &[kind]);
    put(157, target.as_bytes());
    put(257, b"ustar\x0000");
    put(329, b"0000000");
    put(337, b"0000000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

/// A header whose size field is written as it is given.
pub(crate) fn header(name: &str, size_field: &[u8; 12], kind: u8) -> Vec<u8> {
    block(name, size_field, kind, "")
}

/// A header with the size in octal.
pub(crate) fn plain_header(name: &str, size: u64, kind: u8) -> Vec<u8> {
    let field: [u8; 12] = format!("{size:011o}\0").into_bytes().try_into().unwrap();
    block(name, &field, kind, "")
}

/// The header of a link.
pub(crate) fn link(kind: u8, name: &str, target: &str) -> Vec<u8> {
    block(name, b"00000000000\0", kind, target)
}

/// A whole entry.
pub(crate) fn file(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = plain_header(name, content.len() as u64, b'0');
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}
