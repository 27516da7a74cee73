//! `codegraph-install uninstall`.

use super::Session;
use crate::cli::UninstallArgs;
use crate::error::Error;
use crate::lock;
use crate::uninstall::{self, Extent, Inventory, Verdict};

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &UninstallArgs) -> Result<(), Error> {
    let extent = match (arguments.purge, arguments.forget_trust) {
        (false, _) => Extent::Product,
        (true, false) => Extent::Everything,
        (true, true) => Extent::EverythingAndTrust,
    };
    let found = {
        let _lock = lock::take(session.host, &session.paths)?;
        uninstall::uninstall(session.host, &session.paths, extent)?
    };
    session.print(&found, &text(&found));
    let left: Vec<&str> = found
        .there
        .iter()
        .filter(|item| item.verdict == Verdict::LeftBehind)
        .map(|item| item.name.as_str())
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "these could not be removed: {}; remove them by hand",
        left.join(", ")
    )))
}

fn text(found: &Inventory) -> String {
    let mut text = String::new();
    for item in &found.there {
        let word = match item.verdict {
            Verdict::Kept => "kept",
            Verdict::LeftBehind => "LEFT BEHIND",
        };
        text.push_str(&format!("{word:<12}{}\n", item.name));
    }
    for name in &found.absent {
        text.push_str(&format!("{:<12}{name}\n", "gone"));
    }
    text
}
