//! Every file and link that an installation may have written for systemd, there or not.

use std::path::PathBuf;

use super::{RECOVERY, TARGET, services, timers};
use crate::components;
use crate::host::HostPaths;

/// Every unit, sysusers and tmpfiles file.
pub fn files_of_ours(paths: &HostPaths) -> Vec<PathBuf> {
    let units = services::ENABLED.iter().map(|(_, unit)| paths.units().join(unit));
    let mut all: Vec<PathBuf> = units.collect();
    all.extend(timers::files(paths));
    all.push(paths.units().join(RECOVERY));
    all.push(paths.at("/etc/sysusers.d/codegraph.conf"));
    all.push(paths.at("/etc/tmpfiles.d/codegraph.conf"));
    all.extend(components::files_of_ours(paths));
    all
}

/// The links that `systemctl enable` makes, and the folder that holds those of the target.
pub fn boot_links(paths: &HostPaths) -> Vec<PathBuf> {
    let wants = |by: &str| paths.units().join(format!("{by}.wants"));
    let links = services::ENABLED.iter().map(|(by, unit)| wants(by).join(unit));
    let components = components::COMPONENTS.iter().map(|name| format!("codegraph-{name}.service"));
    links
        .chain(components.map(|unit| wants(TARGET).join(unit)))
        .chain([wants(TARGET), wants("multi-user.target").join(RECOVERY)])
        .chain(timers::links(paths))
        .collect()
}

/// Folders with changes of the site to our units.
pub fn drop_ins(paths: &HostPaths) -> Vec<PathBuf> {
    let ours = services::ENABLED.iter().map(|(_, unit)| *unit).chain([RECOVERY]);
    let ours = ours.chain(timers::names()).map(str::to_owned);
    let of_components =
        components::COMPONENTS.iter().map(|name| format!("codegraph-{name}.service"));
    let mut folders: Vec<PathBuf> =
        ours.chain(of_components).map(|unit| paths.units().join(format!("{unit}.d"))).collect();
    folders.sort();
    folders.dedup();
    folders
}

/// Where systemd notes when our timers have last run.
pub fn stamps(paths: &HostPaths) -> Vec<PathBuf> {
    timers::stamps(paths)
}
