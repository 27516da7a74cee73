//! The table of attacks names tests that exist.

use std::collections::BTreeSet;

use crate::files;

const TABLE: &str = "docs/reference/bundle-attacks.md";

/// The words between backticks that look like a test's name.
fn named(text: &str) -> Vec<&str> {
    let is_name = |word: &&str| {
        word.len() > 15
            && word.contains('_')
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.split('`').skip(1).step_by(2).filter(is_name).collect()
}

#[test]
fn every_test_in_the_table_of_attacks_exists() {
    let text = std::fs::read_to_string(files::root().join(TABLE)).expect(TABLE);
    let sources = files::with_extension(&["rs"]);
    let tests: BTreeSet<&str> = sources
        .iter()
        .filter(|source| source.path.contains("/tests/it/"))
        .flat_map(|source| source.text.split("#[test]\nfn ").skip(1))
        .filter_map(|rest| rest.split('(').next())
        .collect();
    let named = named(&text);
    assert!(named.len() > 50, "the table has only {} tests", named.len());
    let missing: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(missing.is_empty(), "{TABLE} names tests that are not there: {missing:?}");
}
