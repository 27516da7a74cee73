//! Citations in the stream of an answer: `[1]`, `[1, 3]`, `[2-4]`. Numbers that name no source are
//! taken out of the text before it is sent on. In code (between backticks) and right after a name
//! (`argv[1]`) brackets are indices and stay. Pure.

use std::collections::BTreeSet;

/// Longest text in brackets that can be a citation.
const MAX_INSIDE: usize = 24;
/// Most sources of one `[a-b]`.
const MAX_RANGE: u32 = 20;

/// Watches an answer while it comes.
pub(crate) struct CitationFilter {
    known: u32,
    held: String,
    before: char,
    in_code: bool,
    cited: BTreeSet<u32>,
    removed: usize,
}

impl CitationFilter {
    /// Sources are numbered 1 to `known`.
    pub(crate) fn new(known: u32) -> Self {
        Self {
            known,
            held: String::new(),
            before: ' ',
            in_code: false,
            cited: BTreeSet::new(),
            removed: 0,
        }
    }

    /// Adds text; gives back what is certain.
    pub(crate) fn push(&mut self, text: &str) -> String {
        let mut out = String::new();
        for letter in text.chars() {
            self.take(letter, &mut out);
        }
        out
    }

    /// What was held back, at the end.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Numbers that the model cited.
    pub(crate) fn cited(&self) -> &BTreeSet<u32> {
        &self.cited
    }

    /// Citations taken out.
    pub(crate) fn removed(&self) -> usize {
        self.removed
    }

    fn take(&mut self, letter: char, out: &mut String) {
        if self.held.is_empty() {
            if letter == '[' && !self.in_code && !is_name(self.before) {
                self.held.push(letter);
            } else {
                self.emit(letter, out);
            }
            return;
        }
        if letter == ']' {
            let inside = self.held[1..].to_owned();
            self.held.clear();
            self.close(&inside, out);
        } else if matches!(letter, '0'..='9' | ',' | ' ' | '-' | '–')
            && self.held.len() < MAX_INSIDE
        {
            self.held.push(letter);
        } else {
            // No citation after all.
            for held in std::mem::take(&mut self.held).chars() {
                self.emit(held, out);
            }
            self.take(letter, out);
        }
    }

    /// A closed pair of brackets outside of code.
    fn close(&mut self, inside: &str, out: &mut String) {
        let Some(numbers) = numbers(inside) else {
            for letter in format!("[{inside}]").chars() {
                self.emit(letter, out);
            }
            return;
        };
        let known: Vec<u32> =
            numbers.iter().copied().filter(|n| (1..=self.known).contains(n)).collect();
        self.removed += numbers.len() - known.len();
        if known.is_empty() {
            return;
        }
        let shown: Vec<String> = known.iter().map(u32::to_string).collect();
        for letter in format!("[{}]", shown.join(", ")).chars() {
            self.emit(letter, out);
        }
        self.cited.extend(known);
    }

    fn emit(&mut self, letter: char, out: &mut String) {
        if letter == '`' {
            self.in_code = !self.in_code;
        }
        self.before = letter;
        out.push(letter);
    }
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == ')'
}

/// `1`, `1, 3`, `2-4`; nothing when it is something else.
fn numbers(inside: &str) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    for part in inside.split(',') {
        let part = part.trim();
        match part.split_once(['-', '–']) {
            Some((first, last)) => {
                let (first, last): (u32, u32) =
                    (first.trim().parse().ok()?, last.trim().parse().ok()?);
                if last < first || last - first > MAX_RANGE {
                    return None;
                }
                numbers.extend(first..=last);
            }
            None => numbers.push(part.parse().ok()?),
        }
    }
    Some(numbers)
}
