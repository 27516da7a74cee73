//! Characters and stop strings over token borders.

use crate::text::{Added, TextStream};

fn stream(stops: &[&str]) -> TextStream {
    TextStream::new(stops.iter().map(|s| (*s).to_owned()).collect())
}

fn all(text: &mut TextStream, pieces: &[&[u8]]) -> (String, bool) {
    let mut whole = String::new();
    for piece in pieces {
        let added = text.push(piece);
        whole.push_str(&added.text);
        if added.stopped {
            return (whole, true);
        }
    }
    whole.push_str(&text.finish());
    (whole, false)
}

#[test]
fn characters_split_at_every_byte_come_out_whole() {
    let source = "Привет, 🦀 e\u{301} — 漢字";
    for size in 1..6 {
        let pieces: Vec<&[u8]> = source.as_bytes().chunks(size).collect();
        let mut text = stream(&[]);
        for piece in &pieces {
            // What is emitted is always whole characters, by the type of `String`.
            assert!(!text.push(piece).text.contains('\u{fffd}'));
        }
        assert_eq!(all(&mut stream(&[]), &pieces), (source.to_owned(), false));
    }
}

#[test]
fn bytes_that_are_no_character_become_replacements() {
    assert_eq!(all(&mut stream(&[]), &[b"a\xffb", b"\xd0"]).0, "a\u{fffd}b\u{fffd}");
}

#[test]
fn a_stop_string_over_token_borders_ends_the_text_before_it() {
    let pieces: [&[u8]; 4] = [b"one\n", b"<|", b"end|", b">two"];
    assert_eq!(all(&mut stream(&["<|end|>"]), &pieces), ("one\n".to_owned(), true));
}

#[test]
fn what_only_began_like_a_stop_string_is_not_lost() {
    let mut text = stream(&["<|end|>"]);
    assert_eq!(text.push(b"a<|"), Added { text: "a".to_owned(), stopped: false });
    assert_eq!(text.push(b"en"), Added { text: String::new(), stopped: false });
    assert_eq!(text.push(b"ough"), Added { text: "<|enough".to_owned(), stopped: false });
    assert_eq!(all(&mut stream(&["абв"]), &["xаб".as_bytes()]), ("xаб".to_owned(), false));
}

#[test]
fn the_first_of_several_stop_strings_counts() {
    assert_eq!(all(&mut stream(&["zz", "b", ""]), &[b"a b zz"]), ("a ".to_owned(), true));
}

#[test]
fn a_stop_string_that_overlaps_itself_is_found() {
    assert_eq!(
        all(&mut stream(&["aab"]), &[b"x", b"a", b"a", b"a", b"b"]),
        ("xa".to_owned(), true)
    );
}
