//! Which symbol versions of which libraries an ELF file needs, as the loader reads them: from its segments,
//! because sections may be stripped.
//!
//! Only files of 64 bits, little-endian, are read: every architecture that a bundle can be for has them.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

const MAGIC: &[u8] = b"\x7fELF";
const HEADER: usize = 64;
const SEGMENT: usize = 56;
const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const STRING_TABLE: u64 = 5;
const STRING_SIZE: u64 = 10;
const VERSIONS_NEEDED: u64 = 0x6fff_fffe;
const VERSIONS_NEEDED_COUNT: u64 = 0x6fff_ffff;
/// Bytes of a dynamic section or a table of names: stops memory use. Names of large C++ libraries take some MiB.
const MOST_BYTES: u64 = 256 << 20;
/// Entries of a list.
const MOST_ENTRIES: u64 = 65_536;

/// A version that a file needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NeededVersion {
    /// The library that has it, as `libc.so.6`.
    pub(crate) library: String,
    /// Its name, as `GLIBC_2.28`.
    pub(crate) version: String,
}

struct Segment {
    kind: u32,
    offset: u64,
    address: u64,
    size: u64,
}

struct Elf {
    file: File,
    segments: Vec<Segment>,
}

/// What the file needs; `None` where it is no ELF file. Empty where it is linked statically.
pub(crate) fn needed_versions(path: &Path) -> Result<Option<BTreeSet<NeededVersion>>, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let mut magic = [0; 4];
    match file.read_exact_at(&mut magic, 0) {
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            return Err(error.to_string());
        }
        Ok(()) if magic == MAGIC => {}
        _ => return Ok(None),
    }
    Elf::open(file)?.needed_versions().map(Some)
}

impl Elf {
    fn open(file: File) -> Result<Self, String> {
        let mut elf = Self { file, segments: Vec::new() };
        let header = elf.bytes(0, HEADER as u64)?;
        if header[4..6] != [2, 1] {
            return Err("an ELF file that is not of 64 bits, little-endian".to_owned());
        }
        let (start, size, count) =
            (u64_at(&header, 32)?, u16_at(&header, 54)?, u16_at(&header, 56)?);
        if count > 0 && usize::from(size) != SEGMENT {
            return Err(damaged("segments of an unknown size"));
        }
        let table = elf.bytes(start, u64::from(count) * SEGMENT as u64)?;
        for entry in table.chunks_exact(SEGMENT) {
            elf.segments.push(Segment {
                kind: u32_at(entry, 0)?,
                offset: u64_at(entry, 8)?,
                address: u64_at(entry, 16)?,
                size: u64_at(entry, 32)?,
            });
        }
        Ok(elf)
    }

    fn needed_versions(&self) -> Result<BTreeSet<NeededVersion>, String> {
        let mut needed = BTreeSet::new();
        let Some(dynamic) = self.segments.iter().find(|segment| segment.kind == DYNAMIC) else {
            return Ok(needed);
        };
        let dynamic = self.bytes(dynamic.offset, dynamic.size)?;
        let value = |wanted: u64| {
            dynamic
                .chunks_exact(16)
                .filter(|entry| u64_at(entry, 0) == Ok(wanted))
                .find_map(|entry| u64_at(entry, 8).ok())
        };
        let Some(list) = value(VERSIONS_NEEDED) else { return Ok(needed) };
        let count = value(VERSIONS_NEEDED_COUNT).unwrap_or_default();
        let (Some(names), Some(size)) = (value(STRING_TABLE), value(STRING_SIZE)) else {
            return Err(damaged("versions without a table of names"));
        };
        let names = self.bytes(self.offset(names)?, size)?;
        let mut at = self.offset(list)?;
        let mut left = MOST_ENTRIES;
        for _ in 0..count {
            let entry = self.bytes(at, 16)?;
            let library = name(&names, u32_at(&entry, 4)?)?;
            let mut version_at = further(at, u32_at(&entry, 8)?)?;
            for _ in 0..u16_at(&entry, 2)? {
                left = left.checked_sub(1).ok_or_else(|| damaged("too many versions"))?;
                let entry = self.bytes(version_at, 16)?;
                let version = name(&names, u32_at(&entry, 8)?)?;
                needed.insert(NeededVersion { library: library.clone(), version });
                version_at = further(version_at, u32_at(&entry, 12)?)?;
            }
            left = left.checked_sub(1).ok_or_else(|| damaged("too many libraries"))?;
            at = further(at, u32_at(&entry, 12)?)?;
        }
        Ok(needed)
    }

