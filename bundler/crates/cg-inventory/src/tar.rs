//! Reads the tar of a layer front to back: names, kinds and sizes as POSIX, PAX and GNU write them,
//! with a limit on every length. Contents are handed out as a stream and never stored here.

use std::io::{self, Read};

const BLOCK: usize = 512;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    HardLink(String),
    Symlink(String),
    Folder,
    /// A device, a pipe, or a file with holes: nothing that a database would be.
    Other,
}

/// An entry whose content comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
}

/// The archive and how far it was read.
pub(crate) struct Archive<R> {
    input: R,
    /// Bytes of the current entry, padding included, that were not read yet.
    left: u64,
    text_bytes: u64,
}

/// What PAX and GNU entries say of the entry that follows them.
#[derive(Default)]
struct Overrides {
    name: Option<String>,
    link: Option<String>,
    size: Option<u64>,
    sparse: bool,
}

fn bad(problem: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.into())
}

impl<R: Read> Archive<R> {
    pub(crate) fn new(input: R, text_bytes: u64) -> Self {
        Self { input, left: 0, text_bytes }
    }

    /// The next entry; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut over = Overrides::default();
        loop {
            self.skip()?;
            let mut block = [0u8; BLOCK];
            match self.input.read(&mut block)? {
                // Some writers leave out the two zero blocks.
                0 => return Ok(None),
                count => self.input.read_exact(&mut block[count..])?,
            }
            if block.iter().all(|&byte| byte == 0) {
                return Ok(None);
            }
            check_sum(&block)?;
            let stated = number(&block[124..136]).ok_or_else(|| bad("a size is not a number"))?;
            match block[156] {
                b'x' => self.pax(stated, &mut over)?,
                b'g' => self.left = padded(stated)?,
                b'L' => over.name = Some(self.long(stated)?),
                b'K' => over.link = Some(self.long(stated)?),
                kind => {
                    let mut size = over.size.unwrap_or(stated);
                    let link = over.link.take().unwrap_or_else(|| text(&block[157..257]));
                    let kind = match kind {
                        b'0' | 0 | b'7' if over.sparse => Kind::Other,
                        b'0' | 0 | b'7' => Kind::File,
                        b'1' => Kind::HardLink(link),
                        b'2' => Kind::Symlink(link),
                        b'5' => Kind::Folder,
                        b'S' => {
                            self.sparse_maps(&block)?;
                            Kind::Other
                        }
                        _ => Kind::Other,
                    };
                    // Links carry no content, whatever their size field says.
                    if matches!(kind, Kind::HardLink(_) | Kind::Symlink(_) | Kind::Folder) {
                        size = 0;
                    }
                    self.left = padded(size)?;
                    let name = over.name.take().unwrap_or_else(|| name(&block));
                    return Ok(Some(Entry { name, kind, size }));
                }
            }
        }
    }

    /// The content of the current entry, which must have `size` bytes by its header.
    pub(crate) fn content(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.input.by_ref().take(size).read_to_end(&mut bytes)?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(bad("it ends inside an entry")) }
    }

    fn skip(&mut self) -> io::Result<()> {
        let passed = io::copy(&mut self.input.by_ref().take(self.left), &mut io::sink())?;
        let whole = passed == self.left;
        self.left = 0;
        if whole { Ok(()) } else { Err(bad("it ends inside an entry")) }
    }

    fn long(&mut self, size: u64) -> io::Result<String> {
        if size > self.text_bytes {
            return Err(bad(format!("a name of {size} bytes")));
        }
        self.left = padded(size)?;
        Ok(text(&self.content(size)?))
    }

    /// Records `LENGTH KEY=VALUE\n`; the length counts itself and the line end.
    fn pax(&mut self, size: u64, over: &mut Overrides) -> io::Result<()> {
        if size > self.text_bytes {
            return Err(bad(format!("a PAX header of {size} bytes")));
        }
        self.left = padded(size)?;
        let bytes = self.content(size)?;
        let mut rest = bytes.as_slice();
        let broken = || bad("a PAX header is damaged");
        while !rest.is_empty() {
            let space = rest.iter().position(|&byte| byte == b' ').ok_or_else(broken)?;
            let length: usize = std::str::from_utf8(&rest[..space])
                .ok()
                .and_then(|digits| digits.parse().ok())
                .ok_or_else(broken)?;
            let record = rest.get(space + 1..length).ok_or_else(broken)?;
            let record = record.strip_suffix(b"\n").ok_or_else(broken)?;
            let equals = record.iter().position(|&byte| byte == b'=').ok_or_else(broken)?;
            let value = String::from_utf8_lossy(&record[equals + 1..]).into_owned();
            match &record[..equals] {
                b"path" => over.name = Some(value),
                b"linkpath" => over.link = Some(value),
                b"size" => over.size = Some(value.parse().map_err(|_| broken())?),
                key if key.starts_with(b"GNU.sparse.") => over.sparse = true,
                _ => {}
            }
            rest = &rest[length..];
        }
        Ok(())
    }

    /// Old GNU files with holes: more maps follow the header while a flag says so.
    fn sparse_maps(&mut self, header: &[u8; BLOCK]) -> io::Result<()> {
        let mut more = header[482] != 0;
        while more {
            let mut block = [0u8; BLOCK];
            self.input.read_exact(&mut block)?;
            more = block[504] != 0;
        }
        Ok(())
    }
}

fn padded(size: u64) -> io::Result<u64> {
    size.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| bad("a size is too large"))
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn name(block: &[u8; BLOCK]) -> String {
    let name = text(&block[..100]);
    let prefix =
        if &block[257..263] == b"ustar\0" { text(&block[345..500]) } else { String::new() };
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

/// Octal with spaces or NUL around it, or base 256 where the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let mut value = u64::from(field[0] & 0x7f);
        for &byte in &field[1..] {
            value = value.checked_mul(256)?.checked_add(u64::from(byte))?;
        }
        return Some(value);
    }
    let digits = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

fn check_sum(block: &[u8; BLOCK]) -> io::Result<()> {
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u64::from(byte) })
        .sum();
    if number(&block[148..156]) == Some(sum) {
        Ok(())
    } else {
        Err(bad("it is no tar archive, or damaged"))
    }
}
