//! Timers that look after an installation: renewal of certificates, backups.

use std::fs;
use std::path::{Path, PathBuf};

use super::{must, run, tool};
use crate::error::Error;
use crate::host::{Host, HostPaths};

/// A timer.
struct Timer {
    /// Its unit.
    unit: &'static str,
    /// The unit file that it is made from: another one where it is an instance of a template.
    file: &'static str,
    /// The service that it starts.
    service: &'static str,
    /// The file of that service.
    service_file: &'static str,
    /// Whether an installation starts it; the others are a choice of the site.
    is_usual: bool,
}

const fn backup(unit: &'static str, service: &'static str, is_usual: bool) -> Timer {
    let (file, service_file) = ("codegraph-backup@.timer", "codegraph-backup@.service");
    Timer { unit, file, service, service_file, is_usual }
}

const TIMERS: [Timer; 4] = [
    Timer {
        unit: "codegraph-certificates.timer",
        file: "codegraph-certificates.timer",
        service: "codegraph-certificates.service",
        service_file: "codegraph-certificates.service",
        is_usual: true,
    },
    backup("codegraph-backup@daily.timer", "codegraph-backup@daily.service", true),
    backup("codegraph-backup@weekly.timer", "codegraph-backup@weekly.service", true),
    backup("codegraph-backup@hourly.timer", "codegraph-backup@hourly.service", false),
];

/// Starts them, now and at each boot. They do not wait for the health gate: what they start looks after the
/// host, whichever release is in use.
pub(super) fn start(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    for timer in usual(paths) {
        must(host, &tool("systemctl").with(["enable", "--now", timer.unit]))?;
    }
    Ok(())
}

/// The same on the way back to a former release, perhaps at boot: nothing waits for it, and nothing fails.
pub(super) fn bring_back(host: &dyn Host, paths: &HostPaths) {
    for timer in usual(paths) {
        let program = tool("systemctl").with(["enable", "--now", "--no-block", timer.unit]);
        // The release works without; `doctor` names a timer that does not run.
        let _ = run(host, &program);
    }
}

fn usual(paths: &HostPaths) -> impl Iterator<Item = &'static Timer> {
    let is_wanted = |timer: &&Timer| {
        let is_masked = fs::read_link(paths.units().join(timer.unit))
            .is_ok_and(|target| target == Path::new("/dev/null"));
        timer.is_usual && paths.units().join(timer.file).exists() && !is_masked
    };
    TIMERS.iter().filter(is_wanted)
}

/// Stops all of them for good, and what they have started.
pub(super) fn stop(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    TIMERS.iter().try_for_each(|timer| stop_one(host, paths, timer))
}

/// Stops those that are made from a file which is about to go.
pub(super) fn stop_of(host: &dyn Host, paths: &HostPaths, file: &str) -> Result<(), Error> {
    let mut of_it = TIMERS.iter().filter(|timer| timer.file == file);
    of_it.try_for_each(|timer| stop_one(host, paths, timer))
}

fn stop_one(host: &dyn Host, paths: &HostPaths, timer: &Timer) -> Result<(), Error> {
    let is_enabled = fs::symlink_metadata(link(paths, timer)).is_ok();
    if paths.units().join(timer.file).exists() && (timer.is_usual || is_enabled) {
        run(host, &tool("systemctl").with(["disable", "--now", timer.unit]))?;
        run(host, &tool("systemctl").with(["stop", timer.service]))?;
    }
    Ok(())
}

/// Whether each timer of the installation runs, by `systemctl is-active`.
pub fn states(host: &dyn Host, paths: &HostPaths) -> Result<Vec<(String, String)>, Error> {
    usual(paths)
        .map(|timer| {
            let outcome = run(host, &tool("systemctl").with(["is-active", timer.unit]))?;
            Ok((timer.unit.to_owned(), outcome.stdout.trim().to_owned()))
        })
        .collect()
}

/// The unit files, there or not.
pub(super) fn files(paths: &HostPaths) -> Vec<PathBuf> {
    let names = TIMERS.iter().flat_map(|timer| [timer.file, timer.service_file]);
    let mut files: Vec<PathBuf> = names.map(|name| paths.units().join(name)).collect();
    files.sort();
    files.dedup();
    files
}

/// The links by which the boot starts them, and those by which a site has masked one.
pub(super) fn links(paths: &HostPaths) -> Vec<PathBuf> {
    let instances = TIMERS.iter().filter(|timer| timer.unit != timer.file);
    let masks = instances.flat_map(|timer| [timer.unit, timer.service]);
    let masks = masks.map(|name| paths.units().join(name));
    TIMERS.iter().map(|timer| link(paths, timer)).chain(masks).collect()
}

/// Where systemd notes when each has last run.
pub(super) fn stamps(paths: &HostPaths) -> Vec<PathBuf> {
    let folder = paths.at("/var/lib/systemd/timers");
    TIMERS.iter().map(|timer| folder.join(format!("stamp-{}", timer.unit))).collect()
}

/// Every timer and service, and the templates that they are made from.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let of_one = |timer: &'static Timer| {
        [timer.unit, timer.file, timer.service, timer.service_file].into_iter()
    };
    TIMERS.iter().flat_map(of_one)
}

fn link(paths: &HostPaths, timer: &Timer) -> PathBuf {
    paths.units().join("timers.target.wants").join(timer.unit)
}
