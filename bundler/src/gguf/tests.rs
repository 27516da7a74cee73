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
    let facts = Facts { architecture: "llama".to_owned(), context: 8192, has_template: true };
    assert_eq!(parse(out.as_slice()), Ok(facts));
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