    /// Where the byte that is loaded at an address lies in the file.
    fn offset(&self, address: u64) -> Result<u64, String> {
        let holds = |segment: &&Segment| {
            let below = address.checked_sub(segment.address);
            segment.kind == LOAD && below.is_some_and(|below| below < segment.size)
        };
        let segment = self.segments.iter().find(holds);
        segment
            .and_then(|segment| segment.offset.checked_add(address - segment.address))
            .ok_or_else(|| damaged("an address outside of its segments"))
    }

    fn bytes(&self, at: u64, size: u64) -> Result<Vec<u8>, String> {
        let length = usize::try_from(size).ok().filter(|_| size <= MOST_BYTES);
        let whole = self.file.metadata().map_err(|e| e.to_string())?.len();
        let inside = at.checked_add(size).is_some_and(|end| end <= whole);
        let length = length.filter(|_| inside).ok_or_else(|| damaged("it is cut off"))?;
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, at).map_err(|e| e.to_string())?;
        Ok(bytes)
    }
}

fn damaged(what: &str) -> String {
    format!("a damaged ELF file: {what}")
}

fn further(at: u64, step: u32) -> Result<u64, String> {
    at.checked_add(u64::from(step)).ok_or_else(|| damaged("a list that has no end"))
}

fn name(names: &[u8], at: u32) -> Result<String, String> {
    let rest = usize::try_from(at).ok().and_then(|at| names.get(at..)).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == 0);
    let text = end.and_then(|end| std::str::from_utf8(&rest[..end]).ok());
    text.map(str::to_owned).ok_or_else(|| damaged("a name that is no text"))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], String> {
    let found = bytes.get(at..at + N).and_then(|bytes| bytes.try_into().ok());
    found.ok_or_else(|| damaged("it is cut off"))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, String> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, String> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, String> {
    array(bytes, at).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{NeededVersion, needed_versions};

    /// What `objdump -p` tells.
    fn told(path: &Path) -> BTreeSet<NeededVersion> {
        let done = Command::new("objdump").arg("-p").arg(path).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let text = String::from_utf8(done.stdout).unwrap();
        let mut library = String::new();
        let mut found = BTreeSet::new();
        let references = text.split("Version References:").nth(1).unwrap_or_default();
        for line in references.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("required from ") {
                library = name.trim_end_matches(':').to_owned();
            } else if line.starts_with("0x") {
                let version = line.split_whitespace().nth(3).unwrap().to_owned();
                found.insert(NeededVersion { library: library.clone(), version });
            }
        }
        found
    }

    /// Real files of this machine: this program, GCC's libraries, the graph store.
    fn samples() -> Vec<PathBuf> {
        let asked = |name: &str| {
            let option = format!("-print-file-name={name}");
            let done = Command::new("cc").arg(option).output().unwrap();
            PathBuf::from(String::from_utf8(done.stdout).unwrap().trim())
        };
        let graph_store = PathBuf::from(std::env::var("DUCKDB_LIB_DIR").unwrap());
        vec![
            std::env::current_exe().unwrap(),
            asked("libstdc++.so.6"),
            asked("libgcc_s.so.1"),
            graph_store.join("libduckdb.so"),
        ]
    }

    #[test]
    fn versions_are_those_that_objdump_tells() {
        for path in samples() {
            let told = told(&path);
            let libraries: BTreeSet<&str> = told.iter().map(|need| need.library.as_str()).collect();
            assert!(libraries.contains("libc.so.6"), "{}: {libraries:?}", path.display());
            assert_eq!(needed_versions(&path).unwrap(), Some(told), "{}", path.display());
        }
    }

    #[test]
    fn what_is_no_elf_file_needs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in ["", "\x7fE", "#!/bin/sh\n"] {
            let path = folder.path().join("file");
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(needed_versions(&path).unwrap(), None);
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library");
        let whole = std::fs::read(&samples()[2]).unwrap();
        for length in (4..4096).step_by(7) {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(needed_versions(&path).unwrap_err().contains("damaged"), "{length} bytes");
        }
        let mut bytes = whole.clone();
        for at in 4..704 {
            bytes[at] = !bytes[at];
            std::fs::write(&path, &bytes).unwrap();
            let _ = needed_versions(&path);
            bytes[at] = whole[at];
        }
        bytes[4] = 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(needed_versions(&path).unwrap_err().contains("64 bits"));
    }
}
