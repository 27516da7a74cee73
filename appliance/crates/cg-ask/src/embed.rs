//! What of a piece of code, and of a question, the embedding model reads. Pure.

use cg_graph_store::Chunk;

/// Bytes of code in an embedded text; about 90 tokens with the name. The time grows with it.
const CODE_BYTES: usize = 256;
/// Bytes of a question that are embedded.
const QUESTION_BYTES: usize = 1_000;

/// What of a chunk is embedded: its name in words, then its beginning (comment, signature, first
/// lines). The model reads little, and the beginning says most.
pub fn embedding_text(chunk: &Chunk) -> String {
    let name = match chunk.place.full_name.is_empty() {
        true => &chunk.place.name,
        false => &chunk.place.full_name,
    };
    let mut text = words(name);
    text.push('\n');
    text.push_str(beginning(&chunk.text, CODE_BYTES));
    text
}

/// What of a question is embedded.
pub(crate) fn question_text(question: &str) -> String {
    beginning(question, QUESTION_BYTES).to_owned()
}

/// `parseHTTPHeader_v2` becomes `parse HTTP Header v2`: the model's words are ordinary ones.
fn words(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for letter in name.chars().take(200) {
        if !letter.is_alphanumeric() {
            if before != ' ' {
                words.push(' ');
            }
            before = ' ';
            continue;
        }
        if letter.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.push(letter);
        before = letter;
    }
    words.trim_end().to_owned()
}

/// At most so many bytes, ending with a whole character.
fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
