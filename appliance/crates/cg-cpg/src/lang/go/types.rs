//! Types as written, and what a value tells about its own.

use cg_types::StrId;
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::Front;

/// Longer types are not taken apart: taking a type off a deep one again and again would cost its square.
const MAX_TYPE_BYTES: usize = 256;

/// Types that are declared in every package.
const PREDECLARED: &[&str] = &[
    "any",
    "bool",
    "byte",
    "complex128",
    "complex64",
    "error",
    "float32",
    "float64",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "rune",
    "string",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uintptr",
];

impl<'t> Front<'_, 't> {
    /// A type as the source writes it, white space made single blanks.
    pub(super) fn written_type(&mut self, node: Node<'t>) -> StrId {
        let text = self.text(node);
        if !text.contains(['\n', '\t', '\r']) {
            return self.b.intern(text);
        }
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.b.intern(&line)
    }

    /// The type that a value shows: of a literal, of `T{…}`, `&T{…}`, `new(T)`, `make(T)`, `x.(T)`, `[]T(x)`.
    pub(super) fn type_of_value(&mut self, value: Node<'t>) -> StrId {
        let mut value = value;
        let mut pointer = false;
        loop {
            let kind = Kind::of(value);
            match kind {
                Kind::ParenthesizedExpression => {}
                Kind::UnaryExpression if !pointer => pointer = true,
                _ => break,
            }
            let kids = self.kids(value);
            let inner = kids.iter().find(|one| !Kind::of(one.node).is_token());
            let inner = inner.map(|one| one.node);
            let is_address = Self::of_kind(&kids, Kind::Ampersand).is_some();
            self.done(kids);
            match inner {
                Some(inner) if kind != Kind::UnaryExpression || is_address => value = inner,
                _ => return StrId::EMPTY,
            }
        }
        let kind = Kind::of(value);
        let written = match kind {
            Kind::CompositeLiteral
            | Kind::TypeAssertionExpression
            | Kind::TypeConversionExpression => {
                let kids = self.kids(value);
                let written = Self::field(&kids, Field::Type);
                self.done(kids);
                // `f[x](y)` may be a call.
                let is_sure = kind != Kind::TypeConversionExpression;
                let written = written.filter(|one| is_sure || Kind::of(*one) != Kind::GenericType);
                written.map_or(StrId::EMPTY, |written| self.written_type(written))
            }
            Kind::CallExpression if !pointer => self.allocated(value),
            _ if pointer => StrId::EMPTY,
            _ => self.b.intern(literal_type(kind)),
        };
        match self.b.string(written) {
            text if pointer && !text.is_empty() => {
                let text = format!("*{text}");
                self.b.intern(&text)
            }
            _ => written,
        }
    }

    /// The type of `new(T)`, `make(T)`, `string(x)`.
    fn allocated(&mut self, call: Node<'t>) -> StrId {
        let kids = self.kids(call);
        let function = Self::field(&kids, Field::Function);
        let list = Self::field(&kids, Field::Arguments);
        self.done(kids);
        let Some(function) = function.filter(|one| Kind::of(*one) == Kind::Identifier) else {
            return StrId::EMPTY;
        };
        let (name, id) = (self.text(function), self.name(function));
        if self.b.resolve(id).is_some() {
            return StrId::EMPTY;
        }
        if is_predeclared(name) && self.global(id).is_none() {
            return id;
        }
        if !matches!(name, "new" | "make") {
            return StrId::EMPTY;
        }
        let Some(list) = list else { return StrId::EMPTY };
        let arguments = self.kids(list);
        let first = arguments.first().map(|one| one.node);
        self.done(arguments);
        let Some(first) = first else { return StrId::EMPTY };
        let written = self.written_type(first);
        if name == "make" {
            return written;
        }
        let text = format!("*{}", self.b.string(written));
        self.b.intern(&text)
    }

    /// What the elements of a literal of this type are, and the keys of a map.
    pub(super) fn element_types(&mut self, of: StrId) -> (StrId, StrId) {
        let text = self.b.string(of);
        if text.len() > MAX_TYPE_BYTES {
            return (StrId::EMPTY, StrId::EMPTY);
        }
        let (key, element) = parts(text);
        let (key, element) = (plain(key).to_owned(), plain(element).to_owned());
        (self.b.intern(&key), self.b.intern(&element))
    }
}

/// `*T` is `T`: what a literal without a type makes there.
fn plain(text: &str) -> &str {
    text.trim_start_matches('*').trim()
}

/// Key and element of an array, slice or map as written; empty for anything else.
fn parts(text: &str) -> (&str, &str) {
    let (is_map, rest) = match text.strip_prefix("map") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let Some(rest) = rest.strip_prefix('[') else { return ("", "") };
    let mut depth = 0_usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' if depth == 0 => {
                let key = if is_map { &rest[..at] } else { "" };
                return (key, &rest[at + 1..]);
            }
            b']' => depth -= 1,
            _ => {}
        }
    }
    ("", "")
}

/// The name of a type without pointer, brackets and generics: `*pkg.List[T]` is `pkg.List`.
pub(super) fn base_name(text: &str) -> &str {
    let text = text.trim_matches(['*', '(', ')', ' ', '\t']);
    let end = text.find('[').unwrap_or(text.len());
    text[..end].trim()
}

/// Whether a name is a type in every package.
pub(super) fn is_predeclared(name: &str) -> bool {
    PREDECLARED.binary_search(&name).is_ok()
}

/// The type of a literal.
pub(super) fn literal_type(kind: Kind) -> &'static str {
    match kind {
        Kind::IntLiteral | Kind::Iota => "int",
        Kind::FloatLiteral => "float64",
        Kind::ImaginaryLiteral => "complex128",
        Kind::RuneLiteral => "rune",
        Kind::RawStringLiteral | Kind::InterpretedStringLiteral => "string",
        Kind::True | Kind::False => "bool",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::{PREDECLARED, base_name, parts};

    #[test]
    fn predeclared_types_are_sorted() {
        assert!(PREDECLARED.is_sorted());
    }

    #[test]
    fn types_come_apart() {
        assert_eq!(parts("map[[2]K]map[a]V"), ("[2]K", "map[a]V"));
        assert_eq!(parts("[...]*T"), ("", "*T"));
        assert_eq!(parts("T"), ("", ""));
        assert_eq!(parts("map[K"), ("", ""));
        assert_eq!(base_name("(*pkg.List[T])"), "pkg.List");
    }
}
