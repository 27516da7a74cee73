//! What runs of ours: units, ports on which its processes listen, containers and images of podman.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{Kind, Thing};
use crate::facts;
use crate::host::{Host, HostPaths};
use crate::units::tool;

/// Processes that are looked at.
const MAX_PROCESSES: usize = 100_000;
/// Open files of a process that are looked at.
const MAX_FILES: usize = 100_000;

/// Units and timers that systemd has loaded, as `systemctl list-units` tells.
/// Where systemd does not answer there are none. A name that another unit of the host mentions, without a unit
/// behind it (`not-found`, `inactive`), is none of ours.
pub(super) fn units(host: &dyn Host) -> Vec<Thing> {
    let list = ["list-units", "--all", "--plain", "--no-legend", "--no-pager", "codegraph*"];
    let Ok(outcome) = host.run(&tool("systemctl").with(list)) else { return Vec::new() };
    let names = outcome.stdout.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| !word.starts_with("codegraph"));
        let name = words.next()?.to_owned();
        let is_mention = (words.next(), words.next()) == (Some("not-found"), Some("inactive"));
        (!is_mention).then_some(name)
    });
    names
        .map(|name| {
            let kind = if name.ends_with(".timer") { Kind::Timer } else { Kind::Unit };
            Thing { kind, name }
        })
        .collect()
}

/// Ports on which a process of one of our units listens, or one whose program is ours.
pub(super) fn ports(paths: &HostPaths) -> BTreeSet<Thing> {
    let sockets = facts::listening_sockets(paths);
    if sockets.is_empty() {
        return BTreeSet::new();
    }
    let processes = fs::read_dir(paths.machine("/proc")).into_iter().flatten().take(MAX_PROCESSES);
    let folders = processes.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    folders
        .filter(|folder| is_number(folder) && is_ours(paths, folder))
        .flat_map(|folder| ports_of(&folder, &sockets))
        .map(|port| Thing { kind: Kind::Port, name: port.to_string() })
        .collect()
}

fn is_number(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_ours(paths: &HostPaths, process: &Path) -> bool {
    let program = fs::read_link(process.join("exe")).unwrap_or_default();
    if program.starts_with(paths.product()) {
        return true;
    }
    // `0::/system.slice/codegraph-postgresql.service/…`: containers live in their unit's control group.
    let group = fs::read_to_string(process.join("cgroup")).unwrap_or_default();
    let is_unit = |part: &str| part.starts_with("codegraph") && part.ends_with(".service");
    group.lines().any(|line| line.split('/').any(is_unit))
}

fn ports_of(process: &Path, sockets: &BTreeMap<u64, u16>) -> BTreeSet<u16> {
    let files = fs::read_dir(process.join("fd")).into_iter().flatten().take(MAX_FILES);
    let targets = files.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets
        .filter_map(|target| {
            let text = target.to_str()?;
            let inode = text.strip_prefix("socket:[")?.strip_suffix(']')?;
            sockets.get(&inode.parse().ok()?).copied()
        })
        .collect()
}

/// Containers of ours, and those of the images that podman has. Without podman there are none.
pub(super) fn podman(host: &dyn Host, images: &[String]) -> Vec<Thing> {
    let list = ["ps", "--all", "--format", "{{.Names}}"];
    let Ok(outcome) = host.run(&tool("podman").with(list)) else { return Vec::new() };
    let is_ours = |name: &&str| name.starts_with("codegraph-");
    let containers = outcome.stdout.lines().map(str::trim).filter(is_ours);
    let mut found: Vec<Thing> =
        containers.map(|name| Thing { kind: Kind::Container, name: name.to_owned() }).collect();
    for image in images {
        let asked = host.run(&tool("podman").with(["image", "exists", image]));
        if asked.is_ok_and(|outcome| outcome.is_good()) {
            found.push(Thing { kind: Kind::Image, name: image.clone() });
        }
    }
    found
}
