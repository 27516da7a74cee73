//! Names, citations, joining, budgets.

use cg_graph_store::{Chunk, Place};

use crate::citations::CitationFilter;
use crate::fuse::{self, Found, Ranked};
use crate::{budget, embedding_text, evidence, language, names};

fn names_of(question: &str) -> Vec<(String, bool)> {
    names::of(question).into_iter().map(|n| (n.text, n.is_code)).collect()
}

fn sure(name: &str) -> (String, bool) {
    (name.to_owned(), true)
}

#[test]
fn names_spelled_like_code_are_found_in_any_language() {
    assert_eq!(names_of("What does `aof` do with main()?"), [sure("aof"), sure("main")]);
    assert_eq!(
        names_of("Кто вызывает dictAddRaw и os.path.join?"),
        [sure("dictAddRaw"), sure("os.path.join")]
    );
    assert_eq!(names_of("std::vec::Vec vs __init__."), [sure("std::vec::Vec"), sure("__init__")]);
    // Plain words count less; question words and parts of other words do not count.
    assert_eq!(names_of("Where is the parser?"), [("parser".to_owned(), false)]);
    assert_eq!(names_of("жabcж 12ab ?!"), []);
    assert_eq!(names::of(&"a_b0 a_b1 a_b2 a_b3 a_b4 ".repeat(9)).len(), 5);
}

fn filtered(known: u32, pieces: &[&str]) -> (String, Vec<u32>, usize) {
    let mut filter = CitationFilter::new(known);
    let mut text: String = pieces.iter().map(|piece| filter.push(piece)).collect();
    text.push_str(&filter.finish());
    (text, filter.cited().iter().copied().collect(), filter.removed())
}

#[test]
fn citations_are_the_same_wherever_the_stream_is_cut() {
    let answer = "A [1], b [2, 9], c [3-4], d [99] e [x] f [ 2 ] `g[5]` h[6] [";
    let whole = filtered(5, &[answer]);
    assert_eq!(whole.0, "A [1], b [2], c [3, 4], d  e [x] f [2] `g[5]` h[6] [");
    assert_eq!((whole.1.as_slice(), whole.2), ([1, 2, 3, 4].as_slice(), 2));
    for size in 1..8 {
        let letters: Vec<char> = answer.chars().collect();
        let pieces: Vec<String> = letters.chunks(size).map(|c| c.iter().collect()).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        assert_eq!(filtered(5, &pieces), whole, "pieces of {size}");
    }
}

#[test]
fn what_is_no_citation_passes_unchanged() {
    for text in [
        "[[",
        "[1",
        "[1[2",
        "[]",
        "[1,]",
        "[4-1]",
        "[1-9999999999]",
        "[-]",
        "привет [",
        "[12345678901234567890123456789]",
    ] {
        let (out, cited, _) = filtered(9, &[text]);
        assert_eq!((out.as_str(), cited.len()), (text, 0));
    }
}

fn found(name: &str, line: u32) -> Found {
    let place = Place {
        id: String::new(),
        label: "METHOD".to_owned(),
        name: name.to_owned(),
        full_name: name.to_owned(),
        path: "a.c".to_owned(),
        line,
        line_end: line,
        signature: String::new(),
    };
    Found { place, chunk: None }
}

#[test]
fn joined_ranks_are_sums_of_reciprocals() {
    let lists = [
        Ranked { source: "text", weight: 1.0, places: vec![found("x", 1), found("y", 2)] },
        Ranked { source: "meaning", weight: 1.0, places: vec![found("y", 2), found("z", 3)] },
        Ranked { source: "names", weight: 0.0, places: vec![found("outside", 0)] },
    ];
    let joined = fuse::join(&lists);
    let order: Vec<&str> = joined.iter().map(|j| j.found.place.name.as_str()).collect();
    assert_eq!(order, ["y", "x", "z"]);
    // 1/62 + 1/61 by hand.
    assert!((joined[0].score - 0.032_522_474_88).abs() < 1e-10);
    assert_eq!(joined[0].found_by, ["text", "meaning"]);
}

#[test]
fn a_place_that_two_words_of_a_question_lead_to_comes_before_those_of_one() {
    let names = |places| Ranked { source: "names", weight: 1.0, places };
    let mut joined = fuse::join(&[
        names(vec![found("parse", 1), found("parse_pattern", 2), found("parse_pattern", 2)]),
        names(vec![found("pattern", 3), found("parse_pattern", 2)]),
    ]);
    let order = |joined: &[fuse::Joined]| -> Vec<String> {
        joined.iter().map(|j| j.found.place.name.clone()).collect()
    };
    assert_eq!(order(&joined), ["parse_pattern", "parse", "pattern"]);
    // 1/62 + 1/62 by hand: named twice by one list, counted once.
    assert!((joined[0].score - 0.032_258_064_5).abs() < 1e-10);
    assert_eq!(joined[0].found_by, ["names"]);
    fuse::scale(&mut joined, 0.5, |place| place.name == "parse_pattern");
    assert_eq!(order(&joined), ["parse", "pattern", "parse_pattern"]);
}

#[test]
fn pieces_are_cut_at_whole_lines_and_their_range_says_so() {
    let text = (1..=9).map(|n| format!("line number {n}")).collect::<Vec<_>>().join("\n");
    let (kept, last) = evidence::cut(&text, 10, 18, 10_000).unwrap();
    assert_eq!((kept.as_str(), last), (text.as_str(), 18));
    let (kept, last) = evidence::cut(&text, 10, 18, 40).unwrap();
    assert_eq!(kept.lines().count() as u32, last - 10 + 1);
    assert!(last < 18);
    assert_eq!(evidence::cut(&"x".repeat(1_000), 1, 1, 10_000), None);
    assert!(budget::tokens("слово") >= 5);
    assert_eq!(budget::for_evidence(500, 400, "why", 1_000), 0);
}

#[test]
fn the_language_of_a_question_is_that_of_its_letters() {
    assert_eq!(language::of("Где определена dictAdd?"), "ru");
    assert_eq!(language::of("Where is dictAdd?"), "en");
    assert_eq!(language::of(""), "en");
}

#[test]
fn embedded_text_is_the_name_in_words_and_the_beginning_of_the_code() {
    let place = Place { full_name: "net::parseHTTPHeader_v2".to_owned(), ..found("p", 1).place };
    let text = format!("/* ж */ int f() {{\n{}", "я".repeat(1_000));
    let chunk = Chunk { id: String::new(), place, text, hash: String::new() };
    let embedded = embedding_text(&chunk);
    assert!(embedded.starts_with("net parse HTTPHeader v2\n/* ж */ int f()"), "{embedded}");
    assert!(embedded.len() < 450);
}
