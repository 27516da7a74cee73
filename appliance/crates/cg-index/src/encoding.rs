//! From bytes on disk to UTF-8 text, with the encoding that was found.

use std::borrow::Cow;

use encoding_rs::{Encoding, KOI8_R, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252};

/// Bytes looked at to tell text from data.
const SNIFF: usize = 8 << 10;

/// A decoded text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Name of the encoding, as the WHATWG standard has it.
    pub(crate) encoding: &'static str,
    pub(crate) quality: Quality,
}

/// Whether all bytes were valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
    Clean,
    /// Some were replaced by U+FFFD.
    Replaced,
}

/// Whether bytes are data rather than text: a NUL near the begin, and no UTF-16.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    Encoding::for_bom(bytes).is_none() && bytes[..bytes.len().min(SNIFF)].contains(&0)
}

/// Decodes a text. A byte order mark decides; then valid UTF-8; then a declaration in the first two
/// lines (`coding: cp1251`); then the look of the bytes.
pub(crate) fn decode(bytes: &[u8]) -> Decoded<'_> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return with(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded {
            text: Cow::Borrowed(text),
            encoding: UTF_8.name(),
            quality: Quality::Clean,
        };
    }
    with(declared(bytes).unwrap_or_else(|| guess(bytes)), bytes)
}

fn with<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    // Removes the byte order mark.
    let (text, used, replaced) = encoding.decode(bytes);
    let quality = if replaced { Quality::Replaced } else { Quality::Clean };
    Decoded { text, encoding: used.name(), quality }
}

/// The encoding that a comment in the first two lines names, as Python, Emacs and Vim write it.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    for line in bytes.split(|b| *b == b'\n').take(2) {
        let line = &line[..line.len().min(512)];
        let Some(at) = line.windows(6).position(|w| w == b"coding").map(|at| at + 6) else {
            continue;
        };
        let rest = &line[at..];
        if !matches!(rest.first(), Some(b':' | b'=')) {
            continue;
        }
        let label: Vec<u8> = rest[1..]
            .iter()
            .skip_while(|b| **b == b' ')
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            .map(|b| if *b == b'_' { b'-' } else { *b })
            .collect();
        let found =
            Encoding::for_label(&label).filter(|e| *e != UTF_8 && *e != UTF_16LE && *e != UTF_16BE);
        if found.is_some() {
            return found;
        }
    }
    None
}

/// UTF-8 with slips, Cyrillic of either sort, or Western European.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let (sequences, invalid) = utf8_counts(bytes);
    if sequences >= invalid {
        return UTF_8;
    }
    // Bytes that no text in these encodings has.
    if bytes.iter().any(|b| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)) && !mostly_words(bytes) {
        return UTF_8;
    }
    if !mostly_words(bytes) {
        return WINDOWS_1252;
    }
    // Most letters of a text are small: à..ÿ in CP1251, À..ß in KOI8-R.
    let (mut high, mut low) = (0_usize, 0_usize);
    for byte in bytes {
        match byte {
            0xe0..=0xff => high += 1,
            0xc0..=0xdf => low += 1,
            _ => {}
        }
    }
    if high >= low { WINDOWS_1251 } else { KOI8_R }
}

/// Valid sequences of several bytes, and bytes that are part of none.
fn utf8_counts(bytes: &[u8]) -> (usize, usize) {
    let (mut sequences, mut invalid) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        sequences += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    (sequences, invalid)
}

/// Whether letters beyond ASCII stand next to each other, as in words of another script; in Western
/// European words they stand alone between ASCII letters.
fn mostly_words(bytes: &[u8]) -> bool {
    let letter = |byte: Option<&u8>| {
        byte.is_some_and(|b| *b >= 0xc0 || matches!(b, 0xa3 | 0xa8 | 0xb3 | 0xb8))
    };
    let (mut joined, mut alone) = (0_usize, 0_usize);
    for at in 0..bytes.len() {
        if !letter(bytes.get(at)) {
            continue;
        }
        if letter(bytes.get(at + 1)) || (at > 0 && letter(bytes.get(at - 1))) {
            joined += 1;
        } else {
            alone += 1;
        }
    }
    joined > alone
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const RUSSIAN: &str = "/* Открывает файл журнала и пишет строку */\nint log_open(void);\n";

    #[test]
    fn utf8_is_kept_and_its_mark_removed() {
        let plain = decode(RUSSIAN.as_bytes());
        assert_eq!(
            (plain.text.as_ref(), plain.encoding, plain.quality),
            (RUSSIAN, "UTF-8", Quality::Clean)
        );
        let marked = decode(b"\xef\xbb\xbfint x;");
        assert_eq!((marked.text.as_ref(), marked.encoding), ("int x;", "UTF-8"));
    }

    #[test]
    fn utf16_is_told_by_its_mark() {
        let bytes: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("int ж;".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert!(!is_binary(&bytes));
        assert_eq!((decode(&bytes).text.as_ref(), decode(&bytes).encoding), ("int ж;", "UTF-16LE"));
    }

    #[test]
    fn cyrillic_is_told_by_its_letters() {
        // Bytes by Python: s.encode('cp1251'), s.encode('koi8-r') for "Привет, мир".
        let cp1251 = b"// \xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0\n";
        let koi8 = b"// \xf0\xd2\xc9\xd7\xc5\xd4, \xcd\xc9\xd2\n";
        for (bytes, name) in [(&cp1251[..], "windows-1251"), (&koi8[..], "KOI8-R")] {
            let decoded = decode(bytes);
            assert_eq!((decoded.text.as_ref(), decoded.encoding), ("// Привет, мир\n", name));
        }
    }

    #[test]
    fn western_words_are_latin() {
        let decoded = decode(b"// M\xfcller, caf\xe9, gar\xe7on\n");
        assert_eq!(
            (decoded.text.as_ref(), decoded.encoding),
            ("// Müller, café, garçon\n", "windows-1252")
        );
    }

    #[test]
    fn a_declaration_wins_over_the_look() {
        let decoded = decode(b"# -*- coding: koi8-r -*-\n# \xf0\xd2\n");
        assert_eq!(decoded.encoding, "KOI8-R");
        assert!(decoded.text.ends_with("# Пр\n"));
    }

    #[test]
    fn slips_in_utf8_are_replaced() {
        let mut bytes = RUSSIAN.as_bytes().to_vec();
        bytes.insert(3, 0xff);
        let decoded = decode(&bytes);
        assert_eq!((decoded.encoding, decoded.quality), ("UTF-8", Quality::Replaced));
        assert!(decoded.text.contains("Открывает"));
    }

    #[test]
    fn data_is_told_by_a_nul() {
        assert!(is_binary(b"\x7fELF\0\0"));
        assert!(!is_binary(RUSSIAN.as_bytes()));
    }
}
