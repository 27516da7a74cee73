//! The unit files of an installation, with the users and folders that they need; what runs is in the parts.

mod gpu;
mod places;
mod services;
mod timers;
mod users;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::components;
use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths, Outcome, Program};

pub use gpu::{cache as gpu_cache, drop_in as gpu_drop_in, is_right as is_gpu_right};
pub use places::{boot_links, drop_ins, files_of_ours, stamps};
pub use services::{enable, pause, restart_if_active, start, start_one, states, stop};
pub use timers::states as timer_states;
pub use users::{USERS, has_group, remove_users, user_numbers, users};

/// The services, in the order in which they start.
pub const SERVICES: [&str; 3] = [REGISTRY, "codegraph-llm.service", "codegraph.service"];
/// Gives podman the images of the components, so it starts before them.
const REGISTRY: &str = "codegraph-registry.service";
/// All of the product on this host.
const TARGET: &str = "codegraph.target";
/// Settles at boot, before the services, what a power loss cut off.
pub const RECOVERY: &str = "codegraph-recover.service";
/// That unit: it belongs to the installer, not to a release.
const RECOVERY_UNIT: &str = include_str!("../../systemd/codegraph-recover.service");
/// Longest wait for a small tool.
const TOOL_LIMIT: Duration = Duration::from_secs(60);
/// Bytes of a unit file.
const MAX_UNIT_BYTES: u64 = 64 << 10;

/// Where a file of a generation's `units` folder belongs on the system; none for a file of another kind.
pub fn place(paths: &HostPaths, name: &str) -> Option<PathBuf> {
    let name = name.strip_suffix(".conf").unwrap_or(name);
    let (stem, kind) = name.rsplit_once('.')?;
    match kind {
        "service" | "timer" | "socket" | "target" | "path" => Some(paths.units().join(name)),
        "sysusers" => Some(paths.at("/etc/sysusers.d").join(format!("{stem}.conf"))),
        "tmpfiles" => Some(paths.at("/etc/tmpfiles.d").join(format!("{stem}.conf"))),
        _ => None,
    }
}

/// Writes the unit files of a generation, makes the users and folders.
pub fn install(host: &dyn Host, paths: &HostPaths, generation: &Path) -> Result<(), Error> {
    let written = write_files(host, paths, generation)?;
    let of = |folder: &str| {
        let folder = paths.at(folder);
        written.iter().filter(move |file| file.parent() == Some(folder.as_path()))
    };
    for file in of("/etc/sysusers.d") {
        must(host, &tool("systemd-sysusers").with([file.as_os_str()]))?;
    }
    for file in of("/etc/tmpfiles.d") {
        let program = tool("systemd-tmpfiles").with(["--create".as_ref(), file.as_os_str()]);
        must(host, &program)?;
    }
    // Last: they run as users that were made just now.
    components::install(host, paths, generation)?;
    gpu::install(host, paths, generation)?;
    reload(host)?;
    timers::start(host, paths)
}

/// Brings back the unit files of a generation that was in use: its users and folders are there.
pub fn reinstall(host: &dyn Host, paths: &HostPaths, generation: &Path) -> Result<(), Error> {
    write_files(host, paths, generation)?;
    components::install(host, paths, generation)?;
    gpu::install(host, paths, generation)?;
    reload(host)?;
    // They are enabled, except for one that the other release does not have.
    let _ = enable(host, paths);
    timers::bring_back(host, paths);
    Ok(())
}

/// Brings the drop-in for the devices of a GPU in order.
pub fn mend_gpu(host: &dyn Host, paths: &HostPaths, generation: &Path) -> Result<(), Error> {
    gpu::install(host, paths, generation)?;
    reload(host)
}

