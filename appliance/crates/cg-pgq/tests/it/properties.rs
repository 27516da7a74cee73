//! Any text at all.

use cg_pgq::translate;
use proptest::prelude::*;

use crate::schema::schema;

const PIECES: &[&str] = &[
    "GRAPH_TABLE",
    "(",
    ")",
    "cpg",
    "MATCH",
    "m",
    ":",
    "METHOD",
    "-",
    ">",
    "<",
    "[",
    "]",
    "CALL",
    "WHERE",
    "COLUMNS",
    "AS",
    ".",
    "NAME",
    ",",
    "|",
    "'",
    "\"",
    "$$",
    "$",
    "--",
    "\n",
    "/*",
    "*/",
    "e'",
    "\\",
    "1",
    "0x",
    "1e",
    "{",
    "*",
    "ж",
    "IS",
    "=",
    "SELECT",
    "ELEMENT_ID",
    "~",
    ";",
];

proptest! {
    #[test]
    fn any_text_gives_a_result(text in ".{0,200}") {
        let _ = translate(&text, &schema());
    }

    #[test]
    fn any_mix_of_pieces_gives_a_result(picks in prop::collection::vec(0..PIECES.len(), 0..80)) {
        let words: Vec<&str> = picks.iter().map(|i| PIECES[*i]).collect();
        let _ = translate(&words.join(" "), &schema());
        let _ = translate(&words.concat(), &schema());
        let _ = translate(&format!("FROM GRAPH_TABLE (cpg MATCH {}", words.join(" ")), &schema());
    }

    #[test]
    fn text_without_a_graph_table_is_unchanged(text in "[^gG]{0,200}") {
        prop_assert_eq!(translate(&text, &schema()).expect("nothing to translate"), text);
    }
}
