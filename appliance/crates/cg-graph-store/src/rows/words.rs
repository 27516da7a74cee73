//! Words of code for full-text search: identifiers as they are and split at case and underscore.

use rustc_hash::FxHashMap;

/// Longest word kept, in bytes; longer runs are data, not words.
const LONGEST: usize = 64;

/// Appends the words of a text, lower-cased and separated by blanks. An identifier of several
/// words (`readQueryFromClient`, `client_list`, `HTTPServer`) gives itself and each of them.
/// Words in Cyrillic letters go to `cyrillic` as well.
pub fn split_words(text: &str, words: &mut String, cyrillic: &mut String) {
    for token in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
        let token = token.trim_matches('_');
        if token.is_empty() || token.len() > LONGEST || token.chars().nth(1).is_none() {
            continue;
        }
        push(words, token);
        if token.is_ascii() {
            split_ascii(token, words);
        } else {
            for part in token
                .split('_')
                .filter(|part| part.len() < token.len() && part.chars().nth(1).is_some())
            {
                push(words, part);
            }
            if token.chars().any(is_cyrillic) {
                push(cyrillic, token);
            }
        }
    }
}

/// Leaves out what a word list has more than `most` times: BM25 hardly counts beyond that, and the index is
/// made in proportion to the list.
pub(crate) fn thin(words: &str, most: u8) -> String {
    let mut counts: FxHashMap<&str, u8> = FxHashMap::default();
    let mut kept = String::with_capacity(words.len());
    for word in words.split(' ') {
        let count = counts.entry(word).or_default();
        if *count < most {
            *count += 1;
            if !kept.is_empty() {
                kept.push(' ');
            }
            kept.push_str(word);
        }
    }
    kept
}

/// Whether a letter is of the Cyrillic block.
pub(crate) fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{4ff}')
}

fn split_ascii(token: &str, words: &mut String) {
    let bytes = token.as_bytes();
    let mut start = 0;
    for at in 1..=bytes.len() {
        if at < bytes.len() && !is_border(bytes, at) {
            continue;
        }
        let part = token[start..at].trim_matches('_');
        if part.len() > 1 && part.len() < token.len() {
            push(words, part);
        }
        start = at;
    }
}

/// Whether a new word begins at `at`: after an underscore, at `aB`, and at the `B` of `ABc`.
fn is_border(bytes: &[u8], at: usize) -> bool {
    let (before, here) = (bytes[at - 1], bytes[at]);
    if before == b'_' || here == b'_' {
        return true;
    }
    if here.is_ascii_uppercase() {
        return !before.is_ascii_uppercase()
            || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
    }
    false
}

fn push(words: &mut String, word: &str) {
    if !words.is_empty() {
        words.push(' ');
    }
    if word.is_ascii() {
        words.extend(word.bytes().map(|b| b.to_ascii_lowercase() as char));
    } else {
        words.push_str(&word.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (String, String) {
        let (mut words, mut cyrillic) = (String::new(), String::new());
        split_words(text, &mut words, &mut cyrillic);
        (words, cyrillic)
    }

    #[test]
    fn identifiers_give_themselves_and_their_words() {
        assert_eq!(
            split("readQueryFromClient(c);").0,
            "readqueryfromclient read query from client"
        );
        assert_eq!(split("client_list2").0, "client_list2 client list2");
        assert_eq!(split("HTTPServer").0, "httpserver http server");
        assert_eq!(split("x = __init__").0, "init");
        assert_eq!(split("a b + 1").0, "");
    }

    #[test]
    fn cyrillic_words_are_kept_apart_too() {
        let (words, cyrillic) = split("// Открывает файл журнала log_file");
        assert_eq!(words, "открывает файл журнала log_file log file");
        assert_eq!(cyrillic, "открывает файл журнала");
    }

    #[test]
    fn a_word_counts_only_so_often() {
        assert_eq!(thin("a b a a c a b", 2), "a b a c b");
        assert_eq!(thin("", 2), "");
    }
}
