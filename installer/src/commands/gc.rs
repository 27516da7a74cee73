//! `codegraph-install gc`.

use super::Session;
use crate::cli::GcArgs;
use crate::collect::{self, Collected};
use crate::error::Error;
use crate::journal::Journal;
use crate::settle::When;
use crate::{lock, settle, sizes};

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &GcArgs) -> Result<(), Error> {
    let (host, paths) = (session.host, &session.paths);
    if arguments.dry_run {
        let found = match arguments.abandon {
            true => collect::look_anyway(paths, arguments.keep)?,
            false => collect::look(paths, arguments.keep)?,
        };
        session.print(&found, &text("would remove", &found));
        return Ok(());
    }
    let _lock = lock::take(host, paths, &|text| session.talk().say(text))?;
    if arguments.abandon {
        settle::settle(host, paths, When::Now, session.talk())?;
        // Without its journal nothing claims what an installation that was cut off has stored.
        let (journal, _) = Journal::open(host, &paths.journal())?;
        journal.restart(host)?;
    }
    let found = collect::look(paths, arguments.keep)?;
    collect::remove(host, paths, &found)?;
    session.print(&found, &text("removed", &found));
    Ok(())
}

fn text(did: &str, found: &Collected) -> String {
    let list = |numbers: &[u64]| {
        let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    };
    format!(
        "{did}: generations {}; {} blobs, {}; {} other files\nkept: generations {}\n",
        list(&found.generations),
        found.blobs,
        sizes::text(found.bytes),
        found.files.len(),
        list(&found.kept)
    )
}
