//! Licences as CycloneDX writes them: an SPDX identifier, an SPDX expression, or else a name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

/// Identifiers of the SPDX licence list that CycloneDX 1.6 knows, one a line.
const IDS: &str = include_str!("spdx-ids.txt");

/// Lower case to the listed spelling.
static KNOWN: LazyLock<BTreeMap<String, &str>> = LazyLock::new(|| {
    // The list that CycloneDX takes has exceptions among the licences.
    let licences = IDS.lines().filter(|id| !id.contains("-exception"));
    licences.map(|id| (id.to_lowercase(), id)).collect()
});

/// Short names of Debian's copyright files that are no SPDX identifiers but mean one.
const DEBIAN: [(&str, &str); 4] = [
    ("expat", "MIT"),
    ("bsd-2-clauses", "BSD-2-Clause"),
    ("zlib/libpng", "Zlib"),
    ("psf", "PSF-2.0"),
];

/// One part of an expression.
#[derive(Debug, PartialEq, Eq)]
enum Term {
    Id(String),
    Word(&'static str),
}

/// The value of `licenses` for what a source states; `null` for nothing.
pub(super) fn choice(stated: &[impl AsRef<str>]) -> Value {
    let stated: Vec<&str> =
        stated.iter().map(|text| text.as_ref().trim()).filter(|text| !text.is_empty()).collect();
    match stated.as_slice() {
        [] => Value::Null,
        [one] => match parse(one).as_deref() {
            Some([Term::Id(id)]) if is_listed(id) => json!([{"license": {"id": id}}]),
            Some(terms) => json!([{"expression": written(terms)}]),
            None => json!([{"license": {"name": one}}]),
        },
        // CycloneDX takes one expression or a list of single licences, not both.
        several => several
            .iter()
            .map(|text| match parse(text).as_deref() {
                Some([Term::Id(id)]) if is_listed(id) => json!({"license": {"id": id}}),
                Some(terms) => json!({"license": {"name": written(terms)}}),
                None => json!({"license": {"name": text}}),
            })
            .collect(),
    }
}

/// The licences of a component, for counting.
pub(super) fn names(component: &Value) -> Vec<String> {
    let text = |entry: &Value| {
        let place = [&entry["expression"], &entry["license"]["id"], &entry["license"]["name"]];
        place.into_iter().find_map(Value::as_str).map(str::to_owned)
    };
    let names: Vec<String> =
        component["licenses"].as_array().into_iter().flatten().filter_map(text).collect();
    if names.is_empty() { vec!["none stated".to_owned()] } else { names }
}

fn written(terms: &[Term]) -> String {
    let mut out = String::new();
    for term in terms {
        let text = match term {
            Term::Id(id) => id.as_str(),
            Term::Word(word) => word,
        };
        if !out.is_empty() && text != ")" && !out.ends_with('(') {
            out.push(' ');
        }
        out.push_str(text);
    }
    out
}

/// The terms of an SPDX expression (annex D of SPDX 2.3); `None` where it is none.
fn parse(text: &str) -> Option<Vec<Term>> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut terms = Vec::new();
    // What may come next: a licence, or what joins two.
    let mut wants_id = true;
    let mut open = 0u32;
    let mut words = spaced.split_whitespace().peekable();
    while let Some(word) = words.next() {
        match (word.to_ascii_uppercase().as_str(), wants_id) {
            ("(", true) => {
                open += 1;
                terms.push(Term::Word("("));
            }
            (")", false) => {
                open = open.checked_sub(1)?;
                terms.push(Term::Word(")"));
            }
            (joint @ ("AND" | "OR"), false) => {
                terms.push(Term::Word(if joint == "AND" { "AND" } else { "OR" }));
                wants_id = true;
            }
            ("WITH", false) => {
                let exception = words.next().filter(|word| is_plain(word) && word.contains('-'))?;
                terms.push(Term::Word("WITH"));
                terms.push(Term::Id(exception.to_owned()));
            }
            (_, true) => {
                terms.push(Term::Id(id(word)?));
                wants_id = false;
            }
            _ => return None,
        }
    }
    (!wants_id && open == 0).then_some(terms)
}

fn is_listed(id: &str) -> bool {
    KNOWN.contains_key(&id.to_lowercase())
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

/// The listed identifier that a word means.
fn id(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    if let Some(gnu) = gnu(&lower) {
        return Some(gnu);
    }
    if let Some(known) = KNOWN.get(&lower) {
        return Some((*known).to_owned());
    }
    if let Some((_, meant)) = DEBIAN.iter().find(|(name, _)| *name == lower) {
        return Some((*meant).to_owned());
    }
    let own =
        word.strip_prefix("LicenseRef-").is_some_and(|rest| !rest.is_empty() && is_plain(rest));
    own.then(|| word.to_owned())
}

/// `GPL-2+` and `GPL-2.0+` are `GPL-2.0-or-later`, `GPL-2` and `GPL-2.0` are `GPL-2.0-only`; so for its family.
fn gnu(lower: &str) -> Option<String> {
    let (family, version) = ["lgpl-", "agpl-", "gfdl-", "gpl-"]
        .iter()
        .find_map(|family| lower.strip_prefix(family).map(|rest| (family.to_uppercase(), rest)))?;
    let (version, suffix) = match version.strip_suffix('+') {
        Some(version) => (version, "-or-later"),
        None => (version, "-only"),
    };
    let version = if version.contains('.') { version.to_owned() } else { format!("{version}.0") };
    KNOWN.get(&format!("{family}{version}{suffix}").to_lowercase()).map(|id| (*id).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stated_becomes_an_identifier_an_expression_or_a_name() {
        for (stated, expected) in [
            ("MIT", json!([{"license": {"id": "MIT"}}])),
            ("mit", json!([{"license": {"id": "MIT"}}])),
            ("Expat", json!([{"license": {"id": "MIT"}}])),
            ("GPL-2+", json!([{"license": {"id": "GPL-2.0-or-later"}}])),
            ("LGPL-2.1", json!([{"license": {"id": "LGPL-2.1-only"}}])),
            ("MIT OR Apache-2.0", json!([{"expression": "MIT OR Apache-2.0"}])),
            (
                "GPL-2+ or  Artistic-2.0",
                json!([{"expression": "GPL-2.0-or-later OR Artistic-2.0"}]),
            ),
            (
                "(MIT or Apache-2.0) and Unicode-3.0",
                json!([{"expression": "(MIT OR Apache-2.0) AND Unicode-3.0"}]),
            ),
            (
                "Apache-2.0 WITH LLVM-exception",
                json!([{"expression": "Apache-2.0 WITH LLVM-exception"}]),
            ),
            ("LicenseRef-scancode-x", json!([{"expression": "LicenseRef-scancode-x"}])),
            ("GPLv2+ and MIT", json!([{"license": {"name": "GPLv2+ and MIT"}}])),
            ("MIT OR", json!([{"license": {"name": "MIT OR"}}])),
            ("(MIT", json!([{"license": {"name": "(MIT"}}])),
            ("Bison-exception-2.2", json!([{"license": {"name": "Bison-exception-2.2"}}])),
            ("public-domain", json!([{"license": {"name": "public-domain"}}])),
            ("", Value::Null),
        ] {
            assert_eq!(choice(&[stated]), expected, "{stated}");
        }
        assert_eq!(
            choice(&["Expat", "GPL-2+ or MIT"]),
            json!([{"license": {"id": "MIT"}}, {"license": {"name": "GPL-2.0-or-later OR MIT"}}])
        );
    }
}
