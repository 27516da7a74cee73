//! Files written by hand after the safetensors specification.

use super::{Facts, parse};

fn file(header: &str, data: usize) -> Vec<u8> {
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend(header.as_bytes());
    out.resize(out.len() + data, 0);
    out
}

fn read(header: &str, data: usize) -> Result<Facts, String> {
    let bytes = file(header, data);
    parse(bytes.as_slice(), bytes.len() as u64)
}

#[test]
fn types_shapes_and_places_are_counted() {
    let header = r#"{"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2,3],"data_offsets":[8,20]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let facts = Facts { data_type: "F16".to_owned(), parameters: 8, tensors: 2 };
    assert_eq!(read(header, 20), Ok(facts));
}

#[test]
fn gaps_cuts_and_wrong_sizes_are_refused() {
    let one = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    assert!(read(one, 7).unwrap_err().contains("7 follow"));
    assert!(read(one, 9).unwrap_err().contains("9 follow"));
    let gap = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
    assert!(read(gap, 12).unwrap_err().contains("starts at 4"));
    let short = r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#;
    assert!(read(short, 8).unwrap_err().contains("12 bytes"));
    let huge = r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#;
    assert!(read(huge, 8).unwrap_err().contains("too large"));
    let back = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#;
    assert!(read(back, 8).is_err());
    assert!(read("[]", 0).is_err());
    assert!(parse([255; 8].as_slice(), 8).unwrap_err().contains("header of"));
    assert!(parse(b"short".as_slice(), 5).is_err());
}
