//! Progress on one screen: a line for each item on its way, and one for the whole.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Report;
use super::tally::Tally;

const ITEM: &str = "  {bar:20} {binary_bytes:>10}/{binary_total_bytes:<10} {wide_msg}";
const WHOLE: &str = "  {bar:20} {binary_bytes:>10}/{binary_total_bytes:<10} {binary_bytes_per_sec}, {eta} left; {msg}";

/// The screen. Where stderr is no terminal, only notes are written.
#[derive(Debug)]
pub(crate) struct Terminal {
    screen: MultiProgress,
    visible: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tally: Tally,
    planned: HashMap<String, (String, u64)>,
    whole: ProgressBar,
    lines: HashMap<String, ProgressBar>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let visible = std::io::stderr().is_terminal();
        let target =
            if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let screen = MultiProgress::with_draw_target(target);
        let whole = screen.add(ProgressBar::new(0).with_style(style(WHOLE)));
        let state = State {
            tally: Tally::default(),
            planned: HashMap::new(),
            whole,
            lines: HashMap::new(),
        };
        Self { screen, visible, state: Mutex::new(state) }
    }

    fn with(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let sums = state.tally.sums;
        let there = match sums.skipped {
            0 => String::new(),
            bytes => format!(", {} were here already", crate::size::show(bytes)),
        };
        state.whole.set_length(sums.total.saturating_sub(sums.skipped));
        state.whole.set_position(sums.came);
        let more = match sums.unsized_items {
            0 => String::new(),
            items => format!(" ({items} of unknown size)"),
        };
        state.whole.set_message(format!("{} items to go{more}{there}", sums.open));
    }
}

impl State {
    /// The item's line; it appears when its first bytes do.
    fn line(&mut self, screen: &MultiProgress, item: &str) -> &ProgressBar {
        if !self.lines.contains_key(item) {
            let (from, bytes) = self.planned.get(item).cloned().unwrap_or_default();
            let line = screen.insert_before(&self.whole, ProgressBar::new(bytes));
            line.set_style(style(ITEM));
            line.set_message(format!("{item} from {from}"));
            self.lines.insert(item.to_owned(), line);
        }
        self.whole.enable_steady_tick(Duration::from_millis(250));
        &self.lines[item]
    }
}

impl Report for Terminal {
    fn plan(&self, item: &str, from: &str, bytes: u64) {
        self.with(|state| {
            if state.tally.plan(item, bytes) {
                state.planned.insert(item.to_owned(), (from.to_owned(), bytes));
            }
        });
    }

    fn planned(&self) {
        self.with(|_| ());
    }

    fn advance(&self, item: &str, bytes: u64) {
        self.with(|state| {
            state.tally.advance(item, bytes);
            state.line(&self.screen, item).inc(bytes);
        });
    }

    fn skip(&self, item: &str, bytes: u64) {
        self.with(|state| state.tally.skip(item, bytes));
    }

    fn done(&self, item: &str) {
        self.with(|state| {
            state.tally.done(item);
            if let Some(line) = state.lines.remove(item) {
                line.finish_and_clear();
                self.screen.remove(&line);
            }
        });
    }

    fn note(&self, text: &str) {
        if self.visible {
            // A failing terminal must not stop the work.
            let _ = self.screen.println(text);
        } else {
            eprintln!("{text}");
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.whole.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
