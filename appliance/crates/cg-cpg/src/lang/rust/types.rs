//! Types as written, and what a value tells about its own.

use cg_types::StrId;
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::Front;

/// Functions of a type that give the type itself, by convention.
const CONSTRUCTORS: &[&str] = &["new", "default"];

impl<'s> Front<'_, '_, 's> {
    /// A type as the source writes it, white space made single blanks.
    pub(super) fn written_type(&mut self, node: Node<'s>) -> StrId {
        let text = self.text(node);
        if !text.contains(['\n', '\t', '\r']) {
            return self.b.intern(text);
        }
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.b.intern(&line)
    }

    /// A path without generics: `Vec::<u8>::new` is `Vec::new`.
    pub(super) fn plain_path(&mut self, node: Node<'s>) -> StrId {
        let text = self.text(node);
        if !text.contains(['<', ' ', '\n', '\t', '\r']) {
            return self.b.intern(text);
        }
        let mut buffer = std::mem::take(&mut self.state.buffer);
        strip_generics(text, &mut buffer);
        let id = self.b.intern(&buffer);
        self.state.buffer = buffer;
        id
    }

    /// The type that a value shows: of a literal, of `T::new()`, of `T { … }`.
    pub(super) fn type_of_value(&mut self, value: Node<'s>) -> StrId {
        let kind = Kind::of(value);
        match kind {
            Kind::CallExpression => self.constructed(value),
            Kind::StructExpression => {
                let kids = self.kids(value);
                let name = Self::field(&kids, Field::Name);
                self.done(kids);
                name.map_or(StrId::EMPTY, |name| self.plain_path(name))
            }
            _ => {
                let name = literal_type(kind, self.text(value));
                self.b.intern(name)
            }
        }
    }

    fn constructed(&mut self, call: Node<'s>) -> StrId {
        let kids = self.kids(call);
        let function = Self::field(&kids, Field::Function);
        self.done(kids);
        let Some(function) = function.filter(|one| Kind::of(*one) == Kind::ScopedIdentifier) else {
            return StrId::EMPTY;
        };
        let path = self.plain_path(function);
        let Some((of, name)) = self.b.string(path).rsplit_once("::") else { return StrId::EMPTY };
        let last = of.rsplit("::").next().unwrap_or(of);
        if !CONSTRUCTORS.contains(&name) || !last.starts_with(char::is_uppercase) {
            return StrId::EMPTY;
        }
        let of = of.to_owned();
        self.b.intern(&of)
    }
}

/// The type of a literal; empty where the text does not tell (`1`).
pub(super) fn literal_type(kind: Kind, text: &str) -> &'static str {
    match kind {
        Kind::StringLiteral | Kind::RawStringLiteral => match text.as_bytes().first() {
            Some(b'b') => "&[u8]",
            Some(b'c') => "&CStr",
            _ => "&str",
        },
        Kind::CharLiteral if text.starts_with('b') => "u8",
        Kind::CharLiteral => "char",
        Kind::BooleanLiteral => "bool",
        Kind::UnitExpression => "()",
        Kind::IntegerLiteral | Kind::FloatLiteral | Kind::NegativeLiteral => {
            let suffix = |name: &&&str| text.ends_with(**name);
            NUMBERS.iter().find(suffix).copied().unwrap_or("")
        }
        _ => "",
    }
}

const NUMBERS: &[&str] = &[
    "usize", "isize", "u128", "i128", "u64", "i64", "u32", "i32", "u16", "i16", "u8", "i8", "f64",
    "f32",
];

/// `Vec::<u8>::new` to `Vec::new`, `<T as Trait>::f` to `Trait::f`, `<T>::f` to `T::f`; white space goes.
pub(super) fn strip_generics(text: &str, out: &mut String) {
    out.clear();
    let (qualified, rest) = match text.strip_prefix('<') {
        Some(rest) => split_qualified(rest),
        None => ("", text),
    };
    let mut depth = 0_usize;
    let mut before = ' ';
    for c in qualified.chars().chain(rest.chars()) {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ if depth > 0 || c.is_whitespace() => {}
            // `a::<T>::b` leaves `a::` and then `::b`.
            ':' if out.ends_with("::") => {}
            _ => out.push(c),
        }
        before = c;
    }
    if out.ends_with("::") {
        out.truncate(out.len() - 2);
    }
}

/// `T as Trait>::f` into what names the function's owner and what follows.
fn split_qualified(text: &str) -> (&str, &str) {
    let mut depth = 0_i32;
    let mut owner_start = 0;
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '>' if text[..at].ends_with('-') => {}
            '>' if depth == 0 => return (text[owner_start..at].trim(), &text[at + 1..]),
            '>' => depth -= 1,
            'a' if depth == 0 && text[at..].starts_with("as ") && text[..at].ends_with(' ') => {
                owner_start = at + 3
            }
            _ => {}
        }
    }
    ("", text)
}

#[cfg(test)]
mod tests {
    use super::strip_generics;

    #[test]
    fn paths_lose_their_generics() {
        let plain = |text: &str| {
            let mut out = String::new();
            strip_generics(text, &mut out);
            out
        };
        assert_eq!(plain("Vec::<u8>::new"), "Vec::new");
        assert_eq!(plain("HashMap<K, Vec<V>>"), "HashMap");
        assert_eq!(plain("size_of::<T>"), "size_of");
        assert_eq!(plain("<T as a::Trait<U>>::f"), "a::Trait::f");
        assert_eq!(plain("<Vec<T>>::f"), "Vec::f");
        assert_eq!(plain("f::<fn(u8) -> u8>"), "f");
        assert_eq!(plain("::std::mem"), "::std::mem");
        assert_eq!(plain("<<<"), "");
    }
}
