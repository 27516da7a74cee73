//! C++ as the parser should see it: macros that stand where the grammar allows no name are blanked, so that the
//! class or function behind them is read. Every offset stays.
//!
//! Names in capitals are taken for such macros in three places: between `class` and the class's name
//! (`class API Name {`), before a type and a name (`API Type f(`, `OLD("use g") Type f(`), and behind a declarator, with or without
//! arguments (`int x GUARDED_BY(m);`, `void f() REQUIRES(m) {`).

use std::borrow::Cow;

/// Words before a name in capitals that begin an expression or statement, no declaration.
const KEYWORDS: &[&str] = &[
    "case",
    "co_await",
    "co_return",
    "co_yield",
    "const",
    "define",
    "delete",
    "do",
    "else",
    "enum",
    "goto",
    "new",
    "operator",
    "return",
    "sizeof",
    "throw",
    "typedef",
    "typename",
    "using",
];

/// Ends of names that say something about the variable before them.
const SUFFIXES: &[&str] = &["_BY", "_AFTER", "_BEFORE", "UNUSED"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Word,
    Sign(u8),
}

struct Part {
    token: Token,
    start: usize,
    end: usize,
}

/// The text with such macros blanked.
pub(crate) fn view(text: &str) -> Cow<'_, str> {
    let parts = parts(text);
    let mut blanks: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        match macro_end(text, &parts, at) {
            Some(end) => {
                blanks.push((parts[at].start, parts[end - 1].end));
                at = end;
            }
            None => at += 1,
        }
    }
    if blanks.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in blanks {
        out.push_str(&text[from..start]);
        out.extend(text[start..end].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
        from = end;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// Behind which part a macro ends that begins with a part; none where none begins.
fn macro_end(text: &str, parts: &[Part], at: usize) -> Option<usize> {
    let word = |at: usize| {
        let part = parts.get(at)?;
        (part.token == Token::Word).then(|| &text[part.start..part.end])
    };
    let sign = |at: usize| match parts.get(at).map(|part| part.token) {
        Some(Token::Sign(sign)) => Some(sign),
        _ => None,
    };
    let name = word(at)?;
    if !is_macro_name(name) {
        return None;
    }
    let end = behind_arguments(parts, at + 1);
    let before = at.checked_sub(1).and_then(word);
    if matches!(before, Some("class" | "struct" | "union")) {
        let is_class = word(end).is_some_and(|name| name != "final")
            && (matches!(sign(end + 1), Some(b'{' | b':')) || word(end + 1) == Some("final"));
        return is_class.then_some(end);
    }
    if before.is_some_and(|word| KEYWORDS.contains(&word)) {
        return None;
    }
    // Behind a declarator.
    let is_behind = match at.checked_sub(1).and_then(sign) {
        Some(b')') => !opens_condition(parts, at - 1, &word),
        Some(_) => false,
        None => before.is_some_and(|word| {
            matches!(word, "override" | "noexcept")
                || (end > at + 1 && SUFFIXES.iter().any(|suffix| name.ends_with(suffix)))
        }),
    };
    if is_behind && matches!(sign(end), Some(b';' | b'{')) {
        return Some(end);
    }
    // Before a type and a name.
    let starts = match at.checked_sub(1).and_then(sign) {
        Some(sign) => matches!(sign, b';' | b'{' | b'}' | b':' | b'>'),
        None => {
            before.is_none_or(|word| matches!(word, "static" | "inline" | "extern" | "virtual"))
        }
    };
    let is_type = word(end).is_some_and(|word| !is_macro_name(word) && !KEYWORDS.contains(&word))
        && (word(end + 1).is_some() || matches!(sign(end + 1), Some(b'*' | b'&' | b':' | b'<')));
    (starts && is_type).then_some(end)
}

/// Whether the brackets that a part closes are those of an `if` or a loop.
fn opens_condition<'t>(
    parts: &[Part],
    close: usize,
    word: &impl Fn(usize) -> Option<&'t str>,
) -> bool {
    let mut depth = 0_usize;
    for at in (0..=close).rev() {
        match parts[at].token {
            Token::Sign(b')') => depth += 1,
            Token::Sign(b'(') if depth == 1 => {
                let before = at.checked_sub(1).and_then(word);
                return matches!(before, Some("if" | "while" | "for" | "switch" | "constexpr"));
            }
            Token::Sign(b'(') => depth -= 1,
            Token::Sign(b';' | b'{' | b'}') if depth < 2 => return true,
            _ => {}
        }
    }
    true
}

fn is_macro_name(word: &str) -> bool {
    word.len() > 2
        && word.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && word.bytes().any(|b| b.is_ascii_uppercase())
}

/// Behind the brackets that open at a part; the part itself where none do.
fn behind_arguments(parts: &[Part], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, part) in parts.iter().enumerate().skip(at) {
        match part.token {
            Token::Sign(b'(') => depth += 1,
            Token::Sign(b')') if depth == 1 => return index + 1,
            Token::Sign(b')') if depth > 1 => depth -= 1,
            Token::Sign(b';' | b'{' | b'}') => return at,
            _ if depth == 0 => return at,
            _ => {}
        }
    }
    at
}

