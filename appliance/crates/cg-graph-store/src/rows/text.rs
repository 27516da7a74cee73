//! Cuts a text into line-aligned blocks and finds byte ranges in them by characters.

use cg_types::Span;

/// Most bytes of a block.
pub(crate) const BLOCK_BYTES: usize = 4096;
/// Distance of the marks for counting characters.
const MARK: usize = 128;

/// A text, cut into blocks.
pub(crate) struct Blocks<'a> {
    text: &'a str,
    blocks: Vec<Block>,
    /// Characters before byte `i * MARK`; empty when all is ASCII.
    marks: Vec<u32>,
}

/// One block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) line: u32,
    pub(crate) line_end: u32,
}

/// A byte range in terms of blocks and characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// Number of the block in which it begins; `None` for a text without blocks.
    pub(crate) block: Option<u32>,
    /// Characters of that block before it.
    pub(crate) offset: u16,
    /// Further blocks that it runs on into.
    pub(crate) more: u32,
    /// Its characters.
    pub(crate) chars: u32,
}

impl<'a> Blocks<'a> {
    /// Cuts a text. A block holds whole lines; a line longer than a block is cut between characters.
    pub(crate) fn new(text: &'a str) -> Self {
        let marks = if text.is_ascii() { Vec::new() } else { marks(text.as_bytes()) };
        let mut blocks = Vec::with_capacity(text.len() / BLOCK_BYTES * 2 + 1);
        let (mut start, mut line) = (0, 1);
        while start < text.len() {
            let end = block_end(text, start);
            let breaks = memchr::memchr_iter(b'\n', &text.as_bytes()[start..end]).count() as u32;
            let closed = text.as_bytes()[end - 1] == b'\n';
            let line_end = line + breaks - u32::from(closed);
            blocks.push(Block { start: start as u32, end: end as u32, line, line_end });
            line += breaks;
            start = end;
        }
        Self { text, blocks, marks }
    }

    /// The blocks with their text.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Block, &'a str)> {
        self.blocks.iter().map(|b| (*b, &self.text[b.start as usize..b.end as usize]))
    }

    /// Lines of the text; an empty one has one.
    pub(crate) fn lines(&self) -> u32 {
        let open = !self.text.ends_with('\n');
        self.blocks.last().map_or(1, |b| if open { b.line_end } else { b.line_end + 1 })
    }

    /// Where a byte range lies.
    pub(crate) fn locate(&self, span: Span) -> Slice {
        let length = self.text.len() as u32;
        let (start, end) =
            (span.start.min(length), span.end.min(length).max(span.start.min(length)));
        let Some(first) = self.blocks.partition_point(|b| b.start <= start).checked_sub(1) else {
            return Slice { block: None, offset: 0, more: 0, chars: 0 };
        };
        let more = self.blocks[first + 1..].partition_point(|b| b.start < end);
        let before = self.characters(start);
        Slice {
            block: Some(first as u32),
            offset: (before - self.characters(self.blocks[first].start)) as u16,
            more: more as u32,
            chars: self.characters(end) - before,
        }
    }

    /// Line of a byte offset, from 1.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        let Some(block) = self.blocks.partition_point(|b| b.start <= offset).checked_sub(1) else {
            return 1;
        };
        let block = self.blocks[block];
        let end = offset.min(block.end) as usize;
        block.line
            + memchr::memchr_iter(b'\n', &self.text.as_bytes()[block.start as usize..end]).count()
                as u32
    }

    /// Characters before a byte offset.
    fn characters(&self, offset: u32) -> u32 {
        if self.marks.is_empty() {
            return offset;
        }
        let at = offset as usize;
        self.marks[at / MARK] + count(&self.text.as_bytes()[at / MARK * MARK..at])
    }
}

fn block_end(text: &str, start: usize) -> usize {
    if text.len() - start <= BLOCK_BYTES {
        return text.len();
    }
    let window = &text.as_bytes()[start..start + BLOCK_BYTES];
    if let Some(at) = memchr::memrchr(b'\n', window) {
        return start + at + 1;
    }
    let mut end = start + BLOCK_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

fn marks(bytes: &[u8]) -> Vec<u32> {
    let mut sum = 0;
    let mut marks = vec![0];
    for part in bytes.chunks(MARK) {
        sum += count(part);
        marks.push(sum);
    }
    marks
}

/// Bytes that begin a character.
fn count(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|b| (**b as i8) >= -0x40).count() as u32
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn check(text: &str) {
        let blocks = Blocks::new(text);
        let all: String = blocks.iter().map(|(_, t)| t).collect();
        assert_eq!(all, text);
        assert!(
            blocks.iter().all(|(b, t)| t.len() <= BLOCK_BYTES && b.end - b.start == t.len() as u32)
        );
        let bounds: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
        let texts: Vec<&str> = blocks.iter().map(|(_, t)| t).collect();
        for (i, start) in bounds.iter().enumerate().step_by(97) {
            for end in bounds[i..].iter().step_by(311) {
                let slice = blocks.locate(Span { start: *start as u32, end: *end as u32 });
                let Some(block) = slice.block else {
                    assert!(text.is_empty());
                    continue;
                };
                let joined = texts[block as usize..=(block + slice.more) as usize].concat();
                let got: String =
                    joined.chars().skip(slice.offset.into()).take(slice.chars as usize).collect();
                assert_eq!(got, &text[*start..*end], "{start}..{end}");
            }
        }
        for (block, part) in blocks.iter() {
            let line = text[..block.start as usize].matches('\n').count() as u32 + 1;
            assert_eq!(block.line, line);
            assert_eq!(
                block.line_end,
                line + part.strip_suffix('\n').unwrap_or(part).matches('\n').count() as u32
            );
        }
        assert_eq!(blocks.lines(), text.matches('\n').count() as u32 + 1);
    }

    #[test]
    fn slices_by_characters_equal_slices_by_bytes() {
        check("");
        check("one line");
        check(&"plain text\n".repeat(2000));
        check(&"строка кода // комментарий\r\n".repeat(700));
        check(&"🦀 emoji и кириллица mixed 𝔘\n".repeat(500));
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        check(&"ы".repeat(5000));
        check(&format!("a\n{}\nb\n", "x🦀".repeat(3000)));
    }

    #[test]
    fn spans_beyond_the_text_are_cut() {
        let slice = Blocks::new("abc").locate(Span { start: 2, end: 90 });
        assert_eq!(slice, Slice { block: Some(0), offset: 2, more: 0, chars: 1 });
    }
}
