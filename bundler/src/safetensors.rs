//! Reads the header of a safetensors file: 8 bytes of length, then JSON that names each tensor with data type,
//! shape and place. The places must fill the rest of the file without a gap, as the specification demands.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

/// Largest header in bytes, as the specification has it.
const MOST_HEADER: u64 = 100_000_000;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The data type that most elements have, as `F16`.
    pub(crate) data_type: String,
    pub(crate) parameters: u64,
    pub(crate) tensors: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// Reads the header of `path` and holds it against the file's size.
pub(crate) fn read(path: &Path) -> Result<Facts, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let size = file.metadata().map_err(|e| e.to_string())?.len();
    parse(file, size)
}

fn parse(mut input: impl Read, size: u64) -> Result<Facts, String> {
    let mut length = [0; 8];
    input.read_exact(&mut length).map_err(|_| "not a safetensors file: too short".to_owned())?;
    let length = u64::from_le_bytes(length);
    if length > MOST_HEADER || length > size.saturating_sub(8) {
        return Err(format!("not a safetensors file: a header of {length} bytes"));
    }
    let mut header = Vec::new();
    input.take(length).read_to_end(&mut header).map_err(|e| e.to_string())?;
    let mut entries: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&header)
        .map_err(|e| format!("not a safetensors file: its header is no JSON object: {e}"))?;
    entries.remove("__metadata__");
    let mut places = Vec::new();
    let mut by_type = BTreeMap::<String, u64>::new();
    let mut parameters = 0u64;
    for (name, value) in entries {
        let tensor: Tensor =
            serde_json::from_value(value).map_err(|e| format!("tensor {name:?}: {e}"))?;
        let too_large = || format!("tensor {name:?} is too large");
        let elements = tensor.shape.iter().try_fold(1u64, |product, n| product.checked_mul(*n));
        let elements = elements.ok_or_else(too_large)?;
        let bits = bits(&tensor.dtype)
            .ok_or_else(|| format!("tensor {name:?}: data type {:?} is not known", tensor.dtype))?;
        let bytes = elements.checked_mul(bits).ok_or_else(too_large)?.div_ceil(8);
        let (start, end) = tensor.data_offsets;
        if end.checked_sub(start) != Some(bytes) {
            return Err(format!(
                "tensor {name:?}: its place is not the {bytes} bytes that it needs"
            ));
        }
        parameters = parameters.checked_add(elements).ok_or_else(too_large)?;
        *by_type.entry(tensor.dtype).or_default() += elements;
        places.push((start, end, name));
    }
    places.sort();
    let mut at = 0;
    for (start, end, name) in &places {
        if *start != at {
            return Err(format!("tensor {name:?} starts at {start} instead of {at}"));
        }
        at = *end;
    }
    let data = size - 8 - length;
    if at != data {
        return Err(format!("its tensors take {at} bytes, but {data} follow the header"));
    }
    let most = by_type.into_iter().max_by_key(|(_, count)| *count);
    Ok(Facts {
        data_type: most.map_or_else(|| "unknown".to_owned(), |(name, _)| name),
        parameters,
        tensors: places.len() as u64,
    })
}

/// Bits of one element.
fn bits(data_type: &str) -> Option<u64> {
    Some(match data_type {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
