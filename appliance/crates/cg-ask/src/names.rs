//! Names of code in a question. Pure.

/// Most names taken from a question.
const MAX_NAMES: usize = 8;
/// Words of questions that are no names of code.
const ORDINARY: &[&str] = &[
    "about",
    "after",
    "against",
    "all",
    "also",
    "and",
    "answer",
    "any",
    "are",
    "argument",
    "arguments",
    "before",
    "between",
    "call",
    "called",
    "caller",
    "callers",
    "calls",
    "can",
    "class",
    "code",
    "could",
    "define",
    "defined",
    "describe",
    "does",
    "doing",
    "done",
    "each",
    "error",
    "example",
    "explain",
    "file",
    "files",
    "find",
    "for",
    "from",
    "function",
    "functions",
    "get",
    "give",
    "handle",
    "handled",
    "has",
    "have",
    "how",
    "into",
    "its",
    "list",
    "made",
    "main",
    "make",
    "many",
    "method",
    "methods",
    "module",
    "name",
    "names",
    "not",
    "project",
    "return",
    "returns",
    "see",
    "set",
    "should",
    "show",
    "some",
    "source",
    "tell",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "type",
    "types",
    "used",
    "uses",
    "using",
    "value",
    "variable",
    "was",
    "what",
    "when",
    "where",
    "which",
    "who",
    "why",
    "will",
    "with",
    "work",
    "works",
    "would",
    "you",
];

/// A name and how sure it is that it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    /// Spelled like code (`a_b`, `aB`, `a::b`, `a.b`, `a()`, in backticks); else a plain word.
    pub(crate) is_code: bool,
}

/// The names in a question, those spelled like code first, each once.
pub(crate) fn of(question: &str) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    let mut rest = question;
    let mut before = '\0';
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
        before = rest[..start].chars().next_back().unwrap_or(before);
        let tail = &rest[start..];
        let end = tail
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.')))
            .unwrap_or(tail.len());
        let word = tail[..end].trim_end_matches(['.', ':']);
        let after = tail[word.len()..].chars().next().unwrap_or(' ');
        // A Latin word that is glued to other letters is no name.
        if !before.is_alphanumeric() && !after.is_alphanumeric() {
            let quoted = matches!(before, '`' | '"' | '\'') && after == before;
            add(&mut names, word, quoted || after == '(');
        }
        before = tail[..end].chars().next_back().unwrap_or(before);
        rest = &tail[end..];
    }
    names.sort_by_key(|name| !name.is_code);
    names.truncate(MAX_NAMES);
    names
}

fn add(names: &mut Vec<Name>, word: &str, marked: bool) {
    let inner = word.trim_matches('_');
    let has_capital_inside = inner.chars().skip(1).any(|c| c.is_ascii_uppercase())
        && inner.chars().any(|c| c.is_ascii_lowercase());
    let is_code = marked || word.contains(['_', ':']) || word.contains('.') || has_capital_inside;
    let is_ordinary = ORDINARY.contains(&word.to_ascii_lowercase().as_str());
    if word.len() > 200 || (!is_code && (word.len() < 3 || is_ordinary)) {
        return;
    }
    if !names.iter().any(|name| name.text == word) {
        names.push(Name { text: word.to_owned(), is_code });
    }
}
