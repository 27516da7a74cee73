//! Files of ours: those that we know of, and whatever bears our name where systemd and podman look.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::components;
use crate::host::HostPaths;
use crate::units;

/// Folders in which what bears our name belongs to us, whoever has put it there.
const SHARED: [&str; 7] = [
    "/etc/systemd/system",
    "/etc/systemd/system/multi-user.target.wants",
    "/etc/systemd/system/timers.target.wants",
    "/etc/sysusers.d",
    "/etc/tmpfiles.d",
    "/etc/containers/systemd",
    "/etc/containers/registries.conf.d",
];
/// Entries of a folder that are looked at.
const MAX_ENTRIES: usize = 100_000;

/// Files and folders that are there.
pub(super) fn there(paths: &HostPaths) -> BTreeSet<PathBuf> {
    let is_there = |path: &PathBuf| fs::symlink_metadata(path).is_ok();
    let mut found: BTreeSet<PathBuf> = known(paths).into_iter().filter(is_there).collect();
    found.extend(entries(&paths.state()));
    for folder in SHARED {
        found.extend(entries(&paths.at(folder)).filter(|path| is_named_ours(path)));
    }
    found
}

/// Every place that an installation writes to, there or not.
pub(super) fn known(paths: &HostPaths) -> Vec<PathBuf> {
    let mut all = vec![
        paths.product(),
        paths.etc(),
        paths.data(),
        paths.state(),
        paths.journal(),
        paths.receipts(),
        paths.audit(),
        paths.audit_tails(),
        paths.host_key(),
        paths.trust(),
        paths.recovery_program(),
        paths.switch(),
        paths.closed_mark(),
        paths.at("/run/codegraph-llm"),
        units::gpu_drop_in(paths),
        units::gpu_cache(paths),
    ];
    all.extend(components::running(paths));
    all.extend(components::data(paths));
    all.extend(units::files_of_ours(paths));
    all.extend(units::boot_links(paths));
    all.extend(units::drop_ins(paths));
    all.extend(units::stamps(paths));
    all
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(MAX_ENTRIES);
    entries.filter_map(|entry| entry.ok().map(|entry| entry.path()))
}

fn is_named_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let rest = name.strip_prefix("codegraph");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '@']))
}
