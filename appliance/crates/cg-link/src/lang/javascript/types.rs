//! Types as TypeScript writes them.

use super::{Want, attribute, lookup};
use crate::facts::SymbolKind;
use crate::lang::Evaluator;
use crate::program::{SymbolRef, Value};

/// Generic types that stand for what is in them: what is awaited, and what has the same members.
const TRANSPARENT: &[&str] = &[
    "Promise",
    "PromiseLike",
    "Awaited",
    "Readonly",
    "Required",
    "Partial",
    "NonNullable",
    "DeepReadonly",
];

/// An object of a type as the source writes it.
pub(super) fn typed(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, written: &str) -> Value {
    let Some(name) = plain(written) else { return Value::Unknown };
    if let Some(primitive) = primitive(name) {
        return primitive.map_or(Value::Unknown, |name| Value::ExternalObject(name.into()));
    }
    if let Some(value) = name.strip_prefix("typeof ") {
        return dotted(evaluator, scope, value.trim(), Want::Value);
    }
    match type_named(evaluator, scope, name) {
        Value::Type(found) => aliased(evaluator, found),
        Value::Function(found) => Value::Instance(found),
        Value::External(full_name) => Value::ExternalObject(full_name),
        _ => Value::Unknown,
    }
}

/// An object of a type; an alias gives what it stands for.
fn aliased(evaluator: &Evaluator<'_, '_>, found: SymbolRef) -> Value {
    let program = evaluator.program;
    let facts = program.file(found.file);
    let symbol = program.symbol(found);
    let target = facts.text(symbol.type_text);
    if facts.text(symbol.signature) != "type" || target.is_empty() {
        return Value::Instance(found);
    }
    let scope = program.parent(found).unwrap_or(found);
    evaluator.step(|| typed(evaluator, scope, target))
}

/// What a type's name means in a scope.
pub(super) fn type_named(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, name: &str) -> Value {
    evaluator.step(|| dotted(evaluator, scope, name, Want::Type))
}

fn dotted(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, name: &str, want: Want) -> Value {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let start = lookup(evaluator, scope, first, want);
    parts.fold(start, |value, part| attribute(evaluator, value, part))
}

/// What a name or type that its own file does not declare means.
pub(crate) fn reference(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, name: &str) -> Value {
    let Some(name) = plain(name) else { return Value::Unknown };
    match type_named(evaluator, scope, name) {
        Value::Made(object) if evaluator.program.symbol(object).kind == SymbolKind::Type => {
            Value::Unknown
        }
        known => known,
    }
}

/// The name in a type: without generics, `null` and `undefined`, and what wraps it.
fn plain(written: &str) -> Option<&str> {
    let mut text = written.trim();
    for _ in 0..8 {
        text = text.trim_start_matches("readonly ").trim();
        if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            text = inner.trim();
        }
        let parts = split(text, '|');
        if parts.len() > 1 {
            let mut kept = parts
                .into_iter()
                .filter(|part| !matches!(*part, "null" | "undefined" | "" | "void"));
            text = kept.next()?;
            if kept.next().is_some() {
                return None;
            }
            continue;
        }
        if text.ends_with(']') {
            return Some("Array");
        }
        let Some((name, rest)) = text.split_once('<') else { break };
        if !TRANSPARENT.contains(&name.trim()) {
            text = name.trim();
            break;
        }
        text = rest.trim().strip_suffix('>')?;
    }
    let is_name = !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '.'));
    let is_query = text.strip_prefix("typeof ").is_some_and(|name| {
        name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '.'))
    });
    (is_name || is_query).then_some(text)
}

/// The parts of a type between signs that stand in no brackets.
fn split(text: &str, sign: char) -> Vec<&str> {
    let (mut depth, mut start, mut parts, mut before) = (0i32, 0, Vec::new(), ' ');
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if before == '=' => {}
            '>' | ')' | ']' | '}' => depth -= 1,
            c if c == sign && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
        before = c;
    }
    parts.push(text[start..].trim());
    parts
}

/// The library type of a primitive; `Some(None)` for types that say nothing.
fn primitive(name: &str) -> Option<Option<&'static str>> {
    Some(match name {
        "string" => Some("String"),
        "number" => Some("Number"),
        "boolean" => Some("Boolean"),
        "bigint" => Some("BigInt"),
        "symbol" => Some("Symbol"),
        "any" | "unknown" | "never" | "void" | "object" | "null" | "undefined" | "this"
        | "const" | "Object" | "Function" => None,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn types_are_reduced_to_a_name() {
        assert_eq!(plain("Foo<Bar>"), Some("Foo"));
        assert_eq!(plain("a.B | null | undefined"), Some("a.B"));
        assert_eq!(plain("Promise<Foo<A, B> | null>"), Some("Foo"));
        assert_eq!(plain("readonly Foo[]"), Some("Array"));
        assert_eq!(plain("A | B"), None);
        assert_eq!(plain("(a: A) => B"), None);
        assert_eq!(plain("typeof x.y"), Some("typeof x.y"));
    }
}
