//! `codegraph-install uninstall`.

use std::io::IsTerminal as _;

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
    if arguments.purge && !arguments.yes && std::io::stdin().is_terminal() {
        confirm()?;
    }
    let found = {
        let _lock = lock::take(session.host, &session.paths, &|text| session.talk().say(text))?;
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

/// Asks the person at the terminal.
fn confirm() -> Result<(), Error> {
    eprint!(
        "this removes all data, configuration, secrets and users of CodeGraph; type `purge` to go on: "
    );
    let mut answer = String::new();
    // Whatever is not the word, also a read that fails, is a no.
    let _ = std::io::stdin().read_line(&mut answer);
    if answer.trim() == "purge" {
        return Ok(());
    }
    Err(Error::Usage("nothing was removed".to_owned()))
}

/// Everything that was there, and what became of it.
fn text(found: &Inventory) -> String {
    let mut text = String::new();
    for thing in &found.gone {
        text.push_str(&format!("{:<12}{thing}\n", "gone"));
    }
    for item in &found.there {
        let word = match item.verdict {
            Verdict::Kept => "kept",
            Verdict::LeftBehind => "LEFT BEHIND",
        };
        text.push_str(&format!("{word:<12}{}\n", item.name));
    }
    let kept = found.there.iter().filter(|item| item.verdict == Verdict::Kept).count();
    text.push_str(&format!(
        "before {} files, units, users, ports and images of CodeGraph; now {}, of which {kept} are kept on purpose\n",
        found.before.len(),
        found.after.len()
    ));
    text
}
