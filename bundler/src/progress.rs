//! Progress on a terminal, silence elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for `total` bytes on stderr; invisible when stderr is no terminal.
pub(crate) fn bar(what: &'static str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>10} [{wide_bar}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_prefix(what)
}