/// Words and signs outside of comments, literals and the preprocessor's lines.
fn parts(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut at = 0;
    let mut line_is_empty = true;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        match byte {
            b'\n' => {
                line_is_empty = true;
                at += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b'#' if line_is_empty => {
                at = behind_line(bytes, at);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = behind_line(bytes, at);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = text[at + 2..].find("*/").map_or(bytes.len(), |length| at + 2 + length + 2);
                continue;
            }
            b'"' | b'\'' => {
                at = behind_literal(text, at, parts.last());
                parts.push(Part { token: Token::Sign(byte), start, end: at });
            }
            _ if byte.is_ascii_alphanumeric() || byte == b'_' => {
                let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
                at += bytes[at..].iter().take_while(|b| is_word(b)).count();
                parts.push(Part { token: Token::Word, start, end: at });
            }
            _ => {
                at += 1;
                parts.push(Part { token: Token::Sign(byte), start, end: at });
            }
        }
        line_is_empty = false;
    }
    parts
}

/// Behind a line and those that a backslash adds to it.
fn behind_line(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(length) = bytes[at..].iter().position(|b| *b == b'\n') {
        let end = at + length;
        let continued = bytes[..end].ends_with(b"\\") || bytes[..end].ends_with(b"\\\r");
        at = end + 1;
        if !continued {
            return end;
        }
    }
    bytes.len()
}

/// Behind a string or character; a digit's separator (`1'000`) is one sign.
fn behind_literal(text: &str, at: usize, before: Option<&Part>) -> usize {
    let bytes = text.as_bytes();
    let quote = bytes[at];
    let touching = before.filter(|part| part.end == at && part.token == Token::Word);
    let word = touching.map_or("", |part| &text[part.start..part.end]);
    if quote == b'\'' && word.starts_with(|c: char| c.is_ascii_digit()) {
        return at + 1;
    }
    if quote == b'"' && word.ends_with('R') {
        let delimiter = text[at + 1..].split('(').next().unwrap_or("");
        let close = format!("){delimiter}\"");
        return text[at..].find(&close).map_or(bytes.len(), |length| at + length + close.len());
    }
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 2,
            b'\n' => return end,
            _ if byte == quote => return end + 1,
            _ => end += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::view;

    #[test]
    fn macros_where_no_name_may_stand_are_blanked() {
        for (text, wanted) in [
            ("class API Name : B {", "class     Name : B {"),
            ("class ALIGN(8) Name final {", "class          Name final {"),
            ("API Value f();", "    Value f();"),
            ("public:\n OLD(\"x\") void f() {", "public:\n          void f() {"),
            ("};\nEXPORT std::string f();", "};\n       std::string f();"),
            ("int x GUARDED_BY(m);", "int x              ;"),
            ("void f() REQUIRES(a, g(b)) {", "void f()                   {"),
            ("void f() const NOEXCEPT;", "void f() const NOEXCEPT;"),
            ("void f() override LOCKED {", "void f() override        {"),
        ] {
            assert_eq!(view(text), wanted);
        }
    }

    #[test]
    fn names_in_capitals_elsewhere_stay() {
        for text in [
            "return MAX(a, b);",
            "UINT x;",
            "class FOO {",
            "class FOO;",
            "enum E { A, B };",
            "f(ABC, 1);",
            "#define API class API X {\n",
            "x = R\"(class API X {)\";",
            "// class API X {",
            "if (x) MACRO_CALL(y);\n",
            "static int F_O_O(int a) {",
            "for (;;) STEP(y);",
            "case ABC: f();",
        ] {
            assert_eq!(view(text), text);
        }
    }
}