/// Writes the unit files of a generation and removes those of another one; returns what was written.
fn write_files(
    host: &dyn Host,
    paths: &HostPaths,
    generation: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let folder = generation.join("units");
    let mut written = Vec::new();
    for entry in fs::read_dir(&folder).at("cannot list", &folder)? {
        let entry = entry.at("cannot list", &folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(target) = place(paths, &name) else { continue };
        let bytes = files::read_bounded(&entry.path(), MAX_UNIT_BYTES)?.unwrap_or_default();
        if let Some(parent) = target.parent() {
            files::make_dir(host, parent, 0o755)?;
        }
        files::replace(host, &target, &bytes, 0o644)?;
        written.push(target);
    }
    written.sort();
    // What the former release brought and this one does not.
    let in_folder = |file: &PathBuf, folder: PathBuf| file.parent() == Some(folder.as_path());
    for file in files_of_ours(paths) {
        let is_unit = in_folder(&file, paths.units());
        let is_kept = file.ends_with(RECOVERY) || written.contains(&file);
        if !is_kept && !components::is_unit(paths, &file) && file.exists() {
            if let Some(name) = file.file_name().filter(|_| is_unit) {
                timers::stop_of(host, paths, &name.to_string_lossy())?;
                run(host, &tool("systemctl").with(["disable".as_ref(), name]))?;
            }
            files::remove(host, &file)?;
        }
    }
    Ok(written)
}

/// Lays down a copy of the installer that runs, and the unit that runs it at boot while a switch is under way.
pub fn install_recovery(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    let program = paths.recovery_program();
    if let Some(folder) = program.parent() {
        files::make_dir(host, folder, 0o700)?;
    }
    let installer = host.installer().at("cannot find the installer's own file", &program)?;
    files::copy(host, &installer, &program, 0o700)?;
    files::make_dir(host, &paths.units(), 0o755)?;
    files::replace(host, &paths.units().join(RECOVERY), RECOVERY_UNIT.as_bytes(), 0o644)?;
    reload(host)?;
    must(host, &tool("systemctl").with(["enable", RECOVERY])).map(|_| ())
}

/// Removes the unit files that an installation writes.
pub fn remove(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    timers::stop(host, paths)?;
    if paths.units().join(RECOVERY).exists() {
        run(host, &tool("systemctl").with(["disable", RECOVERY]))?;
    }
    if !components::installed(paths).is_empty() {
        components::remove_images(host, paths)?;
    }
    let links = boot_links(paths).into_iter();
    let files = files_of_ours(paths).into_iter().chain(components::running(paths));
    // The links first: `systemctl disable` does not find those of a unit whose file a former run took away.
    for file in links.chain(files).chain(stamps(paths)) {
        files::remove(host, &file)?;
    }
    gpu::remove(host, paths)?;
    reload(host)?;
    // A unit that has failed stays in systemd's memory when its file is gone.
    run(host, &tool("systemctl").with(["reset-failed", "codegraph*"]))?;
    Ok(())
}

/// A small tool of the system.
pub fn tool(name: &str) -> Program {
    Program::new(name, TOOL_LIMIT)
}

fn reload(host: &dyn Host) -> Result<(), Error> {
    must(host, &tool("systemctl").with(["daemon-reload"])).map(|_| ())
}

/// Runs a program; that it could not be run at all is an error, how it ended is not.
pub fn run(host: &dyn Host, program: &Program) -> Result<Outcome, Error> {
    host.run(program).map_err(|error: io::Error| Error::Program {
        line: program.line(),
        end: format!("could not be run: {error}"),
    })
}

/// Runs a program that must end well.
pub fn must(host: &dyn Host, program: &Program) -> Result<Outcome, Error> {
    let outcome = run(host, program)?;
    if outcome.is_good() {
        return Ok(outcome);
    }
    Err(Error::Program { line: program.line(), end: outcome.words() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_where_systemd_looks_for_them() {
        let paths = HostPaths::new(None);
        let of = |name: &str| place(&paths, name).map(|path| path.display().to_string());
        assert_eq!(
            of("codegraph.service").as_deref(),
            Some("/etc/systemd/system/codegraph.service")
        );
        assert_eq!(of("codegraph.sysusers").as_deref(), Some("/etc/sysusers.d/codegraph.conf"));
        assert_eq!(
            of("codegraph.tmpfiles.conf").as_deref(),
            Some("/etc/tmpfiles.d/codegraph.conf")
        );
        assert_eq!(of("README"), None);
        assert_eq!(of("evil.sh"), None);
    }
}
