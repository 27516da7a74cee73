//! Takes the product off the host: programs only, or everything; then looks what remains and says so.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use crate::components;
use crate::error::{Context as _, Error};
use crate::files;
use crate::host::{Host, HostPaths};
use crate::journal::{self, Journal};
use crate::{audit, facts, units};

/// How much is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Programs, models, units. Data, configuration, secrets, receipts and trust stay.
    Product,
    /// Everything but what this host has learned to trust.
    Everything,
    /// Everything.
    EverythingAndTrust,
}

/// What was found after removing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// Places of ours that are there.
    pub there: Vec<Item>,
    /// Places of ours that are not there.
    pub absent: Vec<String>,
}

/// A place of ours that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// A path, or `user NAME`.
    pub name: String,
    /// Whether it was meant to stay.
    pub verdict: Verdict,
}

/// Whether something was meant to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Kept on purpose.
    Kept,
    /// It should be gone.
    LeftBehind,
}

/// Removes, then takes the inventory. The caller holds the lock.
pub fn uninstall(host: &dyn Host, paths: &HostPaths, extent: Extent) -> Result<Inventory, Error> {
    if paths.state().is_dir() && extent == Extent::Product {
        let facts = json!({ "generation": facts::current(paths) });
        audit::note(host, paths, "product.uninstalled", facts)?;
    }
    if paths.is_system() && has_units(paths) {
        units::stop(host, paths, false)?;
        units::remove(host, paths)?;
    }
    // First the link, so that nothing names a folder that is half gone.
    files::remove(host, &paths.current())?;
    files::remove(host, &files::partial_of(&paths.current()))?;
    files::remove(host, &paths.generations())?;
    files::remove(host, &paths.product())?;
    // No switch is under way any more, and nothing is there to be settled at boot.
    files::remove(host, &paths.closed_mark())?;
    files::remove(host, &paths.switch())?;
    if let Some(folder) = paths.recovery_program().parent() {
        files::remove(host, folder)?;
    }
    if journal::read(&paths.journal())?.phase.is_unsettled() {
        Journal::open(host, &paths.journal())?.0.restart(host)?;
    }
    if extent != Extent::Product {
        purge(host, paths, extent)?;
    }
    Ok(inventory(paths, extent))
}

fn purge(host: &dyn Host, paths: &HostPaths, extent: Extent) -> Result<(), Error> {
    let folders = [paths.data(), paths.etc(), paths.at("/run/codegraph-llm")];
    for place in folders.into_iter().chain(components::data(paths)) {
        files::remove(host, &place)?;
    }
    // systemd makes these for services with private folders or watched credentials.
    for place in ["/var/lib/private/codegraph", "/var/cache/codegraph", "/var/log/codegraph"] {
        files::remove(host, &paths.at(place))?;
    }
    if paths.is_system() {
        units::remove_users(host, paths)?;
        // Debian has no such folder of its own: where only ours was in it, we made it.
        let folder = paths.at("/etc/sysusers.d");
        if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_none()) {
            host.remove_dir(&folder).at("cannot remove folder", &folder)?;
        }
    }
    for place in state_files(paths) {
        let is_trust = place == paths.trust();
        if !is_trust || extent == Extent::EverythingAndTrust {
            files::remove(host, &place)?;
        }
    }
    if extent == Extent::EverythingAndTrust || !paths.trust().exists() {
        files::remove(host, &paths.state())?;
    }
    Ok(())
}

fn state_files(paths: &HostPaths) -> Vec<PathBuf> {
    fs::read_dir(paths.state())
        .map(|entries| entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
        .unwrap_or_default()
}

fn has_units(paths: &HostPaths) -> bool {
    units::files_of_ours(paths).iter().any(|file| file.exists())
}

/// Looks at every place that an installation writes to.
pub fn inventory(paths: &HostPaths, extent: Extent) -> Inventory {
    let mut found = Inventory { there: Vec::new(), absent: Vec::new() };
    let mut note = |name: String, is_there: bool, verdict: Verdict| {
        if is_there {
            found.there.push(Item { name, verdict });
        } else {
            found.absent.push(name);
        }
    };
    let with_purge = if extent == Extent::Product { Verdict::Kept } else { Verdict::LeftBehind };
    let with_trust =
        if extent == Extent::EverythingAndTrust { Verdict::LeftBehind } else { Verdict::Kept };
    let gone = [
        paths.product(),
        paths.at("/run/codegraph-llm"),
        paths.recovery_program(),
        paths.switch(),
        paths.closed_mark(),
    ];
    let gone = gone.into_iter().chain(components::running(paths));
    for path in gone.chain(units::files_of_ours(paths)).chain(units::boot_links(paths)) {
        note(path.display().to_string(), fs::symlink_metadata(&path).is_ok(), Verdict::LeftBehind);
    }
    let ours = [
        paths.data(),
        paths.etc(),
        paths.journal(),
        paths.receipts(),
        paths.audit(),
        paths.audit_tails(),
        paths.host_key(),
    ];
    for path in ours.into_iter().chain(components::data(paths)) {
        note(path.display().to_string(), fs::symlink_metadata(&path).is_ok(), with_purge);
    }
    note(paths.trust().display().to_string(), paths.trust().exists(), with_trust);
    if paths.is_system() {
        for user in units::users() {
            note(format!("user {user}"), units::user_numbers(paths, &user).is_some(), with_purge);
            note(format!("group {user}"), units::has_group(paths, &user), with_purge);
        }
    }
    found
}
