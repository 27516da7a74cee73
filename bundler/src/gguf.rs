//! Reads the header of a GGUF file: enough to see that it is the model that its descriptor describes.
//!
//! Layout (GGUF 2 and 3, little endian): magic, version u32, tensor count u64, pair count u64, then pairs of
//! string (u64 length, bytes), type u32, value.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Most metadata pairs.
const MOST_PAIRS: u64 = 10_000;
/// Longest key or short value in bytes.
const MOST_TEXT: u64 = 1 << 20;
/// Most bytes of the whole header (vocabularies are long lists).
const MOST_HEADER: u64 = 256 << 20;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) architecture: String,
    /// Tokens.
    pub(crate) context: u64,
    pub(crate) has_template: bool,
}

/// Reads the header of `path`.
pub(crate) fn read(path: &Path) -> Result<Facts, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    parse(BufReader::with_capacity(1 << 20, file).take(MOST_HEADER))
}

fn parse(input: impl Read) -> Result<Facts, String> {
    let mut reader = Reader(input);
    if reader.bytes(4)? != b"GGUF" {
        return Err("not a GGUF file".to_owned());
    }
    let version = reader.u32()?;
    if !(2..=3).contains(&version) {
        return Err(format!("GGUF version {version} is not 2 or 3"));
    }
    reader.u64()?;
    let pairs = reader.u64()?;
    if pairs > MOST_PAIRS {
        return Err(format!("{pairs} metadata pairs; at most {MOST_PAIRS} are allowed"));
    }
    let mut architecture = None;
    let mut lengths = Vec::new();
    let mut has_template = false;
    for _ in 0..pairs {
        let key = reader.text()?;
        let kind = reader.u32()?;
        match key.as_str() {
            "general.architecture" if kind == 8 => architecture = Some(reader.text()?),
            "tokenizer.chat_template" if kind == 8 => has_template = !reader.text()?.is_empty(),
            _ if key.ends_with(".context_length") && matches!(kind, 4 | 10) => {
                let value = if kind == 4 { u64::from(reader.u32()?) } else { reader.u64()? };
                lengths.push((key, value));
            }
            _ => reader.skip(kind)?,
        }
    }
    let architecture = architecture.ok_or("general.architecture is missing")?;
    let key = format!("{architecture}.context_length");
    let context = lengths.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    Ok(Facts {
        context: context.ok_or_else(|| format!("{key} is missing"))?,
        architecture,
        has_template,
    })
}

struct Reader<R>(R);

impl<R: Read> Reader<R> {
    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).map_err(|e| format!("the header ends too early: {e}"))?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, String> {
        let bytes = self.bytes(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn u64(&mut self) -> Result<u64, String> {
        let (low, high) = (self.u32()?, self.u32()?);
        Ok(u64::from(low) | u64::from(high) << 32)
    }

    fn text(&mut self) -> Result<String, String> {
        let length = self.u64()?;
        if length > MOST_TEXT {
            return Err(format!("a text of {length} bytes; at most {MOST_TEXT} are allowed"));
        }
        let bytes = self.bytes(usize::try_from(length).map_err(|e| e.to_string())?)?;
        String::from_utf8(bytes).map_err(|_| "a text is not UTF-8".to_owned())
    }

    fn pass(&mut self, count: u64) -> Result<(), String> {
        let passed = std::io::copy(&mut self.0.by_ref().take(count), &mut std::io::sink())
            .map_err(|e| e.to_string())?;
        if passed == count { Ok(()) } else { Err("the header ends too early".to_owned()) }
    }

    fn skip(&mut self, kind: u32) -> Result<(), String> {
        match kind {
            8 => {
                let length = self.u64()?;
                self.pass(length)
            }
            9 => {
                let (inner, count) = (self.u32()?, self.u64()?);
                match fixed(inner) {
                    Some(size) => self.pass(count.checked_mul(size).ok_or("a list is too long")?),
                    None if inner == 8 => (0..count).try_for_each(|_| self.skip(8)),
                    None => Err(format!("a list of type {inner} is not known")),
                }
            }
            _ => self.pass(fixed(kind).ok_or_else(|| format!("type {kind} is not known"))?),
        }
    }
}

/// Bytes of a value of a type that has always the same length.
const fn fixed(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
