//! What is kept of a file that is too large or too slow to parse: the names that a scan over its lines finds.

use cg_types::{DiagnosticCode, FileGraph, Language, NodeKind, Span};

use crate::builder::{Builder, Place, Slot};

/// Bytes looked at on each line, and names kept.
const MAX_LINE: usize = 512;
const MAX_NAMES: usize = 100_000;

/// A graph of METHODs and TYPE_DECLs without bodies, with the diagnostic that says why.
pub(crate) fn outline(
    path: &str,
    language: Language,
    text: &str,
    code: DiagnosticCode,
    message: String,
) -> FileGraph {
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u32 + 1;
    let whole = Place { span: Span::default(), line: 1, column: 1, line_end: lines };
    // Offsets have 32 bits; what lies behind them is not looked at.
    let mut end = text.len().min(u32::MAX as usize);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let mut b = Builder::new(path, language, text, whole);
    b.diagnose(code, None, message);
    let mut start = 0;
    let mut names = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let looked_at = head(line);
        if let Some((kind, at, name)) = declared(language, looked_at) {
            let place = Place {
                span: Span { start: (start + at) as u32, end: (start + at + name.len()) as u32 },
                line: number as u32 + 1,
                column: at as u32 + 1,
                line_end: number as u32 + 1,
            };
            let top = Slot::child(b.top_block());
            let node = b.named(top, kind, place, name);
            b.node_mut(node).full_name = b.node(node).name;
            if kind == NodeKind::Method {
                b.method_return(node, "");
            }
            names += 1;
            if names == MAX_NAMES {
                break;
            }
        }
        start += line.len();
    }
    b.finish()
}

fn head(line: &str) -> &str {
    let mut end = line.len().min(MAX_LINE);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

/// Kind, offset and text of the name that a line declares.
fn declared(language: Language, line: &str) -> Option<(NodeKind, usize, &str)> {
    let (kind, at) = match language {
        Language::C | Language::Cpp => return c_function(line),
        Language::Go => {
            behind(line, &[("func ", NodeKind::Method), ("type ", NodeKind::TypeDecl)])?
        }
        Language::Java => behind(
            line,
            &[
                ("class ", NodeKind::TypeDecl),
                ("interface ", NodeKind::TypeDecl),
                ("enum ", NodeKind::TypeDecl),
                ("record ", NodeKind::TypeDecl),
            ],
        )?,
        Language::JavaScript | Language::TypeScript => behind(
            line,
            &[
                ("function ", NodeKind::Method),
                ("class ", NodeKind::TypeDecl),
                ("interface ", NodeKind::TypeDecl),
            ],
        )?,
        Language::Python => {
            behind(line, &[("def ", NodeKind::Method), ("class ", NodeKind::TypeDecl)])?
        }
        Language::Rust => behind(
            line,
            &[
                ("fn ", NodeKind::Method),
                ("struct ", NodeKind::TypeDecl),
                ("enum ", NodeKind::TypeDecl),
                ("trait ", NodeKind::TypeDecl),
            ],
        )?,
    };
    let name = word(&line[at..]);
    (!name.is_empty()).then_some((kind, at, name))
}

/// Where the text behind one of the keywords begins, if only words stand before it.
fn behind(line: &str, keywords: &[(&str, NodeKind)]) -> Option<(NodeKind, usize)> {
    keywords.iter().find_map(|(keyword, kind)| {
        let at = line.find(keyword)?;
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | ' ' | '\t' | '(' | ')');
        let before = &line[..at];
        let is_start = before.is_empty() || before.ends_with([' ', '\t']);
        (is_start && before.chars().all(is_plain)).then_some((*kind, at + keyword.len()))
    })
}

/// `type name(…` at the start of a line that does not end with `;`.
fn c_function(line: &str) -> Option<(NodeKind, usize, &str)> {
    let starts_word = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !line.starts_with(starts_word) || line.trim_end().ends_with(';') {
        return None;
    }
    let before = line[..line.find('(')?].trim_end();
    let at =
        before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
    let name = before.get(at..)?;
    (!name.is_empty() && name.starts_with(starts_word)).then_some((NodeKind::Method, at, name))
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}
