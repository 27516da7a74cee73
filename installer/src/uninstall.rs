//! Takes the product off the host: programs only, or everything; and proves it by what was there before and is after.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use crate::components;
use crate::error::{Context as _, Error};
use crate::files;
use crate::host::{Host, HostPaths};
use crate::inventory::{self, Kind, Thing};
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

/// The proof of a removal: what of ours was there, and what is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// What was there before.
    pub before: Vec<Thing>,
    /// What is there now.
    pub after: Vec<Thing>,
    /// The same with whether it was meant to stay.
    pub there: Vec<Item>,
    /// What was there before and is gone.
    pub gone: Vec<Thing>,
    /// Places of ours that are not there.
    pub absent: Vec<String>,
}

/// Something of ours that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// A path, or `user NAME` and the like.
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
    // Their names lie in the generations, which go.
    let images = components::images(paths);
    let before = inventory::look(host, paths, &images);
    remove(host, paths, extent, &before)?;
    let after = inventory::look(host, paths, &images);
    Ok(compare(paths, extent, before, after))
}

fn remove(
    host: &dyn Host,
    paths: &HostPaths,
    extent: Extent,
    before: &BTreeSet<Thing>,
) -> Result<(), Error> {
    if paths.state().is_dir() && extent == Extent::Product {
        let facts = json!({ "generation": facts::current(paths) });
        audit::note(host, paths, "product.uninstalled", facts)?;
    }
    if paths.is_system() && has_units(paths, before) {
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
    Ok(())
}

fn purge(host: &dyn Host, paths: &HostPaths, extent: Extent) -> Result<(), Error> {
    let folders =
        [paths.data(), paths.etc(), paths.at("/run/codegraph-llm"), units::gpu_cache(paths)];
    let of_site = components::data(paths).into_iter().chain(units::drop_ins(paths));
    for place in folders.into_iter().chain(of_site) {
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

/// Whether anything lies where systemd looks: a run that was cut off may have left a part of it.
fn has_units(paths: &HostPaths, before: &BTreeSet<Thing>) -> bool {
    if before.iter().any(|thing| matches!(thing.kind, Kind::Unit | Kind::Timer)) {
        return true;
    }
    let all = units::files_of_ours(paths).into_iter().chain(units::boot_links(paths));
    all.chain(units::stamps(paths)).any(|file| fs::symlink_metadata(file).is_ok())
}

fn compare(
    paths: &HostPaths,
    extent: Extent,
    before: BTreeSet<Thing>,
    after: BTreeSet<Thing>,
) -> Inventory {
    let item = |thing: &Thing| {
        let is_kept = inventory::stays(paths, extent, thing);
        let verdict = if is_kept { Verdict::Kept } else { Verdict::LeftBehind };
        Item { name: thing.to_string(), verdict }
    };
    let is_absent = |name: &String| !after.iter().any(|thing| thing.name == *name);
    let places = inventory::places(paths).into_iter().map(|path| path.display().to_string());
    Inventory {
        there: after.iter().map(item).collect(),
        gone: before.difference(&after).cloned().collect(),
        absent: places.filter(is_absent).collect::<BTreeSet<_>>().into_iter().collect(),
        before: before.into_iter().collect(),
        after: after.into_iter().collect(),
    }
}
