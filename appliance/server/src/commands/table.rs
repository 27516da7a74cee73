//! Tables for a terminal: columns by the width that characters have on the screen, long cells cut
//! where the screen ends, nothing in them that could act on the terminal.

use std::io::IsTerminal;

use console::{Term, measure_text_width, truncate_str};

/// Between two columns.
const GAP: &str = "  ";
/// A column is not made narrower than this.
const MIN_WIDTH: usize = 8;

/// Characters in a line of the terminal; nothing if stdout is no terminal, so that nothing is cut.
pub(super) fn terminal_width() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
}

/// A table with a head. Without a width no cell is cut.
pub(super) fn render(head: &[String], rows: &[Vec<String>], width: Option<usize>) -> String {
    let clean_row = |row: &Vec<String>| row.iter().map(|cell| clean(cell)).collect::<Vec<_>>();
    let head = clean_row(&head.to_vec());
    let rows: Vec<Vec<String>> = rows.iter().map(clean_row).collect();
    let mut widths: Vec<usize> = head.iter().map(|cell| measure_text_width(cell)).collect();
    for row in &rows {
        for (at, cell) in row.iter().enumerate().take(widths.len()) {
            widths[at] = widths[at].max(measure_text_width(cell));
        }
    }
    if let Some(width) = width {
        shrink(&mut widths, width);
    }
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    let mut out = String::new();
    for row in [&head, &rule].into_iter().chain(&rows) {
        line(&mut out, row, &widths);
    }
    out
}

/// Takes characters from the widest columns until the line fits.
fn shrink(widths: &mut [usize], width: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
    while excess > 0 {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > MIN_WIDTH) else {
            return;
        };
        *widest -= 1;
        excess -= 1;
    }
}

fn line(out: &mut String, row: &[String], widths: &[usize]) {
    let mut text = String::new();
    for (at, cell) in row.iter().enumerate() {
        let width = widths.get(at).copied().unwrap_or(0);
        let cell = truncate_str(cell, width, "…");
        text.push_str(&cell);
        let rest = width.saturating_sub(measure_text_width(&cell));
        text.push_str(&" ".repeat(rest));
        text.push_str(GAP);
    }
    out.push_str(text.trim_end());
    out.push('\n');
}

/// A text from foreign code, safe on a terminal: characters that move the cursor, change colours or
/// turn the direction of writing are shown by their number.
pub(super) fn clean(text: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if !text.chars().any(acts) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push('⏎'),
            '\t' => out.push(' '),
            c if acts(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_string()).collect()
    }

    #[test]
    fn russian_latin_and_wide_characters_stand_below_each_other() {
        let table = render(
            &row(&["имя", "line"]),
            &[row(&["функция", "1"]), row(&["f", "22"]), row(&["汉字", "3"])],
            None,
        );
        assert_eq!(table, "имя      line\n───────  ────\nфункция  1\nf        22\n汉字     3\n");
    }

    #[test]
    fn a_table_fits_the_terminal() {
        let table = render(&row(&["name", "code"]), &[row(&["f", &"ю".repeat(100)])], Some(30));
        assert!(table.lines().all(|line| measure_text_width(line) <= 30), "{table}");
        assert!(table.contains('…'));
    }

    #[test]
    fn foreign_text_cannot_act_on_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\u{7}\u{202e}c\r"), "a\\u{1b}[31mb\\u{7}\\u{202e}c\\u{d}");
        assert_eq!(clean("a\nb\tc"), "a⏎b c");
        assert_eq!(clean("плюс\u{301}"), "плюс\u{301}");
    }
}
