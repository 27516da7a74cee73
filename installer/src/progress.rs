//! Talk on standard error: steps in words, bytes as a bar on a terminal only.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How much is said while something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    /// Steps, and a bar on a terminal.
    Words,
    /// Nothing: a program reads the report.
    Silent,
}

impl Talk {
    /// Says one line.
    pub fn say(self, line: &str) {
        if self == Self::Words {
            eprintln!("{}", cg_bundle_format::shown(line));
        }
    }

    /// Whether a person sits there who can be asked for something.
    pub fn can_ask(self) -> bool {
        self == Self::Words && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Says what is to be done and waits for Enter; false when nobody will press it.
    pub fn ask(self, question: &str) -> bool {
        self.say(question);
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).is_ok_and(|length| length > 0)
    }

    /// A bar over `bytes` bytes; it draws on a terminal only.
    pub fn bar(self, title: &'static str, bytes: u64) -> ProgressBar {
        let bar = ProgressBar::new(bytes);
        if self == Self::Silent || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = ProgressStyle::with_template(
            "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        );
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_message(title);
        bar
    }
}
