//! SQL text cut into tokens, as DuckDB's own scanner cuts it. Never fails: what is not closed runs
//! to the end of the text, and the database says so in its own words.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Unquoted identifier or keyword.
    Word,
    /// `"identifier"`.
    Quoted,
    /// `'…'`, `e'…'`, `$$…$$`, `$tag$…$tag$`.
    Text,
    /// Number.
    Number,
    /// One character of punctuation.
    Mark(char),
}

/// A token and its bytes in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    /// Its text.
    pub(crate) fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.start..self.end]
    }

    /// Whether it is this keyword.
    pub(crate) fn is_word(&self, sql: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(sql).eq_ignore_ascii_case(word)
    }

    /// Whether it is this punctuation character.
    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.kind == TokenKind::Mark(mark)
    }

    /// Whether it names something.
    pub(crate) fn is_name(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Quoted)
    }
}

/// Cuts a text into tokens; white space and comments are left out.
pub(crate) fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = sql[at..].chars().next() {
        let start = at;
        let rest = &sql[at..];
        let kind = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if rest.starts_with("--") {
            at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            continue;
        } else if rest.starts_with("/*") {
            at += block_comment(rest);
            continue;
        } else if c == '\'' {
            at += delimited(rest, '\'', Escape::Double);
            TokenKind::Text
        } else if (c == 'e' || c == 'E') && rest[1..].starts_with('\'') {
            at += 1 + delimited(&rest[1..], '\'', Escape::Backslash);
            TokenKind::Text
        } else if c == '"' {
            at += delimited(rest, '"', Escape::Double);
            TokenKind::Quoted
        } else if let Some(length) = dollar_text(rest) {
            at += length;
            TokenKind::Text
        } else if is_word_start(c) {
            at += rest.find(|c| !is_word_part(c)).unwrap_or(rest.len());
            TokenKind::Word
        } else if c.is_ascii_digit() {
            at += number(rest);
            TokenKind::Number
        } else {
            at += c.len_utf8();
            TokenKind::Mark(c)
        };
        found.push(Token { kind, start, end: at });
    }
    found
}

enum Escape {
    Double,
    Backslash,
}

/// Length of a text that begins with its delimiter.
fn delimited(text: &str, quote: char, escape: Escape) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && matches!(escape, Escape::Backslash) {
            chars.next();
        } else if c == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => drop(chars.next()),
                _ => return at + 1,
            }
        }
    }
    text.len()
}

/// Length of a block comment; they nest.
fn block_comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    text.len()
}

/// Length of a `$$…$$` or `$tag$…$tag$` text, if one begins here.
fn dollar_text(text: &str) -> Option<usize> {
    let after = text.strip_prefix('$')?;
    let tag_length = after.find('$')?;
    let tag = &after[..tag_length];
    let is_tag = tag.chars().all(|c| c == '_' || c.is_alphanumeric())
        && !tag.starts_with(|c: char| c.is_ascii_digit());
    if !is_tag {
        return None;
    }
    let delimiter = &text[..tag_length + 2];
    let body = &text[delimiter.len()..];
    Some(body.find(delimiter).map_or(text.len(), |at| at + 2 * delimiter.len()))
}

/// Length of a number: digits, underscores, letters of a radix or exponent, one dot at a time, and
/// a sign behind an exponent.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(b) = bytes.get(at) {
        let signed_exponent = matches!(b, b'+' | b'-')
            && matches!(bytes[at - 1], b'e' | b'E')
            && !text.starts_with("0x")
            && !text.starts_with("0X")
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let dot = *b == b'.' && bytes.get(at + 1) != Some(&b'.');
        if !(b.is_ascii_alphanumeric() || *b == b'_' || dot || signed_exponent) {
            break;
        }
        at += 1;
    }
    at
}

fn is_word_start(c: char) -> bool {
    c == '_' || c.is_alphabetic() || (!c.is_ascii() && !c.is_whitespace())
}

fn is_word_part(c: char) -> bool {
    is_word_start(c) || c.is_ascii_digit() || c == '$'
}
