//! What is on its way, from where, how fast, and what remains; each item counted once whoever asks for it.

mod events;
mod tally;
mod terminal;

use indicatif::{ProgressBar, ProgressStyle};

pub(crate) use events::Events;
pub(crate) use terminal::Terminal;

/// Told by whoever moves bytes. An item is named by a text that is unique in the run: that is how it is counted once.
pub(crate) trait Report: Send + Sync {
    /// `item` with `bytes` (0 when unknown) will come from `from`. Said twice, it counts once.
    fn plan(&self, item: &str, from: &str, bytes: u64);
    /// Everything is planned: what follows changes the total only by items whose size nobody knew.
    fn planned(&self);
    /// `bytes` more of it came.
    fn advance(&self, item: &str, bytes: u64);
    /// `bytes` of it need not come: they are there.
    fn skip(&self, item: &str, bytes: u64);
    /// It is complete.
    fn done(&self, item: &str);
    /// A sentence for people.
    fn note(&self, text: &str);
}

/// Says nothing.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Silent;

#[cfg(test)]
impl Report for Silent {
    fn plan(&self, _: &str, _: &str, _: u64) {}
    fn planned(&self) {}
    fn advance(&self, _: &str, _: u64) {}
    fn skip(&self, _: &str, _: u64) {}
    fn done(&self, _: &str) {}
    fn note(&self, _: &str) {}
}

/// Events on stderr where reports are JSON, else a screen (only notes where stderr is no terminal).
pub(crate) fn reporter(json: bool) -> Box<dyn Report> {
    if json { Box::new(Events::new()) } else { Box::new(Terminal::new()) }
}

/// A bar for `total` bytes on stderr; invisible when stderr is no terminal.
pub(crate) fn bar(what: &'static str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>10} [{wide_bar}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_prefix(what)
}
