//! Types as C++ writes them, and the classes that they mean.

use std::borrow::Cow;

use super::is_alias;
use super::tables::{find, seen};
use crate::program::{Program, SymbolRef};

/// Aliases followed.
const MAX_ALIASES: usize = 8;
/// Library types that stand for a pointer to their first argument.
const POINTERS: &[&str] = &[
    "unique_ptr",
    "shared_ptr",
    "weak_ptr",
    "auto_ptr",
    "scoped_ptr",
    "scoped_refptr",
    "optional",
    "reference_wrapper",
    "not_null",
    "intrusive_ptr",
];
/// Library types with elements of their first argument.
const SEQUENCES: &[&str] = &[
    "vector",
    "list",
    "deque",
    "array",
    "set",
    "unordered_set",
    "multiset",
    "stack",
    "queue",
    "priority_queue",
    "span",
    "initializer_list",
    "forward_list",
    "valarray",
];
/// Library types with values of their second argument.
const MAPS: &[&str] = &["map", "unordered_map", "multimap", "flat_map"];
/// Functions of sequences that give an element, or an iterator, which is used like a pointer to one.
const ELEMENT_BY: &[&str] = &[
    "at",
    "back",
    "begin",
    "cbegin",
    "data",
    "emplace_back",
    "end",
    "cend",
    "find",
    "front",
    "insert",
    "rbegin",
    "rend",
    "top",
    "value",
];

/// A name behind a path; only one of them where the other is empty.
pub(super) fn joined<'t>(path: &'t str, name: &'t str) -> Cow<'t, str> {
    match (path, name) {
        ("", name) => Cow::Borrowed(name),
        (path, "") => Cow::Borrowed(path),
        _ => Cow::Owned(format!("{path}::{name}")),
    }
}

/// A type without `const`, pointers, references and array bounds.
fn bare(text: &str) -> &str {
    let mut rest = text.trim();
    loop {
        let before = rest;
        for word in ["const ", "volatile ", "typename ", "struct ", "class ", "mutable "] {
            rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
        }
        rest = rest.trim_end_matches(['*', '&', ' ']);
        rest = rest.strip_suffix(" const").unwrap_or(rest);
        if rest.ends_with(']')
            && let Some(at) = rest.rfind('[')
        {
            rest = &rest[..at];
        }
        if rest == before {
            return rest;
        }
    }
}

/// A bare type as its path and its template arguments.
fn applied(text: &str) -> (&str, Vec<&str>) {
    let text = bare(text);
    let Some(open) = text.find('<').filter(|_| text.ends_with('>')) else {
        return (text, Vec::new());
    };
    let inner = &text[open + 1..text.len() - 1];
    (&text[..open], listed(inner).map(str::trim).collect())
}

/// The parts between commas that stand in no brackets.
pub(super) fn listed(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c: char| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// What an element of a type is: of a container, an array, or behind a pointer.
pub(super) fn element(text: &str) -> Option<&str> {
    let trimmed = text.trim_end_matches(['&', ' ']);
    if trimmed.ends_with(['*', ']']) {
        let cut = trimmed.rfind(['*', '[']).unwrap_or(trimmed.len());
        return Some(&trimmed[..cut]);
    }
    let (path, arguments) = applied(text);
    match last(path) {
        name if SEQUENCES.contains(&name) || POINTERS.contains(&name) => arguments.first().copied(),
        name if MAPS.contains(&name) => arguments.get(1).copied(),
        _ => None,
    }
}

/// What a function of a library type gives, where it is of the type's arguments.
pub(super) fn element_by<'t>(text: &'t str, function: &str) -> Option<&'t str> {
    let (path, arguments) = applied(text);
    match last(path) {
        name if SEQUENCES.contains(&name) && ELEMENT_BY.contains(&function) => {
            arguments.first().copied()
        }
        name if POINTERS.contains(&name)
            && matches!(function, "get" | "release" | "lock" | "value") =>
        {
            arguments.first().copied()
        }
        name if MAPS.contains(&name) && function == "at" => arguments.get(1).copied(),
        _ => None,
    }
}

/// A type with the aliases at its outside replaced.
pub(super) fn aliased<'t>(program: &Program<'_>, scope: SymbolRef, text: &'t str) -> Cow<'t, str> {
    let mut written: Cow<'t, str> = Cow::Borrowed(text);
    let mut scope = scope;
    for _ in 0..MAX_ALIASES {
        let (path, arguments) = applied(&written);
        if !arguments.is_empty() {
            return written;
        }
        let list = find(program, &program.cpp.classes, scope, path);
        let Some(found) = list.iter().find(|one| is_alias(program, **one)).copied() else {
            return written;
        };
        let target = program.file(found.file).text(program.symbol(found).type_text).to_owned();
        scope = program.parent(found).unwrap_or(found);
        written = Cow::Owned(target);
    }
    written
}

/// The class that a type means in a scope; of a library's pointer the class that it points to.
pub(super) fn class_named(
    program: &Program<'_>,
    scope: SymbolRef,
    text: &str,
) -> Option<SymbolRef> {
    let mut scope = scope;
    let mut written = text.to_owned();
    for _ in 0..MAX_ALIASES {
        let (path, arguments) = applied(&written);
        if POINTERS.contains(&last(path))
            && let Some(inner) = arguments.first()
        {
            written = (*inner).to_owned();
            continue;
        }
        let path = path.strip_prefix("::").unwrap_or(path);
        let list = find(program, &program.cpp.classes, scope, path);
        let list = seen(program, scope.file, list);
        if let Some(found) = list.iter().find(|one| !is_alias(program, **one)) {
            return Some(*found);
        }
        let alias = *list.first()?;
        written = program.file(alias.file).text(program.symbol(alias).type_text).to_owned();
        scope = program.parent(alias).unwrap_or(alias);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{applied, bare, element, element_by};

    #[test]
    fn types_are_taken_apart() {
        assert_eq!(bare("const ns::A*const&"), "ns::A*const");
        assert_eq!(bare("const ns::A&"), "ns::A");
        assert_eq!(bare("A[8]"), "A");
        assert_eq!(applied("std::map<int,B<C,D>>&"), ("std::map", vec!["int", "B<C,D>"]));
    }

    #[test]
    fn elements_are_those_of_the_container() {
        assert_eq!(element("std::vector<A*>&"), Some("A*"));
        assert_eq!(element("A**"), Some("A*"));
        assert_eq!(element("std::map<K,V>"), Some("V"));
        assert_eq!(element("A"), None);
        assert_eq!(element_by("std::unique_ptr<A>", "get"), Some("A"));
        assert_eq!(element_by("std::vector<A>", "size"), None);
    }
}
