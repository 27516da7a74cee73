//! Reads the header of a GGUF file: enough to see that it is the model that its descriptor describes.
//!
//! Layout (GGUF 2 and 3, little endian): magic, version u32, tensor count u64, pair count u64, then pairs of
//! string (u64 length, bytes), type u32, value; then for each tensor its name, number of dimensions u32,
//! dimensions u64, type u32, offset u64.

mod kinds;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Most metadata pairs.
const MOST_PAIRS: u64 = 10_000;
/// Longest key or short value in bytes.
const MOST_TEXT: u64 = 1 << 20;
/// Most bytes of the whole header (vocabularies are long lists).
const MOST_HEADER: u64 = 256 << 20;

/// Most tensors.
const MOST_TENSORS: u64 = 100_000;
/// Most dimensions of a tensor.
const MOST_DIMENSIONS: u32 = 8;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) architecture: String,
    /// Tokens.
    pub(crate) context: u64,
    pub(crate) has_template: bool,
    /// As `Q4_K_M`; `unknown` where neither file nor tensors tell.
    pub(crate) quantisation: String,
    /// Elements of all tensors.
    pub(crate) parameters: u64,
    /// Bytes that the file must have at least to hold its tensors.
    pub(crate) least_bytes: u64,
}

/// Reads the header of `path` and holds it against the file's size.
pub(crate) fn read(path: &Path) -> Result<Facts, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let size = file.metadata().map_err(|e| e.to_string())?.len();
    let facts = parse(BufReader::with_capacity(1 << 20, file).take(MOST_HEADER))?;
    if size < facts.least_bytes {
        let least = facts.least_bytes;
        return Err(format!("{size} bytes, but its tensors need {least}: it is cut off"));
    }
    Ok(facts)
}

/// The metadata pairs that are looked at.
#[derive(Default)]
struct Pairs {
    architecture: Option<String>,
    lengths: Vec<(String, u64)>,
    has_template: bool,
    file_type: Option<u32>,
    alignment: Option<u32>,
}

pub(crate) fn parse(input: impl Read) -> Result<Facts, String> {
    let mut reader = Reader { input, at: 0 };
    if reader.bytes(4)? != b"GGUF" {
        return Err("not a GGUF file".to_owned());
    }
    let version = reader.u32()?;
    if !(2..=3).contains(&version) {
        return Err(format!("GGUF version {version} is not 2 or 3"));
    }
    let tensors = reader.u64()?;
    let count = reader.u64()?;
    if count > MOST_PAIRS {
        return Err(format!("{count} metadata pairs; at most {MOST_PAIRS} are allowed"));
    }
    if tensors > MOST_TENSORS {
        return Err(format!("{tensors} tensors; at most {MOST_TENSORS} are allowed"));
    }
    let mut pairs = Pairs::default();
    for _ in 0..count {
        pair(&mut reader, &mut pairs)?;
    }
    let sum = tensor_sum(&mut reader, tensors)?;
    let alignment = u64::from(pairs.alignment.unwrap_or(32));
    if !alignment.is_power_of_two() {
        return Err(format!("general.alignment {alignment} is no power of two"));
    }
    let architecture = pairs.architecture.ok_or("general.architecture is missing")?;
    let key = format!("{architecture}.context_length");
    let context = pairs.lengths.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    let quantisation = match pairs.file_type {
        Some(number) => kinds::file_type(number),
        None => sum.main_type.and_then(kinds::tensor_type).map(|kind| kind.name),
    };
    Ok(Facts {
        context: context.ok_or_else(|| format!("{key} is missing"))?,
        architecture,
        has_template: pairs.has_template,
        quantisation: quantisation.unwrap_or("unknown").to_owned(),
        parameters: sum.elements,
        least_bytes: reader.at.next_multiple_of(alignment).saturating_add(sum.data_bytes),
    })
}

fn pair<R: Read>(reader: &mut Reader<R>, pairs: &mut Pairs) -> Result<(), String> {
    let key = reader.text()?;
    let kind = reader.u32()?;
    match key.as_str() {
        "general.architecture" if kind == 8 => pairs.architecture = Some(reader.text()?),
        "tokenizer.chat_template" if kind == 8 => pairs.has_template = !reader.text()?.is_empty(),
        "general.file_type" if kind == 4 => pairs.file_type = Some(reader.u32()?),
        "general.alignment" if kind == 4 => pairs.alignment = Some(reader.u32()?),
        _ if key.ends_with(".context_length") && matches!(kind, 4 | 10) => {
            let value = if kind == 4 { u64::from(reader.u32()?) } else { reader.u64()? };
            pairs.lengths.push((key, value));
        }
        _ => reader.skip(kind)?,
    }
    Ok(())
}

#[derive(Default)]
struct TensorSum {
    elements: u64,
    /// From the start of the data to the end of the last tensor.
    data_bytes: u64,
    /// The type that most elements have.
    main_type: Option<u32>,
}

fn tensor_sum<R: Read>(reader: &mut Reader<R>, tensors: u64) -> Result<TensorSum, String> {
    let mut sum = TensorSum::default();
    let mut by_type = std::collections::BTreeMap::<u32, u64>::new();
    for _ in 0..tensors {
        let name = reader.text()?;
        let dimensions = reader.u32()?;
        if dimensions > MOST_DIMENSIONS {
            return Err(format!("tensor {name:?} has {dimensions} dimensions"));
        }
        let too_large = || format!("tensor {name:?} is too large");
        let mut elements = 1u64;
        for _ in 0..dimensions {
            elements = elements.checked_mul(reader.u64()?).ok_or_else(too_large)?;
        }
        let (kind, offset) = (reader.u32()?, reader.u64()?);
        sum.elements = sum.elements.checked_add(elements).ok_or_else(too_large)?;
        *by_type.entry(kind).or_default() += elements;
        // A type of a later version says nothing of its bytes.
        if let Some(known) = kinds::tensor_type(kind) {
            let bytes = elements.div_ceil(known.elements).checked_mul(known.bytes);
            let end = bytes.and_then(|bytes| offset.checked_add(bytes)).ok_or_else(too_large)?;
            sum.data_bytes = sum.data_bytes.max(end);
        }
    }
    sum.main_type = by_type.into_iter().max_by_key(|(_, count)| *count).map(|(kind, _)| kind);
    Ok(sum)
}

struct Reader<R> {
    input: R,
    at: u64,
}

impl<R: Read> Reader<R> {
    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; count];
        self.input.read_exact(&mut bytes).map_err(|e| format!("the header ends too early: {e}"))?;
        self.at += count as u64;
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
        let passed = std::io::copy(&mut self.input.by_ref().take(count), &mut std::io::sink())
            .map_err(|e| e.to_string())?;
        self.at += passed;
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
