//! Headers written by hand after the GGUF specification.

use super::{Facts, parse};

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn header(pairs: u64) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend(0u64.to_le_bytes());
    out.extend(pairs.to_le_bytes());
    out
}

#[test]
fn architecture_context_and_template_are_found_behind_a_list_of_texts() {
    let mut out = header(4);
    text(&mut out, "general.architecture");
    out.extend(8u32.to_le_bytes());
    text(&mut out, "llama");
    text(&mut out, "tokenizer.ggml.tokens");
    out.extend(9u32.to_le_bytes());
    out.extend(8u32.to_le_bytes());
    out.extend(2u64.to_le_bytes());
    text(&mut out, "a");
    text(&mut out, "b");
    text(&mut out, "llama.context_length");
    out.extend(4u32.to_le_bytes());
    out.extend(8192u32.to_le_bytes());
    text(&mut out, "tokenizer.chat_template");
    out.extend(8u32.to_le_bytes());
    text(&mut out, "{{ messages }}");
    let facts = Facts {
        architecture: "llama".to_owned(),
        context: 8192,
        has_template: true,
        quantisation: "unknown".to_owned(),
        parameters: 0,
        least_bytes: (out.len() as u64).next_multiple_of(32),
    };
    assert_eq!(parse(out.as_slice()), Ok(facts));
}

/// A header with one tensor of 64 x 2 elements of the type, which starts at byte 32 of the data.
fn one_tensor(kind: u32, file_type: Option<u32>) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend(1u64.to_le_bytes());
    out.extend((2 + u64::from(file_type.is_some())).to_le_bytes());
    text(&mut out, "general.architecture");
    out.extend(8u32.to_le_bytes());
    text(&mut out, "llama");
    text(&mut out, "llama.context_length");
    out.extend(10u32.to_le_bytes());
    out.extend(512u64.to_le_bytes());
    if let Some(number) = file_type {
        text(&mut out, "general.file_type");
        out.extend(4u32.to_le_bytes());
        out.extend(number.to_le_bytes());
    }
    text(&mut out, "blk.0");
    out.extend(2u32.to_le_bytes());
    out.extend(64u64.to_le_bytes());
    out.extend(2u64.to_le_bytes());
    out.extend(kind.to_le_bytes());
    out.extend(32u64.to_le_bytes());
    out
}

#[test]
fn quantisation_parameters_and_size_follow_from_the_tensors() {
    // Q4_1: 32 elements take 20 bytes, so 128 take 80; data starts at the next multiple of 32.
    let named = one_tensor(3, Some(15));
    let facts = parse(named.as_slice()).unwrap();
    assert_eq!((facts.quantisation.as_str(), facts.parameters), ("Q4_K_M", 128));
    assert_eq!(facts.least_bytes, (named.len() as u64).next_multiple_of(32) + 32 + 80);
    let unnamed = parse(one_tensor(3, None).as_slice()).unwrap();
    assert_eq!(unnamed.quantisation, "Q4_1");
    assert_eq!(parse(one_tensor(9_999, None).as_slice()).unwrap().quantisation, "unknown");
}

#[test]
fn hostile_lengths_are_refused_without_memory() {
    let mut out = header(1);
    out.extend(u64::MAX.to_le_bytes());
    assert!(parse(out.as_slice()).unwrap_err().contains("at most"));
    let mut out = header(1);
    text(&mut out, "x");
    out.extend(9u32.to_le_bytes());
    out.extend(12u32.to_le_bytes());
    out.extend(u64::MAX.to_le_bytes());
    assert!(parse(out.as_slice()).unwrap_err().contains("too long"));
    assert!(parse(b"GGML".as_slice()).is_err());
    assert!(parse(header(u64::MAX).as_slice()).is_err());
}
