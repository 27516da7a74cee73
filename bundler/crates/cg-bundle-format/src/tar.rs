//! Plain ustar headers: one way to write them, and nothing else is read.

/// Bytes of a tar block.
pub(crate) const BLOCK: u64 = 512;
/// Two zero blocks end an archive.
pub(crate) const END: u64 = 2 * BLOCK;
/// Largest size that the octal field holds.
const MAX_SIZE: u64 = 0o77_777_777_777;

/// A regular file's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) size: u64,
    /// 0o644 or 0o755.
    pub(crate) mode: u32,
}

impl Header {
    pub(crate) fn plain(name: impl Into<String>, size: u64) -> Self {
        Self { name: name.into(), size, mode: 0o644 }
    }

    /// The 512 bytes: owner 0, time 0, no link, no prefix, no device.
    pub(crate) fn to_block(&self) -> [u8; 512] {
        assert!(
            !self.name.is_empty() && self.name.len() <= 100,
            "names are made by this crate and fit"
        );
        assert!(self.size <= MAX_SIZE, "entries are bounded far below 8 GiB");
        let mut block = [0u8; 512];
        block[..self.name.len()].copy_from_slice(self.name.as_bytes());
        block[100..108].copy_from_slice(format!("{:07o}\0", self.mode).as_bytes());
        block[108..116].copy_from_slice(b"0000000\0");
        block[116..124].copy_from_slice(b"0000000\0");
        block[124..136].copy_from_slice(format!("{:011o}\0", self.size).as_bytes());
        block[136..148].copy_from_slice(b"00000000000\0");
        block[148..156].copy_from_slice(b"        ");
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[329..337].copy_from_slice(b"0000000\0");
        block[337..345].copy_from_slice(b"0000000\0");
        let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    /// Reads a header that `to_block` could have written; the error says what it is instead.
    pub(crate) fn parse(block: &[u8; 512]) -> Result<Self, String> {
        if block.iter().all(|&b| b == 0) {
            return Err("the archive ends here".to_owned());
        }
        match block[156] {
            b'0' => {}
            b'x' | b'g' => return Err("PAX extensions are not allowed".to_owned()),
            b'L' | b'K' | b'S' | b'M' | b'V' | b'D' | b'N' => {
                return Err("GNU extensions are not allowed".to_owned());
            }
            b'1' | b'2' => return Err("links are not allowed".to_owned()),
            b'3'..=b'7' => return Err("only regular files are allowed".to_owned()),
            other => return Err(format!("type {other:#04x} is not allowed")),
        }
        if &block[257..265] != b"ustar\x0000" {
            return Err("not a POSIX ustar header".to_owned());
        }
        let name_end = block[..100].iter().position(|&b| b == 0).unwrap_or(100);
        let name = std::str::from_utf8(&block[..name_end])
            .ok()
            .filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()));
        let name = name.ok_or("the name is empty or not of visible ASCII characters")?;
        let size = octal(&block[124..136]).ok_or("the size is not 11 octal digits")?;
        let mode = match &block[100..108] {
            b"0000644\0" => 0o644,
            b"0000755\0" => 0o755,
            _ => return Err("the mode is neither 0644 nor 0755".to_owned()),
        };
        let header = Self { name: name.to_owned(), size, mode };
        if header.to_block() != *block {
            return Err("damaged, or not written as this format demands (checksum, owner, time, link or prefix)".to_owned());
        }
        Ok(header)
    }
}

/// Bytes of padding after `size` bytes of content.
pub(crate) const fn padding(size: u64) -> u64 {
    (BLOCK - size % BLOCK) % BLOCK
}

/// Bytes that an entry of `size` bytes takes, header and padding included.
pub(crate) const fn entry_bytes(size: u64) -> u64 {
    BLOCK + size + padding(size)
}

fn octal(field: &[u8]) -> Option<u64> {
    let (digits, end) = field.split_at(11);
    if end != b"\0" || !digits.iter().all(|b| (b'0'..=b'7').contains(b)) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}
